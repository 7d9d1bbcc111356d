/* elf: a firmware's sections and symbols, by libelf. */
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/buf.h"
#include "common/error.h"
#include "common/xalloc.h"
#include "sketch/size.h"

struct elf_file {
	int fd;
	Elf *elf;
	size_t names; /* section of section names */
};

static void close_elf(struct elf_file *f)
{
	elf_end(f->elf);
	if (f->fd >= 0)
		close(f->fd);
}

static int open_elf(const char *path, struct elf_file *f, struct error *err)
{
	elf_version(EV_CURRENT);
	f->elf = NULL;
	f->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (f->fd < 0)
		return error_errno(err, "cannot open '%s'", path);
	f->elf = elf_begin(f->fd, ELF_C_READ, NULL);
	if (f->elf && elf_kind(f->elf) == ELF_K_ELF && elf_getshdrstrndx(f->elf, &f->names) == 0)
		return 0;
	close_elf(f);
	return error_set(err, "'%s' is no ELF file", path);
}

int size_table(const char *path, struct buf *out, struct error *err)
{
	struct elf_file f;
	if (open_elf(path, &f, err) < 0)
		return -1;
	Elf_Scn *s = NULL;
	while ((s = elf_nextscn(f.elf, s))) {
		GElf_Shdr h;
		const char *name;
		if (!gelf_getshdr(s, &h) || !(name = elf_strptr(f.elf, f.names, h.sh_name)) ||
			!*name)
			continue;
		if (h.sh_type == SHT_SYMTAB || h.sh_type == SHT_STRTAB || h.sh_type == SHT_REL ||
			h.sh_type == SHT_RELA)
			continue;
		buf_addf(out, "%s   %llu   %llu\n", name, (unsigned long long)h.sh_size,
			(unsigned long long)h.sh_addr);
	}
	close_elf(&f);
	return 0;
}

struct symbol {
	const char *section, *name;
	unsigned long long size;
};

static int by_name(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;
	int d = strcmp(x->name, y->name);
	if (!d)
		d = strcmp(x->section, y->section);
	return d ? d : (x->size > y->size) - (x->size < y->size);
}

static const char *section_name(const struct elf_file *f, size_t index)
{
	GElf_Shdr h;
	Elf_Scn *s = elf_getscn(f->elf, index);
	const char *name =
		s && gelf_getshdr(s, &h) ? elf_strptr(f->elf, f->names, h.sh_name) : NULL;
	return name ? name : "?";
}

static size_t read_symbols(const struct elf_file *f, struct symbol **out)
{
	struct symbol *v = NULL;
	size_t n = 0, cap = 0;
	Elf_Scn *s = NULL;
	while ((s = elf_nextscn(f->elf, s))) {
		GElf_Shdr h;
		if (!gelf_getshdr(s, &h) || h.sh_type != SHT_SYMTAB || !h.sh_entsize)
			continue;
		Elf_Data *data = elf_getdata(s, NULL);
		for (size_t i = 0; data && i < h.sh_size / h.sh_entsize; i++) {
			GElf_Sym y;
			if (!gelf_getsym(data, (int)i, &y) || y.st_size == 0 ||
				y.st_shndx == SHN_UNDEF || y.st_shndx >= SHN_LORESERVE)
				continue;
			int type = GELF_ST_TYPE(y.st_info);
			const char *name = elf_strptr(f->elf, h.sh_link, y.st_name);
			/* Functions in assembly often have a size and no type. */
			if (type == STT_SECTION || type == STT_FILE || !name || !*name ||
				strpbrk(name, "\t\n"))
				continue;
			GROW(v, n, cap);
			v[n++] = (struct symbol){section_name(f, y.st_shndx), name, y.st_size};
		}
	}
	*out = v;
	return n;
}

int size_symbols(const char *path, struct buf *out, struct error *err)
{
	struct elf_file f;
	struct symbol *v;
	if (open_elf(path, &f, err) < 0)
		return -1;
	size_t n = read_symbols(&f, &v);
	if (n)
		qsort(v, n, sizeof *v, by_name);
	for (size_t i = 0; i < n; i++)
		buf_addf(out, "%s\t%llu\t%s\n", v[i].section, v[i].size, v[i].name);
	free(v);
	close_elf(&f);
	return 0;
}
