/* board_compiler: which compiler a board's recipes start. A platform whose packaged tool is not
 * installed gets the system's from /usr when it has one of that name; nothing is taken from
 * anywhere else.
 */
#include "sketch/board_internal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"
#include "sketch/platform.h"
#include "sketch/platform_fixes.h"
#include "sketch/platform_internal.h"
#include "sketch/props.h"

/* Debian's names, for the cure. */
static const struct {
	const char *compiler, *packages;
} debian[] = {
	{"avr-g++", "gcc-avr avr-libc"},
	{"arm-none-eabi-g++", "gcc-arm-none-eabi libstdc++-arm-none-eabi-newlib"},
	{"g++", "g++"},
};

/* The NAME of the first "{runtime.tools.NAME.path}" in `text`, or NULL. New. */
static char *tool_reference(const char *text)
{
	static const char head[] = "{runtime.tools.", tail[] = ".path}";
	const char *start = strstr(text, head);
	const char *end = start ? strstr(start, tail) : NULL;

	if (!end)
		return NULL;
	start += strlen(head);
	return start < end ? xstrndup(start, (size_t)(end - start)) : NULL;
}

static bool is_executable(const char *path)
{
	return fs_is_file(path) && access(path, X_OK) == 0;
}

/* As execvp would look. */
static bool can_run(const char *program)
{
	const char *path = getenv("PATH");
	struct strv dirs = STRV_INIT;
	bool found = false;

	if (strchr(program, '/'))
		return is_executable(program);
	strv_split(&dirs, path ? path : "/usr/bin:/bin", ":");
	for (size_t i = 0; i < dirs.n && !found; i++) {
		char *file = path_join(dirs.v[i], program);

		found = is_executable(file);
		free(file);
	}
	strv_release(&dirs);
	return found;
}

/* First argument of recipe.cpp.o.pattern. New; NULL and err. */
static char *first_argument(const struct board *b, struct error *err)
{
	static const char key[] = "recipe.cpp.o.pattern";
	char *text = props_expand(b->props, NULL, props_str(b->props, key), false);
	struct strv argv = STRV_INIT;
	char *result = NULL;

	if (board_recipe_split(b, key, text, &argv, err) == 0 && argv.n == 0)
		board_recipe_missing(b, key, err);
	else if (argv.n)
		result = strv_take(&argv, 0);
	strv_release(&argv);
	free(text);
	return result;
}

static const char *packages_of(const char *compiler)
{
	for (size_t i = 0; i < ARRAY_LEN(debian); i++) {
		if (strcmp(path_base(compiler), debian[i].compiler) == 0)
			return debian[i].packages;
	}
	return NULL;
}

static void missing(
	const struct board *b, const char *compiler, const char *tool, struct error *err)
{
	const char *packages = packages_of(compiler);
	char *which = tool ? xasprintf(" (tool '%s' is not installed)", tool) : xstrdup("");
	char *apt = packages ? xasprintf("run 'apt install %s'", packages) : NULL;
	char *cli = xasprintf("run 'arduino-cli core install %s:%s'", b->core_platform->vendor,
		b->core_platform->arch);

	error_set(err, "board '%s': its compiler '%s' is not there%s; cure: %s%s%s", b->fqbn,
		compiler, which, apt ? apt : cli, apt && tool ? ", or " : "",
		apt && tool ? cli : "");
	free(cli);
	free(apt);
	free(which);
}

/* The compiler with the tool's directory set to /usr, when that is there; takes nothing. */
static char *from_system(struct board *b, const char *tool)
{
	char *key = xasprintf("runtime.tools.%s.path", tool);
	char *compiler;

	props_set(b->props, key, "/usr");
	compiler = first_argument(b, NULL);
	if (compiler && is_executable(compiler)) {
		strv_pushf(&b->notes, "tool '%s' of %s:%s is not installed; using the system's %s",
			tool, b->platform->vendor, b->platform->arch, compiler);
	} else {
		props_del(b->props, key);
		free(compiler);
		compiler = NULL;
	}
	free(key);
	return compiler;
}

char *board_compiler(struct board *b, struct error *err)
{
	char *compiler = first_argument(b, err);
	char *tool, *system;

	if (!compiler || can_run(compiler))
		return compiler;
	tool = tool_reference(compiler);
	system = tool ? from_system(b, tool) : NULL;
	if (!system)
		missing(b, compiler, tool, err);
	free(tool);
	free(compiler);
	return system;
}

char *board_compiler_text(const struct board *b, const struct platforms *ps,
	const char *(*version)(void *ctx, const char *compiler), void *ctx)
{
	const struct tool *tool = tools_owner(ps, b->compiler);
	const char *said = tool ? "" : version(ctx, b->compiler);
	char *family, *text;

	if (tool)
		return xasprintf(
			"%s %.*s", tool->name, (int)strcspn(tool->version, "-"), tool->version);
	if (!*said)
		return NULL;
	family = compiler_family(b->compiler);
	text = xasprintf("%s %s", family, said);
	free(family);
	return text;
}
