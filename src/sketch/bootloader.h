/* bootloader: X.ino.with_bootloader.hex and .bin, as arduino-cli exports them for boards that name a bootloader file. */
#ifndef SKETCH_BOOTLOADER_H
#define SKETCH_BOOTLOADER_H

struct board;
struct error;
struct props;

/* The board's bootloader as Intel HEX (bootloader.noblink, else bootloader.file); NULL when it names none. It need not be there.
 * New string. */
char *bootloader_file(const struct board *b);
/* Merges build.path/X.ino.hex with the board's bootloader, when it is there; else does nothing. -1 when a file is no Intel HEX. */
int bootloader_merge(const struct board *b, const struct props *overlay, struct error *err);

#endif
