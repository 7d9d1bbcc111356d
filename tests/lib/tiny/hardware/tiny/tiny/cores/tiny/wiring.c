#include "Arduino.h"

void pinMode(uint8_t pin, uint8_t mode)
{
}

void digitalWrite(uint8_t pin, uint8_t value)
{
}

void delay(unsigned long ms)
{
}
// tiny: gives core
