/* parcel: see parcel.h. The loader tells which libraries we run with (dl_iterate_phdr(3)); glibc's own stay behind, since they must fit the
 * machine's kernel and loader, and what version of them the rest needs is written in each file's version needs (SHT_GNU_verneed).
 */
#include "boss/parcel.h"

#include <fcntl.h>
#include <gelf.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "common/error.h"
#include "common/fs.h"
#include "common/strv.h"
#include "common/xalloc.h"

#define GLIBC_PREFIX "GLIBC_"

/* Parts of glibc, by the beginning of their names. */
static const char *const glibc_names[] = {"ld-linux", "ld64.so", "libanl.so", "libc.so", "libdl.so",
	"libm.so", "libmvec.so", "libnsl.so", "libnss_", "libpthread.so", "libresolv.so",
	"librt.so", "libutil.so", "linux-vdso", "linux-gate"};

static bool is_glibc(const char *base)
{
	for (size_t i = 0; i < ARRAY_LEN(glibc_names); i++)
		if (!strncmp(base, glibc_names[i], strlen(glibc_names[i])))
			return true;
	return false;
}

/* ---- what we run with ---- */

static int on_object(struct dl_phdr_info *info, size_t size, void *ctx)
{
	struct strv *libs = ctx;
	(void)size;
	if (info->dlpi_name && *info->dlpi_name == '/' && !is_glibc(path_base(info->dlpi_name)))
		strv_push_unique(libs, info->dlpi_name);
	return 0;
}

static char *own_path(struct error *err)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
	if (n < 0) {
		error_errno(err, "cannot tell where boardman is");
		return NULL;
	}
	path[n] = '\0';
	return xstrdup(path);
}

/* ---- what the files need ---- */

/* Raises `max` ("2.34") to the version of glibc that is named, "GLIBC_2.36". */
static void raise_version(char **max, const char *name)
{
	if (strncmp(name, GLIBC_PREFIX, strlen(GLIBC_PREFIX)) != 0)
		return;
	name += strlen(GLIBC_PREFIX);
	if (*name < '0' || *name > '9' || (*max && strverscmp(name, *max) <= 0))
		return;
	free(*max);
	*max = xstrdup(name);
}

static void read_needs(Elf *elf, Elf_Scn *section, char **max)
{
	GElf_Shdr head;
	Elf_Data *data = elf_getdata(section, NULL);
	if (!data || !gelf_getshdr(section, &head))
		return;
	GElf_Verneed need;
	for (int at = 0; gelf_getverneed(data, at, &need); at += (int)need.vn_next) {
		GElf_Vernaux aux;
		int to = at + (int)need.vn_aux;
		for (int i = 0; i < need.vn_cnt && gelf_getvernaux(data, to, &aux); i++) {
			const char *name = elf_strptr(elf, head.sh_link, aux.vna_name);
			if (name)
				raise_version(max, name);
			to += (int)aux.vna_next;
		}
		if (!need.vn_next)
			break;
	}
}

static char *interpreter(Elf *elf)
{
	size_t n, len;
	GElf_Phdr head;
	if (elf_getphdrnum(elf, &n) < 0)
		return NULL;
	char *file = elf_rawfile(elf, &len);
	for (size_t i = 0; i < n; i++)
		if (gelf_getphdr(elf, (int)i, &head) && head.p_type == PT_INTERP && file &&
			head.p_offset + head.p_filesz <= len)
			return xstrndup(file + head.p_offset, head.p_filesz);
	return NULL;
}

/* `loader` may be NULL. */
static int read_elf(const char *path, char **max, char **loader, struct error *err)
{
	GElf_Shdr head;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf *elf = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ_MMAP, NULL);
	int ret = elf ? 0 : error_errno(err, "cannot read '%s'", path);
	for (Elf_Scn *s = NULL; elf && (s = elf_nextscn(elf, s));)
		if (gelf_getshdr(s, &head) && head.sh_type == SHT_GNU_verneed)
			read_needs(elf, s, max);
	if (elf && loader && !(*loader = interpreter(elf)))
		ret = error_set(err, "'%s' has no dynamic loader", path);
	elf_end(elf);
	if (fd >= 0)
		close(fd);
	return ret;
}

/* ---- the parcel ---- */

static void add(
	struct strv *names, struct strv *paths, const char *dir, const char *path, const char *name)
{
	strv_pushf(names, "%s/%s", dir, name);
	strv_push(paths, path);
}

static int add_program(struct parcel *b, struct strv *names, struct strv *paths, struct error *err)
{
	char *own = own_path(err);
	struct strv libs = STRV_INIT;
	int ret = own ? read_elf(own, &b->glibc, &b->loader, err) : -1;
	dl_iterate_phdr(on_object, &libs);
	for (size_t i = 0; ret == 0 && i < libs.n; i++) {
		if (!strcmp(libs.v[i], own))
			continue;
		ret = read_elf(libs.v[i], &b->glibc, NULL, err);
		add(names, paths, "lib", libs.v[i], path_base(libs.v[i]));
	}
	if (ret == 0)
		add(names, paths, "bin", own, "boardman");
	strv_release(&libs);
	free(own);
	return ret;
}

int parcel_make(
	struct parcel *b, const char *repo, const char *fixes, const char *ctags, struct error *err)
{
	struct strv names = STRV_INIT, paths = STRV_INIT;
	struct utsname u;
	*b = (struct parcel){0};
	elf_version(EV_CURRENT);
	int ret = add_program(b, &names, &paths, err);
	if (fixes)
		add(&names, &paths, "share", fixes, "platform-fixes.ini");
	if (ctags)
		add(&names, &paths, "bin", ctags, "arduino-ctags");
	if (ret == 0 && uname(&u) < 0)
		ret = error_errno(err, "cannot tell the architecture");
	if (ret == 0)
		ret = snapshot_files(&b->files, repo, &names, &paths, err);
	if (ret == 0) {
		b->commit = b->files.commit;
		b->id = b->files.tree;
		b->arch = xstrdup(u.machine);
		if (!b->glibc)
			b->glibc = xstrdup("2");
	} else {
		parcel_release(b);
	}
	strv_release(&names);
	strv_release(&paths);
	return ret;
}

void parcel_release(struct parcel *b)
{
	snapshot_release(&b->files);
	free(b->loader);
	free(b->glibc);
	free(b->arch);
	*b = (struct parcel){0};
}
