/* check: what the strings of messages may be. Each gives NULL for a good one, else what is wrong with it, to be put behind the key's name. They
 * are lexical: nothing is looked up.
 */
#ifndef WIRE_CHECK_H
#define WIRE_CHECK_H

typedef const char *check_fn(const char *s);

check_fn check_run_id; /* [0-9a-z-], 1 to 64 */
check_fn check_board; /* an FQBN: printable, without blanks */
check_fn check_name; /* of a snapshot, or of a directory in it: one plain name */
check_fn check_path; /* absolute */
check_fn check_clean_path; /* and without . and .. */
check_fn check_tree; /* 40 or 64 digits, lower case */
check_fn check_digest; /* 64 digits, lower case */
check_fn check_ref; /* refs/bm/… of plain names */
check_fn check_artifact; /* artifact_name_ok, and no control bytes */
check_fn check_setting; /* K=V */
check_fn check_filled; /* not empty */

#endif
