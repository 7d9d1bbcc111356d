/* record: see record.h. Parsing believes nothing: other schemas, missing members and names that would lead
 * out of the directory make the whole record none.
 */
#include "boss/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/json.h"
#include "common/xalloc.h"

#define SCHEMA "boardman-done/1"
#define MAX_RECORD (8u << 20)
#define MAX_FILES 65536

void record_release(struct record *r)
{
	free(r->key);
	free(r->host);
	free(r->boot);
	free(r->commit);
	free(r->board);
	free(r->sketch);
	free(r->sketch_dir);
	free(r->reason);
	strv_release(&r->units);
	strv_release(&r->libraries);
	for (size_t i = 0; i < r->n_files; i++)
		free(r->files[i].name);
	free(r->files);
	*r = (struct record){0};
}

const char *boot_id(char buf[64])
{
	struct buf text = BUF_INIT;
	buf[0] = '\0';
	if (fs_read("/proc/sys/kernel/random/boot_id", 0, &text, NULL) == 0)
		snprintf(buf, 64, "%.*s", (int)strcspn(buf_str(&text), "\n"), buf_str(&text));
	buf_release(&text);
	return buf;
}

/* ---- printing ---- */

static struct json *sizes_json(const struct sizes *s)
{
	struct json *o = json_object();
	json_add_int(o, "flash", s->flash);
	json_add_int(o, "flash_max", s->flash_max);
	json_add_int(o, "ram", s->ram);
	json_add_int(o, "ram_max", s->ram_max);
	return o;
}

static struct json *times_json(const struct times *t)
{
	struct json *o = json_object();
	json_add_num(o, "total", t->total);
	json_add_num(o, "compile", t->compile);
	json_add_num(o, "link", t->link);
	json_add_num(o, "wait", t->wait);
	json_add_num(o, "cpu", t->cpu);
	return o;
}

static struct json *files_json(const struct record *r)
{
	struct json *a = json_array();
	for (size_t i = 0; i < r->n_files; i++) {
		struct json *f = json_object();
		json_add_str(f, "name", r->files[i].name);
		json_add_int(f, "size", (int64_t)r->files[i].size);
		json_add_str(f, "sha256", r->files[i].sha256);
		json_append(a, f);
	}
	return a;
}

void record_print(const struct record *r, struct buf *out)
{
	struct json *o = json_object();
	json_add_str(o, "schema", SCHEMA);
	json_add_str(o, "verdict", verdict_name(r->verdict));
	json_add_str(o, "key", r->key);
	json_add_int(o, "engine", r->engine);
	json_add_str(o, "host", r->host);
	json_add_str(o, "boot", r->boot);
	json_add_str(o, "commit", r->commit);
	json_add_str(o, "board", r->board);
	json_add_str(o, "sketch", r->sketch);
	json_add_str(o, "sketch_dir", r->sketch_dir);
	json_add_str(o, "reason", r->reason);
	json_add_int(o, "return_code", r->return_code);
	json_add_int(o, "warnings", r->warnings);
	json_add(o, "sizes", sizes_json(&r->sizes));
	json_add(o, "times", times_json(&r->times));
	json_add_int(o, "ended", r->ended);
	json_add_strv(o, "libraries", &r->libraries);
	json_add_strv(o, "units", &r->units);
	json_add(o, "artifacts", files_json(r));
	if (*r->deps_sha256)
		json_add_str(o, "deps_sha256", r->deps_sha256);
	json_print(o, out);
	buf_addch(out, '\n');
	json_free(o);
}

/* ---- parsing ---- */

static bool take_digest(char to[DIGEST_HEX_LEN + 1], const char *text)
{
	struct digest d;
	if (strlen(text) != DIGEST_HEX_LEN || !digest_parse(&d, text))
		return false;
	memcpy(to, text, DIGEST_HEX_LEN + 1);
	return true;
}

static void take_strings(struct strv *to, const struct json *array)
{
	for (const struct json *v = array ? json_child(array) : NULL; v; v = json_next(v))
		strv_push(to, json_string(v, ""));
}

static bool take_file(struct record *r, const struct json *v)
{
	const char *name = json_str(v, "name", "");
	int64_t size = json_int(v, "size", -1);
	if (!artifact_name_ok(name) || size < 0)
		return false;
	struct record_file *f = &r->files[r->n_files++];
	*f = (struct record_file){.name = xstrdup(name), .size = (uint64_t)size};
	return take_digest(f->sha256, json_str(v, "sha256", ""));
}

static bool take_files(struct record *r, const struct json *array)
{
	size_t n = json_count(array);
	if (n > MAX_FILES)
		return false;
	r->files = xcalloc(n + 1, sizeof *r->files);
	for (const struct json *v = json_child(array); v; v = json_next(v))
		if (!take_file(r, v))
			return false;
	return true;
}

static void take_numbers(struct record *r, const struct json *o)
{
	const struct json *s = json_get(o, "sizes"), *t = json_get(o, "times");
	r->sizes = (struct sizes){
		.flash = json_int(s, "flash", -1),
		.flash_max = json_int(s, "flash_max", -1),
		.ram = json_int(s, "ram", -1),
		.ram_max = json_int(s, "ram_max", -1),
	};
	r->times = (struct times){
		.total = json_num(t, "total", 0),
		.compile = json_num(t, "compile", 0),
		.link = json_num(t, "link", 0),
		.wait = json_num(t, "wait", 0),
		.cpu = json_num(t, "cpu", 0),
	};
	r->engine = (int)json_int(o, "engine", 0);
	r->return_code = (int)json_int(o, "return_code", 0);
	r->warnings = (int)json_int(o, "warnings", 0);
	r->ended = json_int(o, "ended", 0);
}

static bool take(struct record *r, const struct json *o)
{
	const char *deps = json_str(o, "deps_sha256", "");
	r->verdict = verdict_parse(json_str(o, "verdict", NULL));
	r->key = xstrdup(json_str(o, "key", NULL));
	r->host = xstrdup(json_str(o, "host", ""));
	r->boot = xstrdup(json_str(o, "boot", ""));
	r->commit = xstrdup(json_str(o, "commit", NULL));
	r->board = xstrdup(json_str(o, "board", NULL));
	r->sketch = xstrdup(json_str(o, "sketch", NULL));
	r->sketch_dir = xstrdup(json_str(o, "sketch_dir", NULL));
	r->reason = xstrdup(json_str(o, "reason", NULL));
	take_numbers(r, o);
	take_strings(&r->libraries, json_get(o, "libraries"));
	take_strings(&r->units, json_get(o, "units"));
	return !strcmp(json_str(o, "schema", ""), SCHEMA) && r->verdict != VERDICT_NONE &&
	       r->commit && r->board && r->sketch && r->sketch_dir &&
	       (!*deps || take_digest(r->deps_sha256, deps)) &&
	       take_files(r, json_get(o, "artifacts"));
}

int record_parse(struct record *r, const char *text, size_t len, struct error *err)
{
	struct record new = {0};
	struct json *o = json_parse(text, len, err);
	if (!o)
		return -1;
	bool good = json_is_object(o) && take(&new, o);
	json_free(o);
	if (!good) {
		record_release(&new);
		return error_set(err, "not a result of this version");
	}
	*r = new;
	return 0;
}

int record_read(struct record *r, const char *dir, struct error *err)
{
	struct buf text = BUF_INIT;
	char *path = path_join(dir, "done");
	int ret = fs_read(path, MAX_RECORD, &text, err);
	if (ret == 0 && (ret = record_parse(r, buf_str(&text), text.len, err)) < 0)
		error_prefix(err, "'%s'", path);
	buf_release(&text);
	free(path);
	return ret;
}
