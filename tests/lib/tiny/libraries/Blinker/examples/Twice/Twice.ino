#include <Blinker.h>

Blinker blinker;

void setup()
{
}

void loop()
{
	blinker.blink(2);
}
