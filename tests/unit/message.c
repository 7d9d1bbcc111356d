/* message: every command and response in full, as text and back. The texts are those of docs/protocol.md. */
#include "message_case.h"

/* The structs own their strings; those of this file never get as far as a release. */
#define S(text) ((char *)(text))

#include "common/xalloc.h"

static char *some_boards[] = {S("arduino:avr:uno"), S("a:b:c:x=1,y=2"), NULL};
static const struct strv boards = {some_boards, 2, 3};
static char *some_dirs[] = {S("/p"), S("/q r"), NULL};
static const struct strv dirs = {some_dirs, 2, 3};
static const struct path_link links[] = {{S("/l"), S("/p")}};
static char *some_properties[] = {S("a.b=c=d"), S("e="), NULL};
static char *some_units[] = {S(HEX64), NULL};
static char *some_libraries[] = {S("Servo@1.1"), S("SD Card@"), NULL};

static const struct settings no_settings;
static const struct settings settings = {
	.platform_dirs = {some_dirs, 2, 3},
	.library_dirs = {some_dirs, 1, 3},
	.libraries_dirs = {&some_dirs[1], 1, 2},
	.build_properties = {some_properties, 2, 3},
	.cache_dir = S("/never/sent"),
	.user_dir = S("/home/me/Arduino"),
	.data_dir = S("/home/me/.arduino15"),
	.warnings = WARNINGS_MORE,
	.warnings_are_errors = true,
	.no_lto = true,
	.reproducible = true,
	.check_only = true,
	.config_only = true,
	.clean = true,
	.rebuild_units = true,
	.fallback_mrproper = true,
	.keep = true,
	.no_firmware = true,
	.verbose = true,
	.framework_jobs = 3,
	.sketch_jobs = 4,
	.timeout = 12.5,
};
static struct root roots[] = {{S("r0"), S("/home/me/my tree")}, {S("r1"), S("/l/\xc3\xa4")}};
static const struct commit commits[] = {
	{S("current"), S(HEX40), S("refs/bm/run-1/0"), roots, 2},
	{S("01_g12345678_x"), S(HEX64), S("refs/bm/run-1/1"), NULL, 0},
};
static const struct job jobs[] = {
	{.id = 7,
		.attempt = 2,
		.commit = S("current"),
		.board = S("arduino:avr:uno"),
		.sketch = S("/home/me/Blink"),
		.tree_library = S("/home/me/lib"),
		.library_dirs = {some_dirs, 2, 3},
		.build_dir = S("/out/.b/7"),
		.known_key = S(HEX64),
		.known_deps = S("/out/deps")},
	{.id = UINT32_MAX, .attempt = 0, .commit = S("c"), .board = S("a:b:c"), .sketch = S("/")},
};

static const struct {
	struct command c;
	const char *text;
} commands[] = {
	{{.kind = CMD_SETUP, .protocol = 1, .run = "2026-a", .boss = "me@host"},
		"{\"cmd\":\"setup\",\"protocol\":1,\"run\":\"2026-a\",\"boss\":\"me@host\"}"},
	{{.kind = CMD_PROBE, .boards = &boards, .settings = &settings},
		"{\"cmd\":\"probe\",\"boards\":[\"arduino:avr:uno\",\"a:b:c:x=1,y=2\"],"
		"\"platform_dirs\":[\"/p\",\"/q r\"],\"build_properties\":[\"a.b=c=d\",\"e=\"],"
		"\"warnings\":\"more\",\"no_lto\":true}"},
	{{.kind = CMD_PROBE}, "{\"cmd\":\"probe\",\"boards\":[]}"},
	{{.kind = CMD_CONFIGURE, .settings = &settings},
		"{\"cmd\":\"configure\",\"settings\":{\"platform_dirs\":[\"/p\",\"/q r\"],"
		"\"library_dirs\":[\"/p\"],\"libraries_dirs\":[\"/q r\"],"
		"\"build_properties\":[\"a.b=c=d\",\"e=\"],\"user_dir\":\"/home/me/Arduino\","
		"\"data_dir\":\"/home/me/.arduino15\",\"warnings\":\"more\","
		"\"warnings_are_errors\":true,\"no_lto\":true,\"reproducible\":true,"
		"\"check_only\":true,\"config_only\":true,\"clean\":true,\"rebuild_units\":true,"
		"\"fallback_mrproper\":true,\"keep\":true,\"no_firmware\":true,\"verbose\":true,"
		"\"framework_jobs\":3,\"sketch_jobs\":4,\"timeout\":12.5}}"},
	{{.kind = CMD_CONFIGURE, .settings = &no_settings},
		"{\"cmd\":\"configure\",\"settings\":{}}"},
	{{.kind = CMD_BUILD_PREPARE,
		 .commits = commits,
		 .n_commits = 2,
		 .empty = &dirs,
		 .links = links,
		 .n_links = 1,
		 .max_sketches = 5},
		"{\"cmd\":\"build_prepare\",\"commits\":[{\"id\":\"current\",\"tree\":\"" HEX40
		"\",\"ref\":\"refs/bm/run-1/0\",\"roots\":[{\"dir\":\"r0\",\"path\":\"/home/me/my "
		"tree\"},{\"dir\":\"r1\",\"path\":\"/l/\xc3\xa4\"}]},{\"id\":\"01_g12345678_x\","
		"\"tree\":\"" HEX64 "\",\"ref\":\"refs/bm/run-1/1\",\"roots\":[]}],"
		"\"empty\":[\"/p\",\"/q r\"],\"links\":[{\"path\":\"/l\",\"target\":\"/p\"}],"
		"\"max_sketches\":5}"},
	{{.kind = CMD_BUILD_PREPARE}, "{\"cmd\":\"build_prepare\",\"commits\":[]}"},
	{{.kind = CMD_BUILD_SKETCHES, .jobs = jobs, .n_jobs = 2},
		"{\"cmd\":\"build_sketches\",\"jobs\":[{\"job\":7,\"attempt\":2,"
		"\"commit\":\"current\",\"board\":\"arduino:avr:uno\",\"sketch\":\"/home/me/"
		"Blink\","
		"\"tree_library\":\"/home/me/lib\",\"library_dirs\":[\"/p\",\"/q r\"],"
		"\"build_dir\":\"/out/.b/7\",\"known_key\":\"" HEX64
		"\",\"known_deps\":\"/out/deps\"},{\"job\":4294967295,\"attempt\":0,"
		"\"commit\":\"c\",\"board\":\"a:b:c\",\"sketch\":\"/\"}]}"},
	{{.kind = CMD_BUILD_SKETCHES}, "{\"cmd\":\"build_sketches\",\"jobs\":[]}"},
	{{.kind = CMD_BOARD_OPEN, .commit = "current", .board = "a:b:c"},
		"{\"cmd\":\"board_open\",\"commit\":\"current\",\"board\":\"a:b:c\"}"},
	{{.kind = CMD_CANCEL, .jobs = jobs, .n_jobs = 2, .mode = CANCEL_KILL},
		"{\"cmd\":\"cancel\",\"jobs\":[{\"job\":7,\"attempt\":2},{\"job\":4294967295,"
		"\"attempt\":0}],\"mode\":\"kill\"}"},
	{{.kind = CMD_CANCEL, .jobs = jobs, .n_jobs = 1, .mode = CANCEL_UNSTARTED},
		"{\"cmd\":\"cancel\",\"jobs\":[{\"job\":7,\"attempt\":2}],\"mode\":\"unstarted\"}"},
	{{.kind = CMD_PING}, "{\"cmd\":\"ping\"}"},
	{{.kind = CMD_BUILD_DONE}, "{\"cmd\":\"build_done\"}"},
	{{.kind = CMD_QUIT}, "{\"cmd\":\"quit\"}"},
};

static struct probe_held held[] = {{S("me"), 3}, {S("you"), 0}};
static struct probe_platform platforms[] = {
	{S("arduino:avr"), S("1.8.6"), S("/usr/share/arduino")}};
static struct probe_board probed[] = {
	{S("arduino:avr:uno"), S("arduino:avr:uno"), S(HEX64), S("avr-gcc 5.4.0"), NULL,
		{S("1.8.6"), S("AVR_UNO"), S("atmega328p"), S("-DF_CPU=16 -DX"), 2048}},
	{S("x:y:z"), NULL, NULL, NULL, S("no platform 'x:y'"), {.ram = -1}},
};
static const struct probe probe = {
	8, 0.25, 1 << 30, 9007199254740992, true, held, 2, platforms, 1, probed, 2};
static const struct unit_report unit = {
	S("a:b:c"), S("Servo"), UNIT_LIBRARY, VERDICT_FAILED, true, 1.5, 0.5};
static const struct unit_report core = {S("a:b:c"), S("core"), UNIT_CORE, VERDICT_OK, false, 0, 0};
static const struct artifact_piece piece = {3, 1, S("objects/a/b.o"), 2, S("foob\0r"), 6};
static const struct artifact_piece no_piece = {3, 1, S("log"), 0, NULL, 0};
static struct artifact artifacts[] = {
	{S("Blink.ino.hex"), S("/b/Blink.ino.hex"), 9007199254740992, HEX64, false},
	{S("objects/a b.o"), S("/b/o"), 0, HEX64, false},
};
#define TEXT(s) \
	{ \
		(char *)(s), sizeof(s) - 1, sizeof(s) \
	}
static const struct build_result result = {
	.job = 7,
	.attempt = 1,
	.verdict = VERDICT_FAILED,
	.return_code = -9,
	.reason = S("a.cpp"),
	.log = TEXT("out\n"),
	.err = TEXT("err \"x\"\n\x1b[0m"),
	.cmd = TEXT("gcc -c"),
	.deps = TEXT("an artefact"),
	.syms = TEXT("an artefact"),
	.key = S(HEX64),
	.warnings = 5,
	.sizes = {1, 32256, -1, 2048},
	.times = {1.5, 1, 0.25, 0.125, 2},
	.units = {some_units, 1, 2},
	.libraries = {some_libraries, 2, 3},
	.artifacts = artifacts,
	.n_artifacts = 2,
};
static const struct build_result faulty = {.job = 1,
	.attempt = 2,
	.verdict = VERDICT_INFRA,
	.fault = FAULT_NOSPACE,
	.reason = S("full"),
	.sizes = {-1, -1, -1, -1}};
static const struct build_result unchanged = {
	.job = 1, .attempt = 1, .unchanged = true, .sizes = {-1, -1, -1, -1}};
static const struct build_result zero_sizes = {
	.job = 1, .attempt = 1, .verdict = VERDICT_OK, .times = {.wait = 1}};

static const struct {
	struct response r;
	const char *text;
} responses[] = {
	{{.kind = RESP_READY,
		 .protocol = 1,
		 .version = "0.1",
		 .arch = "x86_64",
		 .threads = 4,
		 .slots = 3},
		"{\"resp\":\"ready\",\"protocol\":1,\"version\":\"0.1\",\"arch\":\"x86_64\","
		"\"threads\":4,\"slots\":3}"},
	{{.kind = RESP_SETUP_DONE, .work_dir = "/w", .git_dir = "/w/git"},
		"{\"resp\":\"setup_done\",\"work_dir\":\"/w\",\"git_dir\":\"/w/git\"}"},
	{{.kind = RESP_PROBE_DONE, .probe = &probe},
		"{\"resp\":\"probe_done\",\"threads\":8,\"load\":0.25,\"memory\":1073741824,"
		"\"disk\":9007199254740992,\"no_view\":true,\"held\":[{\"user\":\"me\",\"slots\":3}"
		",{\"user\":"
		"\"you\","
		"\"slots\":0}],\"platforms\":[{\"id\":\"arduino:avr\",\"version\":\"1.8.6\","
		"\"dir\":\"/usr/share/arduino\"}],\"boards\":[{\"board\":\"arduino:avr:uno\","
		"\"fqbn\":\"arduino:avr:uno\",\"digest\":\"" HEX64
		"\",\"toolchain\":\"avr-gcc 5.4.0\",\"facts\":{\"platform_version\":"
		"\"1.8.6\",\"build_board\":\"AVR_UNO\",\"mcu\":\"atmega328p\","
		"\"defines\":\"-DF_CPU=16 -DX\",\"ram\":2048}},{\"board\":\"x:y:z\","
		"\"why\":\"no platform 'x:y'\"}]}"},
	{{.kind = RESP_CONFIGURE_DONE}, "{\"resp\":\"configure_done\"}"},
	{{.kind = RESP_BUILD_STARTED, .threads = 2},
		"{\"resp\":\"build_started\",\"num_threads\":2}"},
	{{.kind = RESP_WORKTREE_CREATED, .commit = "current"},
		"{\"resp\":\"worktree_created\",\"commit\":\"current\"}"},
	{{.kind = RESP_BUILD_PREPARE_DONE, .threads = 2, .slots = 1},
		"{\"resp\":\"build_prepare_done\",\"threads\":2,\"slots\":1}"},
	{{.kind = RESP_STARTED, .job = 7, .attempt = 1, .slot = 2},
		"{\"resp\":\"started\",\"job\":7,\"attempt\":1,\"slot\":2}"},
	{{.kind = RESP_UNIT, .unit = &unit},
		"{\"resp\":\"unit\",\"board\":\"a:b:c\",\"name\":\"Servo\",\"kind\":\"library\","
		"\"verdict\":\"failed\",\"reused\":true,\"start\":0.5,\"time\":1.5}"},
	{{.kind = RESP_UNIT, .unit = &core},
		"{\"resp\":\"unit\",\"board\":\"a:b:c\",\"name\":\"core\",\"kind\":\"core\","
		"\"verdict\":\"ok\",\"reused\":false,\"start\":0,\"time\":0}"},
	{{.kind = RESP_NOTE, .msg = "a line"}, "{\"resp\":\"note\",\"msg\":\"a line\"}"},
	{{.kind = RESP_ARTIFACT, .piece = &piece},
		"{\"resp\":\"artifact\",\"job\":3,\"attempt\":1,\"name\":\"objects/a/b.o\","
		"\"seq\":2,\"data\":\"Zm9vYgBy\"}"},
	{{.kind = RESP_ARTIFACT, .piece = &no_piece},
		"{\"resp\":\"artifact\",\"job\":3,\"attempt\":1,\"name\":\"log\",\"seq\":0,"
		"\"data\":\"\"}"},
	{{.kind = RESP_BUILD_RESULT, .result = &result},
		"{\"resp\":\"build_result\",\"job\":7,\"attempt\":1,\"verdict\":\"failed\","
		"\"return_code\":-9,\"reason\":\"a.cpp\",\"stdout\":\"out\\n\","
		"\"stderr\":\"err \\\"x\\\"\\n\\u001b[0m\",\"commands\":\"gcc -c\",\"key\":\"" HEX64
		"\",\"warnings\":5,\"sizes\":{\"flash\":1,\"flash_max\":32256,\"ram_max\":2048},"
		"\"times\":{\"total\":1.5,\"compile\":1,\"link\":0.25,\"wait\":0.125,\"cpu\":2},"
		"\"units\":[\"" HEX64 "\"],\"libraries\":[\"Servo@1.1\",\"SD Card@\"],"
		"\"artifacts\":[{\"name\":\"Blink.ino.hex\",\"size\":9007199254740992,"
		"\"sha256\":\"" HEX64
		"\"},{\"name\":\"objects/a b.o\",\"size\":0,\"sha256\":\"" HEX64 "\"}]}"},
	{{.kind = RESP_BUILD_RESULT, .result = &faulty},
		"{\"resp\":\"build_result\",\"job\":1,\"attempt\":2,\"verdict\":\"infra\","
		"\"reason\":\"full\",\"fault\":\"nospace\"}"},
	{{.kind = RESP_BUILD_RESULT, .result = &unchanged},
		"{\"resp\":\"build_result\",\"job\":1,\"attempt\":1,\"unchanged\":true}"},
	{{.kind = RESP_BUILD_RESULT, .result = &zero_sizes},
		"{\"resp\":\"build_result\",\"job\":1,\"attempt\":1,\"verdict\":\"ok\","
		"\"sizes\":{\"flash\":0,\"flash_max\":0,\"ram\":0,\"ram_max\":0},"
		"\"times\":{\"wait\":1}}"},
	{{.kind = RESP_CANCELLED, .job = 0, .attempt = 1},
		"{\"resp\":\"cancelled\",\"job\":0,\"attempt\":1}"},
	{{.kind = RESP_HEARTBEAT, .running = 3, .load = 1.25},
		"{\"resp\":\"heartbeat\",\"running\":3,\"load\":1.25}"},
	{{.kind = RESP_BUILD_DONE, .exceptions = 1}, "{\"resp\":\"build_done\",\"exceptions\":1}"},
	{{.kind = RESP_QUIT_ACK}, "{\"resp\":\"quit_ack\"}"},
	{{.kind = RESP_ERROR, .msg = "no", .fatal = true},
		"{\"resp\":\"error\",\"msg\":\"no\",\"fatal\":true}"},
	{{.kind = RESP_ERROR, .msg = "no", .job = 3, .attempt = 1},
		"{\"resp\":\"error\",\"msg\":\"no\",\"job\":3,\"attempt\":1,\"fatal\":false}"},
};

/* Every key of the table stands in the text: no field is left out of these tests. */
static void all_keys(const struct layout *l, const char *text, const char *name)
{
	for (size_t i = 0; i < l->n; i++) {
		char *key =
			l->fields[i].name ? xasprintf("\"%s\":", l->fields[i].name) : xstrdup("");
		if (!strstr(text, key))
			ok(false, "'%s': key %s is tried", name, key);
		if (l->fields[i].of)
			all_keys(l->fields[i].of, text, name);
		free(key);
	}
}

static void test_commands(void)
{
	struct buf all[CMD_COUNT] = {{.len = 0}};
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		const struct command *c = &commands[i].c;
		const char *name = command_name(c->kind);
		struct buf line = BUF_INIT, again = BUF_INIT;
		struct error err = ERROR_INIT;
		struct message_command m;
		ok(message_put_command(&line, c, &err) == 0 && line.data[line.len - 1] == '\n',
			"%s: put %s", name, err.text);
		line.data[line.len - 1] = '\0';
		is_str(line.data, commands[i].text, name);
		if (ok(over_command(&m, c), "%s: taken", name)) {
			is_int(m.c.kind, c->kind, "its kind");
			message_put_command(&again, &m.c, NULL);
			again.data[again.len - 1] = '\0';
			is_str(again.data, commands[i].text, "and nothing of it is lost");
			message_command_release(&m);
		}
		buf_addstr(&all[c->kind], commands[i].text);
		buf_release(&line);
		buf_release(&again);
	}
	for (int k = 0; k < CMD_COUNT; k++) {
		ok(all[k].len > 0, "'%s' is tried", command_name((enum command_kind)k));
		all_keys(message_command_layout(k), buf_str(&all[k]),
			command_name((enum command_kind)k));
		buf_release(&all[k]);
	}
}

static void test_responses(void)
{
	struct buf all[RESP_COUNT] = {{.len = 0}};
	for (size_t i = 0; i < ARRAY_LEN(responses); i++) {
		const struct response *r = &responses[i].r;
		const char *name = response_name(r->kind);
		struct buf line = BUF_INIT, again = BUF_INIT;
		struct message_response m;
		message_put_response(&line, r);
		ok(!strncmp(line.data, "BM> ", 4) && line.data[line.len - 1] == '\n', "%s: framed",
			name);
		line.data[line.len - 1] = '\0';
		is_str(line.data + 4, responses[i].text, name);
		if (ok(over_response(&m, r), "%s: taken", name)) {
			is_int(m.r.kind, r->kind, "its kind");
			message_put_response(&again, &m.r);
			again.data[again.len - 1] = '\0';
			is_str(again.data + 4, responses[i].text, "and nothing of it is lost");
			message_response_release(&m);
		}
		buf_addstr(&all[r->kind], responses[i].text);
		buf_release(&line);
		buf_release(&again);
	}
	for (int k = 0; k < RESP_COUNT; k++) {
		ok(all[k].len > 0, "'%s' is tried", response_name((enum response_kind)k));
		all_keys(message_response_layout(k), buf_str(&all[k]),
			response_name((enum response_kind)k));
		buf_release(&all[k]);
	}
}

/* What the texts above do not show. */
static void test_values(void)
{
	struct message_command c;
	struct message_response r;
	ok(over_command(&c, &commands[1].c), "a probe");
	is_int(c.c.settings->warnings, WARNINGS_MORE, "has the settings that count for it");
	ok(!c.c.settings->keep && !c.c.settings->user_dir, "and no others");
	message_command_release(&c);
	ok(over_command(&c, &(struct command){.kind = CMD_BUILD_PREPARE}), "a bare build_prepare");
	ok(c.c.empty && !c.c.empty->n && !c.c.n_commits, "has empty lists");
	message_command_release(&c);
	ok(over_command(&c, &(struct command){.kind = CMD_CONFIGURE, .settings = &settings}),
		"settings");
	ok(!c.c.settings->cache_dir && c.c.settings->timeout > 12.4,
		"the cache is the worker's own");
	message_command_release(&c);
	ok(over_response(&r, &(struct response){.kind = RESP_BUILD_RESULT, .result = &result}),
		"a result");
	ok(!r.r.result->artifacts[0].path && r.r.result->artifacts[0].size == 9007199254740992,
		"artefacts have no path");
	ok(!r.r.result->deps.len && !r.r.result->syms.len, "deps and syms are artefacts");
	is_int(r.r.result->sizes.ram, -1, "what is unknown stays unknown");
	is_int((long long)r.r.result->err.len, (long long)result.err.len, "a text's length");
	message_response_release(&r);
	ok(over_response(&r, &(struct response){.kind = RESP_BUILD_RESULT, .result = &unchanged}),
		"unchanged");
	ok(r.r.result->unchanged && r.r.result->verdict == VERDICT_NONE &&
			r.r.result->sizes.flash == -1,
		"has no verdict and no sizes");
	message_response_release(&r);
	message_response_release(&r);
	ok(!r.store, "released twice is no harm");
}

int main(void)
{
	test_commands();
	test_responses();
	test_values();
	return done_testing();
}
