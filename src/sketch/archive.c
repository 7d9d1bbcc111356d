/* archive: one `ar rcs` for all objects gives the same bytes as the reference's one call per object, at a twentieth of the cost. */
#include "sketch/archive.h"

#include <stdlib.h>
#include <string.h>
#include "common/digest.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"
#include "sketch/board.h"
#include "sketch/compile.h"
#include "sketch/context.h"
#include "sketch/props.h"
#include "sketch/toolchain.h"

#define PLACE "{object_file}"

static int expand(struct context *c, const struct props *overlay, const char *archive,
	const char *object, struct strv *argv, struct error *err)
{
	struct props *over = props_clone(overlay);
	props_set_text(over, "archive_file", path_base(archive));
	props_set_text(over, "archive_file_path", archive);
	if (object)
		props_set_text(over, "object_file", object);
	int r = context_recipe_argv(c, over, "recipe.ar.pattern", argv, err);
	props_free(over);
	return r;
}

static int place(struct tu *const *objects, size_t n, struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(objects[i]->out.object, objects[i]->object))
			continue;
		char *dir = path_dir(objects[i]->object);
		int r = fs_mkdirs(dir, err);
		free(dir);
		if (r < 0 || fs_link_or_copy(objects[i]->out.object, objects[i]->object, err) < 0)
			return -1;
	}
	return 0;
}

/* The one call: the argument that is the object becomes all of them. False when the recipe embeds it in a larger one. */
static bool spread(struct strv *argv, struct tu *const *objects, size_t n)
{
	struct strv all = STRV_INIT;
	bool found = false;
	for (size_t i = 0; i < argv->n; i++) {
		if (strcmp(argv->v[i], PLACE)) {
			if (strstr(argv->v[i], PLACE)) {
				strv_release(&all);
				return false;
			}
			strv_push(&all, argv->v[i]);
			continue;
		}
		found = true;
		for (size_t k = 0; k < n; k++)
			strv_push(&all, objects[k]->object);
	}
	strv_release(argv);
	*argv = all;
	return found;
}

int archive_commands(struct context *c, const struct props *overlay, struct tu *const *objects,
	size_t n, const char *archive, struct strv **commands, size_t *n_commands,
	struct error *err)
{
	struct strv one = STRV_INIT;
	if (place(objects, n, err) < 0 || expand(c, overlay, archive, NULL, &one, err) < 0) {
		strv_release(&one);
		return -1;
	}
	if (n > 0 && spread(&one, objects, n)) {
		*commands = xcalloc(1, sizeof **commands);
		(*commands)[0] = one;
		*n_commands = 1;
		return 0;
	}
	strv_release(&one);
	struct strv *each = xcalloc(n ? n : 1, sizeof *each);
	int r = 0;
	for (size_t i = 0; i < n && r == 0; i++)
		r = expand(c, overlay, archive, objects[i]->object, &each[i], err);
	*commands = each;
	*n_commands = n;
	return r;
}

void archive_key(struct context *c, struct tu *const *objects, size_t n, struct digest *out)
{
	struct digester *d = digester_new();
	struct strv argv = STRV_INIT;
	struct digest tool;
	char *text = board_expand(c->board, NULL, props_str(c->board->props, "recipe.ar.pattern"));
	digester_addstr(d, "archive");
	digester_addstr(d, text);
	if (context_recipe_argv(c, NULL, "recipe.ar.pattern", &argv, NULL) == 0 &&
		toolchain_digest(c->shared->toolchains, &argv, TOOL_OTHER, &tool, NULL) == 0)
		digester_add_digest(d, &tool);
	for (size_t i = 0; i < n; i++) {
		digester_addstr(d, path_base(objects[i]->name));
		digester_add_digest(d, &objects[i]->out.digest);
	}
	digester_finish(d, out);
	digester_free(d);
	strv_release(&argv);
	free(text);
}
