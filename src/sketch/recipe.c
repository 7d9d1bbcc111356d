/* recipe_split: from an expanded recipe to arguments, by the Arduino specification's rules.
 *
 * Not a shell: no escapes, no variables, and a quote inside a token is a character like any
 * other. Platforms rely on it.
 */
#include "sketch/props.h"

#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/strv.h"
#include "common/xalloc.h"

static bool is_blank(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i] != ' ' && (s[i] < '\t' || s[i] > '\r'))
			return false;
	}
	return true;
}

static void push_unless_blank(struct strv *argv, const char *s, size_t len)
{
	if (!is_blank(s, len))
		strv_push_take(argv, xstrndup(s, len));
}

/* The quote that ends the token begun before `s`: the first that stands before a space or the
 * end. NULL when there is none. */
static const char *closing_quote(const char *s, char quote)
{
	for (const char *q = strchr(s, quote); q; q = strchr(q + 1, quote)) {
		if (q[1] == ' ' || q[1] == '\0')
			return q;
	}
	return NULL;
}

int recipe_split(const char *text, struct strv *argv, struct error *err)
{
	size_t had = argv->n;

	for (const char *s = text, *end;; s = end + 1) {
		if (*s == '"' || *s == '\'') {
			end = closing_quote(s + 1, *s);
			if (!end) {
				while (argv->n > had)
					free(strv_take(argv, argv->n - 1));
				return error_set(err, "no closing %c in '%.200s'", *s, s);
			}
			push_unless_blank(argv, s + 1, (size_t)(end - s - 1));
			end++;
		} else {
			end = s + strcspn(s, " ");
			push_unless_blank(argv, s, (size_t)(end - s));
		}
		if (!*end)
			break;
	}
	return 0;
}
