/* include_macros: see include_macros.h. A wrong guess costs a retry, never a wrong build. A name that only another platform, an
 * include guard or an option would define counts as undefined; what the compiler or the C library may define counts as maybe.
 */
#include "sketch/include_macros.h"

#include <ctype.h>
#include <string.h>

#include "common/buf.h"
#include "common/fs.h"
#include "common/strv.h"
#include "common/xalloc.h"

struct known_family {
	const char *compiler; /* begins the compiler's name */
	const char *arch; /* begins the architecture's name */
	enum macro_family family;
};

static const struct known_family FAMILIES[] = {
	{"avr-", "avr", FAMILY_AVR},
	{"avr-", "megaavr", FAMILY_AVR},
	{"arm-none-eabi-", "sam", FAMILY_ARM},
	{"arm-none-eabi-", "stm32", FAMILY_ARM},
	{"arm-none-eabi-", "mbed", FAMILY_ARM},
	{"arm-none-eabi-", "nrf52", FAMILY_ARM},
	{"arm-none-eabi-", "rp2040", FAMILY_ARM},
	{"arm-none-eabi-", "renesas", FAMILY_ARM},
	{"xtensa-", "esp8266", FAMILY_XTENSA},
	{"riscv", "ch32", FAMILY_RISCV},
	{"g++", "linux", FAMILY_HOST},
	{"c++", "linux", FAMILY_HOST},
	{"clang++", "linux", FAMILY_HOST},
	{"x86_64-", "linux", FAMILY_HOST},
};

static const char *const FAMILY_MACROS[] = {
	[FAMILY_UNKNOWN] = "",
	[FAMILY_AVR] = "#define __AVR__ 1\n#define AVR 1\n#define __AVR 1\n",
	[FAMILY_ARM] = "#define __arm__ 1\n#define __thumb__ 1\n#define __ARMEL__ 1\n",
	[FAMILY_XTENSA] = "#define __xtensa__ 1\n#define __XTENSA__ 1\n",
	[FAMILY_RISCV] = "#define __riscv 1\n",
	[FAMILY_HOST] =
		"#define __linux__ 1\n#define linux 1\n#define __unix__ 1\n#define unix 1\n",
};

/* What every g++ defines. Discovery reads all files as C++. */
static const char ALL_MACROS[] = "#define __GNUC__ ?\n#define __GNUG__ ?\n#define __STDC__ 1\n"
				 "#define __ELF__ 1\n#define __has_include ?\n";

static bool starts(const char *s, const char *head)
{
	return strncmp(s, head, strlen(head)) == 0;
}

static enum macro_family family_of(const char *arch, const struct strv *argv)
{
	const char *compiler = argv && argv->n ? path_base(argv->v[0]) : NULL;
	for (size_t i = 0; i < ARRAY_LEN(FAMILIES); i++) {
		const struct known_family *f = &FAMILIES[i];
		if (compiler ? starts(compiler, f->compiler) : arch && starts(arch, f->arch))
			return f->family;
	}
	return FAMILY_UNKNOWN;
}

/* "atmega328p" gives __AVR_ATmega328P__, "attiny85" __AVR_ATtiny85__, "at90usb162" __AVR_AT90USB162__. */
static void add_mcu(struct buf *out, const char *mcu)
{
	size_t i = 0, low = 2;
	if (!starts(mcu, "at"))
		return;
	if (starts(mcu, "atmega") || starts(mcu, "atxmega"))
		low = starts(mcu, "atmega") ? 6 : 7;
	else if (starts(mcu, "attiny"))
		low = 6;
	buf_addstr(out, "#define __AVR_");
	for (; mcu[i]; i++)
		buf_addch(out, i < 2 || i >= low ? (char)toupper((unsigned char)mcu[i]) : mcu[i]);
	buf_addstr(out, "__ 1\n");
}

/* "NAME", "NAME=VALUE" or "NAME(A)=VALUE". */
static void add_define(struct buf *out, const char *d)
{
	size_t n = strcspn(d, "=");
	buf_addf(out, "#define %.*s %s\n", (int)n, d, d[n] ? d + n + 1 : "1");
}

static const char *language_level(const char *std)
{
	static const char *const LEVELS[][2] = {{"98", "199711L"}, {"03", "199711L"},
		{"11", "201103L"}, {"0x", "201103L"}, {"14", "201402L"}, {"1y", "201402L"},
		{"17", "201703L"}, {"1z", "201703L"}, {"20", "202002L"}};
	const char *level = strstr(std, "++");
	for (size_t i = 0; level && i < ARRAY_LEN(LEVELS); i++) {
		if (strcmp(level + 2, LEVELS[i][0]) == 0)
			return LEVELS[i][1];
	}
	return "?";
}

static void add_flags(struct buf *out, const struct strv *argv, struct macro_profile *p)
{
	const char *level = "?";
	for (size_t i = 0; i < argv->n; i++) {
		const char *a = argv->v[i];
		bool alone = a[0] == '-' && (a[1] == 'D' || a[1] == 'U') && !a[2];
		const char *value = alone && i + 1 < argv->n ? argv->v[i + 1] : a + 2;
		if (starts(a, "-D"))
			add_define(out, value);
		else if (starts(a, "-U"))
			buf_addf(out, "#undef %s\n", value);
		else if (starts(a, "-std="))
			level = language_level(a);
		else if (starts(a, "-mmcu=") && p->family == FAMILY_AVR)
			add_mcu(out, a + 6);
		p->know_mcu |= starts(a, "-mmcu=");
	}
	buf_addf(out, "#define __cplusplus %s\n", level);
}

void macro_prologue(
	const char *arch, const struct strv *argv, struct macro_profile *p, struct buf *out)
{
	*p = (struct macro_profile){.family = family_of(arch, argv), .know_flags = argv && argv->n};
	buf_addstr(out, ALL_MACROS);
	buf_addstr(out, FAMILY_MACROS[p->family]);
	buf_addstr(out, "#define ARDUINO 10607\n");
	if (arch) {
		buf_addstr(out, "#define ARDUINO_ARCH_");
		for (const char *a = arch; *a; a++)
			buf_addch(out, (char)toupper((unsigned char)*a));
		buf_addstr(out, " 1\n");
	}
	if (p->know_flags) {
		add_flags(out, argv, p);
		return;
	}
	buf_addstr(out, "#define __cplusplus ?\n");
	if (arch && strcmp(arch, "esp8266") == 0)
		buf_addstr(out, "#define ESP8266 1\n");
	else if (arch && strcmp(arch, "esp32") == 0)
		buf_addstr(out, "#define ESP32 1\n");
}

static bool has_prefix(const char *const *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (starts(name, list[i]))
			return true;
	}
	return false;
}

static bool looks_like_guard(const char *name, size_t len)
{
	static const char *const TAILS[] = {"_h", "_H", "_h_", "_H_", "_h__", "_H__", "_HPP",
		"_HPP_", "_INCLUDED", "_INCLUDED_"};
	for (size_t i = 0; i < ARRAY_LEN(TAILS); i++) {
		size_t n = strlen(TAILS[i]);
		if (len >= n && memcmp(name + len - n, TAILS[i], n) == 0)
			return true;
	}
	return false;
}

/* Names of the compiler's own that may be defined. */
static bool may_be_compilers(const char *name)
{
	static const char *const HEADS[] = {"__GNU", "__GXX", "__GCC", "__SIZE", "__INT", "__UINT",
		"__FLT", "__DBL", "__LDBL", "__DEC", "__STDC", "__OPTIMIZE", "__NO_", "__cpp_",
		"__cplusplus", "__has_", "__BYTE_ORDER", "__ORDER", "__FLOAT", "__CHAR", "__SCHAR",
		"__SHRT", "__LONG", "__WCHAR", "__WINT", "__PTRDIFF", "__REGISTER", "__USER",
		"__VERSION", "__EXCEPTIONS", "__DEPRECATED", "__SOFTFP", "__VFP", "__FPU", "__APCS",
		"__NEWLIB", "__GLIBC", "_GLIBCXX", "_GNU", "_POSIX", "__LITTLE", "__BIG", "__FILE",
		"__LINE", "__DATE", "__TIME", "__COUNTER", "__BASE", "__ASSEMBLER", "__LTO",
		"__PIC", "__clang", "_LP", "__LP", "__ATOMIC", "__PRAGMA", "__BIGGEST", "__FINITE",
		"__SSP"};
	return has_prefix(HEADS, ARRAY_LEN(HEADS), name);
}

static bool may_be_family(const struct macro_profile *p, const char *name)
{
	static const char *const ARM[] = {"__arm", "__ARM", "__thumb", "__THUMB"};
	static const char *const XTENSA[] = {"__xtensa", "__XTENSA", "__XCHAL"};
	if (starts(name, "__AVR_AT"))
		return p->family == FAMILY_AVR && !p->know_mcu;
	if (starts(name, "__AVR"))
		return p->family == FAMILY_AVR;
	if (has_prefix(ARM, ARRAY_LEN(ARM), name))
		return p->family == FAMILY_ARM;
	if (has_prefix(XTENSA, ARRAY_LEN(XTENSA), name))
		return p->family == FAMILY_XTENSA;
	if (starts(name, "__riscv"))
		return p->family == FAMILY_RISCV;
	return p->family == FAMILY_HOST && (starts(name, "__x86") || starts(name, "__i386"));
}

/* Registers and the like that <avr/io.h> defines. */
static bool may_be_register(const char *name, size_t len)
{
	static const char *const HEADS[] = {"UCSR", "UBRR", "UDR", "USBCON", "TCCR", "TCNT",
		"TIMSK", "TIFR", "OCR", "ICR", "SPDR", "SPCR", "SPSR", "TWBR", "TWCR", "TWDR",
		"TWSR", "TWAR", "PORT", "DDR", "PIN", "EIMSK", "EICR", "PCICR", "PCMSK", "ADC",
		"ADMUX", "MCUCR", "MCUSR", "ACSR", "WDTCS", "GTCCR", "EEAR", "EEPM", "EEPE", "SREG",
		"RAMEND", "RAMSTART", "FLASHEND", "XRAM", "DIDR", "PRR", "USICR", "USISR"};
	for (size_t i = 0; i < len; i++) {
		if (!isupper((unsigned char)name[i]) && !isdigit((unsigned char)name[i]))
			return false;
	}
	return len <= 8 && has_prefix(HEADS, ARRAY_LEN(HEADS), name);
}

static bool is_reserved(const char *name)
{
	return name[0] == '_' && (name[1] == '_' || isupper((unsigned char)name[1]));
}

enum macro_state macro_guess(const struct macro_profile *p, const char *name, size_t len)
{
	bool maybe;
	if (starts(name, "ARDUINO_ARCH_"))
		maybe = false;
	else if (starts(name, "ARDUINO_") || starts(name, "F_CPU") || starts(name, "BOARD_"))
		maybe = !p->know_flags;
	else if (looks_like_guard(name, len))
		maybe = false;
	else if (is_reserved(name))
		maybe = p->family == FAMILY_UNKNOWN || may_be_family(p, name) ||
			may_be_compilers(name);
	else
		maybe = p->family == FAMILY_AVR && may_be_register(name, len);
	return maybe ? MACRO_MAYBE : MACRO_UNDEFINED;
}
