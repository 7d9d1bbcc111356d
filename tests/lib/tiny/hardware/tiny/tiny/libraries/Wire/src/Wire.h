#pragma once
#include <Arduino.h>

struct TwoWire {
	void begin();
};
extern TwoWire Wire;
// tiny: needs Wire
