/* version: which boardman this is. */
#ifndef CLI_VERSION_H
#define CLI_VERSION_H

/* "0.1.0" */
const char *boardman_version(void);

#endif
