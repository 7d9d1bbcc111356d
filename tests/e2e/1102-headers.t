#!/bin/bash
# What is rebuilt is what read the change, by content and by which file a name leads to: never by times, never more.
# shellcheck source-path=SCRIPTDIR/../lib
. "${srcdir:?}/tests/lib/e2e.sh"
. "$srcdir/tests/lib/caches.sh"

mksketch s User '#include <Sensor.h>
#include <Blinker.h>
#include "own.h"
void setup() {}
void loop() {}'
put s/User/own.h 'int own;'
put s/User/more.cpp '#include "own.h"
int more;'
put s/User/less.cpp 'int less;'
mksketch s Plain
all='Blinker.cpp, Plain.ino.cpp, Sensor.cpp, Timer.cpp, User.ino.cpp, Wire.cpp, main.cpp, wiring.c'

again() { # ARG…: the usual build, which is right
  compile -b one "$@" s
  is_right "$changed: right" -b one "$@" s
}
change() { # WHAT SED FILE WANT: an edit leads to these compiles
  changed=$1
  edit "$3" "$2"
  again
  is "$(started compile)" "$4" "$changed"
}

compile -b one s
changed='the first build'
again

# --- exactly what read it ---
change 'a header of the sketch' 's/own/ours/' s/User/own.h 'User.ino.cpp, more.cpp'
change "a library's header" 's/times/n/' "$libraries/Blinker/src/Blinker.h" 'Blinker.cpp, User.ino.cpp'
change "a header in a library's directory" 's/wait();/wait(); int n;/' "$libraries/Blinker/src/detail/Timer.h" \
  'Blinker.cpp, Timer.cpp, User.ino.cpp'
change "a header of a library's utility directory" 's/int value/int v/' "$libraries/Sensor/utility/bits.h" 'Sensor.cpp, bits.c'
change 'a header that a library takes from another' 's/begin();/begin(); int n;/' \
  "$TINY/hardware/tiny/tiny/libraries/Wire/src/Wire.h" 'Sensor.cpp, User.ino.cpp, Wire.cpp'
change "a core's header" 's/HIGH 1/HIGH 2/' "$core/wiring.h" "$all"
change "a variant's header" 's/13/12/' "$TINY/hardware/tiny/tiny/variants/std/pins_arduino.h" "$all"
change "the compiler's header" 's/unsigned char/signed char/' "$TINY/hardware/tiny/tiny/tools/tiny/include/stdint.h" "$all"
change 'one that nobody reads' 's/int/long/' "$TINY/hardware/tiny/tiny/tools/tiny/include/string.h" ''
starts none '… starts nothing at all'
change "a library's source" 's/value & 1/value \& 3/' "$libraries/Sensor/utility/bits.c" 'bits.c'
starts "compile bits.c, $(link_steps User)" '… links those that use it'

# --- content, not time ---
touch s/User/own.h "$core/wiring.h" "$libraries/Blinker/src/Blinker.cpp" s/Plain/Plain.ino
compile -b one s
starts none 'fault 18: a newer time alone starts nothing'
find s "$TINY/hardware" "$libraries" -type f -exec touch -d '1 day' {} +
compile -b one s
starts none '… nor one of tomorrow'
find s "$TINY/hardware" "$libraries" -type f -exec touch -d '-1 day' {} +
compile -b one s
starts none '… nor one of yesterday'

edits=0
same_size() { # NAME TIME: an edit that keeps the size, and gets this time, is seen
  changed=$1
  edits=$((edits + 1))
  put s/User/own.h "int a$edits;"
  touch -d "$2" s/User/own.h
  compile -b one s
  put s/User/own.h "int b$edits;"
  touch -d "$2" s/User/own.h
  again
  is "$(started compile)" 'User.ino.cpp, more.cpp' "$changed"
}
same_size 'fault 18: an edit of the same size' 'now'
same_size '… at a time of yesterday' '2001-02-03 04:05:06'
same_size '… at a time of tomorrow' "$(date -d '1 day')"

# Files are looked at only when they may have changed: so they must become old enough to be believed.
sleep 2.1
compile -b one s
cp -p s/User/own.h "$T/old.h"
time=$(stat -c %y s/User/own.h)
put s/User/own.h 'int ccc;'
touch -d "$time" s/User/own.h
changed='an edit of a file that was believed, with its size and time'
again
is "$(started compile)" 'User.ino.cpp, more.cpp' "$changed"
mv "$T/old.h" s/User/own.h
changed='the old file, with its old time'
again
starts none "$changed"

done_testing
