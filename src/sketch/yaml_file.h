/* yaml_file: look-ups in a small YAML file, which may be JSON as well: JSON is YAML written one
 * way. */
#ifndef SKETCH_YAML_FILE_H
#define SKETCH_YAML_FILE_H

#include <stddef.h>
#include <yaml.h>

struct error;

/* Reads the file's first document; refuses more than `max` bytes. An empty file is a document
 * without nodes. Errors name file and line. Release with yaml_document_delete. */
int yaml_file_load(yaml_document_t *doc, const char *path, size_t max, struct error *err);
/* The value under `key` of a mapping; NULL when `node` is NULL, no mapping, or has no such key. */
yaml_node_t *yaml_file_get(yaml_document_t *doc, const yaml_node_t *node, const char *key);
/* Element `i` of a sequence; NULL at its end and for anything else. */
yaml_node_t *yaml_file_item(yaml_document_t *doc, const yaml_node_t *node, size_t i);
/* A scalar's text, borrowed; "" for anything else. */
const char *yaml_file_text(const yaml_node_t *node);

#endif
