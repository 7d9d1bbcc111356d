#include "Sensor.h"
#include "bits.h"

int sensor_read()
{
	return bits_of(7);
}
// tiny: gives Sensor
// tiny: needs bits
