#pragma once
#define LED_BUILTIN 5
#define HAS_PORT_B 1
