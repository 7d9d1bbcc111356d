/* Archives: the commands for one, and the key under which it is kept. */
#include "sketch/archive.h"

#include "sketch/compile.h"
#include "unit/context_util.h"

struct stack {
	struct desk d;
	struct context *c;
	struct props *over;
	struct tu tu[3];
	struct tu *objects[3];
	struct strv *commands;
	size_t n;
};

static void open_stack(struct stack *s, const char *pattern)
{
	if (pattern)
		strv_pushf(&s->d.s.config.build_properties, "recipe.ar.pattern=%s", pattern);
	desk_open(&s->d);
	s->c = desk_context(&s->d, "tiny:tiny:one");
	s->over = context_overlay(at("build"), "S.ino", "/s");
	for (int i = 0; i < 3; i++) {
		s->tu[i].name = xasprintf("core/sub%d/x%d.o", i, i);
		s->tu[i].object = xasprintf("%s/obj/%s", test_tmpdir(), s->tu[i].name);
		s->tu[i].out.object = xasprintf("%s/kept%d", test_tmpdir(), i);
		digest_bytes(&s->tu[i].out.digest, &i, sizeof i);
		s->objects[i] = &s->tu[i];
	}
	put("kept0", "zero");
	put("kept1", "one");
	put("kept2", "two");
}

static void drop_commands(struct stack *s)
{
	for (size_t i = 0; i < s->n; i++)
		strv_release(&s->commands[i]);
	free(s->commands);
	s->commands = NULL;
	s->n = 0;
}

static bool close_stack(struct stack *s)
{
	drop_commands(s);
	for (int i = 0; i < 3; i++) {
		free(s->tu[i].name);
		free(s->tu[i].object);
		free(s->tu[i].out.object);
	}
	props_free(s->over);
	return desk_close(&s->d);
}

static int commands(struct stack *s, size_t n, struct error *err)
{
	return archive_commands(
		s->c, s->over, s->objects, n, at("obj/core/core.a"), &s->commands, &s->n, err);
}

static void one_call(void)
{
	struct stack s = {0};
	struct error err = ERROR_INIT;
	open_stack(&s, NULL);
	is_int(commands(&s, 3, &err), 0, "the tiny platform's recipe");
	is_int((long long)s.n, 1, "one call");
	const struct strv *argv = &s.commands[0];
	is_int((long long)argv->n, 6, "program, flags, archive, objects");
	is_str(argv->v[1], "rcs", "the flags");
	is_str(argv->v[2], at("obj/core/core.a"), "the archive's path");
	for (int i = 0; i < 3; i++) {
		is_str(argv->v[3 + i], s.tu[i].object, "the objects, in order");
		char *text = slurp(s.tu[i].object);
		is_str(text, i == 0 ? "zero" : i == 1 ? "one" : "two", "put in place");
		free(text);
	}
	drop_commands(&s);
	is_int(commands(&s, 0, &err), 0, "nothing to archive");
	is_int((long long)s.n, 0, "no call");
	free(s.tu[1].out.object);
	s.tu[1].out.object = xstrdup(at("gone"));
	drop_commands(&s);
	ok(commands(&s, 3, &err) < 0 && strstr(err.text, "gone"), "an object that has gone (%s)",
		err.text);
	ok(close_stack(&s), "closed");
}

static void one_each(void)
{
	struct stack s = {0};
	struct error err = ERROR_INIT;
	open_stack(&s, "ar \"--add={object_file}\" \"{archive_file}\" \"{archive_file_path}\"");
	is_int(commands(&s, 3, &err), 0, "a recipe that embeds the object in a word");
	is_int((long long)s.n, 3, "a call for each");
	for (size_t i = 0; i < s.n; i++) {
		char *want = xasprintf("--add=%s", s.tu[i].object);
		is_str(s.commands[i].v[1], want, "each with its own");
		is_str(s.commands[i].v[2], "core.a", "and the archive's name");
		free(want);
	}
	ok(close_stack(&s), "closed");
}

static void broken(void)
{
	struct stack s = {0};
	struct error err = ERROR_INIT;
	open_stack(&s, NULL);
	props_set(s.c->board->props, "recipe.ar.pattern", "ar \"{object_file}");
	ok(commands(&s, 3, &err) < 0 && strstr(err.text, "recipe.ar.pattern"),
		"a broken recipe (%s)", err.text);
	ok(close_stack(&s), "closed");
}

static struct digest key_of(struct stack *s, size_t n)
{
	struct digest d;
	archive_key(s->c, s->objects, n, &d);
	return d;
}

static void is_key(struct stack *s, const struct digest *k, bool same, const char *name)
{
	struct digest other = key_of(s, 3);
	ok(digest_equal(k, &other) == same, "%s", name);
}

static void key(void)
{
	struct stack s = {0}, t = {0};
	open_stack(&s, NULL);
	struct digest k = key_of(&s, 3), less = key_of(&s, 2);
	is_key(&s, &k, true, "the same twice");
	ok(!digest_equal(&k, &less), "an object less");
	s.tu[2].out.digest.b[7] ^= 1;
	is_key(&s, &k, false, "other bytes");
	s.tu[2].out.digest.b[7] ^= 1;
	s.objects[0] = &s.tu[1];
	s.objects[1] = &s.tu[0];
	is_key(&s, &k, false, "another order");
	s.objects[0] = &s.tu[0];
	s.objects[1] = &s.tu[1];
	s.tu[1].name[strlen(s.tu[1].name) - 3] = 'y';
	is_key(&s, &k, false, "another member's name");
	s.tu[1].name[strlen(s.tu[1].name) - 3] = '1';
	s.tu[1].name[0] = 'x';
	free(s.tu[1].object);
	s.tu[1].object = xstrdup("/elsewhere/x1.o");
	is_key(&s, &k, true, "directories are not in an archive");
	ok(close_stack(&s), "closed");

	open_stack(&t, "\"{compiler.path}{compiler.ar.cmd}\" rcsD \"{archive_file_path}\" "
		       "\"{object_file}\"");
	is_key(&t, &k, false, "another recipe");
	close_stack(&t);
	struct stack u = {0};
	FILE *f = fopen(at("hardware/tiny/tiny/tools/tiny/bin/tiny-ar"), "a");
	must(f && fputs("x", f) >= 0 && fclose(f) == 0, "cannot write the archiver");
	open_stack(&u, NULL);
	is_key(&u, &k, false, "another archiver");
	ok(close_stack(&u), "closed");
}

int main(void)
{
	tiny_install(test_tmpdir());
	one_call();
	one_each();
	broken();
	key();
	return done_testing();
}
