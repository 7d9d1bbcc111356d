/* board_recipes: a board's recipes as commands, and whether they can be any. What is wrong with one is told by its name and its file
 * before anything is built. It runs none.
 */
#include "sketch/board_internal.h"

#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"
#include "sketch/platform.h"
#include "sketch/props.h"

/* Nothing is built without these; those of C and assembly only some boards need. */
static const char *const needed[] = {
	"recipe.cpp.o.pattern", "recipe.ar.pattern", "recipe.c.combine.pattern"};

/* Beginnings of the names of what a build may run; platforms have others, for other programs. */
static const char *const used[] = {"recipe.c.o.", "recipe.cpp.o.", "recipe.S.o.", "recipe.ar.",
	"recipe.c.combine.", "recipe.objcopy", "recipe.size.", "recipe.advanced_size.",
	"recipe.hooks.prebuild", "recipe.hooks.sketch.prebuild", "recipe.hooks.sketch.postbuild",
	"recipe.hooks.libraries.prebuild", "recipe.hooks.libraries.postbuild",
	"recipe.hooks.core.prebuild", "recipe.hooks.core.postbuild", "recipe.hooks.linking.prelink",
	"recipe.hooks.linking.postlink", "recipe.hooks.objcopy.preobjcopy",
	"recipe.hooks.objcopy.postobjcopy", "recipe.hooks.postbuild"};

/* Where the recipe stands, or should. New string. */
static char *file_of(const struct board *b, const char *key)
{
	const struct platform *p = b->platform;
	if (!props_get(p->props, key) && props_get(b->core_platform->props, key))
		p = b->core_platform;
	return path_join(p->dir, "platform.txt");
}

int board_recipe_missing(const struct board *b, const char *key, struct error *err)
{
	char *file = file_of(b, key);
	error_set(err,
		"board '%s': '%s' has no %s; cure: install %s:%s again, or add it in "
		"platform.local.txt beside that file",
		b->fqbn, file, key, b->platform->vendor, b->platform->arch);
	free(file);
	return -1;
}

int board_recipe_split(const struct board *b, const char *key, const char *text, struct strv *argv,
	struct error *err)
{
	struct error why = ERROR_INIT;
	if (recipe_split(text, argv, &why) == 0)
		return 0;
	char *file = file_of(b, key);
	error_set(err,
		"board '%s': %s of '%s' is no command: %s; cure: close the quote there, or in the "
		"property that put it in",
		b->fqbn, key, file, why.text);
	free(file);
	return -1;
}

struct check {
	const struct board *board;
	struct error *err;
	int failed;
};

static bool is_used(const char *key)
{
	static const char end[] = ".pattern";
	size_t n = strlen(key), e = sizeof end - 1;
	if (!strcmp(key, "recipe.preproc.macros"))
		return true;
	if (n < e || strcmp(key + n - e, end))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(used); i++)
		if (!strncmp(key, used[i], strlen(used[i])))
			return true;
	return false;
}

static void check_one(void *ctx, const char *key, const char *value)
{
	struct check *c = ctx;
	struct strv argv = STRV_INIT;
	if (c->failed || !is_used(key))
		return;
	char *text = board_expand(c->board, NULL, value);
	c->failed = board_recipe_split(c->board, key, text, &argv, c->err);
	free(text);
	strv_release(&argv);
}

int board_check_recipes(const struct board *b, struct error *err)
{
	struct check c = {b, err, 0};
	for (size_t i = 0; i < ARRAY_LEN(needed); i++)
		if (!*props_str(b->props, needed[i]))
			return board_recipe_missing(b, needed[i], err);
	props_each(b->props, check_one, &c);
	return c.failed;
}
