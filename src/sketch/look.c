/* look: see look.h. Libraries do not count: each machine has those that its jobs can reach. Which of a platform's files a build reads is known only afterwards, so that all of them count. */
#include "sketch/look.h"

#include <stdlib.h>
#include <string.h>
#include "common/fs.h"
#include "common/xalloc.h"
#include "sketch/board.h"
#include "sketch/context.h"
#include "sketch/fileindex.h"

#define MAX_DEPTH 32 /* of directories */

/* Names and contents of all beneath `dir`; hidden ones are no source. */
static void add_tree(struct digester *d, struct file_index *ix, const char *dir, int depth)
{
	struct fs_list l = {0};
	if (depth > MAX_DEPTH || fs_list(dir, &l, NULL) < 0)
		return;
	for (size_t i = 0; i < l.n; i++) {
		if (l.v[i].name[0] == '.')
			continue;
		char *path = path_join(dir, l.v[i].name);
		const struct file_facts *f = l.v[i].type == 'f' ? file_index_get(ix, path) : NULL;
		digester_addstr(d, l.v[i].name);
		if (f)
			digester_add_digest(d, &f->digest);
		if (l.v[i].type == 'd')
			add_tree(d, ix, path, depth + 1);
		free(path);
	}
	fs_list_release(&l);
}

static void add_headers(struct digester *d, const struct context *c)
{
	struct strv dirs = STRV_INIT;
	for (int l = 0; l < LANG_COUNT; l++)
		for (size_t i = 0; c->system_dirs[l] && i < c->system_dirs[l]->n; i++)
			strv_push_unique(&dirs, c->system_dirs[l]->v[i]);
	for (size_t i = 0; i < dirs.n; i++)
		add_tree(d, c->shared->files, dirs.v[i], 0);
	strv_release(&dirs);
}

static char *digest_of(const struct context *c)
{
	char hex[DIGEST_HEX_LEN + 1];
	struct digest sum;
	struct digester *d = digester_new();
	digester_add_digest(d, &c->rules);
	digester_add_digest(d, &c->link_role);
	for (int l = 0; l < LANG_COUNT; l++)
		digester_add_digest(d, &c->role[l]);
	add_tree(d, c->shared->files, c->board->platform->dir, 0);
	if (c->board->core_platform != c->board->platform)
		add_tree(d, c->shared->files, c->board->core_platform->dir, 0);
	add_headers(d, c);
	digester_finish(d, &sum);
	digester_free(d);
	return xstrdup(digest_hex(&sum, hex));
}

/* "avr-gcc 5.4.0": compilers are known by the name of their family. */
static char *toolchain_of(const struct context *c)
{
	if (!c->sample.n)
		return NULL;
	const char *driver = c->sample.v[0], *base = path_base(driver);
	const char *version = toolchain_version(c->shared->toolchains, driver);
	size_t len = strlen(base);
	bool plus = len > 3 && !strcmp(base + len - 3, "g++");
	return xasprintf("%.*s%s%s%s", (int)(plus ? len - 3 : len), base, plus ? "gcc" : "",
		*version ? " " : "", version);
}

void context_look(struct context *c, struct engine_look *out)
{
	out->fqbn = board_canonical(c->shared->platforms, c->board_text, NULL);
	if (*c->error.text) {
		out->why = xstrdup(c->error.text);
		return;
	}
	board_get_facts(c->board, &out->facts);
	out->toolchain = toolchain_of(c);
	out->digest = digest_of(c);
}
