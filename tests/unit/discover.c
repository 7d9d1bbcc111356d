/* discover: predictions over made-up trees, and lists worked out from dependencies. The core is "core/cores/c", the sketch "sk". */
#include "sketch/discover.h"

#include <time.h>
#include <unistd.h>

#include "common/buf.h"
#include "unit/library_util.h"

struct world {
	struct libraries *libraries;
	struct discover_context c;
	struct discover_sources s;
	struct strv sources, argv, system;
	char *core, *sketch;
	struct library_list list;
	bool sure;
};

static void world_open(struct world *w)
{
	*w = (struct world){.libraries = open_index(NULL, NULL, false),
		.core = xstrdup(at("core/cores/c")),
		.sketch = xstrdup(at("sk"))};
	strv_push(&w->system, at("sys"));
	w->c = (struct discover_context){.libraries = w->libraries,
		.core_dir = w->core,
		.arch = "avr",
		.system_dirs = &w->system,
		.scanner = include_scanner_new()};
	w->s = (struct discover_sources){.sketch_dir = w->sketch, .sources = &w->sources};
}

static void world_close(struct world *w)
{
	library_list_release(&w->list);
	include_scanner_free(w->c.scanner);
	libraries_free(w->libraries);
	strv_release(&w->sources);
	strv_release(&w->argv);
	strv_release(&w->system);
	free(w->core);
	free(w->sketch);
}

static void predict(struct world *w, const char *merged)
{
	struct error err = ERROR_INIT;
	w->s.merged = merged;
	w->s.merged_len = strlen(merged);
	if (discover_predict(&w->c, &w->s, &w->list, &w->sure, &err) < 0)
		diag("%s", err.text);
}

static char *names(const struct library_list *l)
{
	struct buf b = BUF_INIT;
	for (size_t i = 0; i < l->n; i++)
		buf_addf(&b, "%s%s", i ? " " : "", l->v[i].lib->folder);
	return buf_detach(&b);
}

static void is_list(const struct library_list *l, const char *want, const char *name)
{
	char *got = names(l);
	is_str(got, want, name);
	free(got);
}

/* The prediction for that merged text. */
static void predicts(struct world *w, const char *merged, const char *want, const char *name)
{
	predict(w, merged);
	is_list(&w->list, want, name);
}

/* A library DIR with DIR.h that holds `header` and DIR.cpp that holds `source`. */
static void lib(const char *name, const char *header, const char *source)
{
	char *path = xasprintf("user/%s/library.properties", name);
	char *text = xasprintf("name=%s\n", name);
	put(path, text);
	free(path);
	free(text);
	path = xasprintf("user/%s/src/%s.h", name, name);
	put(path, header);
	free(path);
	path = xasprintf("user/%s/src/%s.cpp", name, name);
	put(path, source);
	free(path);
}

static void make_world(void)
{
	put("core/cores/c/Arduino.h", "#pragma once\n#include \"core_local.h\"\n");
	put("core/cores/c/core_local.h", "#define CORE_DEFINES 1\n");
	put("sys/string.h", "");
	put("sk/local.h", "#include <A.h>\n");
	lib("A", "", "#include <E.h>\n");
	lib("B", "#include <C.h>\n", "");
	lib("C", "", "#include <D.h>\n");
	lib("D", "", "");
	lib("E", "", "#include <D.h>\n");
	lib("Guarded", "#ifndef GUARDED_H\n#define GUARDED_H\n#endif\n", "");
	lib("UsesGuarded",
		"#if defined(GUARDED_H) || defined(__Guarded_h)\n#include <B.h>\n#endif\n", "");
	lib("Str", "", "");
	put("user/Str/src/string.h", "#error not this one\n");
	put("user/Old/Old.h", "");
	put("user/Old/old.cpp", "#include \"inner.h\"\n");
	put("user/Old/utility/inner.h", "#include \"inner2.h\"\n");
	put("user/Old/utility/inner2.h", "#include <D.h>\n");
}

static void order(struct world *w)
{
	predicts(w, "#include <Arduino.h>\nvoid setup() {}\n", "", "nothing but the core");
	predicts(w, "#include <A.h>\n#include <B.h>\n", "A B C E D",
		"by unit, in text order, headers first");
	is_str(w->list.v[2].header, "C.h", "why: the header");
	is_str(w->list.v[2].from, at("user/B/src/B.h"), "why: the file");
	predicts(w, "#line 1 \"/x/S.ino\"\n#include <B.h>\n#include <A.h>\n", "B C A D E",
		"the other way");
	is_str(w->list.v[0].from, "/x/S.ino", "why: the file that #line names");
	ok(w->sure, "sure");
	predicts(w, "#include \"local.h\"\n", "A E D", "through a header of the sketch");
	predicts(w, "#include <local.h>\n", "", "which is not found with <>");
	predicts(w, "#include \"../user/B/src/B.h\"\n", "",
		"nor is anything outside the sketch, which is built elsewhere");
	predicts(w,
		"// #include <A.h>\n/*\n#include <B.h>\n*/\n#include <nope.h>\n#include <x/A.h>\n",
		"", "comments, nobody's header, a name with a directory");
	predicts(w, "#include <string.h>\n#include <D.h>\n", "D",
		"the compiler's own header is not missing");
	predicts(w, "#include <Old.h>\n", "Old D", "utility/ is searched for its own library");
	predicts(w, "#include <Old.h>\n#include \"inner2.h\"\n#include <A.h>\n", "Old A D E",
		"and for no other");
	strv_push(&w->sources, at("sk/more.cpp"));
	put("sk/more.cpp", "#include <B.h>\n");
	predicts(w, "#include <D.h>\n", "D B C", "the sketch's other sources");
	strv_clear(&w->sources);
}

static void conditions(struct world *w)
{
	predicts(w, "#ifdef ESP32\n#include <A.h>\n#else\n#include <D.h>\n#endif\n", "D",
		"another platform's");
	predicts(w,
		"#if defined(__AVR__) && ARDUINO >= 100\n#include <D.h>\n#else\n#include "
		"<A.h>\n#endif\n",
		"D", "our own");
	predicts(w, "#if 0\n#include <A.h>\n#elif CORE_DEFINES\n#include <B.h>\n#endif\n", "",
		"0, and a name not seen");
	predicts(w, "#include <Arduino.h>\n#if CORE_DEFINES\n#include <D.h>\n#endif\n", "D",
		"a macro of the core");
	predicts(w, "#define X 3\n#if X > 2\n#undef X\n#endif\n#ifndef X\n#include <D.h>\n#endif\n",
		"D", "macros come and go");
	predicts(w, "#include <UsesGuarded.h>\n", "UsesGuarded",
		"another library's guard: not seen");
	predicts(w, "#include <Guarded.h>\n#include <UsesGuarded.h>\n", "Guarded UsesGuarded B C D",
		"seen");
	predicts(w, "#if __GNUC__ > 3\n#include <D.h>\n#else\n#include <Guarded.h>\n#endif\n",
		"D Guarded", "of an unknown condition all branches");
	predicts(w, "#define H <D.h>\n#include H\n", "D", "a computed include");
	ok(w->sure, "that is known is sure");
	predicts(w, "#define H(x) <x.h>\n#include H(D)\n", "", "one that is not known");
	ok(!w->sure, "is not");
	strv_push(&w->argv, "/usr/bin/avr-g++");
	strv_push(&w->argv, "-mmcu=attiny85");
	strv_push(&w->argv, "-DWITH_D=2");
	strv_push(&w->argv, "-std=gnu++17");
	w->c.argv = &w->argv;
	predicts(w,
		"#if WITH_D == 2 && __cplusplus >= 201703L\n#include <D.h>\n#endif\n"
		"#ifdef __AVR_ATmega328P__\n#include <A.h>\n#endif\n"
		"#ifdef __AVR_ATtiny85__\n#include <Guarded.h>\n#endif\n",
		"D Guarded", "the command line's macros");
	w->c.argv = NULL;
}

static void has_include(struct world *w)
{
	predicts(
		w, "#if __has_include(<D.h>)\n#include <D.h>\n#endif\n", "", "asking does not add");
	ok(w->sure, "and where the library stays away that is sure");
	predicts(w, "#include <D.h>\n#if __has_include(<D.h>)\n#include <Guarded.h>\n#endif\n",
		"D Guarded", "a library that is there is found");
	ok(w->sure, "that is sure");
	lib("Asks", "", "#if __has_include(<D.h>)\n#include <Guarded.h>\n#endif\n");
	lib("Later", "", "#include <D.h>\n");
	world_close(w);
	world_open(w);
	predicts(w, "#include <Asks.h>\n#include <Later.h>\n", "Asks Later D",
		"asked before it was there");
	ok(!w->sure, "a compile could not tell: not sure");
	predicts(w, "#if __GNUC__ > 3\n#include <D.h>\n#endif\n#include <Asks.h>\n",
		"D Asks Guarded", "asked for one that came in on a guess");
	ok(!w->sure, "not sure either");
}

static void other_languages(struct world *w)
{
	lib("Mixed", "", "");
	put("user/Mixed/src/m.c", "#ifdef __cplusplus\n#include <D.h>\n#endif\n");
	lib("Plain", "", "");
	put("user/Plain/src/p.c", "#include <D.h>\n");
	world_close(w);
	world_open(w);
	predicts(w, "#include <Mixed.h>\n", "Mixed D",
		"C files are read as C++, as the reference does");
	ok(!w->sure, "but compiled as C: not sure");
	predicts(w, "#include <Plain.h>\n", "Plain D", "where both agree");
	ok(w->sure, "it is");
}

/* The same file, size and, as far as the clock tells, time. */
static void overwrite(const char *rel, const char *text)
{
	FILE *f = fopen(at(rel), "r+");
	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		diag("cannot overwrite %s", rel);
}

/* Changes are seen by the next prediction of the same scanner. */
static void changes(struct world *w)
{
	predicts(w, "#include <C.h>\n", "C D", "before");
	put("user/C/src/C.cpp", "#include <A.h>\n");
	predicts(w, "#include <C.h>\n", "C A E D", "a file with other content");
	put("user/C/src/C.cpp", "#include \"c2.h\"\n");
	predicts(w, "#include <C.h>\n", "C", "a header that is not there");
	put("user/C/src/c2.h", "#include <Guarded.h>\n");
	predicts(w, "#include <C.h>\n", "C Guarded", "and then is");
	ok(unlink(at("user/C/src/c2.h")) == 0, "and then is not");
	predicts(w, "#include <C.h>\n", "C", "is noticed");
	put("user/C/src/C.cpp", "#include <A.h>\n");
	predicts(w, "#include <C.h>\n", "C A E D", "one file");
	for (int i = 0; i < 20; i++) {
		overwrite("user/C/src/C.cpp", i % 2 ? "#include <A.h>\n" : "#include <D.h>\n");
		predict(w, "#include <C.h>\n");
		char *got = names(&w->list);
		is_str(got, i % 2 ? "C A E D" : "C D", "overwritten at once, size and inode kept");
		free(got);
	}
	put("user/C/src/C.cpp", "#include <D.h>\n");
	put("sk/local.h", "#include <B.h>\n");
	predicts(w, "#include \"local.h\"\n", "B C D", "a header of the sketch");
	put("sk/local.h", "#include <A.h>\n");
}

static void endless(struct world *w)
{
	put("sk/self.h", "#include \"self.h\"\n#include \"self.h\"\n#include <D.h>\n");
	predicts(w, "#include \"self.h\"\n", "D", "a header that includes itself");
	put("sk/ping.h", "#include \"pong.h\"\n#include \"pong.h\"\n");
	put("sk/pong.h", "#include \"ping.h\"\n#include \"ping.h\"\n#include <B.h>\n");
	predicts(w, "#include \"ping.h\"\n", "B C D", "two that include each other");
}

/* ---- from dependencies ---- */

/* "unit: file file\n" per unit, paths relative to the test's directory; "" is the merged one's name. */
static const char *deps_text;
static struct strv deps_answer;

static const struct strv *deps_of(void *ctx, const char *source)
{
	(void)ctx;
	const char *rel = *source ? source + strlen(at("")) + 1 : "";
	struct strv lines = STRV_INIT, words = STRV_INIT;
	bool found = false;
	strv_clear(&deps_answer);
	strv_split(&lines, deps_text, "\n");
	for (size_t i = 0; i < lines.n && !found; i++) {
		char *colon = strchr(lines.v[i], ':');
		*colon = '\0';
		if (strcmp(lines.v[i], rel) != 0)
			continue;
		found = true;
		strv_split(&words, colon + 1, " ");
		for (size_t j = 0; j < words.n; j++)
			strv_push(&deps_answer, at(words.v[j]));
	}
	strv_release(&lines);
	strv_release(&words);
	return found ? &deps_answer : NULL;
}

static struct library_list list_of(struct world *w, const char *folders)
{
	struct library_list l = {0};
	struct strv v = STRV_INIT;
	strv_split(&v, folders, " ");
	for (size_t i = 0; i < v.n; i++) {
		l.v = xreallocarray(l.v, i + 1, sizeof *l.v);
		l.v[i] = (struct used_library){.lib = libraries_by_name(w->libraries, v.v[i]),
			.header = xasprintf("%s.h", v.v[i]),
			.from = xstrdup("here")};
		l.n = l.cap = i + 1;
	}
	strv_release(&v);
	return l;
}

static void replays(struct world *w, const char *predicted, const char *deps, const char *want,
	bool same, const char *name)
{
	struct library_list p = list_of(w, predicted), out = {0};
	deps_text = deps;
	int r = discover_from_deps(&w->c, &w->s, &p, deps_of, NULL, &out);
	is_int(r, want ? 0 : -1, name);
	if (want) {
		is_list(&out, want, name);
		is_int(library_list_same(&p, &out), same, same ? "  confirmed" : "  not confirmed");
	}
	library_list_release(&p);
	library_list_release(&out);
}

#define DEPS_AE \
	"user/A/src/A.cpp: user/A/src/A.cpp user/E/src/E.h\nuser/E/src/E.cpp: user/E/src/E.cpp\n"

static void from_deps(struct world *w)
{
	replays(w, "A E", ":m core/cores/c/Arduino.h user/A/src/A.h user/A/src/more.h\n" DEPS_AE,
		"A E", true, "what was predicted");
	replays(w, "A D E", ":m user/A/src/A.h\n" DEPS_AE, "A E", false, "one too many");
	replays(w, "E A", ":m user/A/src/A.h\n" DEPS_AE, "A E", false, "another order");
	replays(w, "A E", ":m user/A/src/A.h\nuser/A/src/A.cpp: user/A/src/A.cpp user/E/src/E.h\n",
		NULL, false, "a unit that is not known");
	replays(w, "A E", ":m sk/A.h user/E/src/E.h user/A/src/./A.h\n" DEPS_AE, "E A", false,
		"untidy paths, files of the sketch");
	replays(w, "A",
		":m user/A/src/sub/x.h user/A/src/A.h\nuser/A/src/A.cpp: user/A/src/A.cpp\n", "",
		false, "a name with a directory comes first: the reference finds nothing");
	replays(w, "A", ":m user/A/src/A.h user/E/src/E.h\nuser/A/src/A.cpp: user/A/src/A.cpp\n",
		"A", true, "a library that was not on -I was not found through it");
	replays(w, "Str", ":m user/Str/src/string.h user/Str/src/Str.h\nuser/Str/src/Str.cpp:x\n",
		"Str", true, "a header that the compiler has itself is not what was missing");
	replays(w, "Str A",
		":m user/Str/src/string.h user/A/src/A.h user/Str/src/Str.h\n"
		"user/A/src/A.cpp:x\nuser/Str/src/Str.cpp:x\n",
		"A Str", false, "nor what gives the order");
}

/* Two libraries with the same header; resolving gives Util. */
static void ambiguous(struct world *w)
{
	lib("Util", "", "");
	lib("Zed", "", "");
	put("user/Zed/src/Util.h", "");
	world_close(w);
	world_open(w);
	replays(w, "Zed D", ":m user/Zed/src/Util.h user/Zed/src/Zed.h user/D/src/D.h\n",
		"Util Zed D", false, "the reference would have taken another one");
	replays(w, "Zed Util",
		":m user/Util/src/Util.h user/Zed/src/Util.h user/Zed/src/Zed.h\n"
		"user/Util/src/Util.cpp:x\nuser/Zed/src/Zed.cpp:x\n",
		"Util Zed", false, "a listed library would have had it");
}

static void lists(struct world *w)
{
	struct library_list a = list_of(w, "A B"), b = list_of(w, "A B"), c = list_of(w, "B A"),
			    d = {0};
	ok(library_list_same(&a, &b), "same libraries, same order");
	ok(!library_list_same(&a, &c), "another order");
	library_list_copy(&d, &a);
	library_list_copy(&d, &c);
	ok(library_list_same(&d, &c), "a copy replaces");
	struct strv dirs = STRV_INIT;
	discover_include_dirs(&w->c, &a, &dirs);
	is_strv(&dirs, "core/cores/c user/A/src user/B/src",
		"include directories without a variant");
	w->c.variant_dir = w->sketch;
	strv_clear(&dirs);
	discover_include_dirs(&w->c, &a, &dirs);
	is_strv(&dirs, "core/cores/c sk user/A/src user/B/src", "and with one");
	w->c.variant_dir = NULL;
	strv_release(&dirs);
	library_list_release(&a);
	library_list_release(&b);
	library_list_release(&c);
	library_list_release(&d);
}

int main(void)
{
	struct world w;
	make_world();
	world_open(&w);
	order(&w);
	conditions(&w);
	has_include(&w);
	other_languages(&w);
	changes(&w);
	endless(&w);
	from_deps(&w);
	ambiguous(&w);
	lists(&w);
	world_close(&w);
	strv_release(&deps_answer);
	return done_testing();
}
