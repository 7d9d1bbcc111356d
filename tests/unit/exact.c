/* exact: the reference's loop, with a made-up preprocessor's messages, and how a missing header is read from them. */
#include "sketch/discover.h"
#include "unit/library_util.h"

struct run {
	struct libraries *libraries;
	struct discover_context c;
	struct strv sources;
	struct exact *x;
	const char *source, *extra;
};

static void run_open(struct run *r)
{
	*r = (struct run){.libraries = open_index(NULL, NULL, false)};
	r->c = (struct discover_context){.libraries = r->libraries, .core_dir = "/core"};
	strv_push(&r->sources, "/sk/more.cpp");
	struct discover_sources s = {.sources = &r->sources};
	r->x = exact_new(&r->c, &s);
	/* The caller's list may go. */
	strv_release(&r->sources);
}

static void run_close(struct run *r)
{
	exact_free(r->x);
	libraries_free(r->libraries);
}

static enum exact_step next(struct run *r)
{
	return exact_next(r->x, &r->source, &r->extra);
}

static const char *source(const struct run *r)
{
	return path_beneath(r->source, at("")) ? r->source + strlen(at("")) + 1 : r->source;
}

static void loop(void)
{
	struct run r;
	run_open(&r);
	is_int(next(&r), EXACT_RUN, "the first unit");
	is_str(r.source, "", "is the merged sketch");
	ok(!r.extra, "with no further directory");
	exact_result(r.x, 1,
		"x.ino:1:10: fatal error: A.h: No such file or directory\n #include <A.h>\n");
	is_int((long long)exact_list(r.x)->n, 1, "a library was found");
	is_str(exact_list(r.x)->v[0].header, "A.h", "by its header");
	is_int(next(&r), EXACT_RUN, "again");
	is_str(r.source, "", "the same unit");
	exact_result(r.x, 0, "");
	is_int(next(&r), EXACT_RUN, "on");
	is_str(r.source, "/sk/more.cpp", "to the sketch's other files");
	exact_result(r.x, 0, "a warning that looks like #include <B.h>\n");
	is_int(next(&r), EXACT_RUN, "on");
	is_str(source(&r), "user/A/a.cpp", "to the library's");
	is_str(r.extra, at("user/A/utility"), "with its utility directory");
	exact_result(r.x, 1, "#include \"B.h\"\n");
	is_str(exact_list(r.x)->v[1].from, at("user/A/a.cpp"), "from where a library came");
	next(&r);
	exact_result(r.x, 1, "a.cpp:3:2: error: #error wrong board\n");
	is_int(next(&r), EXACT_RUN, "another error is the compile's business");
	is_str(source(&r), "user/A/utility/u.c", "and the queue goes on");
	exact_result(r.x, 0, "");
	next(&r);
	is_str(source(&r), "user/B/src/b.cpp", "libraries in the order of discovery");
	ok(!r.extra, "with no utility directory");
	exact_result(r.x, 0, "");
	is_int(next(&r), EXACT_DONE, "until all is seen");
	is_int(next(&r), EXACT_DONE, "and so it stays");
	is_int((long long)exact_list(r.x)->n, 2, "two libraries");
	ok(!exact_missing(r.x), "none missing");
	run_close(&r);
}

static void failures(void)
{
	struct run r;
	run_open(&r);
	next(&r);
	exact_result(r.x, 1, "#include <A.h>\n");
	next(&r);
	exact_result(r.x, 1, "x: fatal error: Nope.h: No such file or directory\n");
	is_int(next(&r), EXACT_FAILED, "a header that nobody has");
	is_str(exact_missing(r.x), "Nope.h", "is named");
	is_int((long long)exact_list(r.x)->n, 1, "what was found so far stays");
	is_str(r.source, "", "the file is told");
	run_close(&r);

	run_open(&r);
	next(&r);
	exact_result(r.x, 1, "#include <A.h>\n");
	next(&r);
	exact_result(r.x, 1, "#include <A.h>\n");
	is_int(next(&r), EXACT_FAILED, "a library that does not help");
	run_close(&r);

	run_open(&r);
	next(&r);
	exact_result(r.x, 137, "");
	is_int(next(&r), EXACT_FAILED, "a preprocessor that was killed");
	ok(!exact_missing(r.x), "misses nothing");
	run_close(&r);
}

static const struct {
	const char *text, *want, *why;
} MESSAGES[] = {
	{"x:1:1: fatal error: A.h: No such file or directory\n #include <A.h>\n          ^\n",
		"A.h", "gcc 5"},
	{"x:1:1: fatal error: A.h: No such file or directory\n   12 | #include <A.h>\n", "A.h",
		"gcc 12"},
	{"x:1:1: fatal error: 'A.h' file not found\n#include \"A.h\"\n", "A.h", "clang"},
	{"x:1:1: fatal error: 'A.h' file not found\n", "A.h", "clang without the line"},
	{"x:1:1: fatal error: A.h: No such file or directory\n #include NAME\n", "A.h", "computed"},
	{"x:1:1: fatal error: A.h: No such file or directory\n #include_next <Z.h>\n", "A.h",
		"include_next"},
	{"\033[01m\033[Kx:1:1:\033[m \033[01;31mfatal error: \033[mA.h: No such file or directory\n"
	 " #include \033[01;31m<A.h>\033[m\n",
		"A.h", "colours"},
	{"In file included from y.h:1:0,\n                 from x:2:\nz.h:3:1: fatal error: A.h: "
	 "No such file "
	 "or directory\n #  include\t<A.h>//c\n",
		"A.h", "through other files, odd spacing, a comment"},
	{"x: error: A.h: No such file or directory\n", "", "not a fatal error"},
	{"x:1:1: fatal error: too many levels\n", "", "another fatal error"},
	{"", "", "nothing"},
	{"#include <>\n#include\n#\n#include <A.h\n", "", "broken lines"},
};

static void messages(void)
{
	for (size_t i = 0; i < ARRAY_LEN(MESSAGES); i++) {
		struct run r;
		run_open(&r);
		next(&r);
		exact_result(r.x, 1, MESSAGES[i].text);
		const struct library_list *l = exact_list(r.x);
		is_str(l->n ? l->v[0].header : "", MESSAGES[i].want, MESSAGES[i].why);
		run_close(&r);
	}
}

int main(void)
{
	put_library("user/A", "name=A\n", "A.h");
	put("user/A/a.cpp", "");
	put("user/A/utility/u.c", "");
	put_library("user/B", "name=B\n", "src/B.h");
	put("user/B/src/b.cpp", "");
	loop();
	failures();
	messages();
	return done_testing();
}
