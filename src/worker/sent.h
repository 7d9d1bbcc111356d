/* sent: the boardmen that bosses have sent to this machine: a directory each, beside each other, named by their content.
 */
#ifndef WORKER_SENT_H
#define WORKER_SENT_H

/* Notes that the one in `dir` is used today, and removes those beside it that nobody has used for two weeks, half-unpacked ones too. */
void sent_use(const char *dir);

#endif
