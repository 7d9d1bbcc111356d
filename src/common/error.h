/* error: what went wrong, in one line for the user.
 *
 * A function that can fail for reasons of the world returns -1 (or NULL) and fills a
 * caller's struct error; the caller adds context once, at the boundary. The text is lower
 * case, without a full stop, problem first, the subject quoted, the cure after "; cure: ".
 * Our own bugs are assertions, not errors.
 */
#ifndef COMMON_ERROR_H
#define COMMON_ERROR_H

struct error {
	char text[2048]; /* empty while nothing went wrong; longer texts are cut */
};

#define ERROR_INIT \
	{ \
		.text = "" \
	}

/* Writes the text. `err` may be NULL. Always returns -1. */
int error_set(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Like error_set, followed by ": " and strerror(errno). errno is kept. Always returns -1. */
int error_errno(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Puts a text and ": " before the one already there. Always returns -1. */
int error_prefix(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
