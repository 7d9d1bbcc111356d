/* options_table: the rows. An option is added here, in struct options, and where it is used. */
#include "cli/options.h"

#include "common/xalloc.h"

#define AT(member) .offset = offsetof(struct options, member)
#define FLAG .kind = OPTION_FLAG
#define TEXT .kind = OPTION_TEXT
#define LIST .kind = OPTION_LIST
#define WHAT .section = SECTION_WHAT
#define WHERE .section = SECTION_WHERE
#define HOW .section = SECTION_HOW
#define OUTPUT .section = SECTION_OUTPUT
#define SELECTS (VERB_COMPILE | VERB_SKETCHES)
#define BUILDS (VERB_COMPILE | VERB_WHY)

static const struct option_row table[] = {
	{"board", "fqbn", "b", "B",
		"vendor:arch:id[:opt=val,…], a unique id, or @FILE; repeat or use commas\n"
		"(default: default_fqbn in sketch.yaml)",
		LIST, WHAT, BUILDS, AT(boards)},
	{"board", "fqbn", "b", "B",
		"also tell with which toolchain each would build B; repeat or use commas", LIST,
		WHAT, VERB_MACHINES, AT(boards)},
	{"exclude", NULL, "", "GLOB", "leave out sketches; repeatable", LIST, WHAT, SELECTS,
		AT(exclude)},
	{"no-filter", NULL, "", NULL, "build what library.properties or @filter would skip", FLAG,
		WHAT, VERB_COMPILE, AT(no_filter)},
	{"library", NULL, "", "DIR", "one library", LIST, WHAT, BUILDS, AT(library)},
	{"libraries", NULL, "", "DIR", "a folder of libraries", LIST, WHAT, BUILDS, .join = true,
		AT(libraries)},
	{"platforms", NULL, "", "DIR", "search here for platforms first", LIST, WHAT,
		BUILDS | VERB_BOARDS | VERB_MACHINES, AT(platforms)},
	{"build-property", NULL, "", "K=V", "override a property (every board)", LIST, WHAT, BUILDS,
		AT(build_property)},
	{"directory", NULL, "C", "DIR", "work in DIR", TEXT, WHAT, SELECTS | VERB_WHY | VERB_BOARDS,
		.no_config = true, AT(directory)},
	{"dry-run", NULL, "n", NULL, "show what would be built and why; build nothing", FLAG, WHAT,
		VERB_COMPILE, .no_config = true, AT(dry_run)},

	{"dist", NULL, "", NULL, "use the configured machines", FLAG, WHERE, VERB_COMPILE,
		AT(dist)},
	{"use-machines", NULL, "", "A,B", "only these", LIST, WHERE, VERB_COMPILE, .join = true,
		AT(use_machines)},
	{"no-local", NULL, "", NULL, "build nothing here", FLAG, WHERE, VERB_COMPILE, AT(no_local)},
	{"wait", NULL, "", "S", "for machines that may still come (120)", .kind = OPTION_SECONDS,
		WHERE, VERB_COMPILE, .join = true, AT(wait)},
	{"reference", NULL, "", "NAME", "whose toolchain counts", TEXT, WHERE, VERB_COMPILE,
		AT(reference)},
	{"allow-mixed-toolchains", NULL, "", NULL, "all count", FLAG, WHERE, VERB_COMPILE,
		.join = true, AT(allow_mixed)},
	{"no-send-worker", NULL, "", NULL, "never copy boardman to a machine", FLAG, WHERE,
		VERB_COMPILE | VERB_MACHINES, AT(no_send_worker)},
	{"machines-boardman-path", NULL, "", "P", "start this boardman on each machine", TEXT,
		WHERE, VERB_COMPILE | VERB_MACHINES, AT(machines_boardman_path)},
	{"debug", NULL, "D", NULL, "debug output from workers", FLAG, WHERE,
		VERB_COMPILE | VERB_MACHINES | VERB_WORKER, .no_config = true, AT(debug)},
	{"config", NULL, "", "FILE", "read FILE instead of boardman.conf", TEXT, WHERE,
		BUILDS | SELECTS | VERB_BOARDS | VERB_CACHE | VERB_MACHINES, .no_config = true,
		AT(config)},

	{"bundle", NULL, "", "DIR", "take data and tools from DIR, which the boss has sent", TEXT,
		HOW, VERB_WORKER, .no_config = true, AT(bundle)},
	{"no-view", NULL, "", NULL, "make no mounts: the boss's paths must be here as they are",
		FLAG, HOW, VERB_WORKER, .no_config = true, AT(no_view)},
	{"kill", NULL, "", NULL, "end this user's workers on this machine that have no boss", FLAG,
		HOW, VERB_WORKER, .no_config = true, AT(kill)},
	{"kill-workers", NULL, "", NULL, "end this user's workers there that have no boss", FLAG,
		HOW, VERB_MACHINES, .no_config = true, AT(kill_workers)},
	{"prune", NULL, "", NULL, "make smaller what they keep: cache, and sources that were sent",
		FLAG, HOW, VERB_WORKER | VERB_MACHINES, .no_config = true, AT(prune)},
	{"force", NULL, "", NULL, "with it: also those that have a boss", FLAG, HOW,
		VERB_WORKER | VERB_MACHINES, .no_config = true, AT(force)},
	{"forgive", NULL, "", NULL, "let NAME, or all, out of quarantine; look at none", FLAG, HOW,
		VERB_MACHINES, .no_config = true, AT(forgive)},

	{"jobs", NULL, "j", "N", "set both job limits, per machine", .kind = OPTION_NUMBER, HOW,
		VERB_COMPILE, .least = 1, AT(jobs)},
	{"framework-jobs", NULL, "", "N",
		"compilers in stage 1: core and libraries   (min(cores, 2))", .kind = OPTION_NUMBER,
		HOW, VERB_COMPILE, .least = 1, AT(framework_jobs)},
	{"sketch-jobs", NULL, "", "N", "sketches at once in stage 2                (cores)",
		.kind = OPTION_NUMBER, HOW, VERB_COMPILE, .least = 1, AT(sketch_jobs)},
	{"clean", NULL, "f", NULL, "rebuild all", FLAG, HOW, VERB_COMPILE, AT(clean)},
	{"rebuild-failed", NULL, "F", NULL, "rebuild failures", FLAG, HOW, VERB_COMPILE,
		.join = true, AT(rebuild_failed)},
	{"mrproper", NULL, "m", NULL, "rebuild stage 1 too", FLAG, HOW, VERB_COMPILE, AT(mrproper)},
	{"fallback-mrproper", NULL, "", NULL,
		"when a sketch fails, rebuild its stage 1 once and try again", FLAG, HOW,
		VERB_COMPILE, AT(fallback_mrproper)},
	{"no-lto", NULL, "L", NULL, "no LTO", FLAG, HOW, VERB_COMPILE, AT(no_lto)},
	{"reproducible", NULL, "r", NULL, "no build date", FLAG, HOW, VERB_COMPILE, .join = true,
		AT(reproducible)},
	{"werror", NULL, "E", NULL, "warnings are errors", FLAG, HOW, VERB_COMPILE, AT(werror)},
	{"warnings", NULL, "", "LEVEL", "none, default, more, all                   (none)",
		.kind = OPTION_CHOICE, HOW, VERB_COMPILE, .choices = "none|default|more|all",
		AT(warnings)},
	{"check", NULL, "", NULL, "compile, do not link", FLAG, HOW, VERB_COMPILE, AT(check)},
	{"config-only", NULL, "", NULL, "resolve only", FLAG, HOW, VERB_COMPILE, .join = true,
		AT(config_only)},
	{"timeout", NULL, "", "S", "per sketch (1800; 0 none)", .kind = OPTION_SECONDS, HOW,
		VERB_COMPILE, AT(timeout)},
	{"max-failures", NULL, "", "N", "then stop", .kind = OPTION_NUMBER, HOW, VERB_COMPILE,
		.join = true, AT(max_failures)},

	{"output-dir", NULL, "o", "DIR", "where results go (boardman-out)", TEXT, OUTPUT,
		VERB_COMPILE, AT(output_dir)},
	{"keep", NULL, "k", NULL, "keep objects, elf, map, lst", FLAG, OUTPUT, VERB_COMPILE,
		AT(keep)},
	{"no-firmware", NULL, "", NULL, "verdicts and sizes only", FLAG, OUTPUT, VERB_COMPILE,
		.join = true, AT(no_firmware)},
	{"quiet", NULL, "q", NULL, "failures only", FLAG, OUTPUT, VERB_COMPILE, AT(quiet)},
	{"verbose", NULL, "vV", NULL, "show commands", FLAG, OUTPUT, VERB_COMPILE, .join = true,
		AT(verbose)},
	{"color", NULL, "", "WHEN", "auto, always, never", .kind = OPTION_CHOICE, OUTPUT,
		VERB_COMPILE, .choices = "auto|always|never", AT(color)},
	{"json", NULL, "", NULL, "one document at the end", FLAG, OUTPUT,
		VERB_COMPILE | VERB_BOARDS | VERB_SKETCHES | VERB_MACHINES, AT(json)},
	{"json-lines", NULL, "", NULL, "one object per job", FLAG, OUTPUT, VERB_COMPILE,
		.join = true, AT(json_lines)},
	{"max-size", NULL, "", "SIZE", "prune: keep at most this much, as 5G", TEXT, WHAT,
		VERB_CACHE | VERB_MACHINES | VERB_WORKER, .no_config = true, AT(max_size)},
	{"older-than", NULL, "", "AGE", "prune: what was not used for so long, as 30d, 12h", TEXT,
		WHAT, VERB_CACHE | VERB_MACHINES | VERB_WORKER, .no_config = true, AT(older_than)},
	{"help", NULL, "h", NULL, "this text", FLAG, OUTPUT, VERB_ALL, .no_config = true, AT(help)},
};

const struct option_row *options_table(size_t *n)
{
	*n = ARRAY_LEN(table);
	return table;
}
