/* path_clean: one spelling for paths that a compiler prints with ".." in them. */
#ifndef SKETCH_PATH_CLEAN_H
#define SKETCH_PATH_CLEAN_H

/* `path` absolute and without "." and "..", unless that text names another file (a symlink before the ".."): then as it is. */
char *path_clean(const char *path);

#endif
