/* job: the nouns boss and worker exchange. A job is (commit, board, sketch); each try is an attempt.
 * Boss and worker hand these structs to each other; over a lab's pipe they are encoded, in one process
 * they are passed as they are. Whoever receives a message borrows it for the length of the call.
 */
#ifndef WIRE_JOB_H
#define WIRE_JOB_H

#include <stdbool.h>
#include <stdint.h>
#include "common/buf.h"
#include "common/strv.h"

/* How a job ended. The order is the one reports use. */
enum verdict {
	VERDICT_NONE, /* not ended */
	VERDICT_OK,
	VERDICT_FAILED, /* the compiler or the size limit said no */
	VERDICT_TIMEOUT, /* over its time limit */
	VERDICT_BLOCKED, /* the compiler refused its stage 1 */
	VERDICT_INFRA, /* a machine's fault, or nobody has the toolchain */
	VERDICT_SKIPPED, /* left out by a rule that is named */
	VERDICT_NOT_RUN, /* interrupted, --max-failures, disk full */
};

const char *verdict_name(enum verdict v);
/* VERDICT_NONE for a name that is none. */
enum verdict verdict_parse(const char *name);

/* Why a machine could not build, as far as that decides what becomes of it. */
enum fault {
	FAULT_OTHER,
	FAULT_OOM, /* a process was killed, or had no memory */
	FAULT_NOSPACE, /* its disk is full */
};

const char *fault_name(enum fault f);

enum warnings { WARNINGS_NONE, WARNINGS_DEFAULT, WARNINGS_MORE, WARNINGS_ALL };

/* What decides the bytes and verdicts of a run, beside sources and platforms. */
struct settings {
	struct strv platform_dirs; /* --platforms, absolute, in order */
	struct strv library_dirs; /* --library, absolute: one library each */
	struct strv libraries_dirs; /* --libraries, absolute: folders of libraries */
	struct strv build_properties; /* K=V */
	char *cache_dir; /* absolute; NULL: the worker's own. Not sent */
	char *user_dir; /* the boss's sketchbook, whose libraries count; NULL none */
	char *data_dir; /* the boss's Arduino data directory; NULL none */
	enum warnings warnings;
	bool warnings_are_errors; /* -E */
	bool no_lto; /* -L */
	bool reproducible; /* -r */
	bool check_only; /* --check: compile, do not link */
	bool config_only; /* --config-only: resolve boards and libraries */
	bool clean; /* -f: take nothing from earlier sketch results */
	bool rebuild_units; /* -m: take no unit from earlier runs */
	bool fallback_mrproper; /* a failing sketch: rebuild its stage 1 once and try again */
	bool keep; /* -k: elf, map and objects are artefacts too */
	bool no_firmware; /* --no-firmware: no artefacts */
	bool verbose; /* commands are wanted in the result */
	int framework_jobs; /* processes of stage 1; 0: min(threads, 2) */
	int sketch_jobs; /* sketches at once; 0: threads */
	double timeout; /* seconds per sketch; 0 none */
};

void settings_release(struct settings *s);

/* One job as the boss hands it out. Strings belong to the job. */
struct job {
	uint32_t id;
	uint32_t attempt;
	char *commit; /* "current", or a commit's name */
	char *board; /* FQBN, options included */
	char *sketch; /* absolute path of the sketch's directory, as on the boss */
	char *tree_library; /* the tree's own library: its directory; NULL none */
	struct strv library_dirs; /* absolute: for it alone, beside the settings' */
	char *build_dir; /* where a worker on the boss's machine builds; NULL: the worker's choice */
	char *known_key; /* key of the result the boss holds; NULL none */
	char *known_deps; /* path of that result's deps file; NULL none */
};

void job_release(struct job *j);

struct sizes {
	int64_t flash, flash_max; /* bytes; -1 unknown */
	int64_t ram, ram_max;
};

/* One file of the firmware. It lies at `path`, to be linked, moved or copied before the call returns. */
struct artifact {
	char *name; /* no slash, or objects/… for -k */
	char *path;
	uint64_t size;
	char sha256[65]; /* hex, of what lies at `path`; "" when nobody has looked yet */
	bool moved; /* nothing lies at `path` any more */
};

/* Whether an artefact's name may be joined to a path: not empty, relative, nothing but plain parts of at most 255 bytes, and only
 * objects/… has more than one, up to 16. */
bool artifact_name_ok(const char *name);

/* A piece of a file on its way from a worker to the boss's disk. */
struct artifact_piece {
	uint32_t job, attempt;
	const char *name; /* log, err, cmd, deps, syms, or that of an artefact */
	uint32_t seq; /* from 0 within the file */
	const void *data;
	size_t len; /* at most WIRE_MAX_PIECE */
};

struct times {
	double total, compile, link, wait; /* wall seconds; wait: for stage 1 */
	double cpu; /* seconds, user + system, of this job's own processes */
};

struct build_result {
	uint32_t job, attempt;
	enum verdict verdict;
	bool unchanged; /* the boss's known result still stands: nothing else is filled but the verdict NONE */
	int return_code; /* of the command that failed */
	enum fault fault; /* of infra */
	char *reason; /* one line: the failing file, the size, the unit; NULL for ok */
	struct buf log; /* stdout of the tools */
	struct buf err; /* stderr of the tools: errors and warnings */
	struct buf cmd; /* the commands, one a line, quoted for reading */
	struct buf deps; /* rows "root\tpath\tdigest\n" of all that was read, see docs */
	struct buf syms; /* rows "section\tsize\tname\n" */
	char *key; /* digest of the inputs, hex; NULL when it must not be reused */
	int warnings; /* compiler warnings seen */
	struct sizes sizes;
	struct times times;
	struct strv units; /* keys of the units it used */
	struct strv libraries; /* "Name@version" in order of discovery */
	struct artifact *artifacts;
	size_t n_artifacts;
};

void build_result_release(struct build_result *r);

enum unit_kind { UNIT_CORE, UNIT_LIBRARY };

/* A unit of stage 1, told once per unit and run. */
struct unit_report {
	char *board;
	char *name; /* "core", or the library's name */
	enum unit_kind kind;
	enum verdict verdict; /* ok or failed */
	bool reused; /* nothing was compiled */
	double seconds; /* wall */
	double start; /* seconds since the run began */
};

/* A directory of a snapshot and the path on the boss that it stands for. */
struct root {
	char *dir; /* at the top of the snapshot's tree: one plain name */
	char *path; /* absolute */
};

/* A snapshot that a worker checks out. */
struct commit {
	char *id; /* as jobs name it: "current", or a commit's name */
	char *tree; /* git tree id, hex: what the ref must hold */
	char *ref; /* refs/bm/… */
	struct root *roots;
	size_t n_roots;
};

void commit_release(struct commit *c);

/* A path of the boss's that is a symlink. */
struct path_link {
	char *path, *target; /* absolute */
};

/* What the rules of sketches ask of a board; NULL and -1: unknown. */
struct probe_facts {
	char *platform_version;
	char *build_board, *mcu; /* AVR_UNO, atmega328p */
	char *defines; /* -D words */
	int64_t ram; /* bytes */
};

/* What a worker says of the machine it runs on. */
struct probe_board {
	char *board; /* as asked */
	char *fqbn; /* canonical, also of one that it cannot build; NULL unknown here */
	char *digest; /* of toolchain and platform, hex; NULL when it cannot be built here */
	char *toolchain; /* for people: "avr-gcc 5.4.0"; NULL */
	char *why; /* it cannot be built; NULL: it can */
	struct probe_facts facts;
};
struct probe_platform {
	char *id; /* vendor:arch */
	char *version;
	char *dir;
};
struct probe_held {
	char *user;
	int slots; /* CPU slots of this machine that the user's compilers hold */
};
struct probe {
	int threads;
	double load; /* 1 minute */
	int64_t memory, disk; /* bytes free; disk: where it works */
	bool no_view; /* it cannot show sources at the boss's paths */
	struct probe_held *held;
	size_t n_held;
	struct probe_platform *platforms;
	size_t n_platforms;
	struct probe_board *boards;
	size_t n_boards;
};

void probe_release(struct probe *p);

enum cancel_mode { CANCEL_UNSTARTED, CANCEL_KILL };

/* Boss to worker. */
enum command_kind {
	CMD_SETUP,
	CMD_PROBE,
	CMD_CONFIGURE,
	CMD_BUILD_PREPARE,
	CMD_BUILD_SKETCHES,
	CMD_BOARD_OPEN,
	CMD_CANCEL,
	CMD_PING,
	CMD_BUILD_DONE,
	CMD_QUIT,
	CMD_COUNT
};

/* Its name on the wire. */
const char *command_name(enum command_kind k);

struct command {
	enum command_kind kind;
	int protocol; /* setup */
	const char *run, *boss; /* setup */
	const struct strv *boards; /* probe: FQBNs */
	const struct settings
		*settings; /* configure; probe: platform_dirs, build_properties, warnings, no_lto */
	const struct commit *commits; /* build_prepare */
	size_t n_commits;
	const struct strv
		*empty; /* build_prepare: paths where the worker has an empty directory; NULL */
	const struct path_link *links; /* build_prepare */
	size_t n_links;
	int max_sketches; /* build_prepare; 0: the worker's slots */
	const char *commit, *board; /* board_open */
	const struct job *jobs; /* build_sketches; cancel uses id and attempt only */
	size_t n_jobs;
	enum cancel_mode mode; /* cancel */
};

/* Worker to boss. */
enum response_kind {
	RESP_READY,
	RESP_SETUP_DONE,
	RESP_PROBE_DONE,
	RESP_CONFIGURE_DONE,
	RESP_BUILD_STARTED,
	RESP_WORKTREE_CREATED,
	RESP_BUILD_PREPARE_DONE,
	RESP_STARTED,
	RESP_UNIT,
	RESP_NOTE, /* a line for the user, once: platform chosen, a fix applied, a duplicate library ignored */
	RESP_ARTIFACT,
	RESP_BUILD_RESULT,
	RESP_CANCELLED,
	RESP_HEARTBEAT,
	RESP_BUILD_DONE,
	RESP_QUIT_ACK,
	RESP_ERROR,
	RESP_COUNT
};

/* Its name on the wire. */
const char *response_name(enum response_kind k);

/* How the link to a worker came to its end. */
enum ending {
	ENDING_LOSS, /* it died, is silent, was cut, or failed */
	ENDING_DONE, /* its program ended with status 0 */
	ENDING_LIE, /* it said what no true worker says */
	ENDING_NO_ROOM, /* the boss's own disk does not take what it sends */
};

struct response {
	enum response_kind kind;
	int protocol; /* ready */
	const char *version, *arch; /* ready */
	int threads, slots; /* ready, build_started (threads), build_prepare_done */
	const char *work_dir, *git_dir; /* setup_done */
	const struct probe *probe; /* probe_done */
	const char *commit; /* worktree_created */
	uint32_t job, attempt; /* started, cancelled; error: 0.0 none */
	int slot; /* started */
	const struct unit_report *unit; /* unit */
	const struct artifact_piece *piece; /* artifact */
	const struct build_result *result; /* build_result */
	int running; /* heartbeat: sketches */
	double load; /* heartbeat: 1 minute */
	int exceptions; /* build_done */
	const char *msg; /* note, error */
	bool fatal; /* error */
	enum ending ending; /* fatal error: told by the boss's side of the link, not on the wire */
};

/* One end of a link: messages go out through `send`. Both ends are called on the loop's thread only,
 * and a `send` never calls back into its caller before it returns. */
struct command_sink {
	void (*send)(void *ctx, const struct command *c);
	void *ctx;
};
struct response_sink {
	void (*send)(void *ctx, const struct response *r);
	void *ctx;
};

#endif
