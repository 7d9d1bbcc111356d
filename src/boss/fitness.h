/* fitness: whether a machine has enough left to be used. Pure. */
#ifndef BOSS_FITNESS_H
#define BOSS_FITNESS_H

struct campaign_limits;
struct probe;

/* Slots that boardman's workers hold there, all users' together. */
int fitness_held(const struct probe *p);
/* Why it is not to be used now, with the cure: new string. NULL: it is fit. Load that boardman's own workers make does not count: their slots are shared. */
char *fitness_trouble(const struct campaign_limits *limits, const struct probe *p);

#endif
