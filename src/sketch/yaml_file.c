/* yaml_file: libyaml's documents, with the few questions we ask of them. Look-ups go down by
 * name only, so that aliases, which can make a document endless, cost nothing.
 */
#include "sketch/yaml_file.h"

#include <string.h>

#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"

int yaml_file_load(yaml_document_t *doc, const char *path, size_t max, struct error *err)
{
	struct buf text = BUF_INIT;
	yaml_parser_t parser;
	int rc = -1;

	if (fs_read(path, max, &text, err) < 0)
		goto out;
	if (!yaml_parser_initialize(&parser)) {
		error_set(err, "cannot read '%s': no memory", path);
		goto out;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)buf_str(&text), text.len);
	rc = yaml_parser_load(&parser, doc) ? 0 : -1;
	if (rc < 0)
		error_set(err, "%s:%zu: %s", path, parser.problem_mark.line + 1,
			parser.problem ? parser.problem : "not YAML");
	yaml_parser_delete(&parser);
out:
	buf_release(&text);
	return rc;
}

yaml_node_t *yaml_file_get(yaml_document_t *doc, const yaml_node_t *node, const char *key)
{
	if (!node || node->type != YAML_MAPPING_NODE)
		return NULL;
	for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top;
		p++) {
		if (strcmp(yaml_file_text(yaml_document_get_node(doc, p->key)), key) == 0)
			return yaml_document_get_node(doc, p->value);
	}
	return NULL;
}

yaml_node_t *yaml_file_item(yaml_document_t *doc, const yaml_node_t *node, size_t i)
{
	if (!node || node->type != YAML_SEQUENCE_NODE)
		return NULL;
	if (i >= (size_t)(node->data.sequence.items.top - node->data.sequence.items.start))
		return NULL;
	return yaml_document_get_node(doc, node->data.sequence.items.start[i]);
}

const char *yaml_file_text(const yaml_node_t *node)
{
	return node && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : "";
}
