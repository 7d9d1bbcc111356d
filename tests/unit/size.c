/* Sizes: the AVR platform's expressions over a table, the verdicts, advanced_size's JSON, and the table and symbols of a
 * real ELF file when avr-gcc is there.
 */
#include "sketch/size.h"

#include "common/proc.h"
#include "sketch/board.h"
#include "sketch/props.h"
#include "unit/store_util.h"

#define AVR_FLASH "^(?:\\.text|\\.data|\\.bootloader)\\s+([0-9]+).*"
#define AVR_RAM "^(?:\\.data|\\.bss|\\.noinit)\\s+([0-9]+).*"
#define AVR_EEPROM "^(?:\\.eeprom)\\s+([0-9]+).*"
#define AVR_SIZE "\"/x/bin/avr-size\" -A \"{build.path}/{build.project_name}.elf\""

static const char avr_table[] = "/tmp/b/Blink.ino.elf  :\n"
				"section                     size      addr\n"
				".data                         10   8388864\n"
				".text                        924         0\n"
				".bss                           9   8388874\n"
				".noinit                        3   8388883\n"
				".comment                      17         0\n"
				".debug_line                 4000         0\n"
				"Total                       4963\n";

/* "key", "value", …, NULL. */
static struct board board_of(const char *const *kv)
{
	struct board b = {.fqbn = (char *)"a:b:c", .props = props_new()};
	for (; *kv; kv += 2)
		props_set(b.props, kv[0], kv[1]);
	return b;
}

#define BOARD(...) board_of((const char *const[]){__VA_ARGS__, NULL})
#define AVR \
	"recipe.size.pattern", AVR_SIZE, "recipe.size.regex", AVR_FLASH, "recipe.size.regex.data", \
		AVR_RAM, "recipe.size.regex.eeprom", AVR_EEPROM

static struct size_rules *rules_of(struct board *b)
{
	struct error err = ERROR_INIT;
	struct size_rules *r = size_rules_new(b, &err);
	must(r, err.text);
	return r;
}

static void release(struct board *b, struct size_rules *r)
{
	size_rules_free(r);
	props_free(b->props);
}

static struct size_report apply(struct board b, const char *text)
{
	struct error err = ERROR_INIT;
	struct size_report s;
	struct size_rules *r = rules_of(&b);
	must(size_apply(r, text, strlen(text), &s, &err) == 0, err.text);
	release(&b, r);
	return s;
}

static void sums(void)
{
	struct size_report s = apply(
		BOARD(AVR, "upload.maximum_size", "32256", "upload.maximum_data_size", "2048"),
		avr_table);
	is_int(s.flash, 934, "flash: .text and .data");
	is_int(s.ram, 22, "RAM: .data, .bss, .noinit");
	is_int(s.flash_max, 32256, "the board's flash");
	is_int(s.ram_max, 2048, "the board's RAM");
	ok(!s.too_big && !s.warning, "it fits");
	size_report_release(&s);

	s = apply(BOARD(AVR, "upload.maximum_size", "32256"), avr_table);
	is_int(s.ram_max, -1, "no maximum of RAM: unknown");
	ok(!s.too_big && !s.warning, "and nothing to say");
	s = apply(BOARD(AVR), "");
	is_int(s.flash, 0, "an empty table has no bytes");
	s = apply(BOARD("recipe.size.pattern", AVR_SIZE), avr_table);
	ok(s.flash == -1 && s.ram == -1, "no expressions: unknown");
	s = apply(BOARD("recipe.size.regex", "^(\\w+)=(\\d+),(\\d+)$"), "a=1,2\nb=30,40\nc=x,9\n");
	is_int(s.flash, 73, "every group that is a number counts");
	s = apply(BOARD("recipe.size.regex", "^[0-9]+$"), "12\n30\n");
	is_int(s.flash, 42, "so does a whole match without groups");
	s = apply(BOARD("recipe.size.regex", "x*"), "12x\n");
	is_int(s.flash, 0, "an expression that matches nothing at all ends");
	s = apply(BOARD("recipe.size.regex", "^(?:(a)|(b)) ([0-9]+)"), "a 1\nb 2\n");
	is_int(s.flash, 3, "groups that are not set");
	s = apply(BOARD("recipe.size.regex", "^n(\\s+[0-9]+)"), "n  5\n");
	is_int(s.flash, 0, "a number with blanks is none");
	s = apply(BOARD("recipe.size.regex", "^n ([0-9]+)"),
		"n 99999999999999999999\nn 9223372036854775807\nn 1\n");
	is_int(s.flash, 1, "what cannot be a size does not count");
	s = apply(BOARD("recipe.size.regex",
			  "^(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a)(a) ([0-9]+)"),
		"aaaaaaaaaaaaaaaaa 7\n");
	is_int(s.flash, 7, "many groups");
}

static void verdicts(void)
{
	static const struct {
		const char *flash_max, *ram_max, *percent, *too_big, *warning, *name;
	} t[] = {
		{"934", "2048", NULL, NULL, NULL, "flash to the last byte"},
		{"933", "2048", NULL, "uses 934 of 933 bytes of flash (100 %)", NULL,
			"one byte too many"},
		{"1000", "22", "100", NULL, NULL, "RAM to the last byte"},
		{"1000", "21", NULL, "uses 22 of 21 bytes of RAM (104 %)", NULL, "RAM too big"},
		{"100", "20", NULL, "uses 934 of 100 bytes of flash (934 %)", NULL,
			"both: flash is told"},
		{"1000", "30", NULL, NULL, NULL, "73 % of RAM"},
		{"1000", "29", NULL, NULL, "uses 22 of 29 bytes of RAM (75 %)", "over 75 % of RAM"},
		{"1000", "40", "50", NULL, "uses 22 of 40 bytes of RAM (55 %)",
			"the platform's own limit"},
		{"1000", "29", "90", NULL, NULL, "the platform's own limit, higher"},
		{"1000", "0", NULL, NULL, NULL, "no RAM to speak of is no limit"},
		{"0", "20", NULL, NULL, NULL, "nor is no flash, and nothing is judged then"},
	};
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		struct size_report s =
			apply(BOARD(AVR, "upload.maximum_size", t[i].flash_max,
				      "upload.maximum_data_size", t[i].ram_max,
				      t[i].percent ? "build.warn_data_percentage" : "x",
				      t[i].percent ? t[i].percent : ""),
				avr_table);
		is_str(s.too_big, t[i].too_big, t[i].name);
		is_str(s.warning, t[i].warning, "and its warning");
		size_report_release(&s);
	}
	struct size_report s = apply(BOARD(AVR, "upload.maximum_data_size", "5"), avr_table);
	ok(!s.too_big && !s.warning, "without a maximum of flash nothing is judged");
	size_report_release(&s);
	s = apply(BOARD("recipe.size.regex.data", AVR_RAM, "upload.maximum_size", "9",
			  "upload.maximum_data_size", "5"),
		avr_table);
	ok(!s.too_big && !s.warning, "nor without an expression for it");
	size_report_release(&s);
}

static void bad_rules(void)
{
	static const struct {
		const char *key, *value, *want;
	} t[] = {
		{"upload.maximum_size", "32K", "upload.maximum_size '32K' is no number"},
		{"upload.maximum_size", "-1", "is no number"},
		{"upload.maximum_size", "99999999999999999999", "is no number"},
		{"upload.maximum_data_size", "{no.such}", "upload.maximum_data_size"},
	};
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		struct error err = ERROR_INIT;
		struct board b = BOARD(t[i].key, t[i].value);
		ok(!size_rules_new(&b, &err) && strstr(err.text, t[i].want) &&
				strstr(err.text, "a:b:c"),
			"%s", err.text);
		props_free(b.props);
	}
	struct board b = BOARD("upload.maximum_size", "{half}000", "half", "16");
	struct size_rules *r = rules_of(&b);
	struct size_report s = {0};
	size_judge(r, &s);
	is_int(s.flash_max, 16000, "a maximum is expanded");
	release(&b, r);
}

/* The reference builds on without sizes. */
static void unknown(void)
{
	static const char *const keys[] = {"recipe.size.regex", "recipe.size.regex.data"};
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		struct size_report s = apply(BOARD(AVR, keys[i], "^(\\.text", "upload.maximum_size",
						     "5", "upload.maximum_data_size", "6"),
			avr_table);
		ok(s.flash == -1 && s.ram == -1 && !s.too_big, "a broken %s: no size", keys[i]);
		ok(s.flash_max == 5 && s.ram_max == 6, "what there is is known");
		ok(s.warning && strstr(s.warning, keys[i]) && strstr(s.warning, "^(\\.text"),
			"and a warning (%s)", s.warning);
		size_report_release(&s);
		s = apply(BOARD(AVR, keys[i], "["), avr_table);
		ok(s.flash == -1 && !s.warning, "of no concern to a board without maximum");
	}
	struct board b = BOARD(AVR, "upload.maximum_size", "5");
	struct size_rules *r = rules_of(&b);
	struct size_report s;
	size_unknown(r, "because", &s);
	is_str(s.warning, "because", "unknown for a reason of the caller's");
	is_int(s.flash, -1, "no size");
	size_report_release(&s);
	release(&b, r);
}

static void recipes(void)
{
	static const struct {
		const char *pattern, *want, *name;
	} t[] = {
		{AVR_SIZE, NULL, "size -A is done in-process"},
		{"\"/x/arm-none-eabi-size\" -A \"{build.path}/x.elf\"", NULL, "of any tool chain"},
		{"\"/x/size\" -B \"{build.path}/x.elf\"", "recipe.size.pattern", "another format"},
		{"\"/x/size\" -A -x \"{build.path}/x.elf\"", "recipe.size.pattern", "another flag"},
		{"\"/x/measure\" -A \"{build.path}/x.elf\"", "recipe.size.pattern", "another tool"},
		{"python size.py", "recipe.size.pattern", "a script"},
	};
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		struct board b =
			BOARD("recipe.size.pattern", t[i].pattern, "recipe.size.regex", AVR_FLASH);
		struct size_rules *r = rules_of(&b);
		is_str(size_recipe(r), t[i].want, t[i].name);
		ok(!size_is_advanced(r), "not advanced");
		release(&b, r);
	}
	struct board b = BOARD(AVR, "recipe.advanced_size.pattern", "python3 x.py");
	struct size_rules *r = rules_of(&b);
	is_str(size_recipe(r), "recipe.advanced_size.pattern", "advanced_size goes first");
	ok(size_is_advanced(r), "advanced");
	release(&b, r);
	b = BOARD("name", "none");
	r = rules_of(&b);
	ok(!size_recipe(r), "a board without sizes");
	release(&b, r);
}

#define SECTIONS \
	"\"sections\":[{\"name\":\"text\",\"size\":120,\"max_size\":1000}," \
	"{\"name\":\"data\",\"size\":30,\"max_size\":200},{\"name\":\"heap\",\"size\":1}]"

static void advanced(void)
{
	static const struct {
		const char *json;
		int64_t flash, flash_max, ram, ram_max;
		const char *too_big, *warning;
	} t[] = {
		{"{\"output\":\"fine\",\"severity\":\"info\"," SECTIONS "}", 120, 1000, 30, 200,
			NULL, NULL},
		{"{\"output\":\"tight\",\"severity\":\"warning\"," SECTIONS "}", 120, 1000, 30, 200,
			NULL, "tight"},
		{"{\"severity\":\"warning\"}", -1, -1, -1, -1, NULL, ""},
		{"{\"output\":\"x\",\"severity\":\"error\",\"error\":\"text is too "
		 "long\"," SECTIONS "}",
			120, 1000, 30, 200, "text is too long", NULL},
		{"{\"severity\":\"error\"}", -1, -1, -1, -1, "too big", NULL},
		{"{\"severity\":\"info\",\"sections\":[]}", -1, -1, -1, -1, NULL, NULL},
		{"{\"severity\":\"info\",\"sections\":{\"a\":1}}", -1, -1, -1, -1, NULL, NULL},
		{"{\"severity\":\"info\",\"sections\":[1,null,\"x\",[]]}", -1, -1, -1, -1, NULL,
			NULL},
		{"{\"severity\":\"info\",\"sections\":[{\"name\":\"text\",\"size\":\"9\"}]}", -1,
			-1, -1, -1, NULL, NULL},
	};
	static const char *const broken[] = {"", "{", "[]", "null", "3", "{}", "not json",
		"{\"severity\":\"fatal\"}", "{\"severity\":1}", "{\"severity\":\"info\"} trailing",
		"{\"severity\":\"info\"", "Traceback (most recent call last):\n"};
	struct board b = BOARD("recipe.advanced_size.pattern", "x", "upload.maximum_size", "1");
	struct size_rules *r = rules_of(&b);
	struct error err = ERROR_INIT;
	struct size_report s;
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		int got = size_apply(r, t[i].json, strlen(t[i].json), &s, &err);
		ok(got == 0 && s.flash == t[i].flash && s.flash_max == t[i].flash_max &&
				s.ram == t[i].ram && s.ram_max == t[i].ram_max,
			"the sizes of %s", t[i].json);
		is_str(s.too_big, t[i].too_big, "too big");
		is_str(s.warning, t[i].warning, "a warning");
		size_report_release(&s);
	}
	for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
		err.text[0] = '\0';
		ok(size_apply(r, broken[i], strlen(broken[i]), &s, &err) < 0 &&
				strstr(err.text, "recipe.advanced_size"),
			"refuses '%s' (%s)", broken[i], err.text);
		size_report_release(&s);
	}
	release(&b, r);
}

static void no_elf(void)
{
	struct error err = ERROR_INIT;
	struct buf out = BUF_INIT;
	ok(size_table(at("no-such.elf"), &out, &err) < 0 && strstr(err.text, "no-such.elf"),
		"no such file (%s)", err.text);
	put("text.elf", "tiny program\n");
	ok(size_table(at("text.elf"), &out, &err) < 0 && strstr(err.text, "is no ELF file"),
		"a file of another kind (%s)", err.text);
	ok(size_symbols(at("text.elf"), &out, &err) < 0, "no symbols either");
	put("empty.elf", "");
	ok(size_table(at("empty.elf"), &out, &err) < 0, "an empty file");
	put("short.elf", "\177ELF");
	ok(size_table(at("short.elf"), &out, &err) < 0, "a cut one");
	is_int((long long)out.len, 0, "nothing was written");
	buf_release(&out);
}

static const char program[] =
	"char text[100] = \"x\"; char zero[40]; char kept[8] "
	"__attribute__((section(\".noinit\")));\n"
	"const char *volatile p; static __attribute__((noinline)) int local(int a) { return a * 3; "
	"}\n"
	"int main(void) { p = text + zero[0] + kept[0]; return local((int)p[1]); }\n";

static const char assembly[] =
	".text\n.global untyped\nuntyped: nop\nlabel: ret\n.size untyped, .-untyped\n"
	".global typed\n.type typed, @function\ntyped: ret\n.size typed, .-typed\n";

/* The same numbers as size -A gives, by the platform's own expressions. */
static void real_elf(void)
{
	struct buf table = BUF_INIT, syms = BUF_INIT;
	struct error err = ERROR_INIT;
	put("p.c", program);
	put("a.S", assembly);
	char *command =
		xasprintf("cd '%s' && avr-gcc -g -Os -mmcu=atmega328p -o p.elf p.c a.S 2>&1 &&"
			  " avr-size -A p.elf >p.size",
			test_tmpdir());
	int status = system("command -v avr-gcc avr-size >/dev/null") == 0 ? system(command) : -1;
	free(command);
	if (status != 0) {
		ok(status == -1, "real ELF file # SKIP no avr-gcc here");
		return;
	}
	char *theirs = slurp(at("p.size"));
	is_int(size_table(at("p.elf"), &table, &err), 0, "the table of a real file");
	struct size_report a = apply(BOARD(AVR), buf_str(&table)), b = apply(BOARD(AVR), theirs);
	ok(a.flash == b.flash && a.flash > 100, "flash as avr-size has it (%lld, %lld)",
		(long long)a.flash, (long long)b.flash);
	ok(a.ram == b.ram && a.ram >= 148, "RAM as avr-size has it (%lld, %lld)", (long long)a.ram,
		(long long)b.ram);
	ok(strstr(buf_str(&table), ".bss   4"), "a line is name, size, address");
	ok(!strstr(buf_str(&table), ".symtab") && !strstr(buf_str(&table), ".strtab"),
		"as there, no symbol table");
	is_int(size_symbols(at("p.elf"), &syms, &err), 0, "its symbols");
	const char *s = buf_str(&syms);
	ok(strstr(s, ".data\t100\ttext\n"), "an array");
	ok(strstr(s, ".bss\t40\tzero\n"), "one that is zero");
	ok(strstr(s, ".noinit\t8\tkept\n"), "one that is kept");
	ok(strstr(s, "\tlocal\n") && strstr(s, "\tmain\n"), "functions, static ones too");
	ok(strstr(s, ".text\t4\tuntyped\n") && strstr(s, ".text\t2\ttyped\n"),
		"functions in assembly, with a type or without");
	ok(!strstr(s, "\tlabel\n"), "no labels");
	ok(!strstr(s, "__vectors\n") && !strstr(s, "p.c\n"), "nothing without a size, no file");
	const char *k = strstr(s, "\tkept\n"), *m = strstr(s, "\tmain\n"),
		   *z = strstr(s, "\tzero\n");
	ok(k && m && z && k < m && m < z, "by name");
	free(theirs);
	buf_release(&table);
	buf_release(&syms);
}

int main(void)
{
	sums();
	verdicts();
	bad_rules();
	unknown();
	recipes();
	advanced();
	no_elf();
	real_elf();
	return done_testing();
}
