#pragma once
#ifdef __cplusplus
extern "C"
#endif
int bits_of(int value);
