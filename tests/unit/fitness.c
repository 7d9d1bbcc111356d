/* Whether a machine has enough left: each limit by itself, boardman's own share of the load, what cannot be told. */
#include "boss/fitness.h"

#include "boss/campaign.h"
#include "unit/tap.h"
#include "wire/job.h"

#define MB (1ll << 20)

static const struct campaign_limits limits = {
	.max_load = 0.8, .min_disk = 1000 * MB, .min_memory = 512 * MB};

static void judged(struct probe p, const char *want, const char *name)
{
	char *trouble = fitness_trouble(&limits, &p);
	if (!want)
		ok(!trouble, "%s: %s", name, trouble ? trouble : "fit");
	else
		ok(trouble && !strncmp(trouble, want, strlen(want)) && strstr(trouble, "; cure: "),
			"%s: %s", name, trouble ? trouble : "fit");
	free(trouble);
}

int main(void)
{
	struct probe_held held[] = {{(char *)"anna", 5}, {(char *)"bert", 3}};
	const struct probe good = {.threads = 10, .load = 7, .memory = 600 * MB, .disk = 1000 * MB};
	struct probe p = good;
	judged(p, NULL, "all as it should be");
	p.load = 8.1;
	judged(p, "busy: load 8.1, over 0.8 x 10 threads", "too much load");
	p.held = held;
	p.n_held = 2;
	is_int(fitness_held(&p), 8, "slots that workers hold");
	judged(p, NULL, "… which is boardman's own");
	p.load = 16.1;
	judged(p, "busy", "… and more");
	p = good;
	p.disk--;
	judged(p, "low disk: 999 MB left", "too little disk");
	p.disk = -1;
	judged(p, NULL, "disk that cannot be told");
	p = good;
	p.memory = 511 * MB;
	judged(p, "low memory: 511 MB left", "too little memory");
	p = good;
	p.no_view = true;
	judged(p, "it lets no process have mounts", "no mounts of its own");
	return done_testing();
}
