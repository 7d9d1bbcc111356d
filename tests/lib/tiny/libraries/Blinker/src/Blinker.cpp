#include "Blinker.h"

void Blinker::blink(int times)
{
	while (times-- > 0)
		timer.wait();
}
// tiny: gives Blinker
// tiny: needs Timer
// tiny: bytes 300
