/* The machine's slots as the engine takes them: opened late, shared by two, gone without where there is no place. */
#include "worker/share.h"

#include "unit/store_util.h"

static void two(void)
{
	struct share *a = share_new(), *b = share_new();
	struct engine_slots s = share_slots(a), t = share_slots(b);
	ok(!fs_exists(at("slots")), "nothing is opened before the first is taken");
	int one = s.take(s.ctx), other = t.take(t.ctx);
	ok(one >= 0 && other >= 0 && one != other, "a slot for each");
	is_int(s.take(s.ctx), -1, "and no third");
	ok(!s.wanted(s.ctx), "nobody waits");
	t.wait(t.ctx, true);
	ok(s.wanted(s.ctx), "now somebody does");
	t.wait(t.ctx, false);
	ok(!s.wanted(s.ctx), "and no more");
	s.put(s.ctx, one);
	is_int(t.take(t.ctx), one, "what one puts back the other takes");
	share_free(b);
	ok(s.take(s.ctx) >= 0 && s.take(s.ctx) >= 0, "at the end all is put back");
	share_free(a);
}

static void no_place(void)
{
	struct share *a = share_new();
	struct engine_slots s = share_slots(a);
	setenv("BOARDMAN_SLOTS_DIR", put("file", ""), 1);
	for (int i = 0; i < 5; i++)
		ok(s.take(s.ctx) >= 0, "without a place there is always one");
	s.wait(s.ctx, true);
	ok(!s.wanted(s.ctx), "and nobody wants it");
	s.put(s.ctx, 0);
	share_free(a);
	a = share_new();
	share_free(a);
	share_free(NULL);
}

int main(void)
{
	setenv("BOARDMAN_SLOTS_DIR", at("slots"), 1);
	setenv("BOARDMAN_SLOTS", "2", 1);
	two();
	no_place();
	return done_testing();
}
