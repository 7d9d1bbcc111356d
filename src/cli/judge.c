/* judge: an engine on a loop of its own, which never gets a job. */
#include "cli/judge.h"

#include <stdlib.h>
#include <uv.h>
#include "common/xalloc.h"
#include "sketch/engine.h"
#include "worker/translate.h"

struct judge {
	uv_loop_t loop;
	struct engine *engine;
};

static void ignore_note(void *ctx, const char *line)
{
	(void)ctx;
	(void)line;
}

struct judge *judge_open(const struct settings *s, struct platforms *platforms)
{
	const struct engine_events events = {.note = ignore_note};
	struct engine_config config = translate_settings(s, 1);
	struct judge *j = xcalloc(1, sizeof *j);
	uv_loop_init(&j->loop);
	config.platforms = platforms;
	if (arduino_dirs_find(&config.dirs, NULL) == 0)
		j->engine = engine_open(&j->loop, &config, &events, NULL);
	translate_release(&config);
	if (j->engine)
		return j;
	uv_loop_close(&j->loop);
	free(j);
	return NULL;
}

static void closed(void *ctx)
{
	(void)ctx;
}

void judge_close(struct judge *j)
{
	if (!j)
		return;
	engine_close(j->engine, closed, j);
	uv_run(&j->loop, UV_RUN_DEFAULT);
	uv_loop_close(&j->loop);
	free(j);
}

bool judge_stands(struct judge *j, const struct job *job)
{
	if (!j)
		return false;
	const struct engine_job e = translate_job(job);
	return engine_stands(j->engine, &e);
}
