#!/bin/bash
# What holds the date or time of its compile is compiled by every run, and nothing else for its sake. (-r is tested with
# a real compiler, elsewhere.)
# shellcheck source-path=SCRIPTDIR/../lib
. "${srcdir:?}/tests/lib/e2e.sh"
. "$srcdir/tests/lib/caches.sh"

mksketch s Dated 'const char *date = __DATE__;
void setup() {}
void loop() {}'
mksketch s Plain
mksketch s Says '// __DATE__ in a comment
const char *s = "__TIME__ in a string";
void setup() {}
void loop() {}'

compile -b one s
first=$(firmware_of s+Dated)
compile -b one s
ok_status 0
starts "compile Dated.ino.cpp, $(link_steps Dated)" 'a sketch with a date is built by every run, no other'
unlike "$out" 's/Dated [^)]*unchanged' '… never as unchanged'
isnt "$(firmware_of s+Dated)" "$first" '… and has the new one'
rm -rf boardman-out
compile -b one s
starts "compile Dated.ino.cpp, $(link_steps Dated)" '… nor is it in the cache'

# --- where else it may stand ---
with() { # NAME FILE TEXT WANT: each run compiles this, until it goes
  local text
  text=$(cat "$2")
  put "$2" "$text
$3"
  compile -b one s
  compile -b one s
  ok_status 0
  is "$(started compile)" "$4" "$1: is compiled by every run"
  put "$2" "$text"
  compile -b one s
  compile -b one s
  starts none "$1: gone again"
}
rm -r s/Dated
mksketch s User '#include <Blinker.h>
#include "own.h"
#include <Sensor.h>
void setup() {}
void loop() {}'
put s/User/own.h 'int own;'
put s/User/part.cpp 'int part;'
with '__TIME__ in a sketch' s/User/User.ino 'const char *t = __TIME__;' 'User.ino.cpp'
with '__TIMESTAMP__ in a file of it' s/User/part.cpp 'const char *t = __TIMESTAMP__;' 'part.cpp'
with '__DATE__ in a header of it' s/User/own.h 'const char *t = __DATE__;' 'User.ino.cpp'
with "__TIME__ in a library's source" "$libraries/Blinker/src/detail/Timer.cpp" 'const char *t = __TIME__;' 'Timer.cpp'
with "__DATE__ in a library's header" "$libraries/Blinker/src/Blinker.h" 'const char *t = __DATE__;' 'Blinker.cpp, User.ino.cpp'
with '__TIME__ in the core' "$core/main.cpp" 'const char *t = __TIME__;' 'main.cpp'
put "$TINY/hardware/tiny/tiny/tools/tiny/include/build_time.h" '#define BUILD_TIME __DATE__ __TIME__'
with 'one in a macro of a system header' s/User/User.ino '#include <build_time.h>' 'User.ino.cpp'
with '.incbin, whose file nobody knows' s/User/part.cpp 'asm(".incbin \"file\"");' 'part.cpp'

# One library in several sketches of a run is compiled once for them: it is the run's time.
edit "$libraries/Blinker/src/Blinker.cpp" '$a const char *t = __TIME__;'
for n in 1 2 3; do mksketch s "Twin$n" '#include <Blinker.h>
void setup() {}
void loop() {}'; done
compile -b one s
compile -j 1 -b one s
is "$(started compile)" 'Blinker.cpp, Blinker.cpp' 'a library with a time: once per list of libraries and run'
is "$(count_starts link)" 4 '… and linked wherever it is used'

done_testing
