#include <Sensor.h>

int last;

void setup()
{
	Wire.begin();
}

void loop()
{
	last = sensor_read();
	report(last);
}

void report(int value)
{
	digitalWrite(LED_BUILTIN, value);
}
