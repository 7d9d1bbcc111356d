#pragma once

#define HIGH 1
#define LOW 0
#define OUTPUT 1
#define INPUT 0

void pinMode(uint8_t pin, uint8_t mode);
void digitalWrite(uint8_t pin, uint8_t value);
void delay(unsigned long ms);
