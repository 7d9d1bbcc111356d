#include <Arduino.h>

int main()
{
	setup();
	for (;;)
		loop();
}
// tiny: needs core
// tiny: needs start
