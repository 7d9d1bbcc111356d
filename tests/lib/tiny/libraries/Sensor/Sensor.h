#ifndef SENSOR_H
#define SENSOR_H

#include <Arduino.h>
#include <Wire.h>

int sensor_read();
// tiny: needs Sensor

#endif
