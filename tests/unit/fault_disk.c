/* A full disk under real tools, wherever it hits them: temporary files, outputs, or only the linker's, which says nothing. The disk is a
 * small one of our own, in a mount namespace.
 */
#include "sketch/fault.h"

#include <sched.h>
#include <sys/mount.h>
#include "common/tmp.h"
#include "unit/fault_util.h"

static const char *const compilers[] = {"avr-g++ -mmcu=atmega328p", "g++"};

static bool mount_disk(void)
{
	must(mkdir(at("full"), 0755) == 0, "mkdir");
	if (unshare(CLONE_NEWNS | (geteuid() ? CLONE_NEWUSER : 0)) < 0)
		return false;
	return mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("none", at("full"), "tmpfs", 0, "size=64k") == 0;
}

static void fill(void)
{
	static const char block[4096] = {1};
	int fd = open(at("full/ballast"), O_WRONLY | O_CREAT, 0600);
	while (write(fd, block, sizeof block) > 0)
		continue;
	close(fd);
}

static void is_full(const char *compiler, const char *args)
{
	char *command = xasprintf("%s %s", compiler, args);
	struct trial t = {0};
	try(&t, command);
	if (!ok(t.status && t.fault && strstr(t.fault, "No space left on device"), "%s: %s",
		    command, t.fault ? t.fault : "no fault"))
		diag("status %d\n%s", t.status, t.err);
	trial_release(&t);
	free(command);
}

static void good(const char *compiler, const char *args)
{
	char *command = xasprintf("%s %s", compiler, args);
	struct trial t = {0};
	try(&t, command);
	must(t.status == 0, t.err);
	trial_release(&t);
	free(command);
}

static void outputs(const char *compiler)
{
	is_full(compiler, "-c a.cpp -o full/a.o");
	is_full(compiler, "-S a.cpp -o full/a.s");
	is_full(compiler, "-E a.cpp -o full/a.i");
	is_full(compiler, "-c a.cpp -o a.o -MMD -MF full/a.d");
	good(compiler, "-c a.cpp -o a.o");
	is_full(compiler, "-r -nostdlib a.o -o full/b.o");
}

static void temporary(const char *compiler)
{
	good(compiler, "-c a.cpp -o a.o -flto -pipe");
	setenv("TMPDIR", at("full"), 1);
	ok(tmp_is_full(), "the disk of TMPDIR is full");
	is_full(compiler, "-c a.cpp -o a.o");
	is_full(compiler, "-r -nostdlib -flto a.o -o b.o");
	struct trial t = {0};
	put("bad.cpp", "int x = y;\n");
	char *command = xasprintf("%s -pipe -c bad.cpp -o bad.o", compiler);
	try(&t, command);
	ok(t.status && !t.fault, "what is wrong with a sketch is so on a full disk too");
	trial_release(&t);
	free(command);
	unsetenv("TMPDIR");
}

int main(void)
{
	struct buf b = BUF_INIT;
	if (!mount_disk()) {
		printf("1..0 # SKIP no disk can be mounted here\n");
		return 0;
	}
	fill();
	for (int i = 0; i < 500; i++)
		buf_addf(&b, "int f%d(int a) { return a * %d; }\n", i, i);
	put("a.cpp", buf_str(&b));
	buf_release(&b);
	must(chdir(test_tmpdir()) == 0, "chdir");
	unsetenv("TMPDIR");
	for (size_t i = 0; i < ARRAY_LEN(compilers); i++) {
		char *name = xstrndup(compilers[i], strcspn(compilers[i], " "));
		if (has_program(name)) {
			outputs(compilers[i]);
			temporary(compilers[i]);
		} else {
			printf("ok %u # SKIP no %s\n", ++tap.count, name);
		}
		free(name);
	}
	umount(at("full"));
	return done_testing();
}
