/* version_compare: the order of version numbers as arduino-cli has it: semantic versions, where
 * minor and patch may be left out, above anything else, which is compared by its bytes.
 */
#include "sketch/platform_internal.h"

#include <string.h>

struct semver {
	const char *number[3]; /* digits without leading zeros */
	size_t digits[3];
	const char *pre; /* after '-', NULL none */
	size_t pre_len;
};

static size_t piece_length(const char *s, size_t left)
{
	const char *dot = memchr(s, '.', left);

	return dot ? (size_t)(dot - s) : left;
}

#define PIECE_CHARS "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-"

/* Dot-separated words, none empty; as a pre-release no number begins with 0. */
static bool is_list(const char *s, size_t left, bool pre)
{
	for (;;) {
		size_t n = piece_length(s, left);

		if (n == 0 || strspn(s, PIECE_CHARS) < n)
			return false;
		if (pre && n > 1 && *s == '0' && strspn(s, "0123456789") >= n)
			return false;
		if (n == left)
			return true;
		s += n + 1;
		left -= n + 1;
	}
}

static bool parse(const char *s, struct semver *v)
{
	*v = (struct semver){.number = {"0", "0", "0"}, .digits = {1, 1, 1}};
	for (int i = 0; i < 3; i++) {
		size_t n = strspn(s, "0123456789");

		if (n == 0 || (n > 1 && *s == '0'))
			return false;
		v->number[i] = s;
		v->digits[i] = n;
		s += n;
		if (*s != '.' || i == 2)
			break;
		s++;
	}
	if (*s == '-') {
		v->pre = s + 1;
		v->pre_len = strcspn(v->pre, "+");
		s = v->pre + v->pre_len;
		if (!is_list(v->pre, v->pre_len, true))
			return false;
	}
	return *s == '\0' || (*s == '+' && is_list(s + 1, strlen(s + 1), false));
}

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

static int compare_digits(const char *a, size_t na, const char *b, size_t nb)
{
	if (na != nb)
		return na < nb ? -1 : 1;
	return sign(memcmp(a, b, na));
}

static int compare_bytes(const char *a, size_t na, const char *b, size_t nb)
{
	int c = memcmp(a, b, na < nb ? na : nb);

	return c ? sign(c) : (na > nb) - (na < nb);
}

/* One dot-separated piece of a pre-release: numbers below words. */
static int compare_piece(const char *a, size_t na, const char *b, size_t nb)
{
	bool num_a = strspn(a, "0123456789") >= na, num_b = strspn(b, "0123456789") >= nb;

	if (num_a && num_b)
		return compare_digits(a, na, b, nb);
	if (num_a != num_b)
		return num_a ? -1 : 1;
	return compare_bytes(a, na, b, nb);
}

static int compare_pre(const struct semver *a, const struct semver *b)
{
	const char *pa = a->pre, *pb = b->pre;
	size_t left_a = a->pre_len, left_b = b->pre_len;

	if (!pa || !pb)
		return !pa - !pb;
	for (;;) {
		size_t na = piece_length(pa, left_a), nb = piece_length(pb, left_b);
		int c = compare_piece(pa, na, pb, nb);

		if (c || na == left_a || nb == left_b)
			return c ? c : (na < left_a) - (nb < left_b);
		pa += na + 1;
		pb += nb + 1;
		left_a -= na + 1;
		left_b -= nb + 1;
	}
}

int version_compare(const char *a, const char *b)
{
	struct semver va, vb;
	bool sa = parse(a, &va), sb = parse(b, &vb);

	if (!sa && !sb)
		return sign(strcmp(a, b));
	if (sa != sb)
		return sa ? 1 : -1;
	for (int i = 0; i < 3; i++) {
		int c = compare_digits(va.number[i], va.digits[i], vb.number[i], vb.digits[i]);

		if (c)
			return c;
	}
	return compare_pre(&va, &vb);
}
