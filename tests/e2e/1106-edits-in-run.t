#!/bin/bash
# Whatever is edited while it is being built: the next run gives what is there then, and the one after it has nothing to do.
# shellcheck source-path=SCRIPTDIR/../lib
. "${srcdir:?}/tests/lib/e2e.sh"
. "$srcdir/tests/lib/caches.sh"
pristine=$T/pristine
system=hardware/tiny/tiny/tools/tiny/include/stdint.h
hex=boardman-out/current/tiny.tiny.one/s+User/firmware/User.ino.hex
cp -a "$TINY" "$pristine"

# At a gate a compile tells that it is there, and goes on when it may.
gate="// tiny: touch $T/at
// tiny: wait $T/go"

# The library's source stands at its gate between its two headers: the first was read, the last is not.
scene() {
  rm -rf "$cache" boardman-out s "$libraries" "$core"
  cp -a "$pristine/libraries" "$libraries"
  cp -a "$pristine/hardware/tiny/tiny/cores/tiny" "$core"
  cp "$pristine/$system" "$TINY/$system"
  mklibrary Lib
  put "$libraries/Lib/src/first.h" 'int first = 1;'
  put "$libraries/Lib/src/last.h" 'int last = 1;'
  put "$libraries/Lib/src/gone.cpp" 'int gone = 1;'
  put "$libraries/Lib/src/Lib.cpp" "#include \"first.h\"
#include <stdint.h>
$gate
#include \"last.h\"
int lib = 1;"
  mksketch s User '#include <Lib.h>
#include "own.h"
void setup() {}
void loop() {}
int n = 1;'
  put s/User/own.h 'int own = 1;'
  put s/User/part.cpp '#include "own.h"
int part = 1;'
}
during() { # WANTED-STATUS COMMAND…: a build, and this done while it stands at its gate. Status "true": as the output tree has it
  local want=$1
  shift
  rm -f "$T/at" "$T/go"
  sleep 0.03
  background run boardman compile -b one --libraries "$libraries" s
  ok 'a compile stands at its gate' eventually 10 test -e "$T/at"
  "$@"
  : >"$T/go"
  finish run "$background_pid"
  if [ "$want" = true ]; then
    want=1
    [ ! -s "$hex" ] || want=0
  fi
  ok_status "$want" '… and the run ends'
}
next_runs() { # NAME
  compile -b one s
  is_right "$1: the next run is right" -b one s
  compile -b one s
  starts none "$1: and leaves nothing to do"
}
in_run() { # NAME COMMAND…
  local name=$1
  shift
  scene
  during 0 "$@"
  next_runs "$name"
}
back_and_forth() { # FILE: another content comes and goes, with its time
  cp -p "$1" "$T/kept"
  put "$1" 'int other;'
  cp -p "$T/kept" "$1"
}

undone() { # NAME COMMAND…: the same, but it is undone before the next run
  local name=$1
  shift
  scene
  rm -rf "$T/before"
  mkdir "$T/before"
  cp -a s "$libraries" "$core" "$TINY/$system" "$T/before/"
  during 0 "$@"
  rm -rf s "$libraries" "$core"
  cp -a "$T/before/s" s
  cp -a "$T/before/libraries" "$libraries"
  cp -a "$T/before/tiny" "$core"
  cp -a "$T/before/stdint.h" "$TINY/$system"
  next_runs "$name, undone"
}

src=$libraries/Lib/src
in_run 'a source that was read' edit "$src/Lib.cpp" 's/lib = 1/lib = 2/'
in_run 'a header that was read' edit "$src/first.h" 's/1/2/'
in_run 'a header that is read then' edit "$src/last.h" 's/1/2/'
in_run 'a header that is away for a while' back_and_forth "$src/last.h"
in_run 'a header of the compiler that was read' edit "$TINY/$system" 's/char/short/'
undone 'a source that was read' edit "$src/Lib.cpp" 's/lib = 1/lib = 2/'
undone 'a header that was read' edit "$src/first.h" 's/1/2/'
undone 'a header that is read then' edit "$src/last.h" 's/1/2/'
undone 'a header of the compiler that was read' edit "$TINY/$system" 's/char/short/'
undone 'a header of the core' edit "$core/wiring.h" 's/HIGH 1/HIGH 2/'
in_run 'a header of the sketch' edit s/User/own.h 's/1/2/'
in_run 'a source of the sketch' edit s/User/part.cpp 's/1/2/'
in_run 'the sketch' edit s/User/User.ino 's/1/2/'
same_stat() { # FILE SED: an edit that keeps the time
  touch -r "$1" "$T/time"
  edit "$1" "$2"
  touch -r "$T/time" "$1"
}
in_run 'the sketch, with its size and time' same_stat s/User/User.ino 's/1/2/'
in_run 'a header of the core' edit "$core/wiring.h" 's/HIGH 1/HIGH 2/'
in_run 'a source of the core' edit "$core/wiring.c" 's/delay(unsigned/delay(signed/'
in_run 'a new file of the sketch' put s/User/new.cpp 'int new_one;'
in_run 'a new tab' put s/User/tab.ino 'int tab;'
in_run 'a new directory of the sketch' put s/User/src/deep/new.c 'int new_two;'
in_run 'a new file of a library' put "$src/new.cpp" 'int new_three;'
in_run 'a new directory of a library' put "$src/sub/new.cpp" 'int new_four;'
in_run 'a new file of the core' put "$core/new.c" 'int new_five;'
in_run 'a new header that shadows another' put "$src/own.h" 'int shadow;'
in_run 'a new library that wins' mklibrary own
goes() { # NAME FILE: it may have been compiled by then, or not
  scene
  during true rm "$2"
  next_runs "$1"
}
goes 'a file of the sketch goes' s/User/part.cpp
goes 'a file of a library goes' "$src/gone.cpp"
lose_cache() { rm -rf "$cache"/{objects,manifests,bundles} 2>/dev/null || :; }
in_run 'the cache goes' lose_cache

# --- failures ---
scene
edit s/User/User.ino '5d'
put s/User/own.h "$gate
// tiny: fail no such thing"
during 1 put s/User/own.h 'int fixed;'
next_runs 'a failure that is cured meanwhile'
ok_status 0
scene
edit "$src/Lib.cpp" 's/.*touch.*//; s/.*wait.*//'
put "$src/Lib.h" "$gate
// tiny: fail no such thing"
during 1 put "$src/Lib.h" 'int fixed;'
next_runs "… in a library's header"
ok_status 0
scene
edit "$src/Lib.cpp" 's/.*touch.*//; s/.*wait.*//'
cp "$TINY/$system" "$T/system"
edit "$TINY/$system" "\$a $(sed 's/$/\\/' <<<"$gate")
// tiny: fail no such thing"
edit s/User/User.ino '1i #include <stdint.h>'
during 1 cp "$T/system" "$TINY/$system"
next_runs '… in a header of the compiler'
ok_status 0
scene
edit "$src/Lib.cpp" 's/.*touch.*//; s/.*wait.*//'
edit s/User/User.ino "s/int n = 1;/int n = late(1);/; \$a int late(int n) { return n; }"
put s/User/own.h "// tiny: preproc touch $T/at
// tiny: preproc wait $T/go"
during 0 edit "$core/wiring.h" 's/HIGH 1/HIGH 2/'
next_runs 'an edit while prototypes are made'

done_testing
