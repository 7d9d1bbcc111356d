/* digest: see digest.h. The hashing itself is Nettle's; the only error here is a file that cannot be read. */
#include "common/digest.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nettle/sha2.h>

#include "common/error.h"
#include "common/fs_internal.h"
#include "common/xalloc.h"

#define READ_SIZE 65536

/* Cannot be part of a string of text: 0xff occurs in no UTF-8. */
#define NULL_MARKER "\xffnull\xff"

struct digester {
	struct sha256_ctx ctx;
};

struct digester *digester_new(void)
{
	struct digester *d = xcalloc(1, sizeof *d);
	sha256_init(&d->ctx);
	return d;
}

void digester_add(struct digester *d, const void *data, size_t len)
{
	sha256_update(&d->ctx, len, data);
}

void digester_addstr(struct digester *d, const char *s)
{
	if (!s)
		s = NULL_MARKER;
	digester_add(d, s, strlen(s) + 1);
}

void digester_add_digest(struct digester *d, const struct digest *x)
{
	digester_add(d, x->b, sizeof x->b);
}

/* Nettle starts over by itself. */
void digester_finish(struct digester *d, struct digest *out)
{
	sha256_digest(&d->ctx, sizeof out->b, out->b);
}

void digester_free(struct digester *d)
{
	free(d);
}

void digest_bytes(struct digest *out, const void *data, size_t len)
{
	struct digester d;
	sha256_init(&d.ctx);
	digester_add(&d, data, len);
	digester_finish(&d, out);
}

/* Adds the file to its end; a short answer that completes `size` is taken for it. */
static int add_file(struct digester *d, int fd, size_t size)
{
	char chunk[READ_SIZE];
	size_t got = 0;
	for (;;) {
		ssize_t n = fs_read_some(fd, chunk, sizeof chunk);
		if (n <= 0)
			return (int)n;
		digester_add(d, chunk, (size_t)n);
		got += (size_t)n;
		if (got == size && (size_t)n < sizeof chunk)
			return 0;
	}
}

int digest_file(struct digest *out, const char *path, struct error *err)
{
	struct stat st;
	int fd = fs_open_regular(path, &st, err);
	if (fd < 0)
		return -1;
	struct digester *d = digester_new();
	int ret = add_file(d, fd, (size_t)st.st_size);
	if (ret < 0)
		error_errno(err, "cannot read '%s'", path);
	else
		digester_finish(d, out);
	digester_free(d);
	close(fd);
	return ret;
}

char *digest_hex(const struct digest *d, char hex[DIGEST_HEX_LEN + 1])
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < sizeof d->b; i++) {
		hex[2 * i] = digits[d->b[i] >> 4];
		hex[2 * i + 1] = digits[d->b[i] & 15];
	}
	hex[DIGEST_HEX_LEN] = '\0';
	return hex;
}

/* A digit's value plus 1; 0 for what is no digit. */
static const uint8_t nibble[256] = {
	['0'] = 1,
	['1'] = 2,
	['2'] = 3,
	['3'] = 4,
	['4'] = 5,
	['5'] = 6,
	['6'] = 7,
	['7'] = 8,
	['8'] = 9,
	['9'] = 10,
	['a'] = 11,
	['b'] = 12,
	['c'] = 13,
	['d'] = 14,
	['e'] = 15,
	['f'] = 16,
	['A'] = 11,
	['B'] = 12,
	['C'] = 13,
	['D'] = 14,
	['E'] = 15,
	['F'] = 16,
};

bool digest_parse(struct digest *out, const char *hex)
{
	struct digest d;
	for (size_t i = 0; i < sizeof d.b; i++) {
		uint8_t high = nibble[(uint8_t)hex[2 * i]];
		if (!high) /* the NUL too: nothing behind it is read */
			return false;
		uint8_t low = nibble[(uint8_t)hex[2 * i + 1]];
		if (!low)
			return false;
		d.b[i] = (uint8_t)((high - 1) << 4 | (low - 1));
	}
	if (!strchr(" \t\r\n\v\f", hex[DIGEST_HEX_LEN])) /* the NUL is among them */
		return false;
	*out = d;
	return true;
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
	return memcmp(a->b, b->b, sizeof a->b) == 0;
}
