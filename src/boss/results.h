/* results: one job's directory: which result in it still counts, how a new one replaces it, and its removal. What is not
 * wholly there has no `done`.
 */
#ifndef BOSS_RESULTS_H
#define BOSS_RESULTS_H

#include <stdbool.h>

struct build_result;
struct error;
struct record;

/* OUT/<commit>/<board>/<sketch>; new string. NULL and err when a name cannot be one. */
char *results_dir(const char *out, const char *commit, const char *board, const char *sketch,
	struct error *err);

/* What there is of `dir` beneath `out` must be made of directories: a repository may come with an output directory of its own, whose symlinks
 * would lead anywhere. 1, 0 when `dir` is not there, -1 and err. */
int results_check_dir(const char *out, const char *dir, struct error *err);

/* What a result on disk must meet to be offered to a worker as known. */
struct known_rules {
	const char *board, *sketch_dir;
	int engine; /* this version's */
	bool rebuild_failed; /* -F */
	const char *boot; /* this boot's id; "" none */
};
/* `r` was read from `dir`. True when it is ok or failed, has a key, is of this job, and all its files are there: by size, and by digest
 * when it was written in another boot; then it is written anew for this one. */
bool results_reusable(const char *dir, struct record *r, const struct known_rules *rules);

/* Writes `done`. */
int results_put_record(const char *dir, const struct record *rec, struct error *err);

/* Replaces what `dir` holds by a result. `rec` comes with host, boot, commit, board, sketch, sketch_dir and engine; the rest is filled in. Artefacts
 * are moved from where they lie, which they tell, or linked when `keep`. -1 and err: nothing of it is left but what could not be removed; errno is
 * then ENOSPC or EDQUOT when the disk is full. */
int results_publish(const char *dir, struct record *rec, const struct build_result *r, bool keep,
	struct error *err);

/* Removes `done`: what is there is not called built any more. */
void results_forget(const char *dir);

#endif
