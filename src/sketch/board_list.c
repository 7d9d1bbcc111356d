/* board_list: takes a -b value or a file of boards apart. Knows the commas between boards from
 * those between a board's options, and nothing of which boards exist.
 */
#include "sketch/board.h"

#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"

enum { MAX_FILE = 1 << 20, MAX_BOARDS = 10000 };

/* Adds `piece` to the options of the last board. */
static int continue_board(struct strv *boards, const char *piece, struct error *err)
{
	char *before;

	if (boards->n == 0)
		return error_set(err, "option '%s' stands before any board; cure: write BOARD:%s",
			piece, piece);
	before = strv_take(boards, boards->n - 1);
	strv_pushf(boards, "%s%c%s", before, strchr(before, '=') ? ',' : ':', piece);
	free(before);
	return 0;
}

static char *trimmed(const char *s)
{
	size_t n;

	s += strspn(s, " \t\r");
	n = strlen(s);
	while (n && strchr(" \t\r", s[n - 1]))
		n--;
	return xstrndup(s, n);
}

/* "~/x" below the home directory. New. */
static char *user_path(const char *path)
{
	const char *home = getenv("HOME");

	if (home && strncmp(path, "~/", 2) == 0)
		return path_join(home, path + 2);
	return xstrdup(path);
}

static int parse_file(const char *path, struct strv *boards, struct error *err);

/* Boards separated by commas, with `files` also @FILE. */
static int parse_list(const char *list, bool files, struct strv *boards, struct error *err)
{
	struct strv pieces = STRV_INIT;
	int rc = 0;

	strv_split(&pieces, list, ",");
	for (size_t i = 0; i < pieces.n && rc == 0; i++) {
		char *piece = trimmed(pieces.v[i]);

		if (*piece == '@' && files)
			rc = parse_file(piece + 1, boards, err);
		else if (strchr(piece, '=') && !strchr(piece, ':'))
			rc = continue_board(boards, piece, err);
		else if (*piece && boards->n >= MAX_BOARDS)
			rc = error_set(err, "more than %d boards; cure: name fewer", MAX_BOARDS);
		else if (*piece)
			strv_push(boards, piece);
		free(piece);
	}
	strv_release(&pieces);
	return rc;
}

static int parse_lines(char *text, const char *path, struct strv *boards, struct error *err)
{
	size_t number = 1;
	int rc = 0;

	for (char *line = text, *next; rc == 0 && line; line = next, number++) {
		struct strv own = STRV_INIT;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		line[strcspn(line, "#")] = '\0';
		rc = parse_list(line, false, &own, err);
		if (rc < 0)
			error_prefix(err, "%s:%zu", path, number);
		strv_push_all(boards, &own);
		strv_release(&own);
	}
	return rc;
}

static int parse_file(const char *name, struct strv *boards, struct error *err)
{
	struct buf text = BUF_INIT;
	char *path = user_path(name);
	int rc = fs_read(path, MAX_FILE, &text, err);

	if (rc == 0)
		rc = parse_lines(text.data, path, boards, err);
	buf_release(&text);
	free(path);
	return rc;
}

int board_list_parse(const char *value, struct strv *out, struct error *err)
{
	struct strv boards = STRV_INIT;
	int rc = parse_list(value, true, &boards, err);

	if (rc == 0 && boards.n == 0)
		rc = error_set(
			err, "no board in '%s'; cure: name one, such as arduino:avr:uno", value);
	if (rc == 0)
		strv_push_all(out, &boards);
	strv_release(&boards);
	return rc;
}
