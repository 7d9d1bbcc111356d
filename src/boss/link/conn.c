/* conn: see conn.h. Calls go to the kind's functions as they are; quoting is the only thing done here.
 */
#include "boss/link/conn.h"

#include <string.h>
#include "common/buf.h"

void conn_open(struct conn *c, const struct conn_events *ev)
{
	c->events = *ev;
	c->ops->open(c);
}

struct channel *conn_exec(struct conn *c, const char *script, const struct channel_events *ev)
{
	return c->ops->exec(c, script, ev);
}

void channel_write(struct channel *ch, const void *data, size_t len)
{
	ch->conn->ops->write(ch, data, len);
}

size_t channel_pending(const struct channel *ch)
{
	return ch->conn->ops->pending(ch);
}

void channel_end_input(struct channel *ch)
{
	ch->conn->ops->end_input(ch);
}

void channel_pause(struct channel *ch, bool pause)
{
	ch->conn->ops->pause(ch, pause);
}

void channel_close(struct channel *ch)
{
	if (ch)
		ch->conn->ops->close(ch);
}

void conn_free(struct conn *c, void (*closed)(void *ctx), void *ctx)
{
	if (c)
		c->ops->free(c, closed, ctx);
	else if (closed)
		closed(ctx);
}

void shell_quote(struct buf *out, const char *s)
{
	buf_addch(out, '\'');
	for (; *s; s++) {
		if (*s == '\'')
			buf_addstr(out, "'\\''");
		else
			buf_addch(out, *s);
	}
	buf_addch(out, '\'');
}

/* Means itself within single quotes in every shell, and within double quotes in sh's printf %b. */
static bool is_plain(char c)
{
	return c >= ' ' && c <= '~' && !strchr("'\"!\\$`", c);
}

void shell_wrap(struct buf *out, const char *script)
{
	buf_addstr(out, "exec sh -c 'eval \"$(printf %b \"");
	for (; *script; script++) {
		if (is_plain(*script))
			buf_addch(out, *script);
		else
			buf_addf(out, "\\0%03o", (unsigned char)*script);
	}
	buf_addstr(out, "\")\"'");
}
