#pragma once
typedef unsigned char uint8_t;
typedef unsigned short uint16_t;
