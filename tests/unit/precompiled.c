/* Precompiled libraries: which directory, when it stands for the sources, and what the link gets. */
#include "sketch/precompiled.h"

#include "common/strv.h"
#include "sketch/board.h"
#include "sketch/library.h"
#include "sketch/props.h"
#include "unit/store_util.h"

static struct board board;
static struct library lib;

static void reset(void)
{
	props_free(board.props);
	board.props = props_new();
	board.fqbn = (char *)"a:b:c";
	props_set(board.props, "compiler.libraries.ldflags", "");
	props_set(board.props, "build.mcu", "m4");
	props_set(
		board.props, "recipe.cpp.o.pattern", "\"{path}g++\" -c {flags} \"{source_file}\"");
	lib = (struct library){.precompiled = true,
		.src_dir = (char *)test_tmpdir(),
		.ldflags = (char *)"-lm -lz"};
}

/* `want` is below the test's directory; NULL none. */
static void is_dir(const char *want, const char *name)
{
	char *got = precompiled_dir(&board, &lib);
	is_str(got, want ? at(want) : NULL, name);
	free(got);
}

static void directories(void)
{
	reset();
	is_dir("m4", "the processor's");
	props_set(board.props, "build.fpu", "fpv4");
	is_dir("m4", "no float ABI: the same");
	props_set(board.props, "build.float-abi", "hard");
	is_dir("m4/fpv4-hard", "of the build properties");
	props_set(board.props, "build.float-abi", "empty");
	is_dir("m4", "not when it has no file");
	props_set(board.props, "build.float-abi", "none");
	is_dir("m4", "nor when it is not there");

	reset();
	props_set(board.props, "flags", "-mfpu=fpv4 -mfloat-abi=hard");
	is_dir("m4/fpv4-hard", "of the compile command");
	props_set(board.props, "build.fpu", "other");
	is_dir("m4/fpv4-hard", "which stands unless both properties are set");
	props_set(board.props, "flags", "-mfpu=fpv4");
	is_dir("m4", "one flag alone says nothing");
	props_set(board.props, "flags", "\"unclosed");
	is_dir("m4", "nor does a broken command");

	reset();
	props_set(board.props, "build.mcu", "m0");
	is_dir(NULL, "nothing for this processor");
	props_set(board.props, "build.mcu", "void");
	is_dir(NULL, "a directory of directories is nothing");
	reset();
	lib.precompiled = false;
	is_dir(NULL, "a library that is not precompiled");
	lib.precompiled_full = true;
	is_dir("m4", "precompiled=full");
	props_del(board.props, "compiler.libraries.ldflags");
	is_dir(NULL, "a platform that knows nothing of it");
}

static void sources(void)
{
	reset();
	ok(!precompiled_replaces_sources(&board, &lib), "precompiled=true: compiled as well");
	lib.precompiled_full = true;
	ok(precompiled_replaces_sources(&board, &lib), "full: not compiled");
	props_set(board.props, "build.mcu", "m0");
	ok(!precompiled_replaces_sources(&board, &lib), "but where there is no archive");
	props_set(board.props, "build.mcu", "m4");
	props_del(board.props, "compiler.libraries.ldflags");
	ok(!precompiled_replaces_sources(&board, &lib), "or the platform cannot take it");
}

static void is_link(const char *objects, const char *ldflags, const char *name)
{
	struct strv o = STRV_INIT;
	struct buf f = BUF_INIT, all = BUF_INIT;
	precompiled_link(&board, &lib, &o, &f);
	for (size_t i = 0; i < o.n; i++)
		buf_addf(&all, "%s%s", i ? " " : "", o.v[i]);
	is_str(buf_str(&all), objects, name);
	is_str(buf_str(&f), ldflags, "and its flags");
	strv_release(&o);
	buf_release(&f);
	buf_release(&all);
}

static void link_text(void)
{
	reset();
	char *objects = xasprintf("%s %s", at("m4/odd.a"), at("m4/other.a"));
	char *flags = xasprintf(" \"-L%s\" -lm -lz -lbar -lfoo -lv1.2 ", at("m4"));
	is_link(objects, flags, "archives of other names are objects");
	free(objects);
	free(flags);
	lib.ldflags = (char *)"";
	props_set(board.props, "flags", "-mfpu=fpv4 -mfloat-abi=hard");
	flags = xasprintf(" \"-L%s\"  -lfast ", at("m4/fpv4-hard"));
	is_link("", flags, "none here");
	free(flags);
	props_set(board.props, "build.mcu", "m0");
	is_link("", "", "nothing for this processor");
}

int main(void)
{
	put("m4/libfoo.a", "");
	put("m4/libbar.so", "");
	put("m4/libv1.2.a", "");
	put("m4/odd.a", "");
	put("m4/other.a", "");
	put("m4/odd.so", "");
	put("m4/libthing.txt", "");
	put("m4/fpv4-hard/libfast.a", "");
	put("m4/fpv4-empty/deep/x", "");
	put("void/deep/x", "");
	directories();
	sources();
	link_text();
	props_free(board.props);
	return done_testing();
}
