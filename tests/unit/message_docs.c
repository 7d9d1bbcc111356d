/* message_docs: docs/protocol.md and the tables name the same messages and keys. */
#include "message_case.h"

#include "common/fs.h"
#include "common/strv.h"
#include "common/xalloc.h"

static const char *command_of(int k)
{
	return command_name((enum command_kind)k);
}

static const char *response_of(int k)
{
	return response_name((enum response_kind)k);
}

static void keys_of(const struct layout *l, struct strv *keys)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->fields[i].name)
			strv_push_unique(keys, l->fields[i].name);
		if (l->fields[i].of && l->fields[i].of != &settings_layout)
			keys_of(l->fields[i].of, keys);
	}
}

/* What stands between backticks. */
static void quoted(const char *text, size_t len, struct strv *out)
{
	const char *end = text + len, *a = text, *b;
	while ((a = memchr(a, '`', (size_t)(end - a))) &&
		(b = memchr(a + 1, '`', (size_t)(end - a - 1)))) {
		strv_push_take(out, xstrndup(a + 1, (size_t)(b - a - 1)));
		a = b + 1;
	}
	strv_sort(out);
}

static void is_same(struct strv *told, struct strv *known, const char *what)
{
	strv_sort(known);
	if (ok(strv_equal(told, known), "%s: the same keys", what))
		return;
	for (size_t i = 0; i < told->n; i++)
		if (!strv_contains(known, told->v[i]))
			diag("only in the text: %s", told->v[i]);
	for (size_t i = 0; i < known->n; i++)
		if (!strv_contains(told, known->v[i]))
			diag("only in the table: %s", known->v[i]);
}

/* The keys' column of the row that begins with "| `name` |". NULL when there is no such row. */
static const char *row_of(const char *section, const char *name, size_t *len)
{
	char *head = xasprintf("\n| `%s` | ", name);
	const char *at = strstr(section, head);
	if (at) {
		at += strlen(head) - 1;
		*len = strcspn(at, "|");
	}
	free(head);
	return at;
}

static size_t rows_in(const char *section)
{
	size_t n = 0;
	for (const char *at = section; (at = strstr(at, "\n| `")); at++)
		n++;
	return n - 1; /* the head */
}

/* All rows of the section against all messages. */
static void compare(const char *section, const char *(*name_of)(int), int count,
	const struct layout *(*layout_of)(int))
{
	for (int k = 0; k < count; k++) {
		struct strv told = STRV_INIT, known = STRV_INIT;
		size_t len = 0;
		const char *row = row_of(section, name_of(k), &len);
		ok(row != NULL, "'%s' is in the text", name_of(k));
		quoted(row ? row : "", len, &told);
		keys_of(layout_of(k), &known);
		/* The same key may stand in an object and in one within it. */
		for (size_t i = 1; i < told.n; i++)
			if (!strcmp(told.v[i - 1], told.v[i]))
				free(strv_take(&told, i--));
		is_same(&told, &known, name_of(k));
		strv_release(&told);
		strv_release(&known);
	}
	is_int((long long)rows_in(section), count, "and no other row");
}

static void compare_settings(char *text)
{
	struct strv told = STRV_INIT, known = STRV_INIT, words = STRV_INIT;
	quoted(text, strlen(text), &words);
	/* Values stand there too. */
	for (size_t i = 0; i < words.n; i++) {
		bool value = !strcmp(words.v[i], "settings");
		for (int w = 0; w <= WARNINGS_ALL; w++)
			value |= !strcmp(words.v[i], settings_warnings_name(w));
		if (!value)
			strv_push(&told, words.v[i]);
	}
	keys_of(&settings_layout, &known);
	is_same(&told, &known, "settings");
	strv_release(&told);
	strv_release(&known);
	strv_release(&words);
}

/* Cuts the text in front of `mark` and gives what follows. */
static char *cut(char *text, const char *mark)
{
	char *at = strstr(text, mark);
	if (!ok(at != NULL, "the text has '%s'", mark))
		exit(done_testing());
	*at = '\0';
	return at + 1;
}

int main(void)
{
	struct buf text = BUF_INIT;
	struct error err = ERROR_INIT;
	char *path = xasprintf("%s/docs/protocol.md", getenv("srcdir") ? getenv("srcdir") : ".");
	if (!ok(fs_read(path, 1 << 20, &text, &err) == 0, "the text is there: %s", err.text))
		return done_testing();
	char *commands = cut(text.data, "\n## Boss to worker");
	char *responses = cut(commands, "\n## Worker to boss");
	cut(responses, "\n## ");
	char *settings = cut(commands, "\n`settings` holds");
	compare(commands, command_of, CMD_COUNT, message_command_layout);
	compare(responses, response_of, RESP_COUNT, message_response_layout);
	compare_settings(settings);
	buf_release(&text);
	free(path);
	return done_testing();
}
