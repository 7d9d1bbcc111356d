/* source: a sketch on disk, and the .ino.cpp made of it.
 *
 * Merging and prototypes give what arduino-cli gives: main file first, the other .ino/.pde sorted,
 * #line marks with absolute paths, Arduino.h in front unless the main file includes it, prototypes
 * before the first function that needs them.
 */
#ifndef SKETCH_SOURCE_H
#define SKETCH_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include "common/buf.h"
#include "common/strv.h"

struct digest;
struct error;
struct strmap;

struct sketch {
	char *name; /* Blink */
	char *dir; /* absolute */
	char *main_file; /* absolute, Blink.ino or Blink.pde */
	struct strv ino; /* absolute, in merge order, main first */
	/* Relative to dir, to be compiled beside the merged one: root, then src/ (queue order). */
	struct strv sources;
	/* Relative: headers and the like, .c and .cpp elsewhere included, that are copied to the
	 * build directory but not compiled, as arduino-cli does. */
	struct strv others;
	/* Relative ("" is the root): every directory that was listed to know the above. */
	struct strv dirs;
};

/* Loads the sketch at `path`: its directory, or its main file. Errors: no such file; "has Bar.ino
 * but no Foo.ino: not a sketch"; a directory without .ino; a name that is not UTF-8; an unreadable
 * file. */
int sketch_load(struct sketch *s, const char *path, struct error *err);
void sketch_release(struct sketch *s);

/* sketch.yaml's part that matters. Members NULL/empty when absent. */
struct sketch_yaml {
	char *default_fqbn;
	char *profile; /* default_profile's name */
	char *profile_fqbn;
	struct strv platform_pins; /* "arduino:avr 1.8.4"; "arduino:avr" for any version */
	struct strv library_pins; /* "FastLED 3.9.0", likewise */
	struct strv library_dirs; /* absolute, from dir: */
};
/* Reads DIR/sketch.yaml or .yml; absent gives empty. Errors name file and line. Limits: 1 MiB,
 * depth 16. */
int sketch_yaml_load(struct sketch_yaml *y, const char *dir, struct error *err);
int sketch_yaml_parse(struct sketch_yaml *y, const char *text, size_t len, const char *dir,
	const char *name, struct error *err);
void sketch_yaml_release(struct sketch_yaml *y);

/* Finds the sketches beneath `path` (a sketch itself, its .ino, or a directory to search), pushes
 * absolute directories, sorted; a symlink keeps its own name. Not searched: dot directories, build,
 * node_modules, a sketch's own src and data, directories with a CACHEDIR.TAG. Directories that
 * nearly are sketches give lines in `warnings` (may be NULL). Keys of `bare` (may be NULL) become those
 * found where nothing but the sketch was seen to say how it is built: no sketch.yaml, sketch.yml or
 * library.properties. */
int sketch_find(const char *path, struct strv *out, struct strmap *bare, struct strv *warnings,
	struct error *err);

/* The merged text before prototypes. Its lines end with a bare newline, whatever the files have. */
struct merged {
	struct buf text;
	int first_line; /* line of the text, 1-based, where the main file's first line stands */
};
int source_merge(const struct sketch *s, struct merged *out, struct error *err);
void merged_release(struct merged *m);

/* False when it is certain that no prototype would change the meaning: no function's name is
 * mentioned before its definition. `text` is merged text. Only headers are not looked into: where
 * one has a macro that calls a function of the sketch by name, a compilation without prototypes
 * fails, and has to be tried with them before it counts. */
bool source_needs_prototypes(const char *text, size_t len);
/* Digest of what decides the prototypes: the text with function bodies taken out where that is
 * safe, else all of it. Line numbers count. */
void source_skeleton(const char *text, size_t len, struct digest *out);

/* Keeps of a preprocessor's output (-E -CC) the lines that come from the sketch's own files and
 * their line markers, nothing of the rest, as the reference feeds ctags. */
void prototypes_filter(
	const char *preprocessed, size_t len, const struct sketch *s, struct buf *out);
/* A parsed ctags run: the lines to insert and where. */
struct prototypes {
	/* '#line N "file"' and 'void f();' in turn, ending with the '#line' that resumes. */
	struct strv lines;
	int line; /* insert before this line of the merged text; 0: nothing to insert */
};
/* `ctags_output` of arduino-ctags -u --language-force=c++ -f - --c++-kinds=svpf --fields=KSTtzns
 * --line-directives. */
int prototypes_parse(const char *ctags_output, size_t len, const struct sketch *s,
	const struct merged *m, struct prototypes *out, struct error *err);
/* Writes the final .ino.cpp. */
void prototypes_insert(const struct merged *m, const struct prototypes *p, struct buf *out);
void prototypes_release(struct prototypes *p);

/* Text of another file of the sketch as it is put in the build directory: '#line 1 "orig"' in front
 * (arduino-cli), or as it is (arduino-builder 1.3.25). */
int source_copy_text(const char *path, bool builder_compat, struct buf *out, struct error *err);

/* The text with comments blanked where no compiler output can depend on them: same tokens, lines
 * and columns. Comments that matter (fall-through marks, nested comment openers, line splices,
 * bytes beyond ASCII) stay, as do directives that hold header names; so equal normal forms compile
 * to equal objects when the compiler had nothing to say. */
void source_normal_form(const char *text, size_t len, struct buf *out);

#endif
