#!/bin/bash
# A name may come to lead to another file, a directory to another list of files, a header to another library: the next run
# builds what is there now, and when it goes again, takes what it had.
# shellcheck source-path=SCRIPTDIR/../lib
. "${srcdir:?}/tests/lib/e2e.sh"
. "$srcdir/tests/lib/caches.sh"

mksketch s User '#include <Sensor.h>
#include <Blinker.h>
#include "own.h"
void setup() {}
void loop() {}'
put s/User/own.h 'int own;'
mksketch s Plain
all='Blinker.cpp, Plain.ino.cpp, Sensor.cpp, Timer.cpp, User.ino.cpp, Wire.cpp, main.cpp, wiring.c'

again() { # ARG…: the usual build, which is right
  compile -b one "$@" s
  is_right "$changed: right" -b one "$@" s
}

changed='the first build'
again

# --- another file under the same name ---
appears() { # NAME FILE TEXT WANT: and goes again, for nothing
  changed=$1
  put "$2" "$3"
  again
  is "$(started compile)" "$4" "$changed"
  rm "$2"
  changed+=', and goes'
  again
  starts none "$changed"
}
appears "a header in the core before a library's" "$core/Blinker.h" 'struct Blinker { void blink(int); };' 'User.ino.cpp'
appears "… before the variant's" "$core/pins_arduino.h" '#define LED_BUILTIN 7' "$all"
appears '… beside the sketch, for a name in quotes' s/User/Sensor.h '#include "own.h"' ''
rm -r s/User

# Left and Right both may have shared.h; Left comes first on the command line.
mklibrary Left '#include "shared.h"
#include <Right.h>'
mklibrary Right '#include <shared.h>
#include <Left.h>'
put "$libraries/Right/src/shared.h" 'int shared;'
mksketch s Both '#include <Left.h>
#include <Right.h>
#include "shared.h"
void setup() {}
void loop() {}'
changed='two libraries'
again
appears 'a header in a library that is searched first' "$libraries/Left/src/shared.h" 'int left;' \
  'Both.ino.cpp, Left.cpp, Right.cpp'
appears '… beside the sketch' s/Both/shared.h 'int sketch;' 'Both.ino.cpp'
appears '… in the core' "$core/shared.h" 'int core;' 'Both.ino.cpp, Left.cpp, Right.cpp'
appears '… in a library that is searched last' "$libraries/Right/src/Left.h" 'int last;' ''
appears '… of a name that nobody has' "$libraries/Left/src/none.h" '' ''
appears '… of a library that is not used' "$libraries/Sensor/shared.h" 'int sensor;' ''
rm "$libraries/Right/src/shared.h"
changed='a header that goes'
again
ok_status 1 "$changed: nobody finds it"
put "$libraries/Right/src/shared.h" 'int shared;'
changed='a header that comes back'
again
ok_status 0
starts none "$changed"

# --- __has_include ---
mklibrary Asks '#if __has_include("maybe.h")
#include "maybe.h"
int with_maybe;
#endif'
mksketch s Asking '#include <Left.h>
#include <Asks.h>
#if __has_include(<Maybe.h>) && __has_include(<perhaps.h>)
int with_maybe;
#endif
void setup() {}
void loop() {}'
changed='__has_include'
again
appears 'a header that is asked for' "$libraries/Left/src/maybe.h" 'int maybe;' 'Asks.cpp'
appears '… half of what is asked for' "$libraries/Left/src/Maybe.h" 'int maybe;' 'Asking.ino.cpp'
put "$libraries/Left/src/Maybe.h" 'int maybe;'
appears '… and the other half' "$libraries/Left/src/perhaps.h" '' 'Asking.ino.cpp'
rm "$libraries/Left/src/Maybe.h"
rm -r s/Asking

# --- files that come and go ---
appears 'a source in a library' "$libraries/Left/src/new.cpp" 'int left;' 'new.cpp'
appears '… in a new directory of it' "$libraries/Left/src/sub/deep/new.c" 'int left;' 'new.c'
appears '… where none is compiled' "$libraries/Left/extras/new.c" 'int left;' ''
appears '… in the core' "$core/sub/new.c" 'int core;' 'new.c'
starts none '… whose archive is still known'
appears '… in the variant' "$TINY/hardware/tiny/tiny/variants/std/new.cpp" 'int variant;' 'new.cpp'
appears '… in the sketch' s/Both/new.cpp 'int sketch;' 'new.cpp'
appears '… below its src' s/Both/src/deep/new.cpp 'int sketch;' 'new.cpp'
appears '… where none is compiled' s/Both/deep/new.cpp 'int sketch;' ''
appears 'a tab' s/Both/tab.ino 'int tab;' 'Both.ino.cpp'
put "$libraries/Left/src/gives.cpp" '// tiny: gives Something'
put s/Both/needs.cpp 'int needs; // tiny: needs Something'
changed='a source that is needed'
again
ok_status 0
rm "$libraries/Left/src/gives.cpp"
changed='… and removed'
again
ok_status 1 "$changed: is not linked any more"
rm s/Both/needs.cpp

# --- a library that comes to win ---
mklibrary LeftOld 'int old;'
mv "$libraries/LeftOld/src/LeftOld.h" "$libraries/LeftOld/src/Chosen.h"
edit "$libraries/LeftOld/src/LeftOld.cpp" 's/LeftOld.h/Chosen.h/'
mksketch s Chooses '#include <Chosen.h>
void setup() {}
void loop() {}'
compile -b one s
is "$(started compile)" 'Chooses.ino.cpp, LeftOld.cpp' 'the only library that has a header'
mklibrary Chosen 'int new;'
changed='one that has its name'
again
is "$(started compile)" 'Chooses.ino.cpp, Chosen.cpp' "$changed"
like "$(cat boardman-out/current/tiny.tiny.one/s+Chooses/done)" '"libraries":\["Chosen@1.0"\]' '… wins'
rm -r "$libraries/Chosen"
changed='… and goes'
again
starts none "$changed"
changed='a copy given by name'
cp -r "$libraries/LeftOld" given
edit given/src/LeftOld.cpp 's/old/given/'
again --library given
ok "$changed" test "$(count_starts compile given/src/LeftOld.cpp)" = 1

done_testing
