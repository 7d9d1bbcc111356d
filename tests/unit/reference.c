/* Whose toolchain counts: the most slots, among equals the boss's own, then the first by name; a preferred machine before all. */
#include "boss/reference.h"

#include "unit/tap.h"

static const char *choose(size_t n, const struct reference_vote *v, const char *preferred)
{
	const char *digest = reference_choose(v, n, preferred);
	return digest ? digest : "(none)";
}

int main(void)
{
	const struct reference_vote most[] = {
		{"local", "a", 4, true}, {"ohau", "b", 3, false}, {"moa", "b", 2, false}};
	const struct reference_vote equal[] = {
		{"ohau", "b", 4, false}, {"local", "a", 4, true}, {"moa", "c", 4, false}};
	const struct reference_vote names[] = {
		{"ohau", "b", 4, false}, {"zeta", "a", 2, false}, {"moa", "a", 2, false}};
	is_str(choose(0, NULL, NULL), "(none)", "nobody");
	is_str(choose(1, most, NULL), "a", "one");
	is_str(choose(3, most, NULL), "b", "slots of equal digests count together");
	is_str(choose(2, most, NULL), "a", "the most slots");
	is_str(choose(3, equal, NULL), "a", "among equals the boss's own");
	is_str(choose(3, names, NULL), "a", "then the first by name");
	is_str(choose(3, equal, "moa"), "c", "a preferred machine");
	is_str(choose(3, most, "ruru"), "b", "a preferred one that is not there");
	return done_testing();
}
