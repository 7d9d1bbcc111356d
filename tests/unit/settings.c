/* settings: each option that changes a build arrives at the worker. */
#include "message_case.h"

#include "common/strv.h"
#include "common/xalloc.h"

/* Another value than the default, as the table has it. */
static void set(const struct field *f, struct settings *s)
{
	char *at = (char *)s + f->at;
	char *text = xstrdup(f->check == check_setting ? "k=v" : "/d");
	switch (f->type) {
	case FIELD_STRV: strv_push((struct strv *)at, text); break;
	case FIELD_STR: memcpy(at, &text, sizeof text); return;
	case FIELD_BOOL: *(bool *)at = true; break;
	case FIELD_INT:
	case FIELD_ENUM: *(int *)at = 2; break;
	case FIELD_NUM: *(double *)at = 2.5; break;
	default: ok(false, "'%s' has a type that this test knows", f->name); break;
	}
	free(text);
}

static bool same(const struct field *f, const struct settings *a, const struct settings *b)
{
	const char *x = (const char *)a + f->at, *y = (const char *)b + f->at;
	char *s, *t;
	switch (f->type) {
	case FIELD_STRV: return strv_equal((const struct strv *)x, (const struct strv *)y);
	case FIELD_STR:
		memcpy(&s, x, sizeof s);
		memcpy(&t, y, sizeof t);
		return s && t ? !strcmp(s, t) : s == t;
	case FIELD_BOOL: return *(const bool *)x == *(const bool *)y;
	case FIELD_NUM: return !memcmp(x, y, sizeof(double));
	default: return *(const int *)x == *(const int *)y;
	}
}

static bool all_same(const struct settings *a, const struct settings *b)
{
	for (size_t i = 0; i < settings_layout.n; i++)
		if (!same(&settings_layout.fields[i], a, b))
			return false;
	return true;
}

/* Each alone, so that no two can stand for one another. */
static void each_survives(void)
{
	static const struct settings none;
	for (size_t i = 0; i < settings_layout.n; i++) {
		const struct field *f = &settings_layout.fields[i];
		struct settings s = none;
		struct message_command m;
		set(f, &s);
		ok(!all_same(&s, &none), "'%s' can be set", f->name);
		if (ok(over_command(&m, &(struct command){.kind = CMD_CONFIGURE, .settings = &s}),
			    "'%s' goes over", f->name)) {
			ok(all_same(&s, m.c.settings), "and it alone arrives");
			message_command_release(&m);
		}
		settings_release(&s);
	}
}

/* The header is asked, since nobody would think of the table when a member is added. */
static void no_member_without_row(void)
{
	char *path = xasprintf("%s/src/wire/job.h", getenv("srcdir") ? getenv("srcdir") : ".");
	char line[512];
	bool inside = false;
	size_t members = 0;
	FILE *f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f)) {
		if (!strcmp(line, "struct settings {\n"))
			inside = true;
		else if (line[0] == '}')
			inside = false;
		char *end = inside ? strchr(line, ';') : NULL, *at = end;
		if (!end)
			continue;
		*end = '\0';
		while (at > line && !strchr(" \t*", at[-1]))
			at--;
		members++;
		bool found = !strcmp(at, "cache_dir");
		for (size_t i = 0; i < settings_layout.n; i++)
			found |= !strcmp(settings_layout.fields[i].name, at);
		ok(found, "'%s' has a row", at);
	}
	is_int((long long)members, (long long)settings_layout.n + 1, "as many members as rows");
	if (f)
		fclose(f);
	free(path);
}

int main(void)
{
	each_survives();
	no_member_without_row();
	return done_testing();
}
