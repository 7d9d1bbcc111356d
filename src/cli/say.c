/* say: see say.h. */
#include "cli/say.h"

#include <string.h>
#include <unistd.h>
#include "boss/report/text.h"
#include "cli/verb.h"
#include "common/log.h"

void say_failed(struct invocation *in, int reason)
{
	if (!reason || in->unsaid)
		return;
	in->unsaid = true;
	log_error("cannot write the output: %s", strerror(reason));
}

void say_to(struct invocation *in, int fd, const struct buf *text)
{
	say_failed(in, text_write(fd, text));
}

void say(struct invocation *in, const struct buf *text)
{
	say_to(in, STDOUT_FILENO, text);
}
