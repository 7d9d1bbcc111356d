/* sketches: what a path selects, by the rules of compile, without asking for a board. */
#include <stdlib.h>
#include "cli/say.h"
#include "cli/select.h"
#include "cli/verb.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/json.h"
#include "common/log.h"

static void add_json(const struct selection *s, struct buf *out)
{
	struct json *doc = json_object(), *a = json_array();
	for (size_t i = 0; i < s->n; i++) {
		struct json *o = json_object();
		json_add_str(o, "name", s->v[i].name);
		json_add_str(o, "dir", s->v[i].dir);
		json_add_str(o, "library", s->v[i].tree_library);
		json_append(a, o);
	}
	json_add_str(doc, "schema", "boardman-sketches/1");
	json_add(doc, "sketches", a);
	json_print_pretty(doc, out);
	buf_addch(out, '\n');
	json_free(doc);
}

static enum exit_status show(struct invocation *in, const struct selection *s)
{
	struct buf out = BUF_INIT;
	for (size_t i = 0; i < s->warnings.n; i++)
		log_warning("%s", s->warnings.v[i]);
	if (!s->n) {
		log_error("no sketch in %s%s", s->searched,
			s->excluded ? " but what --exclude leaves out"
				    : "; cure: name a sketch, or a directory to search");
		return STATUS_USAGE;
	}
	if (in->options.json)
		add_json(s, &out);
	else
		for (size_t i = 0; i < s->n; i++)
			buf_addf(&out, "%s\n", s->v[i].name);
	say(in, &out);
	buf_release(&out);
	return STATUS_OK;
}

static enum exit_status run(struct invocation *in)
{
	struct selection s;
	struct error err = ERROR_INIT;
	enum exit_status status = STATUS_USAGE;
	if (select_sketches(&s, &in->options, in->args, in->cwd, &err) < 0)
		log_error("%s", err.text);
	else
		status = show(in, &s);
	selection_release(&s);
	return status;
}

const struct verb verb_sketches = {
	.name = "sketches",
	.summary = "list the sketches a path selects",
	.usage = "[OPTION…] [SKETCH…]",
	.intro = "Lists what 'compile' would build with the same arguments.\n",
	.bit = VERB_SKETCHES,
	.run = run,
};
