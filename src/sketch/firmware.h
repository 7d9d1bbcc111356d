/* firmware: what a link takes and what it leaves: its key, its inputs beside objects, and the files that are the result. */
#ifndef SKETCH_FIRMWARE_H
#define SKETCH_FIRMWARE_H

#include "common/strv.h"

struct bundle;
struct digest;
struct error;
struct run;
struct strv;

/* Properties of the link step: object_files, archive_file, compiler.libraries.ldflags of precompiled libraries. */
int firmware_properties(struct run *r, struct error *err);
/* Objects in link order into their places below build.path. */
int firmware_place_objects(struct run *r, struct error *err);
/* Digest of all that decides the link's result; notes other files it may read in r->link_inputs. */
void firmware_key(struct run *r, struct digest *out);
/* Names (X.ino.hex …) of the result's files in build.path, sorted: all that begin with the project's name and a dot
 * or an underline; .elf, .map and .lst only when they are kept. */
int firmware_files(const struct run *r, struct strv *names, struct error *err);
/* Puts the files of a kept result into build.path. */
int firmware_unpack(const struct run *r, const struct bundle *b, struct error *err);

#endif
