/* board_facts: what can be told of a board without building for it: whether a text is its name, whether a platform has it, and what the rules
 * of sketches ask of it.
 */
#include "sketch/board.h"

#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/xalloc.h"
#include "sketch/board_internal.h"
#include "sketch/platform.h"
#include "sketch/props.h"

static char *defines_of(const struct board *b)
{
	char *recipe = board_expand(b, NULL, props_str(b->props, "recipe.cpp.o.pattern"));
	struct strv words = STRV_INIT;
	struct buf out = BUF_INIT;

	strv_split(&words, recipe, " \t");
	for (size_t i = 0; i < words.n; i++) {
		if (strstr(words.v[i], "-D"))
			buf_addf(&out, "%s%s", out.len ? " " : "", words.v[i]);
	}
	strv_release(&words);
	free(recipe);
	return buf_detach(&out);
}

void board_get_facts(const struct board *b, struct board_facts *f)
{
	*f = (struct board_facts){
		.platform_version = xstrdup(b->platform->version),
		.build_board = xstrdup(props_get(b->props, "build.board")),
		.mcu = xstrdup(props_get(b->props, "build.mcu")),
		.defines = defines_of(b),
		.ram = board_number(b, "upload.maximum_data_size", -1),
	};
}

void board_facts_release(struct board_facts *f)
{
	free(f->platform_version);
	free(f->build_board);
	free(f->mcu);
	free(f->defines);
}

bool board_is_name(const char *text)
{
	struct fqbn f = {0};
	bool is = fqbn_parse(&f, text, NULL) == 0;

	fqbn_release(&f);
	return is;
}

bool board_is_meant(const char *text, const char *fqbn)
{
	struct fqbn asked = {0}, given = {0};
	bool is = fqbn_parse(&asked, text, NULL) == 0 && fqbn_parse(&given, fqbn, NULL) == 0 &&
		  given.vendor && strcmp(asked.id, given.id) == 0 &&
		  strv_equal(&asked.options, &given.options) &&
		  strv_equal(&asked.values, &given.values);

	if (is && asked.vendor)
		is = strcmp(asked.vendor, given.vendor) == 0 && strcmp(asked.arch, given.arch) == 0;
	fqbn_release(&asked);
	fqbn_release(&given);
	return is;
}

char *board_canonical(struct platforms *ps, const char *text, struct error *err)
{
	struct fqbn f = {0};
	const struct platform *p = NULL;
	char *name = NULL;

	if (fqbn_parse(&f, text, err) == 0)
		p = board_locate(ps, &f, err);
	if (p) {
		struct props *own = props_subtree(p->boards, f.id);

		if (menu_apply(own, &f, true, err) == 0)
			name = fqbn_text(&f);
		props_free(own);
	}
	fqbn_release(&f);
	return name;
}
