/* main: from argv to a verb. It knows no verb's business, only the table. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "boss/report/text.h"
#include "cli/say.h"
#include "cli/verb.h"
#include "common/buf.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/log.h"
#include "common/xalloc.h"

#define ENOUGH_DESCRIPTORS 16384

static enum exit_status usage(const char *why)
{
	log_error("%s", why);
	return STATUS_USAGE;
}

/* Configuration first, so that the command line wins; then -C, which does not move --config. */
static int read_settings(
	struct invocation *in, const struct verb *v, const struct given *g, struct error *err)
{
	bool wants_config = options_find("config", 6, v->bit) != NULL;
	if (wants_config &&
		config_load(&in->config, given_value(g, "config"), &in->options, err) < 0)
		return -1;
	if (options_apply(&in->options, g, err) < 0)
		return -1;
	if (in->options.directory && chdir(in->options.directory) < 0)
		return error_errno(err, "cannot work in '%s'", in->options.directory);
	char *cwd = getcwd(NULL, 0);
	if (!cwd)
		return error_errno(err, "cannot tell the current directory");
	in->cwd = cwd;
	log_set_cwd(cwd);
	return 0;
}

static enum exit_status show_help(struct invocation *in, const struct verb *v)
{
	struct buf out = BUF_INIT;
	help_verb(&out, v);
	say(in, &out);
	buf_release(&out);
	return STATUS_OK;
}

static enum exit_status run_verb(const struct verb *v, char *const *argv, char *const *rest)
{
	struct given g = {0};
	struct invocation in = {.args = &g.args, .argv = argv};
	struct error err = ERROR_INIT;
	enum exit_status status;
	options_init(&in.options);
	config_init(&in.config);
	if (options_parse(&g, rest, v->bit, &err) < 0)
		status = usage(err.text);
	else if (given_has(&g, "help"))
		status = show_help(&in, v);
	else if (read_settings(&in, v, &g, &err) < 0)
		status = usage(err.text);
	else
		status = v->run(&in);
	if (in.unsaid && status == STATUS_OK)
		status = STATUS_INCOMPLETE;
	log_set_cwd(NULL);
	free(in.cwd);
	config_release(&in.config);
	options_release(&in.options);
	given_release(&g);
	return status;
}

/* A lab of hundreds of machines, or a firmware of hundreds of objects, needs more descriptors than the usual 1024. */
static void allow_descriptors(void)
{
	struct rlimit l;
	if (getrlimit(RLIMIT_NOFILE, &l) < 0 || l.rlim_cur >= ENOUGH_DESCRIPTORS)
		return;
	l.rlim_cur = l.rlim_max < ENOUGH_DESCRIPTORS ? l.rlim_max : ENOUGH_DESCRIPTORS;
	setrlimit(RLIMIT_NOFILE, &l);
}

int main(int argc, char **argv)
{
	allow_descriptors();
	/* A reader that went away is told by write(2). */
	signal(SIGPIPE, SIG_IGN);
	if (argc < 2) {
		struct buf out = BUF_INIT;
		help_all(&out);
		text_write(STDOUT_FILENO, &out);
		buf_release(&out);
		return STATUS_USAGE;
	}
	const char *word = argv[1];
	if (!strcmp(word, "--help") || !strcmp(word, "-h"))
		return run_verb(&verb_help, argv, argv + argc);
	if (!strcmp(word, "--version"))
		return run_verb(&verb_version, argv, argv + argc);
	if (*word == '-' && !verb_of_option(word))
		return usage("the verb comes first; cure: boardman VERB [OPTION…] [ARG…], see "
			     "'boardman help'");
	const struct verb *v = verb_find(word);
	return v ? run_verb(v, argv, argv + 2) : STATUS_USAGE;
}
