#include "bits.h"

int bits_of(int value)
{
	return value & 1;
}
// tiny: gives bits
