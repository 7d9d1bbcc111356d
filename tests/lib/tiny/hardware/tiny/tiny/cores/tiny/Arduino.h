#ifndef Arduino_h
#define Arduino_h

#include <stdint.h>
#include "wiring.h"
#include "pins_arduino.h"

void setup(void);
void loop(void);

#endif
