/* message_refused: what a peer must not say, each by name; and that what is ours to say always keeps to the ceilings. */
#include "message_case.h"

#include "common/xalloc.h"

#define JOB "{\"job\":1,\"attempt\":1,\"commit\":\"c\",\"board\":\"a:b:c\",\"sketch\":\"/s\""
#define JOBS(tail) "{\"cmd\":\"build_sketches\",\"jobs\":[" JOB tail "}]}"
#define COMMIT(id, tree, ref, roots) \
	"{\"cmd\":\"build_prepare\",\"commits\":[{\"id\":\"" id "\",\"tree\":\"" tree \
	"\",\"ref\":\"" ref "\",\"roots\":[" roots "]}]}"
#define ROOT(dir, path) "{\"dir\":\"" dir "\",\"path\":\"" path "\"}"
#define REF(ref) COMMIT("c", HEX40, ref, "")
#define SET(text) "{\"cmd\":\"configure\",\"settings\":{" text "}}"
#define SETUP(p, run, boss) \
	"{\"cmd\":\"setup\",\"protocol\":" p ",\"run\":" run ",\"boss\":" boss "}"

struct refusal {
	const char *line, *why;
};

static const struct refusal commands[] = {
	{"", "malformed"},
	{"{", "malformed"},
	{"[]", "no JSON object"},
	{"\"cmd\"", "no JSON object"},
	{"{}", "without 'cmd'"},
	{"{\"cmd\":1}", "without 'cmd'"},
	{"{\"cmd\":null}", "without 'cmd'"},
	{"{\"cmd\":\"ping\"} x", "malformed"},
	{"{\"cmd\":\"ping\",\"cmd\":\"quit\"}", "twice"},
	{"{\"cmd\":\"ping\",\"x\":\"\xff\"}", "not UTF-8"},
	{"{\"cmd\":\"ping\",\"x\":[[[[[[[[[[[[[[[[0]]]]]]]]]]]]]]]]}", "deeply"},
	{"{\"cmd\":\"setup\"}", "'protocol' is missing"},
	{SETUP("\"1\"", "\"r\"", "\"b\""), "'protocol': no whole number"},
	{SETUP("1.5", "\"r\"", "\"b\""), "'protocol': no whole number"},
	{SETUP("1e99", "\"r\"", "\"b\""), "'protocol': no whole number"},
	{SETUP("-1", "\"r\"", "\"b\""), "'protocol': out of range"},
	{SETUP("2147483648", "\"r\"", "\"b\""), "'protocol': out of range"},
	{SETUP("NaN", "\"r\"", "\"b\""), "malformed"},
	{SETUP("1", "null", "\"b\""), "'run': no string"},
	{SETUP("1", "\"\"", "\"b\""), "'run': no run's id"},
	{SETUP("1", "\"../x\"", "\"b\""), "'run': no run's id"},
	{SETUP("1", "\"R\"", "\"b\""), "'run': no run's id"},
	{SETUP("1", "\"" HEX64 "0\"", "\"b\""), "'run': no run's id"},
	{SETUP("1", "\"r\"", "\"\""), "'boss': empty"},
	{"{\"cmd\":\"probe\"}", "'boards' is missing"},
	{"{\"cmd\":\"probe\",\"boards\":{}}", "'boards': no list"},
	{"{\"cmd\":\"probe\",\"boards\":[\"a:b:c\",1]}", "'boards': entry 1: no string"},
	{"{\"cmd\":\"probe\",\"boards\":[\"\"]}", "no board"},
	{"{\"cmd\":\"probe\",\"boards\":[\"a b\"]}", "no board"},
	{"{\"cmd\":\"probe\",\"boards\":[\"a\\nb\"]}", "no board"},
	{"{\"cmd\":\"probe\",\"boards\":[],\"no_lto\":1}", "'no_lto': no boolean"},
	{"{\"cmd\":\"configure\"}", "'settings' is missing"},
	{"{\"cmd\":\"configure\",\"settings\":[]}", "'settings': no object"},
	{SET("\"keep\":null"), "'keep': no boolean"},
	{SET("\"keep\":\"true\""), "'keep': no boolean"},
	{SET("\"warnings\":\"some\""), "'warnings': none of its values"},
	{SET("\"warnings\":1"), "'warnings': no string"},
	{SET("\"platform_dirs\":\"/p\""), "'platform_dirs': no list"},
	{SET("\"platform_dirs\":[\"p\"]"), "'platform_dirs': entry 0: no absolute path"},
	{SET("\"build_properties\":[\"k\"]"), "not K=V"},
	{SET("\"build_properties\":[\"=k\"]"), "not K=V"},
	{SET("\"user_dir\":\"\""), "'user_dir': no absolute path"},
	{SET("\"framework_jobs\":-1"), "'framework_jobs': out of range"},
	{SET("\"sketch_jobs\":65537"), "'sketch_jobs': out of range"},
	{SET("\"timeout\":-0.5"), "'timeout': out of range"},
	{SET("\"timeout\":1e10"), "'timeout': out of range"},
	{SET("\"timeout\":1e999"), "'timeout': no number"},
	{SET("\"timeout\":\"1\""), "'timeout': no number"},
	{"{\"cmd\":\"build_prepare\"}", "'commits' is missing"},
	{"{\"cmd\":\"build_prepare\",\"commits\":[[]]}", "entry 0: no object"},
	{"{\"cmd\":\"build_prepare\",\"commits\":[{\"id\":\"c\"}]}", "'tree' is missing"},
	{COMMIT("", HEX40, "refs/bm/r", ""), "'id': no plain name"},
	{COMMIT("a/b", HEX40, "refs/bm/r", ""), "'id': no plain name"},
	{COMMIT("..", HEX40, "refs/bm/r", ""), "'id': no plain name"},
	{COMMIT("c", HEX8, "refs/bm/r", ""), "'tree': no tree's id"},
	{COMMIT("c", HEX40 "0", "refs/bm/r", ""), "'tree': no tree's id"},
	{COMMIT("c", "0123ABCD" HEX8 HEX8 HEX8 HEX8, "refs/bm/r", ""), "'tree': no tree's id"},
	{COMMIT("c", HEX64 "0", "refs/bm/r", ""), "'tree': no tree's id"},
	{REF(""), "'ref': no ref of ours"},
	{REF("refs/bm/"), "'ref': no ref of ours"},
	{REF("refs/heads/main"), "'ref': no ref of ours"},
	{REF("refs/bm/../heads/x"), "'ref': no ref of ours"},
	{REF("refs/bm/a//b"), "'ref': no ref of ours"},
	{REF("refs/bm/a/"), "'ref': no ref of ours"},
	{REF("refs/bm/-a"), "'ref': no ref of ours"},
	{REF("refs/bm/.a"), "'ref': no ref of ours"},
	{REF("refs/bm/a."), "'ref': no ref of ours"},
	{REF("refs/bm/a..b"), "'ref': no ref of ours"},
	{REF("refs/bm/a.lock"), "'ref': no ref of ours"},
	{REF("refs/bm/a.lock/b"), "'ref': no ref of ours"},
	{REF("refs/bm/a b"), "'ref': no ref of ours"},
	{REF("refs/bm/a:b"), "'ref': no ref of ours"},
	{REF("refs/bm/a@{1}"), "'ref': no ref of ours"},
	{REF("refs/bm/a\\nb"), "'ref': no ref of ours"},
	{COMMIT("c", HEX40, "refs/bm/r", "1"), "'roots': entry 0: no object"},
	{COMMIT("c", HEX40, "refs/bm/r", ROOT("a/b", "/p")), "'dir': no plain name"},
	{COMMIT("c", HEX40, "refs/bm/r", ROOT("..", "/p")), "'dir': no plain name"},
	{COMMIT("c", HEX40, "refs/bm/r", ROOT(".", "/p")), "'dir': no plain name"},
	{COMMIT("c", HEX40, "refs/bm/r", ROOT("", "/p")), "'dir': no plain name"},
	{COMMIT("c", HEX40, "refs/bm/r", ROOT("a\\tb", "/p")), "'dir': no plain name"},
	{COMMIT("c", HEX40, "refs/bm/r", ROOT("a", "p")), "'path': no absolute path"},
	{COMMIT("c", HEX40, "refs/bm/r", ROOT("a", "/p/../q")), "'path': a path with dots"},
	{COMMIT("c", HEX40, "refs/bm/r", ROOT("a", "/.")), "'path': a path with dots"},
	{"{\"cmd\":\"build_prepare\",\"commits\":[],\"empty\":[\"x\"]}",
		"'empty': entry 0: no absolute"},
	{"{\"cmd\":\"build_prepare\",\"commits\":[],\"max_sketches\":-1}", "out of range"},
	{"{\"cmd\":\"build_sketches\"}", "'jobs' is missing"},
	{"{\"cmd\":\"build_sketches\",\"jobs\":{}}", "'jobs': no list"},
	{"{\"cmd\":\"build_sketches\",\"jobs\":[{\"job\":-1}]}", "'job': out of range"},
	{"{\"cmd\":\"build_sketches\",\"jobs\":[{\"job\":4294967296}]}", "'job': out of range"},
	{"{\"cmd\":\"build_sketches\",\"jobs\":[{\"job\":1}]}", "'attempt' is missing"},
	{"{\"cmd\":\"build_sketches\",\"jobs\":[{\"job\":9007199254740994}]}", "no whole number"},
	{JOBS(",\"sketch\":\"/t\""), "twice"},
	{JOBS(",\"tree_library\":\"x\""), "'tree_library': no absolute path"},
	{JOBS(",\"tree_library\":null"), "'tree_library': no string"},
	{JOBS(",\"library_dirs\":[\"x\"]"), "'library_dirs': entry 0: no absolute path"},
	{JOBS(",\"build_dir\":\"x\""), "'build_dir': no absolute path"},
	{JOBS(",\"build_dir\":\"/out/../home\""), "'build_dir': a path with dots"},
	{JOBS(",\"known_key\":\"x\""), "'known_key': no digest"},
	{JOBS(",\"known_deps\":\"x\""), "'known_deps': no absolute path"},
	{"{\"cmd\":\"board_open\",\"commit\":\"c\"}", "'board' is missing"},
	{"{\"cmd\":\"cancel\",\"jobs\":[]}", "'mode' is missing"},
	{"{\"cmd\":\"cancel\",\"jobs\":[],\"mode\":\"now\"}", "'mode': none of its values"},
	{"{\"cmd\":\"cancel\",\"jobs\":[{}],\"mode\":\"kill\"}", "'job' is missing"},
};

#define RESULT(tail) "{\"resp\":\"build_result\",\"job\":1,\"attempt\":1," tail "}"
#define FILE_OF(name, size, sum) \
	RESULT("\"verdict\":\"ok\",\"artifacts\":[{\"name\":\"" name "\",\"size\":" size \
	       ",\"sha256\":\"" sum "\"}]")
#define PIECE(name, data) \
	"{\"resp\":\"artifact\",\"job\":1,\"attempt\":1,\"name\":\"" name \
	"\",\"seq\":0,\"data\":" data "}"
#define UNIT(kind, verdict, time) \
	"{\"resp\":\"unit\",\"board\":\"a:b:c\",\"name\":\"core\",\"kind\":\"" kind \
	"\",\"verdict\":\"" verdict "\",\"reused\":true,\"start\":0,\"time\":" time "}"
#define PROBE(rest) \
	"{\"resp\":\"probe_done\",\"threads\":1,\"load\":0,\"memory\":1,\"disk\":1," rest "}"

static const struct refusal responses[] = {
	{"{}", "without 'resp'"},
	{"{\"cmd\":\"ping\"}", "without 'resp'"},
	{"{\"resp\":\"evil\\u001b\"}", "an unknown response"},
	{"{\"resp\":\"ready\",\"protocol\":1}", "'version' is missing"},
	{"{\"resp\":\"ready\",\"protocol\":1,\"version\":\"\",\"arch\":\"\",\"threads\":0,"
	 "\"slots\":1}",
		"'threads': out of range"},
	{"{\"resp\":\"ready\",\"protocol\":1,\"version\":\"\",\"arch\":\"\",\"threads\":1,"
	 "\"slots\":99999}",
		"'slots': out of range"},
	{"{\"resp\":\"setup_done\",\"work_dir\":\"w\",\"git_dir\":\"/g\"}",
		"'work_dir': no absolute path"},
	{"{\"resp\":\"build_started\",\"threads\":1}", "'num_threads' is missing"},
	{"{\"resp\":\"worktree_created\",\"commit\":\"../c\"}", "'commit': no plain name"},
	{"{\"resp\":\"started\",\"job\":1,\"attempt\":1,\"slot\":-1}", "'slot': out of range"},
	{"{\"resp\":\"started\",\"job\":\"1\",\"attempt\":1,\"slot\":1}", "'job': no whole number"},
	{"{\"resp\":\"heartbeat\",\"running\":1,\"load\":-1}", "'load': out of range"},
	{"{\"resp\":\"heartbeat\",\"running\":1,\"load\":null}", "'load': no number"},
	{"{\"resp\":\"error\",\"msg\":\"x\"}", "'fatal' is missing"},
	{"{\"resp\":\"note\",\"msg\":\"a\\u0000b\"}", "NUL"},
	{PROBE("\"held\":[],\"platforms\":[]"), "'boards' is missing"},
	{PROBE("\"held\":[{\"user\":1}],\"platforms\":[],\"boards\":[]"), "'user': no string"},
	{PROBE("\"held\":[],\"platforms\":[{\"id\":\"a\",\"version\":\"\",\"dir\":\"d\"}],"
	       "\"boards\":[]"),
		"'dir': no absolute path"},
	{PROBE("\"held\":[],\"platforms\":[],\"boards\":[{\"board\":\"a\",\"digest\":\"x\"}]"),
		"'digest': no digest"},
	{UNIT("thing", "ok", "1"), "'kind': none of its values"},
	{UNIT("core", "none", "1"), "'verdict': none of its values"},
	{UNIT("core", "blocked", "1"), "'verdict': none of its values"},
	{UNIT("core", "ok", "-1"), "'time': out of range"},
	{PIECE("../x", "\"\""), "'name': no artefact's name"},
	{PIECE("/etc/passwd", "\"\""), "'name': no artefact's name"},
	{PIECE("a/b", "\"\""), "'name': no artefact's name"},
	{PIECE("objects/../x", "\"\""), "'name': no artefact's name"},
	{PIECE("", "\"\""), "'name': no artefact's name"},
	{PIECE("a\\u001bb", "\"\""), "'name': no artefact's name"},
	{PIECE("log", "\"Zg=\""), "'data': not base64"},
	{PIECE("log", "\"Zh==\""), "'data': not base64"},
	{PIECE("log", "\"Zg ==\""), "'data': not base64"},
	{PIECE("log", "[]"), "'data': no string"},
	{RESULT("\"return_code\":0"), "'verdict' and 'unchanged'"},
	{RESULT("\"verdict\":\"ok\",\"unchanged\":true"), "'verdict' and 'unchanged'"},
	{RESULT("\"unchanged\":false"), "'verdict' and 'unchanged'"},
	{RESULT("\"verdict\":\"infra\",\"fault\":\"none\""), "'fault': none of its values"},
	{RESULT("\"verdict\":\"none\""), "'verdict': none of its values"},
	{RESULT("\"verdict\":\"skipped\""), "'verdict': none of its values"},
	{RESULT("\"verdict\":\"not_run\""), "'verdict': none of its values"},
	{RESULT("\"verdict\":\"ok\",\"key\":\"\""), "'key': no digest"},
	{RESULT("\"verdict\":\"ok\",\"sizes\":[]"), "'sizes': no object"},
	{RESULT("\"verdict\":\"ok\",\"sizes\":{\"flash\":-2}"), "'flash': out of range"},
	{RESULT("\"verdict\":\"ok\",\"sizes\":{\"flash\":1e30}"), "'flash': no whole number"},
	{RESULT("\"verdict\":\"ok\",\"times\":{\"cpu\":-1}"), "'cpu': out of range"},
	{RESULT("\"verdict\":\"ok\",\"warnings\":-1"), "'warnings': out of range"},
	{RESULT("\"verdict\":\"ok\",\"return_code\":2147483648"), "'return_code': out of range"},
	{RESULT("\"verdict\":\"ok\",\"units\":[\"x\"]"), "'units': entry 0: no digest"},
	{RESULT("\"verdict\":\"ok\",\"libraries\":[\"\"]"), "'libraries': entry 0: empty"},
	{FILE_OF("../x", "1", HEX64), "'artifacts': entry 0: 'name': no artefact's name"},
	{FILE_OF("x", "-1", HEX64), "'size': out of range"},
	{FILE_OF("x", "9007199254740994", HEX64), "'size': no whole number"},
	{FILE_OF("x", "1", ""), "'sha256': no digest"},
	{FILE_OF("x", "1", HEX40), "'sha256': no digest"},
	{FILE_OF("x", "1", "0123ABCD" HEX8 HEX8 HEX8 HEX8 HEX8 HEX8 HEX8), "'sha256': no digest"},
};

static void refused(void)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		struct message_command m = {.store = NULL};
		struct error err = ERROR_INIT;
		bool unknown = true;
		int ret =
			get_command(&m, commands[i].line, strlen(commands[i].line), &unknown, &err);
		ok(ret < 0 && !unknown && !m.store && strstr(err.text, commands[i].why),
			"%.100s: %s", commands[i].line, commands[i].why);
		if (!strstr(err.text, commands[i].why))
			diag("got: %s", err.text);
		message_command_release(&m);
	}
	for (size_t i = 0; i < ARRAY_LEN(responses); i++) {
		struct message_response m = {.store = NULL};
		struct error err = ERROR_INIT;
		int ret = get_response(&m, responses[i].line, strlen(responses[i].line), &err);
		ok(ret < 0 && !m.store && strstr(err.text, responses[i].why), "%.100s: %s",
			responses[i].line, responses[i].why);
		if (!strstr(err.text, responses[i].why))
			diag("got: %s", err.text);
		message_response_release(&m);
	}
}

static void unknown_things(void)
{
	static const char line[] = "{\"cmd\":\"dance\",\"x\":1}",
			  more[] = "{\"x\":[{}],\"cmd\":\"ping\"}";
	struct message_command m;
	struct error err = ERROR_INIT;
	bool unknown = false;
	ok(get_command(&m, line, strlen(line), &unknown, &err) < 0 && unknown,
		"an unknown command is told: %s", err.text);
	ok(get_command(&m, more, strlen(more), &unknown, &err) == 0 && !unknown,
		"an unknown key is ignored");
	message_command_release(&m);
}

/* `n` times `item` in a list, between head and tail. */
static void list_of(struct buf *b, const char *head, const char *item, size_t n, const char *tail)
{
	buf_addstr(b, head);
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "%s%s", i ? "," : "", item);
	buf_addstr(b, tail);
}

/* Taken with the greatest number or length, refused with one more. */
static const struct {
	const char *head, *item, *tail, *why;
	size_t max;
	bool list;
} ceilings[] = {
	{"{\"cmd\":\"build_sketches\",\"jobs\":[", JOB "}", "]}", "'jobs': too many entries",
		WIRE_MAX_JOBS, true},
	{"{\"cmd\":\"cancel\",\"mode\":\"kill\",\"jobs\":[", "{\"job\":1,\"attempt\":1}", "]}",
		"'jobs': too many entries", WIRE_MAX_JOBS, true},
	{"{\"cmd\":\"probe\",\"boards\":[", "\"a\"", "]}", "'boards': too many entries",
		WIRE_MAX_LIST, true},
	{"{\"cmd\":\"setup\",\"protocol\":1,\"run\":\"r\",\"boss\":\"", "b", "\"}",
		"'boss': too long", WIRE_MAX_STRING, false},
	{"{\"cmd\":\"setup\",\"protocol\":1,\"boss\":\"b\",\"run\":\"", "r", "\"}",
		"'run': no run's id", 64, false},
	{"{\"cmd\":\"board_open\",\"board\":\"b\",\"commit\":\"", "c", "\"}",
		"'commit': no plain name", 255, false},
	{"{\"resp\":\"note\",\"msg\":\"", "m", "\"}", "'msg': too long", WIRE_MAX_STRING, false},
	{"{\"resp\":\"build_result\",\"job\":1,\"attempt\":1,\"verdict\":\"ok\",\"stderr\":\"", "e",
		"\"}", "'stderr': too long", WIRE_MAX_TEXT, false},
	{"{\"resp\":\"build_result\",\"job\":1,\"attempt\":1,\"verdict\":\"ok\",\"artifacts\":[",
		"{\"name\":\"x\",\"size\":0,\"sha256\":\"" HEX64 "\"}", "]}",
		"'artifacts': too many entries", WIRE_MAX_ARTIFACTS, true},
	{"{\"resp\":\"build_result\",\"job\":1,\"attempt\":1,\"verdict\":\"ok\",\"libraries\":[",
		"\"a\"", "]}", "'libraries': too many entries", WIRE_MAX_LIST, true},
	{"{\"resp\":\"artifact\",\"job\":1,\"attempt\":1,\"name\":\"log\",\"seq\":0,\"data\":\"",
		"AAAA", "\"}", "'data': too long", WIRE_MAX_PIECE / 3, false},
	{"{\"cmd\":\"ping\",\"x\":\"", "x", "\"}", "1048576", WIRE_MAX_LINE - 21, false},
};

static int take(const struct buf *line, struct error *err)
{
	struct message_command c = {.store = NULL};
	struct message_response r = {.store = NULL};
	bool unknown;
	int ret = strstr(line->data, "\"resp\"")
			  ? get_response(&r, line->data, line->len, err)
			  : get_command(&c, line->data, line->len, &unknown, err);
	message_command_release(&c);
	message_response_release(&r);
	return ret;
}

static void test_ceilings(void)
{
	for (size_t i = 0; i < ARRAY_LEN(ceilings); i++) {
		for (size_t more = 0; more <= 1; more++) {
			struct buf line = BUF_INIT;
			struct error err = ERROR_INIT;
			size_t n = ceilings[i].max + more;
			if (ceilings[i].list)
				list_of(&line, ceilings[i].head, ceilings[i].item, n,
					ceilings[i].tail);
			else {
				buf_addstr(&line, ceilings[i].head);
				for (size_t k = 0; k < n; k++)
					buf_addstr(&line, ceilings[i].item);
				buf_addstr(&line, ceilings[i].tail);
			}
			int ret = take(&line, &err);
			if (!more)
				ok(ret == 0, "%zu are taken %s", n, err.text);
			else
				ok(ret < 0 && strstr(err.text, ceilings[i].why),
					"one more is not: %s", err.text);
			buf_release(&line);
		}
	}
}

int main(void)
{
	refused();
	unknown_things();
	test_ceilings();
	return done_testing();
}
