/* digest: SHA-256 (Nettle's), the only hash boardman uses. */
#ifndef COMMON_DIGEST_H
#define COMMON_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIGEST_HEX_LEN 64

struct digest {
	uint8_t b[32];
};

struct error;
struct digester; /* a running computation */

struct digester *digester_new(void);
void digester_add(struct digester *d, const void *data, size_t len);
/* Adds the string and its terminating NUL, so that ("ab","c") and ("a","bc") differ; NULL adds a marker of its own. */
void digester_addstr(struct digester *d, const char *s);
void digester_add_digest(struct digester *d, const struct digest *x);
/* Gives the digest and starts over. */
void digester_finish(struct digester *d, struct digest *out);
void digester_free(struct digester *d);

void digest_bytes(struct digest *out, const void *data, size_t len);
/* Reads the file to its end. */
int digest_file(struct digest *out, const char *path, struct error *err);
/* Writes 64 lower-case digits and a NUL. Returns hex. */
char *digest_hex(const struct digest *d, char hex[DIGEST_HEX_LEN + 1]);
/* False unless exactly 64 hex digits, then NUL or white space, stand there. */
bool digest_parse(struct digest *out, const char *hex);
bool digest_equal(const struct digest *a, const struct digest *b);

#endif
