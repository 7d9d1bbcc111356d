/* check: see check.h. */
#include "wire/check.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include "wire/job.h"

#define DIGITS "0123456789"
#define HEX DIGITS "abcdef"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

#define MAX_RUN_ID 64
#define MAX_NAME 255 /* what file systems take */

static bool only(const char *s, const char *these)
{
	return s[strspn(s, these)] == '\0';
}

static bool has_control(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

static bool is_dots(const char *s, size_t len)
{
	return (len == 1 && s[0] == '.') || (len == 2 && s[0] == '.' && s[1] == '.');
}

const char *check_filled(const char *s)
{
	return *s ? NULL : "empty";
}

const char *check_run_id(const char *s)
{
	return *s && strlen(s) <= MAX_RUN_ID && only(s, DIGITS LOWER "-") ? NULL : "no run's id";
}

const char *check_board(const char *s)
{
	return *s && !has_control(s) && !strchr(s, ' ') ? NULL : "no board";
}

const char *check_name(const char *s)
{
	size_t len = strlen(s);
	bool good =
		len && len <= MAX_NAME && !has_control(s) && !strchr(s, '/') && !is_dots(s, len);
	return good ? NULL : "no plain name";
}

const char *check_path(const char *s)
{
	return *s == '/' ? NULL : "no absolute path";
}

const char *check_clean_path(const char *s)
{
	if (*s != '/')
		return check_path(s);
	for (const char *p = s; *p;) {
		size_t len = strcspn(++p, "/");
		if (is_dots(p, len))
			return "a path with dots";
		p += len;
	}
	return NULL;
}

const char *check_tree(const char *s)
{
	size_t len = strlen(s);
	return (len == 40 || len == 64) && only(s, HEX) ? NULL : "no tree's id";
}

const char *check_digest(const char *s)
{
	return strlen(s) == 64 && only(s, HEX) ? NULL : "no digest";
}

/* Narrower than git's own rules: no part may be empty, begin with a dot or a dash, or end with ".lock" or a dot. */
static bool ref_part_ok(const char *part, size_t len)
{
	if (!len || part[0] == '.' || part[0] == '-' || part[len - 1] == '.')
		return false;
	if (len >= 5 && !memcmp(part + len - 5, ".lock", 5))
		return false;
	return !memmem(part, len, "..", 2);
}

const char *check_ref(const char *s)
{
	static const char why[] = "no ref of ours", top[] = "refs/bm/";
	if (strncmp(s, top, strlen(top)) || strlen(s) > MAX_NAME)
		return why;
	if (!only(s, DIGITS LOWER UPPER "-_./"))
		return why;
	for (const char *p = s + strlen(top);; p++) {
		size_t len = strcspn(p, "/");
		if (!ref_part_ok(p, len))
			return why;
		p += len;
		if (!*p)
			return NULL;
	}
}

const char *check_artifact(const char *s)
{
	return artifact_name_ok(s) && !has_control(s) ? NULL : "no artefact's name";
}

const char *check_setting(const char *s)
{
	return *s && *s != '=' && strchr(s, '=') ? NULL : "not K=V";
}
