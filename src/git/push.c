/* push: see push.h. What is fed is cut into pkt-lines; each goes to the step that the state names. No line is kept longer than the 65520 bytes
 * that the protocol allows, and there are ceilings for all that is counted.
 */
#include "git/push.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "common/buf.h"
#include "common/error.h"
#include "common/utf8.h"
#include "common/xalloc.h"

#define MARK_LINE PUSH_MARK "\n"
#define MAX_PACKET 65520
#define HEAD_LEN 4
#define ID_LEN 40
#define ZERO_ID "0000000000000000000000000000000000000000"
#define AGENT "boardman"
/* Of a text of the far side's, in an error. */
#define SHOWN 200

struct push {
	enum push_state state;
	bool marked, greeted; /* the mark was seen; the first line of refs was */
	bool can_report, can_delete;
	size_t noise, lines;
	struct buf in; /* an unfinished packet, or the last bytes of noise */
	struct push_ref *refs;
	size_t n_refs, cap_refs;
	char *ref; /* to create or move; NULL: only deletions */
	bool unpacked, updated; /* the report's words so far */
};

/* A packet's payload, without the newline at its end; `text` is NULL for a flush. Not NUL-terminated. */
struct packet {
	const char *text;
	size_t len;
};

typedef int step_fn(struct push *p, const struct packet *k, struct error *err);
static step_fn take_ref, take_report, take_nothing;

/* What a packet means in each state. */
static const struct {
	enum push_state state;
	const char *name;
	step_fn *step;
} states[] = {
	[PUSH_LISTENING] = {PUSH_LISTENING, "listening", take_ref},
	[PUSH_ASKING] = {PUSH_ASKING, "asking", take_nothing},
	[PUSH_SENT] = {PUSH_SENT, "sent", take_report},
	[PUSH_DONE] = {PUSH_DONE, "done", take_nothing},
	[PUSH_FAILED] = {PUSH_FAILED, "failed", take_nothing},
};

struct push *push_new(void)
{
	return xcalloc(1, sizeof(struct push));
}

void push_free(struct push *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n_refs; i++) {
		free(p->refs[i].name);
		free(p->refs[i].id);
	}
	free(p->refs);
	free(p->ref);
	buf_release(&p->in);
	free(p);
}

enum push_state push_state(const struct push *p)
{
	return p->state;
}

const char *push_state_name(enum push_state s)
{
	return states[s].name;
}

const struct push_ref *push_refs(const struct push *p, size_t *n)
{
	*n = p->n_refs;
	return p->refs;
}

/* ---- words ---- */

/* "the far side …: TEXT", with the far side's text made fit to show. */
static int refuse(struct error *err, const char *problem, const char *text, size_t len)
{
	struct buf shown = BUF_INIT;
	utf8_add(&shown, text, len < SHOWN ? len : SHOWN);
	for (size_t i = 0; i < shown.len; i++) {
		if ((unsigned char)shown.data[i] < ' ' || shown.data[i] == 0x7f)
			shown.data[i] = ' ';
	}
	error_set(err, "git on the far side %s: '%s'", problem, buf_str(&shown));
	buf_release(&shown);
	return -1;
}

static bool starts(const struct packet *k, const char *word)
{
	size_t n = strlen(word);
	return k->len >= n && memcmp(k->text, word, n) == 0;
}

static bool is_hex(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!((s[i] >= '0' && s[i] <= '9') || (s[i] >= 'a' && s[i] <= 'f')))
			return false;
	}
	return true;
}

/* Whether the blank-separated list has that word. */
static bool lists(const char *list, size_t len, const char *word)
{
	size_t n = strlen(word);
	for (const char *end = list + len; list < end;) {
		const char *blank = memchr(list, ' ', (size_t)(end - list));
		size_t piece = (size_t)((blank ? blank : end) - list);
		if (piece == n && memcmp(list, word, n) == 0)
			return true;
		list += piece + 1;
	}
	return false;
}

/* ---- refs ---- */

static int take_capabilities(struct push *p, const struct packet *k, struct error *err)
{
	p->greeted = true;
	p->can_report = lists(k->text, k->len, "report-status");
	p->can_delete = lists(k->text, k->len, "delete-refs");
	if (!p->can_report)
		return refuse(err, "does not report what it does", k->text, k->len);
	return 0;
}

static int keep_ref(struct push *p, const char *id, const char *name, size_t len, struct error *err)
{
	if (len < strlen(PUSH_PREFIX) || memcmp(name, PUSH_PREFIX, strlen(PUSH_PREFIX)) != 0)
		return 0;
	if (len > PUSH_MAX_NAME || memchr(name, '\0', len))
		return refuse(err, "has a ref with a bad name", name, len);
	if (p->n_refs == PUSH_MAX_REFS)
		return refuse(err, "has too many refs", name, len);
	GROW(p->refs, p->n_refs, p->cap_refs);
	p->refs[p->n_refs++] = (struct push_ref){xstrndup(name, len), xstrndup(id, ID_LEN)};
	return 0;
}

/* "ID NAME", the first time followed by NUL and what the far side can do; also "ID capabilities^{}" and "ID .have". */
static int take_ref(struct push *p, const struct packet *k, struct error *err)
{
	if (!k->text) {
		if (!p->greeted)
			return error_set(err, "git on the far side tells no refs");
		p->state = PUSH_ASKING;
		return 0;
	}
	if (starts(k, "ERR "))
		return refuse(err, "refuses", k->text + 4, k->len - 4);
	if ((starts(k, "version 1") && !p->greeted) || starts(k, "shallow "))
		return 0;
	if (k->len < ID_LEN + 2 || !is_hex(k->text, ID_LEN) || k->text[ID_LEN] != ' ')
		return refuse(err, "tells no ref but", k->text, k->len);
	const char *name = k->text + ID_LEN + 1, *end = k->text + k->len;
	const char *nul = p->greeted ? NULL : memchr(name, '\0', (size_t)(end - name));
	if (!p->greeted && !nul)
		return refuse(err, "does not tell what it can do", k->text, k->len);
	const struct packet can = {nul ? nul + 1 : NULL, nul ? (size_t)(end - nul - 1) : 0};
	if (nul && take_capabilities(p, &can, err) < 0)
		return -1;
	return keep_ref(p, k->text, name, (size_t)((nul ? nul : end) - name), err);
}

/* ---- commands ---- */

static const struct push_ref *find_ref(const struct push *p, const char *name)
{
	for (size_t i = 0; i < p->n_refs; i++) {
		if (!strcmp(p->refs[i].name, name))
			return &p->refs[i];
	}
	return NULL;
}

/* One pkt-line; the first carries what we can do. */
static void add_command(
	struct buf *out, bool *first, const char *from, const char *to, const char *ref)
{
	static const char can[] = " report-status agent=" AGENT;
	size_t len = HEAD_LEN + 2 * ID_LEN + 2 + strlen(ref) + (*first ? sizeof can : 0);
	assert(strlen(from) == ID_LEN && strlen(to) == ID_LEN && len <= MAX_PACKET);
	buf_addf(out, "%04zx%s %s %s", len, from, to, ref);
	if (*first)
		buf_add(out, "", 1);
	if (*first)
		buf_add(out, can, sizeof can - 1);
	*first = false;
}

void push_send(struct push *p, const char *ref, const char *id, const struct strv *drop,
	struct buf *out, bool *needs_pack)
{
	assert(p->state == PUSH_ASKING);
	const struct push_ref *there = find_ref(p, ref);
	bool first = true;
	*needs_pack = !there || strcmp(there->id, id) != 0;
	if (*needs_pack) {
		add_command(out, &first, there ? there->id : ZERO_ID, id, ref);
		p->ref = xstrdup(ref);
	}
	for (size_t i = 0; drop && p->can_delete && i < p->n_refs; i++) {
		const struct push_ref *r = &p->refs[i];
		if (strcmp(r->name, ref) != 0 && strv_contains(drop, r->name))
			add_command(out, &first, r->id, ZERO_ID, r->name);
	}
	buf_addstr(out, "0000");
	p->state = first ? PUSH_DONE : PUSH_SENT;
}

/* ---- report ---- */

/* "ok REF" or "ng REF REASON". */
static int take_status(struct push *p, const struct packet *k, struct error *err)
{
	size_t n = p->ref ? strlen(p->ref) : 0;
	const char *name = k->text + 3;
	bool ours = n && k->len >= 3 + n && memcmp(name, p->ref, n) == 0 &&
		    (k->len == 3 + n || name[n] == ' ');
	if (ours && starts(k, "ng "))
		return refuse(err, "does not take the snapshot", name, k->len - 3);
	p->updated |= ours;
	return 0;
}

static int take_report(struct push *p, const struct packet *k, struct error *err)
{
	if (!k->text) {
		if (!p->unpacked || (p->ref && !p->updated))
			return error_set(
				err, "git on the far side reports nothing of the snapshot");
		p->state = PUSH_DONE;
		return 0;
	}
	if (!p->unpacked) {
		p->unpacked = k->len == strlen("unpack ok") && starts(k, "unpack ok");
		return p->unpacked ? 0 : refuse(err, "cannot unpack", k->text, k->len);
	}
	if (starts(k, "ok ") || starts(k, "ng "))
		return take_status(p, k, err);
	return refuse(err, "reports nonsense", k->text, k->len);
}

static int take_nothing(struct push *p, const struct packet *k, struct error *err)
{
	(void)p;
	return refuse(err, "speaks out of turn", k->text ? k->text : "", k->text ? k->len : 0);
}

/* ---- bytes ---- */

/* The length in a packet's head; -1 when that is none. */
static int packet_len(const char *head)
{
	int len = 0;
	for (int i = 0; i < HEAD_LEN; i++) {
		const char *digits = "0123456789abcdef", *d;
		char c = head[i] >= 'A' && head[i] <= 'F' ? (char)(head[i] + 32) : head[i];
		if (!c || !(d = strchr(digits, c)))
			return -1;
		len = len * 16 + (int)(d - digits);
	}
	return len == 0 || (len >= HEAD_LEN && len <= MAX_PACKET) ? len : -1;
}

static int take_packet(struct push *p, int len, struct error *err)
{
	struct packet k = {0};
	if (++p->lines > PUSH_MAX_LINES)
		return error_set(err, "git on the far side says too much");
	if (len) {
		k.text = p->in.data + HEAD_LEN;
		k.len = (size_t)len - HEAD_LEN;
		k.len -= k.len && k.text[k.len - 1] == '\n';
	}
	return states[p->state].step(p, &k, err);
}

/* Moves up to `want` bytes in all into p->in; false when there are too few. */
static bool fill(struct push *p, const char **data, size_t *len, size_t want)
{
	size_t missing = want > p->in.len ? want - p->in.len : 0;
	size_t n = missing < *len ? missing : *len;
	buf_add(&p->in, *data, n);
	*data += n;
	*len -= n;
	return p->in.len >= want;
}

static int feed_packets(struct push *p, const char *data, size_t len, struct error *err)
{
	while (p->state != PUSH_DONE && len) {
		if (!fill(p, &data, &len, HEAD_LEN))
			return 0;
		int want = packet_len(p->in.data);
		if (want < 0)
			return refuse(err, "does not speak its protocol", p->in.data, p->in.len);
		if (want && !fill(p, &data, &len, (size_t)want))
			return 0;
		if (take_packet(p, want, err) < 0)
			return -1;
		buf_clear(&p->in);
	}
	return 0;
}

/* Drops all up to the mark, which may come in pieces. Gives how many bytes it took. */
static int feed_noise(struct push *p, const char *data, size_t len, size_t *used, struct error *err)
{
	const char *found = NULL;
	size_t old = p->in.len;
	buf_add(&p->in, data, len);
	if (p->in.len)
		found = memmem(p->in.data, p->in.len, MARK_LINE, strlen(MARK_LINE));
	if (found) {
		p->marked = true;
		*used = (size_t)(found - p->in.data) + strlen(MARK_LINE) - old;
		buf_clear(&p->in);
		return 0;
	}
	*used = len;
	p->noise += len;
	if (p->noise > PUSH_MAX_NOISE)
		return refuse(err, "never begins; its shell says", data, len);
	size_t keep = strlen(MARK_LINE) - 1;
	if (p->in.len > keep) {
		memmove(p->in.data, p->in.data + p->in.len - keep, keep);
		buf_truncate(&p->in, keep);
	}
	return 0;
}

int push_feed(struct push *p, const void *data, size_t len, struct error *err)
{
	size_t used = 0;
	int ret = 0;
	if (p->state == PUSH_FAILED)
		return error_set(err, "the push has failed");
	if (!p->marked && len)
		ret = feed_noise(p, data, len, &used, err);
	if (ret == 0 && p->marked)
		ret = feed_packets(p, (const char *)data + used, len - used, err);
	if (ret < 0)
		p->state = PUSH_FAILED;
	return ret;
}
