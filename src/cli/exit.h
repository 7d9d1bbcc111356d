/* exit: what boardman's exit status says; the first that applies, from the top. */
#ifndef CLI_EXIT_H
#define CLI_EXIT_H

enum exit_status {
	STATUS_INTERRUPTED = 130,
	STATUS_USAGE = 2, /* usage, configuration, nothing selected or all of it skipped */
	STATUS_FAILED = 1, /* a sketch failed, timed out, or was blocked */
	/* not all was built: machines, interruption by --max-failures, disk full; or told: a full disk again */
	STATUS_INCOMPLETE = 3,
	STATUS_OK = 0,
};

#endif
