/* source_links: the symlinks that a worker needs so that a name resolves there as it does here. */
#ifndef CLI_SOURCE_LINKS_H
#define CLI_SOURCE_LINKS_H

struct sources;

/* The path without symlinks; of what does not exist yet as far as it does. New string. */
char *source_real(const char *path);
/* Adds what `named` (absolute) needs. The roots and empty directories are known by now. */
void source_links_add(struct sources *s, const char *named);
void source_links_sort(struct sources *s);

#endif
