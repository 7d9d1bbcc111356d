#pragma once
#include <Arduino.h>
#include "detail/Timer.h"

struct Blinker {
	Timer timer;
	void blink(int times);
};
// tiny: needs Blinker
