/* frame: lines out of bytes, in whatever pieces they come. */
#include "tap.h"

#include "common/error.h"
#include "common/xalloc.h"
#include "wire/frame.h"

struct seen {
	struct buf text; /* each line and a '|' */
	size_t lines, longest, stop_at;
	struct frame *release; /* by the line that stops */
};

static bool on_line(void *ctx, const char *line, size_t len)
{
	struct seen *s = ctx;
	if (line[len] != '\0' || strlen(line) != len)
		ok(false, "a line ends where it ends");
	if (len < 1000)
		buf_addf(&s->text, "%s|", line);
	s->longest = len > s->longest ? len : s->longest;
	if (++s->lines != s->stop_at)
		return true;
	if (s->release)
		frame_release(s->release);
	return false;
}

static void seen_release(struct seen *s)
{
	buf_release(&s->text);
	*s = (struct seen){0};
}

static const char text[] = "one\n\ntwo\r\n\r\nthr\ree\r\r\nlast\nopen";
static const char want[] = "one||two||thr\ree\r|last|";

static void pieces(void)
{
	for (size_t step = 1; step <= sizeof text; step++) {
		struct frame f = {0};
		struct seen s = {0};
		int ret = 0;
		for (size_t at = 0; at < sizeof text - 1; at += step) {
			size_t left = sizeof text - 1 - at;
			ret |= frame_feed(
				&f, text + at, left < step ? left : step, on_line, &s, NULL);
		}
		ok(ret == 0 && !strcmp(buf_str(&s.text), want), "the same lines in pieces of %zu",
			step);
		is_str(buf_str(&f.partial), "open", "the rest waits");
		is_int(frame_feed(&f, "ed\n", 3, on_line, &s, NULL), 0, "until its end comes");
		ok(strstr(buf_str(&s.text), "|opened|") != NULL, "then it is a line");
		is_int(frame_feed(&f, NULL, 0, on_line, &s, NULL), 0, "no bytes are no harm");
		frame_release(&f);
		seen_release(&s);
	}
}

/* Feeds `n` times 'x', then `end`. */
static int feed_long(struct frame *f, struct seen *s, size_t n, const char *end, struct error *err)
{
	char *line = xmalloc(n + strlen(end));
	memset(line, 'x', n);
	memcpy(line + n, end, strlen(end));
	int ret = 0;
	for (size_t at = 0, len = n + strlen(end); at < len && ret == 0; at += 60000)
		ret = frame_feed(
			f, line + at, len - at < 60000 ? len - at : 60000, on_line, s, err);
	free(line);
	return ret;
}

static void ceiling(void)
{
	struct frame f = {0};
	struct seen s = {0};
	struct error err = ERROR_INIT;
	is_int(feed_long(&f, &s, WIRE_MAX_LINE - 1, "\n", &err), 0, "the longest line");
	is_int((long long)s.longest, WIRE_MAX_LINE - 1, "is whole");
	is_int(feed_long(&f, &s, WIRE_MAX_LINE - 2, "\r\nshort\n", &err), 0, "with \\r too");
	is_int((long long)s.lines, 3, "and another follows");
	is_int(feed_long(&f, &s, WIRE_MAX_LINE, "", &err), -1,
		"one more byte, and no end in sight");
	ok(strstr(err.text, "1048576") != NULL, "is told: %s", err.text);
	is_int((long long)f.partial.len, 0, "nothing of it is kept");
	is_int(frame_feed(&f, "fine\n", 5, on_line, &s, &err), -1, "and no later line is taken");
	is_int((long long)s.lines, 3, "none");
	frame_release(&f);
	is_int(feed_long(&f, &s, WIRE_MAX_LINE, "\n", &err), -1, "a line of one byte too many");
	frame_release(&f);
	is_int(frame_feed(&f, "fine\n", 5, on_line, &s, &err), 0, "a released frame is a new one");
	frame_release(&f);
	seen_release(&s);
}

static void nul(void)
{
	struct frame f = {0};
	struct seen s = {0};
	struct error err = ERROR_INIT;
	is_int(frame_feed(&f, "a\nb\0c\nd\n", 8, on_line, &s, &err), -1, "a NUL is refused");
	is_str(buf_str(&s.text), "a|", "the line before it was taken");
	ok(strstr(err.text, "NUL") != NULL, "and it is told: %s", err.text);
	is_int(frame_feed(&f, "e\n", 2, on_line, &s, &err), -1, "for good");
	frame_release(&f);
	is_int(frame_feed(&f, "\0", 1, on_line, &s, &err), -1, "without an end of line too");
	frame_release(&f);
	seen_release(&s);
}

static void stops(void)
{
	struct frame *f = xcalloc(1, sizeof *f);
	struct seen s = {.stop_at = 2, .release = f};
	is_int(frame_feed(f, "a\nb\nc\n", 6, on_line, &s, NULL), 0, "stopped at a line");
	is_str(buf_str(&s.text), "a|b|", "nothing of the rest is handed out");
	free(f);
	seen_release(&s);

	struct frame kept = {0};
	s.stop_at = 1;
	frame_feed(&kept, "a\nb\n", 4, on_line, &s, NULL);
	frame_feed(&kept, "c\n", 2, on_line, &s, NULL);
	is_str(buf_str(&s.text), "a|c|", "the line that stopped it does not come again");
	frame_release(&kept);
	seen_release(&s);
}

int main(void)
{
	pieces();
	ceiling();
	nul();
	stops();
	return done_testing();
}
