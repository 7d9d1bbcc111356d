#include "Timer.h"
#include <Arduino.h>

void Timer::wait()
{
	delay(1);
}
// tiny: gives Timer
// tiny: data 4
