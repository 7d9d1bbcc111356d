/* probe: see probe.h. */
#include "worker/probe.h"

#include <stdlib.h>
#include <sys/statvfs.h>
#include "common/xalloc.h"
#include "sketch/engine.h"
#include "sketch/platform.h"
#include "wire/job.h"
#include "worker/machine.h"
#include "worker/slots.h"

static int64_t disk_free(const char *dir)
{
	struct statvfs v;
	return statvfs(dir, &v) == 0 ? (int64_t)v.f_bavail * (int64_t)v.f_frsize : -1;
}

void probe_machine(struct probe *p, const char *dir)
{
	p->threads = machine_threads();
	p->load = machine_load();
	p->memory = machine_memory();
	p->disk = disk_free(dir);
	struct slots *s = slots_open(machine_slots(), NULL);
	if (s)
		slots_holders(s, p);
	slots_free(s);
}

void probe_platforms(struct probe *p, const struct settings *t)
{
	struct arduino_dirs dirs = {0};
	struct platforms *ps = NULL;
	const struct platform *f;
	if (arduino_dirs_find(&dirs, NULL) == 0) {
		if (t)
			strv_push_all(&dirs.platform_dirs, &t->platform_dirs);
		ps = platforms_open(&dirs, NULL);
	}
	for (size_t i = 0; ps && (f = platforms_at(ps, i)); i++) {
		p->platforms = xreallocarray(p->platforms, i + 1, sizeof *p->platforms);
		p->platforms[p->n_platforms++] = (struct probe_platform){
			.id = xasprintf("%s:%s", f->vendor, f->arch),
			.version = xstrdup(f->version),
			.dir = xstrdup(f->dir),
		};
	}
	if (ps)
		platforms_free(ps);
	arduino_dirs_release(&dirs);
}

void probe_boards(struct probe *p, struct engine *e, const struct strv *boards)
{
	p->boards = xcalloc(boards->n + 1, sizeof *p->boards);
	for (size_t i = 0; i < boards->n; i++) {
		struct engine_look look = {.facts.ram = -1};
		engine_look(e, boards->v[i], &look);
		p->boards[p->n_boards++] = (struct probe_board){
			.board = xstrdup(boards->v[i]),
			.fqbn = look.fqbn,
			.digest = look.digest,
			.toolchain = look.toolchain,
			.why = look.why,
			.facts = {look.facts.platform_version, look.facts.build_board,
				look.facts.mcu, look.facts.defines, look.facts.ram},
		};
	}
}
