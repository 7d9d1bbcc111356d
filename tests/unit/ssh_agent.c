/* Tests of boss/link/ssh_agent: lists of keys, and what stands between libssh and an agent. */
#include "boss/link/ssh_agent.h"

#include <signal.h>
#include <sys/socket.h>

#include "tap.h"

/* A list of keys whose blobs are the letters of `keys`. */
static void fill_keys(struct agent_keys *k, const char *keys)
{
	const char head[] = {12, 0, 0, 0, (char)strlen(keys)};
	buf_add(&k->answer, head, sizeof head);
	for (; *keys; keys++) {
		const char key[] = {0, 0, 0, 1, *keys, 0, 0, 0, 2, 'h', 'i'};
		buf_add(&k->answer, key, sizeof key);
	}
}

static char *letters(const struct agent_keys *k)
{
	static char text[64];
	size_t n = 0;
	for (; n < k->n; n++)
		text[n] = k->v[n].blob[0];
	text[n] = '\0';
	return text;
}

static void order(const char *keys, const char *wanted, bool only, const char *want)
{
	struct agent_keys k = {0};
	struct buf blobs[8] = {0};
	size_t n = strlen(wanted);
	fill_keys(&k, keys);
	agent_keys_parse(&k);
	for (size_t i = 0; i < n; i++)
		buf_addch(&blobs[i], wanted[i]);
	agent_keys_order(&k, blobs, n, only);
	is_str(letters(&k), want, "the order of keys");
	ok(k.n == 0 || agent_keys_have(&k, want, 1), "the first one is there");
	for (size_t i = 0; i < n; i++)
		buf_release(&blobs[i]);
	agent_keys_release(&k);
}

static void test_broken(void)
{
	struct agent_keys whole = {0};
	fill_keys(&whole, "abc");
	int refused = 0, n = (int)whole.answer.len;
	for (int cut = 0; cut < n; cut++) {
		struct agent_keys k = {0};
		/* Exactly as long as it is, so that a byte read behind it shows. */
		buf_add(&k.answer, whole.answer.data, (size_t)cut);
		refused += agent_keys_parse(&k) < 0;
		agent_keys_release(&k);
	}
	is_int(refused, n, "an answer that is cut anywhere is none");
	ok(agent_keys_parse(&whole) == 0 && whole.n == 3, "a whole one is");
	whole.answer.data[0] = 5;
	ok(agent_keys_parse(&whole) < 0, "and an agent's refusal is none");
	agent_keys_release(&whole);
}

static void test_relay(void)
{
	struct agent_keys k = {0};
	struct buf wanted = BUF_INIT;
	int agent[2];
	char got[64];
	fill_keys(&k, "ab");
	agent_keys_parse(&k);
	buf_addch(&wanted, 'b');
	agent_keys_order(&k, &wanted, 1, true);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, agent) < 0)
		exit(99);
	int fd = agent_relay(agent[0], &k);
	ok(fd >= 0, "a relay");
	send(fd, "\0\0\0\1\13", 5, 0);
	ssize_t n = recv(fd, got, 4 + 5 + 11, MSG_WAITALL);
	ok(n == 20 && !memcmp(got, "\0\0\0\20\14\0\0\0\1\0\0\0\1b\0\0\0\2hi", 20),
		"gives the keys that are left");
	send(fd, "\0\0\0\3\15ab", 7, 0);
	ok(recv(agent[1], got, 7, MSG_WAITALL) == 7 && !memcmp(got, "\0\0\0\3\15ab", 7),
		"passes other questions on");
	send(agent[1], "\0\0\0\2\16c", 6, 0);
	ok(recv(fd, got, 6, MSG_WAITALL) == 6 && !memcmp(got, "\0\0\0\2\16c", 6),
		"and the answers back");
	setenv("BOARDMAN_TIME_DIVISOR", "50", 1);
	close(fd);
	ok(recv(agent[1], got, 1, 0) == 0, "and ends with libssh's end");
	close(agent[1]);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, agent) < 0)
		exit(99);
	fd = agent_relay(agent[0], &k);
	send(fd, "\0\0\0\3\15ab", 7, 0);
	ok(recv(fd, got, 1, 0) == 0, "an agent that doesn't answer is given up");
	close(fd);
	close(agent[1]);
	agent_keys_release(&k);
	buf_release(&wanted);
	ok(agent_open("/nonexistent/agent", &k) < 0, "no agent");
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	order("abcd", "", false, "abcd");
	order("abcd", "", true, "");
	order("abcd", "cxa", false, "cabd");
	order("abcd", "cxa", true, "ca");
	test_broken();
	test_relay();
	return done_testing();
}
