/* record: `done`, the file that says how a job ended. It is written last, by rename: where there is none, or one that does
 * not parse, nothing is known.
 */
#ifndef BOSS_RECORD_H
#define BOSS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "common/digest.h"
#include "common/strv.h"
#include "wire/job.h"

struct buf;
struct error;

struct record_file {
	char *name; /* beneath firmware/ */
	uint64_t size;
	char sha256[DIGEST_HEX_LEN + 1];
};

struct record {
	enum verdict verdict;
	char *key; /* NULL: never to be reused */
	int engine; /* version of the engine that made it */
	char *host; /* the machine's name */
	char *boot; /* id of the boot during which it was written: see boot_id */
	char *commit, *board;
	char *sketch; /* as shown */
	char *sketch_dir; /* absolute */
	char *reason; /* NULL for ok */
	int return_code;
	int warnings;
	struct sizes sizes;
	struct times times;
	int64_t ended; /* seconds since 1970 */
	struct strv units, libraries;
	struct record_file *files; /* artefacts */
	size_t n_files;
	char deps_sha256[DIGEST_HEX_LEN + 1]; /* of the deps file; "" when there is none */
};

void record_release(struct record *r);
/* One JSON document and a newline. */
void record_print(const struct record *r, struct buf *out);
int record_parse(struct record *r, const char *text, size_t len, struct error *err);
/* Reads DIR/done. */
int record_read(struct record *r, const char *dir, struct error *err);

/* The id of this boot of the machine, "" when there is none. Nothing is synced one by one, so that a result of another
 * boot is believed only when its digests are right. Borrowed from `buf`. */
const char *boot_id(char buf[64]);

#endif
