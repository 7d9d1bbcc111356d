/* ssh_agent: see ssh_agent.h. Messages are a length of four bytes, a type and a body. A question for the list of keys is answered from
 * the list at hand; all others, which are signatures, go to the agent. Refuses messages that are longer than an agent's may be.
 */
#include "boss/link/ssh_agent.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/spawn.h"
#include "common/timing.h"
#include "common/xalloc.h"

#define MAX_MESSAGE (256 * 1024)
#define MAX_KEYS 1024
#define LIST_TIMEOUT_MS 2000
enum { REQUEST_IDENTITIES = 11, IDENTITIES_ANSWER = 12 };

/* Numbers and strings */

static size_t get_u32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;
	return (size_t)u[0] << 24 | (size_t)u[1] << 16 | (size_t)u[2] << 8 | u[3];
}

static void add_u32(struct buf *b, size_t n)
{
	const char bytes[4] = {(char)(n >> 24), (char)(n >> 16), (char)(n >> 8), (char)n};
	buf_add(b, bytes, sizeof bytes);
}

/* The length of the string at *p, which is moved behind it; -1 when it doesn't end before `end`. */
static ssize_t skip_string(const char **p, const char *end)
{
	if (end - *p < 4)
		return -1;
	size_t len = get_u32(*p);
	if (len > (size_t)(end - *p) - 4)
		return -1;
	*p += 4 + len;
	return (ssize_t)len;
}

/* Keys */

int agent_keys_parse(struct agent_keys *k)
{
	const char *p = buf_str(&k->answer) + 5, *end = buf_str(&k->answer) + k->answer.len;
	if (k->answer.len < 5 || k->answer.data[0] != IDENTITIES_ANSWER ||
		get_u32(k->answer.data + 1) > MAX_KEYS)
		return -1;
	for (size_t left = get_u32(k->answer.data + 1); left; left--) {
		const char *start = p;
		ssize_t len = skip_string(&p, end);
		if (len < 0 || skip_string(&p, end) < 0)
			return -1;
		GROW(k->v, k->n, k->cap);
		k->v[k->n++] =
			(struct agent_key){start + 4, (size_t)len, start, (size_t)(p - start)};
	}
	return 0;
}

static bool is_key(const struct agent_key *key, const char *blob, size_t len)
{
	return key->len == len && memcmp(key->blob, blob, len) == 0;
}

bool agent_keys_have(const struct agent_keys *k, const char *blob, size_t len)
{
	for (size_t i = 0; i < k->n; i++) {
		if (is_key(&k->v[i], blob, len))
			return true;
	}
	return false;
}

void agent_keys_order(struct agent_keys *k, const struct buf *wanted, size_t n, bool only)
{
	size_t done = 0;
	for (size_t w = 0; w < n; w++) {
		for (size_t i = done; i < k->n; i++) {
			if (!is_key(&k->v[i], buf_str(&wanted[w]), wanted[w].len))
				continue;
			struct agent_key key = k->v[i];
			memmove(&k->v[done + 1], &k->v[done], (i - done) * sizeof key);
			k->v[done++] = key;
		}
	}
	if (only)
		k->n = done;
}

void agent_keys_release(struct agent_keys *k)
{
	free(k->v);
	buf_release(&k->answer);
	*k = (struct agent_keys){0};
}

/* Messages */

static int read_all(int fd, char *to, size_t len)
{
	return recv(fd, to, len, MSG_WAITALL) == (ssize_t)len ? 0 : -1;
}

static int read_message(int fd, struct buf *b)
{
	char head[4];
	buf_clear(b);
	if (read_all(fd, head, sizeof head) < 0)
		return -1;
	size_t len = get_u32(head);
	if (!len || len > MAX_MESSAGE)
		return -1;
	char *to = buf_reserve(b, len);
	if (read_all(fd, to, len) < 0)
		return -1;
	b->len = len;
	return 0;
}

static int write_message(int fd, const struct buf *b)
{
	struct buf framed = BUF_INIT;
	add_u32(&framed, b->len);
	buf_add(&framed, b->data, b->len);
	ssize_t n = send(fd, framed.data, framed.len, MSG_NOSIGNAL);
	int ret = n == (ssize_t)framed.len ? 0 : -1;
	buf_release(&framed);
	return ret;
}

static void set_patience(int fd, unsigned ms)
{
	struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv);
}

/* The agent */

static int connect_to(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof at.sun_path)
		return -1;
	memcpy(at.sun_path, path, strlen(path) + 1);
	int fd = spawn_above_stdio(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	if (fd < 0)
		return -1;
	set_patience(fd, LIST_TIMEOUT_MS);
	if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
		return fd;
	close(fd);
	return -1;
}

static int ask_for_keys(int fd, struct agent_keys *k)
{
	struct buf question = BUF_INIT;
	buf_addch(&question, REQUEST_IDENTITIES);
	int ret = write_message(fd, &question);
	buf_release(&question);
	if (ret < 0 || read_message(fd, &k->answer) < 0)
		return -1;
	return agent_keys_parse(k);
}

int agent_open(const char *path, struct agent_keys *k)
{
	int fd = connect_to(path);
	if (fd < 0)
		return -1;
	if (ask_for_keys(fd, k) < 0) {
		close(fd);
		agent_keys_release(k);
		return -1;
	}
	return fd;
}

/* Between the two */

struct relay {
	int agent, libssh;
	struct buf list; /* the answer to the question for keys */
};

static int serve(const struct relay *r, struct buf *message)
{
	if (read_message(r->libssh, message) < 0)
		return -1;
	if (message->data[0] == REQUEST_IDENTITIES)
		return write_message(r->libssh, &r->list);
	if (write_message(r->agent, message) < 0 || read_message(r->agent, message) < 0)
		return -1;
	return write_message(r->libssh, message);
}

static void *run_relay(void *arg)
{
	struct relay *r = arg;
	struct buf message = BUF_INIT;
	while (serve(r, &message) == 0)
		;
	buf_release(&message);
	buf_release(&r->list);
	close(r->agent);
	close(r->libssh);
	free(r);
	return NULL;
}

/* No signal is for it. */
static int start_thread(struct relay *r)
{
	pthread_t thread;
	pthread_attr_t attr;
	sigset_t all, old;
	sigfillset(&all);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	int ret = pthread_create(&thread, &attr, run_relay, r);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return ret == 0 ? 0 : -1;
}

int agent_relay(int agent, const struct agent_keys *k)
{
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		close(agent);
		return -1;
	}
	struct relay *r = xcalloc(1, sizeof *r);
	r->agent = agent;
	r->libssh = pair[1];
	set_patience(agent, timing_ms(TIMING_AUTH) / 2);
	buf_addch(&r->list, IDENTITIES_ANSWER);
	add_u32(&r->list, k->n);
	for (size_t i = 0; i < k->n; i++)
		buf_add(&r->list, k->v[i].whole, k->v[i].whole_len);
	if (start_thread(r) == 0)
		return pair[0];
	close(pair[0]);
	close(pair[1]);
	close(agent);
	buf_release(&r->list);
	free(r);
	return -1;
}
