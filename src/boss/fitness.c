/* fitness: see fitness.h. */
#include "boss/fitness.h"

#include "boss/campaign.h"
#include "common/xalloc.h"

#define MB (1u << 20)

int fitness_held(const struct probe *p)
{
	int held = 0;
	for (size_t i = 0; i < p->n_held; i++)
		held += p->held[i].slots;
	return held;
}

char *fitness_trouble(const struct campaign_limits *limits, const struct probe *p)
{
	if (p->no_view)
		return xstrdup(
			"it lets no process have mounts of its own, which show the sources at "
			"your paths; cure: allow user namespaces there (sysctl "
			"kernel.unprivileged_userns_clone=1)");
	if (p->load - fitness_held(p) > limits->max_load * p->threads)
		return xasprintf(
			"busy: load %.1f, over %g x %d threads; cure: wait, or raise max_load",
			p->load, limits->max_load, p->threads);
	if (p->disk >= 0 && (uint64_t)p->disk < limits->min_disk)
		return xasprintf("low disk: %lld MB left; cure: make room, or lower min_disk",
			(long long)(p->disk / MB));
	if (p->memory >= 0 && (uint64_t)p->memory < limits->min_memory)
		return xasprintf("low memory: %lld MB left; cure: wait, or lower min_memory",
			(long long)(p->memory / MB));
	return NULL;
}
