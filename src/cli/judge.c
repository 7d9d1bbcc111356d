/* judge: an engine on a loop of its own, which never gets a job. */
#include "cli/judge.h"

#include <stdlib.h>
#include <uv.h>
#include "common/strmap.h"
#include "common/xalloc.h"
#include "sketch/engine.h"
#include "worker/translate.h"

struct judge {
	uv_loop_t loop;
	struct engine *engine;
	int64_t since;
	struct strmap digests; /* by board; "": it cannot be built here */
	struct strmap settings; /* each text once */
};

static void ignore_note(void *ctx, const char *line)
{
	(void)ctx;
	(void)line;
}

struct judge *judge_open(const struct settings *s, struct platforms *platforms, int64_t since)
{
	const struct engine_events events = {.note = ignore_note};
	struct engine_config config = translate_settings(s, 1);
	struct judge *j = xcalloc(1, sizeof *j);
	j->since = since;
	j->digests.free_value = j->settings.free_value = free;
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
	strmap_release(&j->digests);
	strmap_release(&j->settings);
	free(j);
}

bool judge_stands(struct judge *j, const struct job *job)
{
	if (!j)
		return false;
	const struct engine_job e = translate_job(job);
	return engine_stands(j->engine, &e);
}

static const char *digest_of(struct judge *j, const char *board)
{
	char *known = strmap_get(&j->digests, board);
	if (!known) {
		struct engine_look look = {0};
		engine_look(j->engine, board, &look);
		known = xstrdup(look.digest ? look.digest : "");
		strmap_set(&j->digests, board, known);
		engine_look_release(&look);
	}
	return *known ? known : NULL;
}

const char *judge_settings(struct judge *j, const struct job *job, const char **digest)
{
	char hex[65];
	if (!j)
		return NULL;
	const struct engine_job e = translate_job(job);
	*digest = digest_of(j, job->board);
	if (!*digest || !engine_settings(j->engine, &e, hex))
		return NULL;
	if (!strmap_get(&j->settings, hex))
		strmap_set(&j->settings, hex, xstrdup(hex));
	return strmap_get(&j->settings, hex);
}

bool judge_adopt(
	struct judge *j, const char *settings, const char *deps, struct buf *out, char **key)
{
	return j && engine_adopt(j->engine, settings, j->since, deps, out, key);
}
