/* Merging firmware and bootloader: which file, whose bytes win, what Intel HEX may look like, and the .bin. What is written is read
 * back by avr-objcopy where there is one.
 */
#include "sketch/bootloader.h"

#include "sketch/board.h"
#include "sketch/props.h"
#include "unit/store_util.h"

#define END ":00000001FF\n"

static struct props *board_props, *overlay;

/* ":LLAAAATTDD…CC" and a newline added to `out`. */
static void record(struct buf *out, unsigned type, unsigned offset, const char *data, size_t len)
{
	unsigned sum = (unsigned)len + (offset >> 8) + (offset & 255) + type;
	buf_addf(out, ":%02X%04X%02X", (unsigned)len, offset, type);
	for (size_t i = 0; i < len; i++) {
		buf_addf(out, "%02X", (unsigned char)data[i]);
		sum += (unsigned char)data[i];
	}
	buf_addf(out, "%02X\n", -sum & 255);
}

/* Bytes at an address, with the extended address record that they need. */
static void at_address(struct buf *out, unsigned address, const char *data)
{
	char high[2] = {(char)(address >> 24), (char)(address >> 16)};
	record(out, 4, 0, high, 2);
	record(out, 0, address & 0xffff, data, strlen(data));
}

/* A whole file of one piece. New string. */
static char *file_of(unsigned address, const char *data)
{
	struct buf b = BUF_INIT;
	at_address(&b, address, data);
	buf_addstr(&b, END);
	return buf_detach(&b);
}

static int merge(const char *boot, const char *sketch, struct error *err)
{
	struct board b = {.fqbn = (char *)"a:b:c", .props = board_props};
	unlink(at("build/S.ino.with_bootloader.hex"));
	unlink(at("build/S.ino.with_bootloader.bin"));
	if (boot)
		put("platform/bootloaders/boot.hex", boot);
	if (sketch)
		put("build/S.ino.hex", sketch);
	return bootloader_merge(&b, overlay, err);
}

static bool has(const char *ext)
{
	char *name = xasprintf("build/S.ino.with_bootloader.%s", ext);
	bool is = fs_is_file(at(name));
	free(name);
	return is;
}

static struct buf bin(void)
{
	struct buf b = BUF_INIT;
	struct error err = ERROR_INIT;
	if (fs_read(at("build/S.ino.with_bootloader.bin"), 0, &b, &err) < 0)
		diag("%s", err.text);
	return b;
}

/* Merges two files of one piece each and compares the .bin. */
static void is_bin(unsigned boot_at, const char *boot, unsigned sketch_at, const char *sketch,
	const char *want, size_t len, const char *name)
{
	struct error err = ERROR_INIT;
	char *b = file_of(boot_at, boot), *s = file_of(sketch_at, sketch);
	int ret = merge(b, s, &err);
	struct buf got = bin();
	if (!ok(ret == 0 && got.len == len && !memcmp(buf_str(&got), want, len), "%s", name))
		diag("%s%.*s", err.text, (int)got.len, buf_str(&got));
	buf_release(&got);
	free(b);
	free(s);
}

#define FF4 "\xff\xff\xff\xff"

static void whose(void)
{
	is_bin(8, "boot", 0, "sketch",
		"sketch\xff\xff"
		"boot",
		12, "a gap is filled with FF");
	is_bin(6, "boot", 0, "sketch", "sketchboot", 10, "no gap");
	is_bin(0, "boot", 4, "sketch", "bootsketch", 10, "the bootloader first");
	is_bin(0x1000, "boot", 0x1008, "sketch", "boot" FF4 "sketch", 14,
		"the .bin begins at the lowest address");
	is_bin(5, "boot", 0, "sketch", "boot", 4, "an overlap: the bootloader's bytes stay");
	is_bin(2, "o", 0, "sketch", "o", 1, "one within");
	is_bin(0, "bootloader", 2, "xy", "bootloader", 10, "one around");
	is_bin(0xfffc, "boot", 0x10000, "sketch", "bootsketch", 10, "over 64 KiB");
}

static void pieces(void)
{
	struct buf s = BUF_INIT;
	struct error err = ERROR_INIT;
	char *boot = file_of(16, "B");
	/* Out of order, in small pieces, lower case, CRLF, with a comment and blank lines. */
	buf_addstr(&s, "; a comment\r\n\r\n");
	record(&s, 0, 4, "efgh", 4);
	record(&s, 0, 0, "ab", 2);
	record(&s, 0, 2, "cd", 2);
	buf_addstr(&s, ":0200080069"
		       "6a23\r\n");
	record(&s, 5, 0, "\0\0\0\0", 4);
	record(&s, 3, 0, "\0\0\0\0", 4);
	buf_addstr(&s, END "not read any more\n:0000");
	is_int(merge(boot, buf_str(&s), &err), 0, "all that a file may have");
	struct buf got = bin();
	ok(got.len == 17 && !memcmp(buf_str(&got), "abcdefghij\xff\xff" FF4 "B", 17),
		"gives its bytes");
	buf_release(&got);
	char *hex = slurp(at("build/S.ino.with_bootloader.hex"));
	is_str(hex, ":0A0000006162636465666768696AFF\n:0100100042AD\n:00000001FF\n",
		"and joined lines");
	free(hex);

	buf_clear(&s);
	record(&s, 2, 0, "\x10\x00", 2); /* segment 0x1000: 0x10000 */
	record(&s, 0, 0x10, "low", 3);
	buf_addstr(&s, END);
	is_int(merge(boot, buf_str(&s), &err), 0, "extended segment address");
	got = bin();
	ok(got.len == 0x10000 + 3 && !memcmp(got.data + 0x10000, "low", 3), "times 16");
	buf_release(&got);
	hex = slurp(at("build/S.ino.with_bootloader.hex"));
	is_str(hex,
		":0100100042AD\n:020000040001F9\n:030010006C6F779B\n"
		":00000001FF\n",
		"an extended linear address where the upper half changes");
	free(hex);

	buf_clear(&s);
	record(&s, 0, 0, "", 0);
	buf_addstr(&s, END);
	is_int(merge(boot, buf_str(&s), &err), 0, "a record without bytes");
	is_int(merge(boot, END, &err), 0, "a file without any");
	got = bin();
	ok(got.len == 1, "gives the bootloader alone");
	buf_release(&got);
	is_int(merge(END, END, &err), 0, "two such files");
	ok(has("hex"), "give an empty one");
	buf_release(&s);
	free(boot);
}

static void broken(void)
{
	static const struct {
		const char *text, *want;
	} t[] = {
		{":0400000061626364"
		 "73\n" END,
			":1: broken"},
		{END ":04", NULL},
		{":\n", ":1: broken"},
		{":0400000061626364\n", ":1: broken"},
		{":04000000616263647\n", ":1: broken"},
		{":zz\n", ":1: broken"},
		{"\n\n:0500000061626364"
		 "72\n",
			":3: broken"},
		{":00000001FE\n", ":1: broken"},
		{":020000006162"
		 "3B\n:01000100"
		 "639B\n" END,
			":2: Intel HEX records overlap"},
	};
	char *good = file_of(0x100, "good");
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		struct error err = ERROR_INIT;
		int ret = merge(good, t[i].text, &err);
		if (!t[i].want)
			is_int(ret, 0, "nothing counts after the end");
		else
			ok(ret < 0 && strstr(err.text, t[i].want) &&
					strstr(err.text, "S.ino.hex") && !has("hex"),
				"%s", err.text);
		err.text[0] = '\0';
		if (t[i].want)
			ok(merge(t[i].text, good, &err) < 0 && strstr(err.text, "boot.hex"), "%s",
				err.text);
	}
	free(good);
}

static void which(void)
{
	struct error err = ERROR_INIT;
	char *boot = file_of(16, "B"), *other = file_of(16, "N"), *s = file_of(0, "S");
	is_int(merge(boot, s, &err), 0, "bootloader.file");
	ok(has("hex"), "is taken");
	put("platform/bootloaders/other.hex", other);
	props_set(board_props, "bootloader.noblink", "{kind}.hex");
	props_set(board_props, "kind", "other");
	is_int(merge(boot, s, &err), 0, "bootloader.noblink");
	struct buf got = bin();
	ok(got.len == 17 && got.data[16] == 'N', "goes before it, expanded");
	buf_release(&got);
	props_set(board_props, "bootloader.noblink", "none.hex");
	is_int(merge(boot, s, &err), 0, "one that is not there");
	ok(!has("hex") && !has("bin"), "gives nothing");
	props_del(board_props, "bootloader.noblink");
	put("platform/bootloaders/boot.bin", "");
	props_set(board_props, "bootloader.file", "boot.bin");
	is_int(merge(boot, s, &err), 0, "a .bin");
	ok(has("hex"), "stands for the .hex beside it");
	props_set(board_props, "bootloader.file", "");
	is_int(merge(boot, s, &err), 0, "an empty name");
	ok(!has("hex"), "is none");
	props_del(board_props, "bootloader.file");
	is_int(merge(boot, s, &err), 0, "no name");
	ok(!has("hex"), "is none too");
	props_set(board_props, "bootloader.file", "boot.hex");
	unlink(at("build/S.ino.hex"));
	is_int(merge(boot, NULL, &err), 0, "no .hex of the sketch");
	ok(!has("hex"), "gives nothing");
	free(boot);
	free(other);
	free(s);
}

static void limit(void)
{
	struct error err = ERROR_INIT;
	char *boot = file_of(96, "boot"), *s = file_of(0, "S"), *far = file_of(0x4000000, "boot");
	props_set(board_props, "upload.maximum_size", "50");
	merge(boot, s, &err);
	ok(has("hex") && has("bin"), "a .bin up to twice the flash");
	props_set(board_props, "upload.maximum_size", "49");
	merge(boot, s, &err);
	ok(has("hex") && !has("bin"), "none beyond");
	props_del(board_props, "upload.maximum_size");
	merge(boot, s, &err);
	ok(has("bin"), "one when the flash is not known");
	merge(far, s, &err);
	ok(has("hex") && !has("bin"), "but not one of 64 MiB");
	free(boot);
	free(s);
	free(far);
}

/* What we wrote, read by somebody else. */
static void read_back(void)
{
	struct buf s = BUF_INIT;
	struct error err = ERROR_INIT;
	char data[17] = "0123456789abcdef", *boot = file_of(0x1ff00, "bootloader");
	if (system("command -v avr-objcopy >/dev/null") != 0) {
		ok(true, "reading back # SKIP no avr-objcopy here");
		free(boot);
		return;
	}
	for (unsigned i = 0; i < 5000; i++)
		at_address(&s, 3 + i * 16 + (i > 3000 ? 77 : 0), data);
	buf_addstr(&s, END);
	is_int(merge(boot, buf_str(&s), &err), 0, "a large one");
	char *command = xasprintf("avr-objcopy -I ihex -O binary --gap-fill 0xff"
				  " '%s/build/S.ino.with_bootloader.hex' '%s/back.bin' && cmp"
				  " '%s/back.bin' '%s/build/S.ino.with_bootloader.bin'",
		test_tmpdir(), test_tmpdir(), test_tmpdir(), test_tmpdir());
	is_int(system(command), 0, "avr-objcopy reads what we meant");
	free(command);
	struct buf got = bin();
	is_int((long long)got.len, 0x1ff0a - 3, "its length");
	ok(got.len > 0x1ff00 && !memcmp(got.data, data, 16) &&
			(unsigned char)got.data[3001 * 16] == 0xff &&
			!memcmp(got.data + 0x1ff00 - 3, "bootloader", 10),
		"and places");
	char *hex = slurp(at("build/S.ino.with_bootloader.hex"));
	ok(!strncmp(hex, ":0D000300", 9) && strstr(hex, "\n:10001000"),
		"lines begin at multiples of their length");
	free(hex);
	buf_release(&got);
	buf_release(&s);
	free(boot);
}

int main(void)
{
	board_props = props_new();
	overlay = props_new();
	props_set(board_props, "bootloader.file", "boot.hex");
	props_set(board_props, "runtime.platform.path", at("platform"));
	put("build/x", "");
	props_set(overlay, "build.path", at("build"));
	props_set(overlay, "build.project_name", "S.ino");
	whose();
	pieces();
	broken();
	which();
	limit();
	read_back();
	props_free(board_props);
	props_free(overlay);
	return done_testing();
}
