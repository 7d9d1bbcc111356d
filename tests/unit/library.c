/* library: one library's directory: layouts, properties, which files are compiled and in which order. */
#include "unit/library_util.h"

#include <sys/stat.h>
#include <unistd.h>

#include "sketch/props.h"

static const struct library *named(const struct libraries *ls, const char *name)
{
	const struct library *l = libraries_by_name(ls, name);
	if (!l) {
		diag("no library '%s'", name);
		exit(1);
	}
	return l;
}

static void layouts(struct libraries *ls)
{
	const struct library *l = named(ls, "New One");
	is_str(l->folder, "NewOne", "the folder's name is kept beside the library's");
	is_str(l->src_dir, at("user/NewOne/src"), "src/ is what goes on -I");
	ok(l->recursive && !l->utility_dir, "src/ is compiled with all below");
	is_str(l->version, "1.2.3", "version");
	is_strv(&l->architectures, "avr samd", "architectures are split and trimmed");
	is_strv(&l->depends, "Adafruit BusIO Wire", "depends without versions");
	ok(l->dot_a_linkage, "dot_a_linkage");
	ok(l->precompiled && l->precompiled_full, "precompiled=full");
	is_str(l->ldflags, "-lm -lfoo", "ldflags");
	is_str(props_str(l->props, "includes"), "New.h", "the rest is in props");

	l = named(ls, "Flat");
	is_str(l->src_dir, at("user/Flat"), "without src/ the directory itself goes on -I");
	is_str(l->utility_dir, at("user/Flat/utility"), "utility/");
	ok(!l->recursive && !l->dot_a_linkage && !l->precompiled, "plain");
	is_strv(&l->architectures, "*", "no architectures means any");

	l = named(ls, "Legacy");
	is_str(l->src_dir, at("user/Legacy"), "src/ does not count without library.properties");
	is_str(l->version, "", "no version is empty");
	is_str(l->ldflags, "", "no ldflags is empty");

	l = named(ls, "True");
	ok(l->precompiled && !l->precompiled_full, "precompiled=true");
	ok(!libraries_by_name(ls, "Nothing"), "no headers and no properties: no library");
	ok(!libraries_by_name(ls, ".hidden"), "hidden directories are not looked at");
	ok(!libraries_by_name(ls, "Broken"), "broken library.properties: left out");
	ok(libraries_by_name(ls, "Bare") != NULL, "properties without headers: a library");
}

static void headers(struct libraries *ls)
{
	ok(libraries_resolve(ls, "New.h", NULL, NULL) == named(ls, "New One"), "a header in src/");
	ok(libraries_resolve(ls, "New.hpp", NULL, NULL) == named(ls, "New One"), ".hpp");
	ok(libraries_resolve(ls, "New.hh", NULL, NULL) == named(ls, "New One"), ".hh");
	ok(!libraries_resolve(ls, "New.hxx", NULL, NULL), ".hxx is no header");
	ok(!libraries_resolve(ls, "root.h", NULL, NULL), "beside src/ nothing counts");
	ok(!libraries_resolve(ls, "deep.h", NULL, NULL), "below src/ neither");
	ok(!libraries_resolve(ls, "sub/deep.h", NULL, NULL), "nor a name with a directory");
	ok(!libraries_resolve(ls, "u.h", NULL, NULL), "nor what lies in utility/");
	ok(!libraries_resolve(ls, "dir.h", NULL, NULL), "nor a directory called .h");
}

static void libraries_of_all_kinds(void)
{
	put("user/NewOne/library.properties",
		"name=New One\nversion= 1.2.3 \narchitectures=avr , samd\n"
		"depends=Adafruit BusIO (>=1.0), Wire\ndot_a_linkage=true\nprecompiled=full\n"
		"ldflags= -lm -lfoo \nincludes=New.h\n");
	put("user/NewOne/src/New.h", "");
	put("user/NewOne/src/New.hpp", "");
	put("user/NewOne/src/New.hh", "");
	put("user/NewOne/src/New.hxx", "");
	put("user/NewOne/root.h", "");
	put("user/NewOne/src/sub/deep.h", "");
	put("user/NewOne/src/dir.h/x", "");
	put_library("user/Flat", "name=Flat\n", "Flat.h");
	put("user/Flat/utility/u.h", "");
	put_library("user/Legacy", NULL, "Legacy.h");
	put("user/Legacy/src/x.h", "");
	put_library("user/True", "name=True\nprecompiled=true\n", "True.h");
	put("user/Nothing/readme.txt", "");
	put_library("user/.hidden", "name=.hidden\n", "h.h");
	put_library("user/Broken", "name=Broken\nno equals sign\n", "Broken.h");
	put("user/Bare/library.properties", "name=Bare\n");
	struct libraries *ls = open_index(NULL, NULL, false);
	layouts(ls);
	headers(ls);
	libraries_free(ls);
}

static void fill(const char *dir)
{
	static const char *const FILES[] = {"b.cpp", "b/x.c", "b/y.cpp", "b-1.cpp", "a.S", "c.c",
		"z.cc", "y.cxx", "h.h", "n.ino", "s.s", "C.C", ".hidden.cpp", ".git/g.c", "CVS/v.c",
		"b/RCS/r.c"};
	for (size_t i = 0; i < ARRAY_LEN(FILES); i++) {
		char *path = xasprintf("%s/%s", dir, FILES[i]);
		put(path, "");
		free(path);
	}
}

static void orders(void)
{
	struct strv v = STRV_INIT;
	struct error err = ERROR_INIT;
	fill("s");
	is_int(sources_in(at("s"), true, false, &v, &err), 0, "sources_in");
	is_strv(&v, "s/a.S s/b-1.cpp s/b.cpp s/b/x.c s/b/y.cpp s/c.c s/y.cxx s/z.cc",
		"arduino-cli: by full path, five extensions, nothing hidden");
	strv_clear(&v);
	sources_in(at("s"), false, false, &v, &err);
	is_strv(&v, "s/a.S s/b-1.cpp s/b.cpp s/c.c s/y.cxx s/z.cc", "not recursive");
	strv_clear(&v);
	sources_in(at("s"), true, true, &v, &err);
	is_strv(&v, "s/a.S s/c.c s/b-1.cpp s/b.cpp s/b/x.c s/b/y.cpp",
		"arduino-builder: .S, .c, .cpp, then subdirectories");
	strv_clear(&v);
	sources_queue(at("s"), true, false, &v, &err);
	is_strv(&v, "s/a.S s/b/x.c s/b/y.cpp s/b-1.cpp s/b.cpp s/c.c s/y.cxx s/z.cc",
		"discovery: by name, a directory at its place");
	strv_clear(&v);
	put("o/a.c", "");
	put("o/a.c-b.c", "");
	sources_in(at("o"), false, false, &v, &err);
	is_strv(&v, "o/a.c-b.c o/a.c", "sorted as their objects are");
	strv_release(&v);
}

static void loops(void)
{
	struct strv v = STRV_INIT;
	struct error err = ERROR_INIT;
	put("l/sub/a.c", "");
	ok(symlink("..", at("l/sub/up")) == 0, "a directory that contains itself");
	is_int(sources_in(at("l"), true, false, &v, &err), -1, "is refused");
	ok(strstr(err.text, "contains itself") != NULL, "by what it is: %s", err.text);
	is_int((long long)v.n, 0, "and gives nothing");
	is_int(sources_in(at("l/sub"), false, false, &v, &err), 0, "not when nobody descends");
	is_int(sources_in(at("missing"), true, false, &v, &err), -1,
		"no such directory is an error");
	strv_release(&v);
}

static void sources_of_libraries(void)
{
	put_library("user/Util", "name=Util\n", "Util.h");
	put("user/Util/b.cpp", "");
	put("user/Util/a.c", "");
	put("user/Util/utility/u.c", "");
	put("user/Util/other/o.c", "");
	struct error err = ERROR_INIT;
	struct libraries *ls = open_index(NULL, NULL, false);
	const struct library *l = named(ls, "Util");
	const struct strv *v = library_sources(ls, l, &err);
	is_strv(v, "user/Util/a.c user/Util/b.cpp user/Util/utility/u.c",
		"a flat library: its directory, then utility/, nothing else");
	put("user/Util/c.c", "");
	ok(library_sources(ls, l, &err) == v && v->n == 3, "remembered");
	libraries_free(ls);
}

int main(void)
{
	libraries_of_all_kinds();
	orders();
	loops();
	sources_of_libraries();
	return done_testing();
}
