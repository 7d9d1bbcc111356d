/* bootloader: reads and writes Intel HEX (record types 00 to 05) for the merge. The image is a list of ranges; where both files
 * have bytes at an address the bootloader's stay, as in the reference. Refuses a file whose own records overlap.
 */
#include "sketch/bootloader.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/xalloc.h"
#include "sketch/board.h"
#include "sketch/props.h"

#define MAX_HEX (64u << 20)
#define HEX_LINE 16

struct segment {
	uint32_t address;
	struct buf data;
};

struct image {
	struct segment *v; /* sorted, not touching */
	size_t n, cap;
};

static void image_release(struct image *m)
{
	for (size_t i = 0; i < m->n; i++)
		buf_release(&m->v[i].data);
	free(m->v);
}

static uint64_t end_of(const struct segment *s)
{
	return (uint64_t)s->address + s->data.len;
}

/* Adds bytes; false when some of that place is taken. */
static bool image_add(struct image *m, uint32_t address, const uint8_t *data, size_t len)
{
	size_t i = 0;
	while (i < m->n && end_of(&m->v[i]) < address)
		i++;
	bool joins = i < m->n && end_of(&m->v[i]) == address;
	size_t next = joins ? i + 1 : i;
	if (next < m->n && m->v[next].address < (uint64_t)address + len)
		return false;
	if (joins) {
		buf_add(&m->v[i].data, data, len);
	} else {
		GROW(m->v, m->n, m->cap);
		memmove(m->v + i + 1, m->v + i, (m->n - i) * sizeof *m->v);
		m->v[i] = (struct segment){.address = address};
		buf_add(&m->v[i].data, data, len);
		m->n++;
	}
	if (i + 1 < m->n && m->v[i + 1].address == end_of(&m->v[i])) {
		buf_add(&m->v[i].data, m->v[i + 1].data.data, m->v[i + 1].data.len);
		buf_release(&m->v[i + 1].data);
		memmove(m->v + i + 1, m->v + i + 2, (m->n - i - 2) * sizeof *m->v);
		m->n--;
	}
	return true;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One record's bytes after the colon; the checksum must come out as zero. The count, or -1. */
static int record_bytes(const char *line, uint8_t out[260])
{
	int n = 0, high, low;
	uint8_t total = 0;
	while (n < 260 && (high = digit(line[2 * n])) >= 0 && (low = digit(line[2 * n + 1])) >= 0) {
		out[n] = (uint8_t)(high << 4 | low);
		total = (uint8_t)(total + out[n++]);
	}
	return n >= 5 && n == out[0] + 5 && total == 0 ? n : -1;
}

static int image_load(struct image *m, const char *path, struct error *err)
{
	struct buf text = BUF_INIT;
	uint32_t base = 0;
	int ret = fs_read(path, MAX_HEX, &text, err), line = 0;
	char *rest = text.data, *s;
	while (ret == 0 && (s = strsep(&rest, "\n"))) {
		uint8_t r[260];
		line++;
		if (*s != ':')
			continue;
		int n = record_bytes(s + 1, r);
		uint32_t offset = n < 0 ? 0 : (uint32_t)r[1] << 8 | r[2];
		if (n < 0)
			ret = error_set(err, "%s:%d: broken Intel HEX record", path, line);
		else if (r[3] == 0 && !image_add(m, base + offset, r + 4, r[0]))
			ret = error_set(err, "%s:%d: Intel HEX records overlap", path, line);
		else if (r[3] == 2 && r[0] == 2)
			base = ((uint32_t)r[4] << 8 | r[5]) << 4;
		else if (r[3] == 4 && r[0] == 2)
			base = ((uint32_t)r[4] << 8 | r[5]) << 16;
		else if (r[3] == 1)
			break;
	}
	buf_release(&text);
	return ret;
}

/* Adds two digits; gives the new checksum. */
static uint8_t put_byte(struct buf *out, uint8_t byte, uint8_t total)
{
	static const char digits[] = "0123456789ABCDEF";
	buf_addch(out, digits[byte >> 4]);
	buf_addch(out, digits[byte & 15]);
	return (uint8_t)(total + byte);
}

static void put_record(
	struct buf *out, uint8_t type, uint16_t offset, const uint8_t *data, size_t len)
{
	uint8_t head[4] = {(uint8_t)len, (uint8_t)(offset >> 8), (uint8_t)offset, type}, total = 0;
	buf_addch(out, ':');
	for (size_t i = 0; i < sizeof head; i++)
		total = put_byte(out, head[i], total);
	for (size_t i = 0; i < len; i++)
		total = put_byte(out, data[i], total);
	put_byte(out, (uint8_t)-total, 0);
	buf_addch(out, '\n');
}

/* Lines begin at multiples of their length; an extended address record wherever the upper half changes. */
static void image_dump(const struct image *m, struct buf *out)
{
	uint32_t upper = 0;
	for (size_t i = 0; i < m->n; i++) {
		const struct segment *s = &m->v[i];
		for (size_t at = 0; at < s->data.len;) {
			uint32_t address = s->address + (uint32_t)at;
			size_t room = HEX_LINE - address % HEX_LINE, left = s->data.len - at;
			size_t len = left < room ? left : room;
			if (address >> 16 != upper) {
				uint8_t high[2] = {
					(uint8_t)(address >> 24), (uint8_t)(address >> 16)};
				upper = address >> 16;
				put_record(out, 4, 0, high, 2);
			}
			put_record(
				out, 0, (uint16_t)address, (const uint8_t *)s->data.data + at, len);
			at += len;
		}
	}
	put_record(out, 1, 0, NULL, 0);
}

/* The .bin from the lowest address on, gaps filled with FF; none when it would be absurdly large. */
static int write_bin(const struct image *m, const char *path, uint64_t max, struct error *err)
{
	if (m->n == 0 || end_of(&m->v[m->n - 1]) - m->v[0].address > max)
		return 0;
	size_t size = (size_t)(end_of(&m->v[m->n - 1]) - m->v[0].address);
	uint8_t *all = xmalloc(size ? size : 1);
	memset(all, 0xff, size);
	for (size_t i = 0; i < m->n; i++)
		memcpy(all + (m->v[i].address - m->v[0].address), m->v[i].data.data,
			m->v[i].data.len);
	int ret = fs_write(path, all, size, err);
	free(all);
	return ret;
}

static int merge(const struct board *b, const char *boot, const char *sketch, const char *out,
	struct error *err)
{
	struct image m = {0}, s = {0};
	struct buf text = BUF_INIT;
	char *hex = xasprintf("%s.hex", out), *bin = xasprintf("%s.bin", out);
	long max = board_number(b, "upload.maximum_size", 0);
	int ret = image_load(&m, boot, err);
	if (ret == 0)
		ret = image_load(&s, sketch, err);
	for (size_t i = 0; ret == 0 && i < s.n; i++)
		image_add(&m, s.v[i].address, (const uint8_t *)s.v[i].data.data, s.v[i].data.len);
	if (ret == 0) {
		image_dump(&m, &text);
		ret = fs_write(hex, text.data, text.len, err);
	}
	if (ret == 0)
		ret = write_bin(&m, bin, max > 0 ? (uint64_t)max * 2 : 16000000, err);
	image_release(&m);
	image_release(&s);
	buf_release(&text);
	free(hex);
	free(bin);
	return ret;
}

char *bootloader_file(const struct board *b)
{
	const char *file = props_get(b->props, "bootloader.noblink");
	if (!file)
		file = props_get(b->props, "bootloader.file");
	if (!file || !*file)
		return NULL;
	char *name = board_expand(b, NULL, file);
	char *path =
		xasprintf("%s/bootloaders/%s", props_str(b->props, "runtime.platform.path"), name);
	size_t n = strlen(path);
	if (n > 4 && !strcmp(path + n - 4, ".bin"))
		memcpy(path + n - 4, ".hex", 4);
	free(name);
	return path;
}

int bootloader_merge(const struct board *b, const struct props *overlay, struct error *err)
{
	char *boot = bootloader_file(b);
	if (!boot)
		return 0;
	char *base = xasprintf("%s/%s", props_str(overlay, "build.path"),
		props_str(overlay, "build.project_name"));
	char *sketch = xasprintf("%s.hex", base), *out = xasprintf("%s.with_bootloader", base);
	int ret = fs_is_file(boot) && fs_is_file(sketch) ? merge(b, boot, sketch, out, err) : 0;
	free(boot);
	free(base);
	free(sketch);
	free(out);
	return ret;
}
