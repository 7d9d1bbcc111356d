#pragma once
#include <stdint.h>
void *memset(void *s, int c, unsigned n);
