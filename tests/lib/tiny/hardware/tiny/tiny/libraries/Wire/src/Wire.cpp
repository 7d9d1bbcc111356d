#include "Wire.h"

void TwoWire::begin()
{
}
TwoWire Wire;
// tiny: gives Wire
// tiny: bytes 200
