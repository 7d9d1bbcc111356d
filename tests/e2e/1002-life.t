#!/bin/bash
# The firmware runs: simavr executes what boardman made, and the sketches print what they should.
# shellcheck source-path=SCRIPTDIR/../lib
. "${srcdir:?}/tests/lib/e2e.sh"
. "$srcdir/tests/lib/avr.sh"
need_simavr

# A sketch whose text is on stdin, and finish.h: simavr ends when the processor sleeps for good.
living() { # NAME
  mkdir -p "$1"
  cat >"$1/$1.ino"
  cat >"$1/finish.h" <<'END'
#include <avr/sleep.h>
static inline void finish() {
  Serial.flush();
  cli();
  set_sleep_mode(SLEEP_MODE_PWR_DOWN);
  sleep_enable();
  sleep_cpu();
}
END
}

prints() { # NAME WANT SKETCH [OPTION…]
  local name=$1 want=$2 sketch=$3
  shift 3
  build arduino:avr:uno "$@" "$sketch"
  if [ "$status" != 0 ]; then
    result 1 "$name" || show_run
    return 0
  fi
  simulate atmega328p "$(firmware "$results/firmware" hex)"
  is "$status $out" "0 $want" "$name"
}

living Hello <<'END'
#include "finish.h"
void setup() {
  Serial.begin(9600);
  Serial.println("hello");
  unsigned long t = millis();
  delay(20);
  Serial.println(millis() - t > 10 ? "time goes by" : "time stands still");
  for (int i = 0; i < 3; i++) {
    Serial.print(F_CPU / 1000000);
    Serial.print(" MHz ");
    Serial.println(1.5 * i);
  }
  Serial.println(String("done: ") + String(0xbeefL, HEX));
  finish();
}
void loop() { }
END
want='hello
time goes by
16 MHz 0.00
16 MHz 1.50
16 MHz 3.00
done: beef'
for pair in arduino:avr:uno/atmega328p arduino:avr:mega/atmega2560; do
  board=${pair%/*}
  build "$board" -k Hello
  ok_status 0 "$board: builds"
  for ext in hex elf; do
    simulate "${pair#*/}" "$(firmware "$results/firmware" "$ext")"
    is "$status $out" "0 $want" "$board: its .$ext prints"
  done
done

living Prototypes <<'END'
#include "finish.h"
struct point { int x, y; };
void setup() {
  Serial.begin(9600);
  point p = {3, 4};
  say("square", norm(p));
  say("again", twice(&square, 3));
  finish();
}
void loop() { }
void say(const char *what, long n) {
  Serial.print(what);
  Serial.print(' ');
  Serial.println(n);
}
int norm(const point &p) { return square(p.x) + square(p.y); }
int twice(int (*f)(int), int n) { return f(f(n)); }
int square(int n) { return n * n; }
END
prints 'functions used before their definition' $'square 25\nagain 81' Prototypes

living Eeprom <<'END'
#include <EEPROM.h>
#include "finish.h"
struct record { long a; char text[8]; };
void setup() {
  Serial.begin(9600);
  Serial.println(EEPROM.length());
  for (int i = 0; i < 5; i++)
    EEPROM.write(i, i * i);
  EEPROM.put(100, record{123456789, "kept"});
  int sum = 0;
  for (int i = 0; i < 5; i++)
    sum += EEPROM.read(i);
  record r;
  EEPROM.get(100, r);
  Serial.println(sum);
  Serial.print(r.a);
  Serial.println(r.text);
  finish();
}
void loop() { }
END
prints 'a library of the core: EEPROM, written and read back' $'1024\n30\n123456789kept' Eeprom

living Flash <<'END'
#include "finish.h"
const char words[] PROGMEM = "words in flash";
const uint16_t table[] PROGMEM = {1, 20, 300, 4000};
const char one[] PROGMEM = "one";
const char two[] PROGMEM = "two";
const char *const list[] PROGMEM = {one, two};
void setup() {
  Serial.begin(9600);
  Serial.println(F("a string in flash"));
  char copy[sizeof words];
  strcpy_P(copy, words);
  Serial.println(copy);
  unsigned sum = 0;
  for (unsigned i = 0; i < 4; i++)
    sum += pgm_read_word(&table[i]);
  Serial.println(sum);
  Serial.println((const __FlashStringHelper *)pgm_read_word(&list[1]));
  finish();
}
void loop() { }
END
prints 'strings and tables in flash' $'a string in flash\nwords in flash\n4321\ntwo' Flash

# Nothing in the sketch names what these do: only objects that are linked as they are bring them in.
library_properties libraries/Ticker Ticker
mkdir -p libraries/Ticker/src
cat >libraries/Ticker/src/Ticker.h <<'END'
extern volatile unsigned ticks;
extern int made;
END
cat >libraries/Ticker/src/state.cpp <<'END'
#include "Ticker.h"
volatile unsigned ticks;
int made;
END
cat >libraries/Ticker/src/Ticker.cpp <<'END'
#include <Arduino.h>
#include "Ticker.h"
ISR(TIMER1_OVF_vect) { ticks++; }
static struct starter {
  starter() {
    made = 7;
    TCCR1A = 0;
    TCCR1B = 1;
    TIMSK1 = 1;
  }
} starter;
END
living Ticks <<'END'
#include <Ticker.h>
#include "finish.h"
void setup() {
  Serial.begin(9600);
  TCCR1A = 0;
  TCCR1B = 1;
  delay(30);
  Serial.println(made);
  Serial.println(ticks >= 5 ? "ticks" : "is silent");
  finish();
}
void loop() { }
END
prints "a library's interrupt handler and constructor" $'7\nticks' Ticks --libraries libraries

done_testing
