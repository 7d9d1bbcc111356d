/* boss: what the boss costs: WORKERS fake workers over pipes and JOBS jobs that take no time, against the same directories and files made by plain system
 * calls in the same run. usage: boss DIR FAKE_WORKER WORKERS JOBS. Prints the CPU seconds of both, their ratio, and results per second.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>
#include "boss/campaign.h"
#include "boss/link/children.h"
#include "boss/link/conn_command.h"
#include "boss/link/packs.h"
#include "boss/link/remote.h"
#include "boss/matrix.h"
#include "boss/outtree.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"
#include "wire/job.h"

struct bench {
	uv_loop_t loop;
	struct strv argv;
	struct packs *packs;
	struct children *children;
	const char *worker;
	char *dir;
};

static double cpu(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static double wall(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct link connect_fake(
	void *ctx, const struct campaign_machine *m, struct noise_sink noise)
{
	struct bench *b = ctx;
	(void)noise;
	char *spool = xasprintf("%s/spool/%s", b->dir, m->name);
	const struct remote_config c = {
		.loop = &b->loop,
		.conn = conn_command_new(&b->loop, b->children, &b->argv),
		.packs = b->packs,
		.boardman = b->worker,
		.spool = spool,
		.options = "",
	};
	struct link l = link_remote(&c);
	free(spool);
	return l;
}

/* ---- the boss ---- */

static void run_boss(struct bench *b, size_t n_workers, size_t n_jobs)
{
	struct strv boards = STRV_INIT, none = STRV_INIT;
	struct error err = ERROR_INIT;
	struct settings settings = {0};
	struct matrix m;
	struct campaign_result result;
	struct matrix_sketch *sketches = xcalloc(n_jobs, sizeof *sketches);
	struct campaign_machine *machines = xcalloc(n_workers, sizeof *machines);
	strv_push(&boards, "fake:fake:board");
	for (size_t i = 0; i < n_jobs; i++)
		sketches[i] = (struct matrix_sketch){
			.dir = xasprintf("/s/Sketch%zu", i), .name = xasprintf("Sketch%zu", i)};
	for (size_t i = 0; i < n_workers; i++)
		machines[i] = (struct campaign_machine){
			.name = xasprintf("m%zu", i), .connect = connect_fake, .ctx = b};
	matrix_build(&m, &boards, sketches, n_jobs, NULL, NULL, &err);
	char *out = path_join(b->dir, "out");
	struct outtree *tree = outtree_open(out, &err);
	uv_loop_init(&b->loop);
	b->children = children_new(&b->loop);
	const struct campaign_config c = {
		.loop = &b->loop,
		.matrix = &m,
		.settings = &settings,
		.out = tree,
		.machines = machines,
		.n_machines = n_workers,
		.limits = {1e6, 0, 0},
		.wait = 10,
		.engine = 1,
		.version = "0",
		.platforms = &none,
	};
	campaign_run(&c, &result);
	if (result.totals.by[VERDICT_OK] != n_jobs)
		printf("only %zu of %zu ok\n", result.totals.by[VERDICT_OK], n_jobs);
	campaign_result_release(&result);
	outtree_close(tree);
	free(out);
}

/* ---- the floor ---- */

static void put(const char *dir, const char *name, size_t len)
{
	static char bytes[4096];
	char *path = path_join(dir, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0 || write(fd, bytes, len) < 0)
		perror(path);
	close(fd);
	free(path);
}

static void run_floor(const char *top, size_t n_jobs)
{
	mkdir(top, 0777);
	for (size_t i = 0; i < n_jobs; i++) {
		char *dir = xasprintf("%s/Sketch%zu", top, i),
		     *firmware = path_join(dir, "firmware");
		mkdir(dir, 0777);
		mkdir(firmware, 0777);
		put(firmware, "Sketch.ino.hex", 3072);
		put(dir, "deps", 13);
		put(dir, "done.tmp", 700);
		char *from = path_join(dir, "done.tmp"), *to = path_join(dir, "done");
		rename(from, to);
		free(from);
		free(to);
		free(firmware);
		free(dir);
	}
}

int main(int argc, char **argv)
{
	if (argc != 5)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	struct rlimit many = {16384, 16384};
	setrlimit(RLIMIT_NOFILE, &many);
	size_t n_workers = strtoul(argv[3], NULL, 10), n_jobs = strtoul(argv[4], NULL, 10);
	struct bench b = {.dir = argv[1], .worker = argv[2]};
	char *floor = path_join(b.dir, "floor");
	strv_push(&b.argv, "/usr/bin/env");
	mkdir(b.dir, 0777);
	double cpu0 = cpu(), wall0 = wall();
	run_boss(&b, n_workers, n_jobs);
	double cpu1 = cpu(), wall1 = wall();
	run_floor(floor, n_jobs);
	double cpu2 = cpu();
	printf("  %3zu workers, %5zu jobs: boss %.3f s, files alone %.3f s of CPU: %.2f   %.0f us "
	       "a result, %.0f results/s\n",
		n_workers, n_jobs, cpu1 - cpu0, cpu2 - cpu1, (cpu1 - cpu0) / (cpu2 - cpu1),
		(cpu1 - cpu0) / (double)n_jobs * 1e6, (double)n_jobs / (wall1 - wall0));
	return 0;
}
