/* filter_board: what a filter's words mean for a board. Filters speak the language of PlatformIO; boards here
 * are Arduino platforms': this table is where the two meet.
 */
#include "cli/filter.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "common/xalloc.h"

/* Which families an architecture belongs to; the first row that fits. Patterns are for vendor and architecture. */
static const struct {
	const char *vendor, *arch;
	const char *family, *also;
} families[] = {
	{"teensy", "*", "teensy", NULL},
	{"*", "avr", "avr", NULL},
	{"*", "megaavr", "avr", "megaavr"},
	{"*", "esp32*", "esp32", NULL},
	{"*", "esp8266", "esp8266", NULL},
	{"*", "samd", "sam", "samd"},
	{"*", "sam", "sam", NULL},
	{"*", "*rp2040*", "rp2040", "rp"},
	{"*", "*rp2350*", "rp2350", "rp"},
	{"*", "renesas*", "renesas", NULL},
	{"*", "stm32*", "stm32", NULL},
	{"stm*", "*", "stm32", NULL},
	{"*", "nrf5*", "nrf52", NULL},
	{"*", "*apollo3*", "apollo3", NULL},
	{"*", "silabs", "efm32", "silabs"},
	{"*", "native", "native", NULL},
	{"*", "host", "native", NULL},
};

enum tier { TIER_TINY, TIER_LOW, TIER_LARGE, TIER_HUGE, TIER_UNKNOWN };
static const char *const tier_names[] = {"tiny", "low", "large", "huge"};

/* Families whose tier does not follow from RAM alone; the first row that fits family, board or controller. */
static const struct {
	const char *family, *board;
	enum tier tier;
} tiers[] = {
	{"teensy", "teensylc", TIER_LOW},
	{"teensy", "teensy3[012]", TIER_LOW},
	{"teensy", "*", TIER_HUGE},
	{"avr", "*", TIER_LOW},
	{"renesas", "*", TIER_LOW},
	{"esp8266", "*", TIER_LOW},
	{"esp32", "*", TIER_HUGE},
	{"rp2040", "*", TIER_HUGE},
	{"rp2350", "*", TIER_HUGE},
	{"native", "*", TIER_HUGE},
	{"stm32", "*f103[ct][8b]*", TIER_LOW},
	{"stm32", "*f4*", TIER_HUGE},
	{"stm32", "*h7*", TIER_HUGE},
	{"stm32", "*", TIER_LARGE},
	{"sam", "*samd51*", TIER_HUGE},
	{"sam", "*", TIER_LARGE},
	{"nrf52", "*", TIER_LARGE},
	{"apollo3", "*", TIER_LARGE},
};

static bool like(const char *pattern, const char *text)
{
	return text && *text && fnmatch(pattern, text, FNM_CASEFOLD) == 0;
}

/* Index into families; -1 none. */
static int family_of(const struct filter_board *b)
{
	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		if (like(families[i].vendor, b->vendor) && like(families[i].arch, b->arch))
			return (int)i;
	return -1;
}

static bool is_board(const struct filter_board *b, const char *pattern)
{
	return like(pattern, b->id) || like(pattern, b->build_board) || like(pattern, b->mcu);
}

static enum tier tier_of(const struct filter_board *b)
{
	int f = family_of(b);
	if (b->ram > 0 && b->ram <= 1024)
		return TIER_TINY;
	for (size_t i = 0; f >= 0 && i < ARRAY_LEN(tiers); i++)
		if (!strcmp(tiers[i].family, families[f].family) && is_board(b, tiers[i].board))
			return tiers[i].tier;
	if (b->ram <= 0)
		return TIER_UNKNOWN;
	return b->ram <= 32768 ? TIER_LOW : b->ram < 262144 ? TIER_LARGE : TIER_HUGE;
}

static int has_memory(const struct filter_board *b, const char *value, bool at_least)
{
	enum tier is = tier_of(b);
	for (int t = 0; is != TIER_UNKNOWN && t < TIER_UNKNOWN; t++)
		if (!strcasecmp(value, tier_names[t]))
			return at_least ? (int)is >= t : (int)is == t;
	return -1;
}

static int is_platform(const struct filter_board *b, const char *value)
{
	int f = family_of(b);
	if (like(value, b->mcu))
		return 1;
	if (f < 0)
		return like(value, b->arch);
	return like(value, families[f].family) || like(value, families[f].also);
}

/* -DNAME: what flags and platform say; what the compiler defines by itself is not known. */
static int has_define(const struct filter_board *b, const char *name)
{
	int f = family_of(b);
	char option[256];
	size_t len = (size_t)snprintf(option, sizeof option, "-D%s", name);
	for (const char *p = b->flags ? strstr(b->flags, option) : NULL; p && len < sizeof option;
		p = strstr(p + 1, option))
		if (!p[len] || strchr(" =\t\"'", p[len]))
			return 1;
	if (!strcmp(name, "__AVR__") && f >= 0)
		return !strcmp(families[f].family, "avr");
	return -1;
}

int filter_board_is(
	const struct filter_board *b, enum filter_key key, const char *value, bool at_least)
{
	switch (key) {
	case FILTER_MEMORY: return has_memory(b, value, at_least);
	case FILTER_PLATFORM: return is_platform(b, value);
	case FILTER_TARGET:
		if (!strncmp(value, "-D", 2))
			return has_define(b, value + 2);
		return is_board(b, value);
	case FILTER_BOARD: return is_board(b, value);
	}
	return -1;
}
