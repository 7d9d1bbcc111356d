/* run_link: from objects to firmware: hooks, link, objcopy, sizes. The result is kept by content of all that went in, so a
 * changed comment costs no link.
 */
#include <stdlib.h>
#include <string.h>
#include "common/error.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/proc.h"
#include "common/xalloc.h"
#include "sketch/board.h"
#include "sketch/bootloader.h"
#include "sketch/firmware.h"
#include "sketch/kept_link.h"
#include "sketch/library.h"
#include "sketch/props.h"
#include "sketch/record.h"
#include "sketch/run.h"
#include "sketch/size.h"
#include "sketch/unit.h"

static char *build_path(const struct run *r, const char *name)
{
	return path_join(r->job.build_dir, name);
}

static char *elf_path(const struct run *r)
{
	return xasprintf(
		"%s/%s.elf", r->job.build_dir, props_str(r->overlay, "build.project_name"));
}

/* ---- the end of it ---- */

static int count_warnings(const struct buf *text)
{
	int n = 0;
	for (const char *p = buf_str(text); (p = strstr(p, ": warning: ")); p++)
		n++;
	return n;
}

static void add_artifact(struct run *r, const char *name, char *path)
{
	struct engine_result *e = &r->result;
	e->artifacts = xreallocarray(e->artifacts, e->n_artifacts + 1, sizeof *e->artifacts);
	e->artifacts[e->n_artifacts++] = (struct engine_artifact){xstrdup(name), path};
}

static void add_objects(struct run *r)
{
	struct strv names = STRV_INIT;
	for (size_t i = 0; i < r->group.n; i++)
		strv_push(&names, r->group.v[i].name);
	for (size_t i = 0; i < r->n_units; i++)
		for (size_t k = 0; k < r->units[i]->n_files; k++)
			strv_push(&names, r->units[i]->files[k].name);
	for (size_t i = 0; i < names.n; i++) {
		char *as = xasprintf("objects/%s", names.v[i]);
		add_artifact(r, as, build_path(r, names.v[i]));
		free(as);
	}
	strv_release(&names);
}

static void add_messages(struct run *r)
{
	struct buf link = r->result.err; /* the link's own, told last */
	r->result.err = (struct buf)BUF_INIT;
	for (size_t i = 0; i < r->group.n; i++) {
		buf_add(&r->result.log, r->group.v[i].log.data, r->group.v[i].log.len);
		buf_add(&r->result.err, r->group.v[i].err.data, r->group.v[i].err.len);
	}
	for (size_t i = 0; i < r->n_units; i++)
		if (r->units[i]->library)
			buf_add(&r->result.err, r->units[i]->err.data, r->units[i]->err.len);
	buf_add(&r->result.err, link.data, link.len);
	buf_release(&link);
	r->result.warnings = count_warnings(&r->result.err);
}

static void add_units(struct run *r)
{
	char hex[DIGEST_HEX_LEN + 1];
	for (size_t i = 0; i < r->n_units; i++)
		strv_push(&r->result.units, digest_hex(&r->units[i]->key, hex));
}

void run_gather(struct run *r)
{
	r->result.link = run_phase(r);
	add_messages(r);
	add_units(r);
}

static int collect(struct run *r, struct error *err)
{
	struct strv names = STRV_INIT;
	int ret = firmware_files(r, &names, err);
	for (size_t i = 0; ret == 0 && i < names.n; i++)
		add_artifact(r, names.v[i], build_path(r, names.v[i]));
	if (ret == 0 && names.n == 0)
		ret = error_set(err, "the platform's recipes made no firmware");
	strv_release(&names);
	if (ret == 0 && r->shared->config.keep)
		add_objects(r);
	return ret;
}

/* Everything lies in build.path, and its size is judged. */
static void finish(struct run *r, const struct size_report *size)
{
	struct error err = ERROR_INIT;
	run_gather(r);
	r->result.flash = size->flash;
	r->result.flash_max = size->flash_max;
	r->result.ram = size->ram;
	r->result.ram_max = size->ram_max;
	if (size->warning) {
		buf_addf(&r->result.err, "warning: %s\n", size->warning);
		r->result.warnings++;
	}
	record_make(r);
	if (size->too_big) {
		buf_addf(&r->result.err, "%s\n", size->too_big);
		run_end(r, BUILD_FAILED, xstrdup(size->too_big));
	} else if (!r->shared->config.no_firmware && collect(r, &err) < 0) {
		run_end(r, BUILD_INFRA, xstrdup(err.text));
	} else {
		run_end(r, BUILD_OK, NULL);
	}
}

/* The platform's own judge of sizes could not tell, which is its no. */
static void no_size(struct run *r, char *reason)
{
	run_gather(r);
	record_make(r);
	run_end(r, BUILD_FAILED, reason);
}

/* `text` is what the size recipe says. */
static void judge(struct run *r, const struct buf *text)
{
	struct error err = ERROR_INIT;
	struct size_report size;
	if (size_apply(r->context->size, buf_str(text), text->len, &size, &err) < 0) {
		no_size(r, xstrdup(err.text));
		return;
	}
	finish(r, &size);
	size_report_release(&size);
}

static bool take_kept(struct run *r)
{
	struct buf size = BUF_INIT;
	bool found = !r->shared->config.clean && kept_link_take(r, &size);
	if (found)
		judge(r, &size);
	buf_release(&size);
	return found;
}

/* ---- sizes ---- */

/* The link is right all the same: its result is not kept, so that the size is asked for again. */
static void size_is_unknown(struct run *r, int status)
{
	struct size_report size;
	char *why = xasprintf("the size of the firmware is not known: '%s' ended with status %d",
		path_base(r->command.v[0]), status);
	size_unknown(r->context->size, why, &size);
	finish(r, &size);
	size_report_release(&size);
	free(why);
}

static void on_size(struct run *r, const struct proc_result *p)
{
	if (p->exit_status)
		buf_add(&r->result.err, p->err.data, p->err.len);
	if (p->exit_status && size_is_advanced(r->context->size)) {
		r->result.return_code = p->exit_status;
		no_size(r, xasprintf("the size of the firmware cannot be told: '%s' ended with "
				     "status %d",
				   path_base(r->command.v[0]), p->exit_status));
	} else if (p->exit_status) {
		size_is_unknown(r, p->exit_status);
	} else {
		kept_link_keep(r, &p->out);
		judge(r, &p->out);
	}
}

static void measure(struct run *r)
{
	struct error err = ERROR_INIT;
	struct buf table = BUF_INIT;
	struct strv argv = STRV_INIT;
	const char *recipe = size_recipe(r->context->size);
	char *elf = elf_path(r);
	size_symbols(elf, &r->result.syms, NULL);
	if (!recipe && size_table(elf, &table, &err) < 0)
		recipe = "recipe.size.pattern"; /* no ELF file: the platform's own tool will know */
	if (recipe && *props_str(r->context->board->props, recipe)) {
		if (context_recipe_argv(r->context, r->overlay, recipe, &argv, &err) < 0)
			run_end(r, BUILD_INFRA, xstrdup(err.text));
		else
			run_command(r, &argv, on_size);
	} else {
		kept_link_keep(r, &table);
		judge(r, &table);
	}
	free(elf);
	buf_release(&table);
	strv_release(&argv);
}

static void after_objcopy(struct run *r)
{
	struct error err = ERROR_INIT;
	if (bootloader_merge(r->context->board, r->overlay, &err) < 0)
		log_debug("%s", err.text);
	if (run_add_recipes(r, "recipe.hooks.postbuild", &err) < 0)
		run_end(r, BUILD_INFRA, xstrdup(err.text));
	else
		run_steps(r, measure);
}

/* ---- the commands ---- */

static int add_combine(struct run *r, struct error *err)
{
	struct strv argv = STRV_INIT;
	int ret =
		context_recipe_argv(r->context, r->overlay, "recipe.c.combine.pattern", &argv, err);
	if (ret == 0)
		run_add_step(r, &argv);
	strv_release(&argv);
	return ret;
}

static int make_steps(struct run *r, struct error *err)
{
	if (run_add_recipes(r, "recipe.hooks.linking.prelink", err) < 0)
		return -1;
	if (firmware_properties(r, err) < 0 || add_combine(r, err) < 0 ||
		run_add_recipes(r, "recipe.hooks.linking.postlink", err) < 0 ||
		run_add_recipes(r, "recipe.hooks.objcopy.preobjcopy", err) < 0 ||
		run_add_recipes(r, "recipe.objcopy", err) < 0 ||
		run_add_recipes(r, "recipe.hooks.objcopy.postobjcopy", err) < 0)
		return -1;
	return 0;
}

static void link_now(struct run *r)
{
	struct error err = ERROR_INIT;
	if (firmware_place_objects(r, &err) == 0)
		run_steps(r, after_objcopy);
	else if (
		!run_retry(
			r)) /* an object was pruned from the cache meanwhile: once more without it */
		run_end(r, BUILD_INFRA, xstrdup(err.text));
}

void run_link(struct run *r)
{
	struct error err = ERROR_INIT;
	run_phase(r);
	r->link_err =
		r->result.err
			.len; /* hooks have had their say by now, and have it again next time */
	r->link_log = r->result.log.len;
	if (r->shared->config.check_only) {
		run_gather(r);
		record_make(r);
		run_end(r, BUILD_OK, NULL);
		return;
	}
	if (make_steps(r, &err) < 0) {
		run_end(r, BUILD_INFRA, xstrdup(err.text));
		return;
	}
	for (size_t i = 0; i < r->n_steps; i++)
		run_show(r, &r->steps[i]);
	firmware_key(r, &r->link_key);
	if (!take_kept(r))
		link_now(r);
}
