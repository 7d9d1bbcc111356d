/* filter: the forms of @filter, what they mean for boards, and what is ambiguous. */
#include "tap.h"

#include "cli/filter.h"
#include "common/error.h"
#include "common/xalloc.h"

static const struct filter_board uno = {
	"arduino", "avr", "uno", "AVR_UNO", "atmega328p", "-DARDUINO_AVR_UNO -DX=1", 2048};
static const struct filter_board atmega8 = {
	"arduino", "avr", "atmegang", "AVR_NG", "atmega8", NULL, 1024};
static const struct filter_board attiny = {
	"attiny", "avr", "attinyx4", "AVR_ATTINYX4", "ATtiny1604", NULL, 1024};
static const struct filter_board teensy41 = {
	"teensy", "avr", "teensy41", "TEENSY41", "imxrt1062", NULL, 524288};
static const struct filter_board teensylc = {
	"teensy", "avr", "teensyLC", "TEENSYLC", "mkl26z64", NULL, 8192};
static const struct filter_board s3 = {
	"esp32", "esp32", "esp32s3", "ESP32S3_DEV", "esp32s3", NULL, 327680};
static const struct filter_board due = {
	"arduino", "sam", "arduino_due_x", "SAM_DUE", "cortex-m3", NULL, 98304};
static const struct filter_board odd = {"acme", "z80", "box", NULL, NULL, NULL, -1};

static char answer(const char *text, const struct filter_board *b)
{
	struct filter *f = NULL;
	struct error err = ERROR_INIT;
	static const char letters[] = {
		[FILTER_BUILD] = 'b', [FILTER_SKIP] = 's', [FILTER_UNKNOWN] = '?'};
	if (filter_parse(text, strlen(text), &f, &err) < 0)
		return 'e';
	char a = f ? letters[filter_ask(f, b, &err)] : '-';
	filter_free(f);
	return a;
}

static void asked(const char *text, const struct filter_board *b, char want)
{
	char got = answer(text, b);
	if (!ok(got == want, "%s: %s", b->id, text))
		diag("got %c, want %c", got, want);
}

static void forms(void)
{
	static const char *const same[] = {"// @filter: (memory is large)",
		"// @filter (mem is large)", "//@filter (mem=large)",
		"  /// @filter: (MEM : large)", "// @filter (memory is \"large\")",
		"int x;\r\n// @filter: (mem is large)  // why\r\n",
		"// @filter (memory matches large)"};
	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		asked(same[i], &uno, 's');
		asked(same[i], &s3, 'b');
	}
	asked("void setup() {}\n", &uno, '-');
	asked("// see @filter (mem is large)\n", &uno, '-');
	asked("// @filters (mem is large)\n", &uno, '-');
	asked("printf(\"// @filter (mem is large)\");\n", &uno, '-');
}

/* Lines that FastLED's examples have. */
static void real_ones(void)
{
	asked("// @filter: (platform is teensy) and (memory is large)", &teensy41, 'b');
	asked("// @filter: (platform is teensy) and (memory is large)", &teensylc, 's');
	asked("// @filter: (platform is teensy) and not (board is teensylc)", &teensylc, 's');
	asked("// @filter: (platform is teensy) and not (board is teensylc)", &teensy41, 'b');
	asked("// @filter: (platform is teensy) and (target is Teensy40 or Teensy41)", &teensy41,
		'b');
	asked("// @filter: (mem is large) and ((platform is teensy) or (platform is esp32))", &s3,
		'b');
	asked("// @filter: (mem is large) and ((platform is teensy) or (platform is esp32))", &due,
		's');
	asked("// @filter: (board is not ATtiny1604)", &attiny, 's');
	asked("// @filter: (board is not ATtiny1604)", &uno, 'b');
	asked("// @filter: (board is not atmega8*)", &atmega8, 's');
	asked("// @filter: (mem is large) and (platform is esp32*)", &s3, 'b');
	asked("// @filter: (memory is large) and not (platform is stm32)", &due, 'b');
	asked("// @filter: (platform is nonexistent_disable)", &uno, 's');
	asked("// @filter: (target is -D__AVR__) or (board is uno)", &uno, 'b');
	const char *pins = "// @filter: ((platform is avr) and not (board is attiny*) and not "
			   "(board is atmega8*)) or (platform is teensy)";
	asked(pins, &uno, 'b');
	asked(pins, &atmega8, 's');
	asked(pins, &teensy41, 'b');
	asked(pins, &s3, 's');
}

static void memory(void)
{
	asked("// @filter (memory is huge)", &s3, 'b');
	asked("// @filter (memory is huge)", &due, 's');
	asked("// @filter (memory is low)", &uno, 'b');
	asked("// @filter (memory is low)", &atmega8, 's');
	asked("// @filter (memory is tiny)", &s3, 'b');
	asked("// @filter (memory is not low)", &uno, 's');
	asked("// @filter (memory is not low)", &s3, 'b');
	asked("// @filter not (memory is large)", &s3, 'b');
	asked("// @filter not (memory is large)", &due, 's');
}

/* What cannot be known is no reason to skip, unless the rest decides. */
static void unknowns(void)
{
	asked("// @filter (memory is large)", &odd, '?');
	asked("// @filter (memory is enormous)", &uno, '?');
	asked("// @filter (memory is large) or (board is box)", &odd, 'b');
	asked("// @filter (memory is large) and (board is uno)", &odd, 's');
	asked("// @filter (target is -DX)", &uno, 'b');
	asked("// @filter (target is -DY)", &uno, '?');
	asked("// @filter (platform is z80)", &odd, 'b');
	asked("// @filter not (memory is large)", &odd, '?');
}

static void blocks(void)
{
	const char *text =
		"// @filter\n// require:\n//   - board: esp32s3,uno|mega\n"
		"//   - memory: low\n// exclude:\n//   - platform: teensy\n// @end-filter\n";
	asked(text, &uno, 'b');
	asked(text, &s3, 'b');
	asked(text, &due, 's');
	asked("// @filter:\n//   - exclude:\n//     - mem: low\n// @end-filter\n", &uno, 's');
	asked("// @filter:\n//   - exclude:\n//     - mem: low\n// @end-filter\n", &s3, 'b');
	asked("// @filter\n// require:\n//   - board: uno\nint x;\n", &uno, 'e');
	asked("// @filter\n// @end-filter\n", &uno, 'e');
	asked("// @filter\n//  - board: uno\n// @end-filter\n", &uno, 'e');
	asked("// @filter\n// require:\n//  - colour: red\n// @end-filter\n", &uno, 'e');
}

static void unreadable(void)
{
	static const char *const bad[] = {
		"// @filter (board is uno) or (platform is avr) and (mem is low)",
		"// @filter (colour is red)", "// @filter (board uno)", "// @filter (board is uno",
		"// @filter board is uno", "// @filter (board is uno) (mem is low)",
		"// @filter ()", "// @filter (board is)", "// @filter (board is uno) and",
		"// @filter (board is uno or )",
		"// @filter ((((((((((((((((((((board is uno))))))))))))))))))))"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		asked(bad[i], &uno, 'e');
	struct error err = ERROR_INIT;
	struct filter *f = NULL;
	filter_parse(bad[0], strlen(bad[0]), &f, &err);
	ok(strstr(err.text, "without parentheses") != NULL, "told: %s", err.text);
	const char *two = "// @filter (board is uno)\n// @filter (board is due)\n";
	filter_parse(two, strlen(two), &f, &err);
	ok(f && filter_is_first_of_many(f), "the first of two is known to be that");
	is_str(f ? filter_text(f) : "", "(board is uno)", "and is the one that counts");
	filter_free(f);
}

int main(void)
{
	forms();
	real_ones();
	memory();
	unknowns();
	blocks();
	unreadable();
	return done_testing();
}
