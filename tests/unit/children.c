/* Who watches hears of every end, however many watch and however many end at once. */
#include "boss/link/children.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tap.h"

enum { WATCHERS = 1000, CHILDREN = 64 };

static uv_loop_t loop;
static int looks[WATCHERS], running;

static void look(void *ctx)
{
	++*(int *)ctx;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		running--;
	if (!running)
		uv_stop(&loop);
}

static void start(void)
{
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	if (pid > 0)
		running++;
}

static void on_timeout(uv_timer_t *timer)
{
	(void)timer;
	uv_stop(&loop);
}

/* Runs the loop until all have been waited for. */
static void wait_for_all(void)
{
	uv_timer_t guard;
	uv_timer_init(&loop, &guard);
	uv_timer_start(&guard, on_timeout, 20000, 0);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_close((uv_handle_t *)&guard, NULL);
	uv_run(&loop, UV_RUN_NOWAIT);
}

int main(void)
{
	struct children_watcher *watchers[WATCHERS];
	int heard = 0;
	uv_loop_init(&loop);
	struct children *children = children_new(&loop);
	for (int i = 0; i < WATCHERS; i++)
		watchers[i] = children_watch(children, look, &looks[i]);
	for (int i = 0; i < CHILDREN; i++)
		start();
	wait_for_all();
	is_int(running, 0, "every end is seen");
	for (int i = 0; i < WATCHERS; i++)
		heard += looks[i] > 0;
	is_int(heard, WATCHERS, "by all who watch");

	for (int i = 1; i < WATCHERS; i++)
		children_unwatch(watchers[i]);
	looks[0] = looks[1] = 0;
	start();
	wait_for_all();
	ok(looks[0] > 0 && !looks[1], "who watches no more hears no more");
	children_unwatch(watchers[0]);
	children_free(children);
	children_free(NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	is_int(uv_loop_close(&loop), 0, "nothing is left in the loop");
	return done_testing();
}
