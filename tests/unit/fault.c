/* What is a machine's fault and what the sketch's own: by what real tools say when they are killed or have no memory, and when sources lie;
 * then by recorded words of those that cannot be brought to say them here.
 */
#include "sketch/fault.h"

#include "unit/fault_util.h"

static const char *const compilers[] = {
	"avr-g++ -mmcu=atmega328p -std=gnu++11", "g++ -std=gnu++11"};

static void is_fault(const char *command, struct trial t, const char *words, const char *name)
{
	try(&t, command);
	if (!ok(t.status && t.fault && strstr(t.fault, words), "%s: %s: %s", command, name,
		    t.fault ? t.fault : "no fault"))
		diag("status %d\n%s", t.status, t.err);
	trial_release(&t);
}

/* A compiler that reads a pipe nobody writes to goes on until it is killed. */
static void killed(const char *compiler)
{
	char *compile = xasprintf("%s -c pipe.cpp", compiler);
	char *piped = xasprintf("%s -pipe -c pipe.cpp", compiler);
	char *link = xasprintf("%s -nostdlib pipe.o", compiler);
	struct trial cc1 = {.kills = "cc1plus"}, ld = {.kills = "ld"};
	is_fault(compile, cc1, "Killed", "the compiler proper is killed");
	is_fault(piped, cc1, "Killed", "also when the assembler reads a pipe");
	is_fault(link, ld, "terminated with signal 9", "the linker is killed");
	free(compile);
	free(piped);
	free(link);
}

/* Some sizes are too small to start at all (some programs crash then), some are enough: those between tell of it. */
static void no_memory(const char *compiler)
{
	char *command = xasprintf("%s -O1 -c large.cpp -o large.o", compiler);
	int told = 0;
	for (size_t mb = 16; mb <= 76; mb += 12) {
		struct trial t = {.memory = mb << 20};
		try(&t, command);
		if (t.status == 1 && !t.fault) {
			ok(false, "%s in %zu MB is the machine's fault", command, mb);
			diag("%s", t.err);
		}
		told += t.fault != NULL;
		trial_release(&t);
	}
	ok(told > 0, "%s: no memory, with %d sizes", command, told);
	free(command);
}

/* ---- sources that lie ---- */

#define OOM "\\ncc1plus: out of memory allocating 9 bytes after a total of 9 bytes"
#define SHOT "\\ng++: fatal error: Killed signal terminated program cc1plus"
#define FULL "error writing to /tmp/x.s: No space left on device"

static const char *const lies[] = {
	"#error No space left on device\n",
	"#error " FULL "\n",
	"#line 7 \"a: fatal error: b\"\n#error x: No space left on device\n",
	"#line 7 \"cc1plus\"\n#error : out of memory allocating 9 bytes\n",
	"static_assert(false, \"x" OOM "\");\n",
	"static_assert(false, \"x" SHOT "\");\n",
	"#line 7 \"nowhere\"\nstatic_assert(false, \"x" OOM "\");\n",
	"#pragma message(\"x" SHOT "\")\n#include <nowhere.h>\n",
	"#warning x: No space left on device\n#include \"nowhere.h: No space left on device\"\n",
	"#pragma message(\"x\\n: No space left on device\")\nint f() { return y; }\n",
	"void f() __attribute__((error(\"x" OOM "\")));\nvoid g() { f(); }\n",
	"asm(\".error \\\"x: No space left on device\\\"\");\n",
	"asm(\".error \\\"x\\\\nFatal error: x: No space left on device\\\"\");\n",
	"int x = /* : No space left on device */ y;\n",
	"int Killed; // virtual memory exhausted: Cannot allocate memory\nint x = y;\n",
};

static void is_earned(const char *command, const char *source)
{
	struct trial t = {0};
	try(&t, command);
	if (!ok(t.status && !t.fault, "%s: is its own fault: %s", command, source))
		diag("%s\nstatus %d\n%s", t.fault ? t.fault : "", t.status, t.err);
	trial_release(&t);
}

static void liars(const char *compiler)
{
	char *compile = xasprintf("%s -c lie.cpp -o lie.o", compiler);
	char *piped = xasprintf("%s -pipe -c lie.cpp -o lie.o", compiler);
	char *link = xasprintf("%s -nostdlib lie.o -o lie.elf", compiler);
	for (size_t i = 0; i < ARRAY_LEN(lies); i++) {
		put("lie.cpp", lies[i]);
		is_earned(compile, lies[i]);
	}
	put("lie.cpp", "asm(\".error \\\"x: No space left on device\\\"\");\n");
	is_earned(piped, "under -pipe");
	struct trial t = {0};
	put("lie.cpp",
		"extern \"C\" void f();\nvoid g() { f(); }\n"
		"asm(\".section .gnu.warning.f\\n.ascii \\\"x: No space left on device\\\"\");\n");
	try(&t, compile);
	must(t.status == 0, t.err);
	trial_release(&t);
	is_earned(link, "a symbol that nobody has, with a warning of its own");
	free(compile);
	free(piped);
	free(link);
}

/* ---- words ---- */

static char *judge(int status, int sig, const char *said, bool oom)
{
	struct strv argv = STRV_INIT;
	struct proc_result r = {.exit_status = status, .signal = sig};
	strv_push(&argv, "/x/bin/tiny-gcc");
	buf_addstr(&r.err, said);
	char *fault = fault_of(&argv, &r, oom);
	buf_release(&r.err);
	strv_release(&argv);
	return fault;
}

static void says(int status, int sig, const char *said, bool oom, const char *want)
{
	char *got = judge(status, sig, said, oom);
	is_str(got, want, *said ? said : "without a word");
	free(got);
}

static void words(void)
{
	static const struct {
		int status;
		const char *said, *want;
	} t[] = {
		{0, "x: No space left on device", NULL},
		{1, "it does not fit", NULL},
		{1, "as: x.s: Disk quota exceeded", "Disk quota exceeded"},
		{1, "No space left on device", NULL},
		{1, "x: No space left on device, sorry", NULL},
		{1, " x: No space left on device", NULL},
		{1, "x.cpp:1:1: error: a\nas: x.s: Disk quota exceeded", NULL},
		{1, "as: x.s: Disk quota exceeded\nx.cpp:1: error: a\n", NULL},
		{1, "x.cpp:1:1: fatal error: a.h: Input/output error", "Input/output error"},
		{1, "x.cpp:1:1: fatal error: a.h: No such file or directory", NULL},
		{1, "collect2: error: ld returned 1 exit status", NULL},
		{4, "x.cpp:1:1: internal compiler error: Segmentation fault", NULL},
		{4, "g++: internal compiler error: Segmentation fault (program cc1plus)", NULL},
		{1, "g++: internal compiler error: Killed (program cc1plus)", NULL},
		{1, "gcc: vfork: Resource temporarily unavailable",
			"Resource temporarily unavailable"},
		{1, "avr-gcc: error trying to exec 'cc1': execvp: No such file or directory",
			"error trying to exec 'cc1': execvp: No such file or directory"},
		{1, "g++: fatal error: cannot execute 'cc1plus': posix_spawnp: Exec format error",
			"cannot execute 'cc1plus': posix_spawnp: Exec format error"},
		{1, "ld: x.o: memory exhausted", "memory exhausted"},
		{1, "\ncc1plus: out of memory allocating 262144 bytes after a total of 2 bytes\n",
			"out of memory allocating 262144 bytes after a total of 2 bytes"},
		{1, "OSError: [Errno 28] No space left on device: 'x.bin'",
			"No space left on device: 'x.bin'"},
		{1,
			"{standard input}: Assembler messages:\n"
			"{standard input}:12: Error: no such instruction: `mo'\n"
			"{standard input}: Error: open CFI at the end of file\n"
			"g++: fatal error: Killed signal terminated program cc1plus",
			"Killed signal terminated program cc1plus"},
	};
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		char *want = t[i].want ? xasprintf("'tiny-gcc': %s", t[i].want) : NULL;
		says(t[i].status, 0, t[i].said, false, want);
		free(want);
	}
}

/* What was killed lacked memory. */
static void is_killed(int status, int sig, const char *said)
{
	char *fault = judge(status, sig, said, false);
	ok(fault && fault_kind(fault) == FAULT_KIND_MEMORY, "%s", fault ? fault : said);
	free(fault);
}

static void kinds(void)
{
	static const struct {
		const char *reason;
		enum fault_kind want;
	} t[] = {
		{"core: 'as': No space left on device'", FAULT_KIND_DISK},
		{"cannot write '/x/y': Disk quota exceeded", FAULT_KIND_DISK},
		{"'x': No space left on device; the machine ran out of memory", FAULT_KIND_DISK},
		{"'g++' ended with status 1 when the machine ran out of memory", FAULT_KIND_MEMORY},
		{"cannot start 'g++': Cannot allocate memory", FAULT_KIND_MEMORY},
		{"cannot write 'No space left on device': Input/output error", FAULT_KIND_OTHER},
		{"'g++' was ended by signal 11, SIGSEGV", FAULT_KIND_OTHER},
	};
	for (size_t i = 0; i < ARRAY_LEN(t); i++)
		is_int(fault_kind(t[i].reason), t[i].want, t[i].reason);
	is_killed(4, 0, "g++: internal compiler error: Killed (program cc1plus)");
	is_killed(137, 9, "");
	is_killed(137, 0, "");
}

static void signals(void)
{
	struct strv argv = STRV_INIT;
	struct proc_result r = {.exit_status = 137, .signal = SIGKILL, .timed_out = true};
	strv_push(&argv, "cc");
	ok(!fault_of(&argv, &r, true), "the time limit is ours");
	strv_release(&argv);
	says(139, SIGSEGV, "", false, "'tiny-gcc' was ended by signal 11, SIGSEGV");
	says(139, SIGSEGV, "x.c:1:1: error: a", false,
		"'tiny-gcc' was ended by signal 11, SIGSEGV");
	says(134, SIGABRT, "Cannot create temporary file in /tmp/: No space left on device", false,
		"'tiny-gcc': No space left on device");
	says(137, 0, "Killed", false, "'tiny-gcc' ended with status 137: a process was killed");
	says(137, 0, "x.c:1:1: error: a", false, NULL);
	says(1, 0, "", true, "'tiny-gcc' ended with status 1 when the machine ran out of memory");
	says(1, 0, "x.c:1:1: error: a", true, NULL);
	says(0, 0, "", true, NULL);
	says(4, 0, "g++: internal compiler error: Killed (program cc1plus)", true,
		"'tiny-gcc': Killed (program cc1plus); the machine ran out of memory");
}

/* Long lines, many lines and bytes without sense are read once, and nothing is found in them. */
static void noise(void)
{
	struct buf b = BUF_INIT;
	for (int i = 0; i < 200000; i++)
		buf_addstr(&b, ": fatal error: error writing to ");
	buf_addstr(&b, ": No space left on device\n");
	char *got = judge(1, 0, buf_str(&b), false);
	ok(!got, "a long line is no tool's");
	free(got);
	buf_clear(&b);
	for (int i = 0; i < 20000; i++)
		buf_addstr(&b, "\377x: \200\n");
	buf_addstr(&b, "ld: x: Disk quota exceeded");
	got = judge(1, 0, buf_str(&b), false);
	ok(got, "the last of many lines counts");
	free(got);
	buf_release(&b);
}

static void kernel(void)
{
	put("k/proc/self/cgroup", "9:memory:/a/b\n0::/u\n");
	is_int(fault_oom_kills(at("k")), -1, "nobody counts");
	put("k/sys/fs/cgroup/memory/a/memory.oom_control",
		"oom_kill_disable 0\nunder_oom 0\noom_kill 7\n");
	is_int(fault_oom_kills(at("k")), 7, "version 1: the nearest group that does");
	put("k/proc/self/cgroup", "0::/u\n");
	put("k/sys/fs/cgroup/u/memory.events", "low 0\noom 4\noom_kill 3\noom_group_kill 0\n");
	is_int(fault_oom_kills(at("k")), 3, "version 2");
	put("k/sys/fs/cgroup/u/memory.events", "oom 4\nxoom_kill 3\n");
	is_int(fault_oom_kills(at("k")), -1, "a kernel without that count");
}

/* Tables that fill the compiler's memory soon. */
static void put_large(void)
{
	struct buf b = BUF_INIT;
	for (int i = 0; i < 40; i++) {
		buf_addf(&b, "extern const long table%d[] = {", i);
		for (int k = 0; k < 5000; k++)
			buf_addf(&b, "%d,", k);
		buf_addstr(&b, "};\n");
	}
	put("large.cpp", buf_str(&b));
	buf_release(&b);
}

int main(void)
{
	put_large();
	must(chdir(test_tmpdir()) == 0, "chdir");
	must(mkfifo(at("pipe.cpp"), 0600) == 0 && mkfifo(at("pipe.o"), 0600) == 0, "mkfifo");
	for (size_t i = 0; i < ARRAY_LEN(compilers); i++) {
		char *name = xstrndup(compilers[i], strcspn(compilers[i], " "));
		if (has_program(name)) {
			killed(compilers[i]);
			no_memory(compilers[i]);
			liars(compilers[i]);
		} else {
			printf("ok %u # SKIP no %s\n", ++tap.count, name);
		}
		free(name);
	}
	words();
	signals();
	kinds();
	noise();
	kernel();
	return done_testing();
}
