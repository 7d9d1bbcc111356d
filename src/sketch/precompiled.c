/* precompiled: which archive, and the link flags for it. */
#include "sketch/precompiled.h"

#include <stdlib.h>
#include <string.h>
#include "common/buf.h"
#include "common/fs.h"
#include "common/strv.h"
#include "common/xalloc.h"
#include "sketch/board.h"
#include "sketch/library.h"
#include "sketch/props.h"

static bool has_files(const char *dir)
{
	struct fs_list l = {0};
	bool any = false;
	if (fs_list(dir, &l, NULL) < 0)
		return false;
	for (size_t i = 0; i < l.n; i++)
		any |= l.v[i].type == 'f';
	fs_list_release(&l);
	return any;
}

/* The value of the first argument that holds `flag` and a '='. */
static char *flag_value(const struct strv *argv, const char *flag)
{
	for (size_t i = 0; i < argv->n; i++) {
		const char *eq = strstr(argv->v[i], flag) ? strchr(argv->v[i], '=') : NULL;
		if (eq)
			return xstrdup(eq + 1);
	}
	return NULL;
}

/* "<fpu>-<float abi>", of the build properties or of the compile command; NULL when not both are known. */
static char *float_spec(const struct board *b)
{
	const char *fpu = props_get(b->props, "build.fpu"),
		   *abi = props_get(b->props, "build.float-abi");
	if (fpu && abi)
		return xasprintf("%s-%s", fpu, abi);
	struct strv argv = STRV_INIT;
	char *text = board_expand(b, NULL, props_str(b->props, "recipe.cpp.o.pattern")),
	     *spec = NULL;
	if (recipe_split(text, &argv, NULL) == 0) {
		char *f = flag_value(&argv, "fpu"), *a = flag_value(&argv, "float-abi");
		if (f && a)
			spec = xasprintf("%s-%s", f, a);
		free(f);
		free(a);
	}
	strv_release(&argv);
	free(text);
	return spec;
}

char *precompiled_dir(const struct board *b, const struct library *lib)
{
	if ((!lib->precompiled && !lib->precompiled_full) ||
		!props_get(b->props, "compiler.libraries.ldflags"))
		return NULL;
	char *mcu = path_join(lib->src_dir, props_str(b->props, "build.mcu")),
	     *spec = float_spec(b);
	char *dir = spec ? path_join(mcu, spec) : NULL;
	free(spec);
	if (dir && has_files(dir)) {
		free(mcu);
		return dir;
	}
	free(dir);
	if (has_files(mcu))
		return mcu;
	free(mcu);
	return NULL;
}

bool precompiled_replaces_sources(const struct board *b, const struct library *lib)
{
	char *dir = lib->precompiled_full ? precompiled_dir(b, lib) : NULL;
	free(dir);
	return dir != NULL;
}

void precompiled_link(
	const struct board *b, const struct library *lib, struct strv *objects, struct buf *ldflags)
{
	struct fs_list l = {0};
	char *dir = precompiled_dir(b, lib);
	if (!dir)
		return;
	buf_addf(ldflags, " \"-L%s\" %s ", dir, lib->ldflags);
	if (fs_list(dir, &l, NULL) == 0) {
		for (size_t i = 0; i < l.n; i++) {
			const char *name = l.v[i].name, *ext = path_ext(name);
			bool is_static = !strcmp(ext, ".a"), is_shared = !strcmp(ext, ".so");
			if ((is_static || is_shared) && !strncmp(name, "lib", 3))
				buf_addf(ldflags, "-l%.*s ", (int)(strlen(name) - strlen(ext) - 3),
					name + 3);
			else if (is_static)
				strv_push_take(objects, path_join(dir, name));
		}
		fs_list_release(&l);
	}
	free(dir);
}
