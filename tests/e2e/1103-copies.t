#!/bin/bash
# A cache is content: it serves another copy of the sources, and works as a copy itself. One that is empty, read-only, full
# or no directory at all costs time, never a build.
# shellcheck source-path=SCRIPTDIR/../lib
. "${srcdir:?}/tests/lib/e2e.sh"
. "$srcdir/tests/lib/caches.sh"

# --- another copy of the sources ---
mktree() { # DIR: two libraries, one with its place in its text; sketches
  local libraries=$1/libraries
  mklibrary Here 'const char *here = __FILE__; // tiny: warn here I am'
  mklibrary Plain
  put "$1/libraries/Plain/src/noisy.c" '#include "Plain.h"
int noisy; // tiny: warn noise'
  mksketch "$1/sketches" User '#include <Here.h>
#include <Plain.h>
void setup() {}
void loop() {}'
  put "$1/sketches/User/place.cpp" 'const char *place = __FILE__;'
  mksketch "$1/sketches" Bad 'void setup() {}
void loop() {} // tiny: fail as it must'
}
build_tree() { # DIR
  cd "$1" || bail "cannot enter $1"
  libraries=$PWD/libraries
  compile --warnings default -b one sketches
  ok_status 1 "$1"
}
mktree first
cp -r first second
build_tree first
cd .. || bail 'lost'
build_tree second
is "$(started compile)" 'Bad.ino.cpp, Here.cpp, User.ino.cpp, noisy.c, place.cpp' \
  'a copy elsewhere shares what says nothing of its place'
is_right '… and has its own firmware and messages' --warnings default -b one sketches
err_of=boardman-out/current/tiny.tiny.one/sketches+
like "$(cat "${err_of}Bad/err")" "$T/work/second/sketches/Bad/Bad.ino:2:[0-9]+: error: as it must" '… the error is in the copy'
like "$(cat "${err_of}User/err")" "$T/work/second/libraries/Plain/src/noisy.c:2:[0-9]+: warning: noise" '… the warning, too'
unlike "$(cat "${err_of}"*/err)" 'work/first' '… and nothing else is told'
cd ..
mv second third
rm -rf first third/boardman-out
mv third first
build_tree first
starts 'compile Bad.ino.cpp, preproc Bad.ino.cpp' 'a copy that comes to the old place takes the old results'
is_right '… which are right' --warnings default -b one sketches
cd ..
rm -rf first
libraries=$TINY/libraries

# --- a copy of the cache ---
mksketch s User '#include <Sensor.h>
#include <Blinker.h>
void setup() {}
void loop() {}'
mksketch s Proto 'void setup() { late(1); }
void loop() {}
void late(int n) { n++; }'
mksketch s Plain
rm -rf "$cache"
compile -b one s
sleep 2.1 # until what it looked at is believed without reading it
rm -rf boardman-out
compile -b one s
has_file "$cache/fileindex"
starts none 'the cache alone is enough'
rm -rf boardman-out
cp -r "$cache" "$T/copy"
mkdir -p "$T/elsewhere/boardman"
mv "$T/copy" "$T/elsewhere/boardman/$machine_id"
XDG_CACHE_HOME=$T/elsewhere compile -b one s
starts none 'so is a copy of it'
is_right '… which is right' -b one s
rm -rf "$T/elsewhere"

# --- without a cache ---
rm -rf "$cache"
compile -b one s
ok_status 0
starts '' 'an emptied cache takes no results away'
like "$out" '3 unchanged' '… which stand'
edit s/User/User.ino 's/setup() {}/setup() {;}/'
rm -rf "$cache"
compile -b one s
is "$(started compile)" 'Blinker.cpp, Sensor.cpp, Timer.cpp, User.ino.cpp, Wire.cpp, bits.c, main.cpp, start.S, wiring.c' \
  '… but what is to be built needs all'
is_right '… rightly' -b one s

everything='Blinker.cpp, Plain.ino.cpp, Proto.ino.cpp, Sensor.cpp, Timer.cpp, User.ino.cpp, Wire.cpp, bits.c, main.cpp, start.S, wiring.c'
rm -rf "$cache" boardman-out
echo 'not a directory' >"$cache"
compile -b one s
ok_status 0 'a cache that is no directory: builds'
like "$err" "^warning: cannot make directory '$cache': File exists; nothing of this run is kept for others$" '… with a word'
is "$(started compile)" "$everything" '… once within the run'
is "$(cat "$cache")" 'not a directory' '… and leaves what is there'
is "$(ls -A "$TMPDIR")" '' '… and nothing behind'
is_right '… rightly' -b one s
rm "$cache"
compile -b one s
starts '' 'the result stands'

# A private mount table: as root, or as root of a user namespace.
private=()
if unshare -m true 2>/dev/null; then
  private=(unshare -m)
elif unshare -rm true 2>/dev/null; then
  private=(unshare -rm)
fi
export cache
with_mount() { # SCRIPT ARG…: a build with that done to the cache before
  sleep 0.03
  forget_starts
  # shellcheck disable=SC2016
  run "${private[@]}" bash -ec 'script=$1 && shift && eval "$script" && exec boardman compile "$@"' - "$1" \
    --libraries "$libraries" "${@:2}"
}
if [ ${#private[@]} = 0 ]; then
  skip 'no private mount table can be had' 'a read-only and a full cache'
  done_testing
fi

read_only='mount --bind "$cache" "$cache" && mount -o remount,ro,bind "$cache"'
rm -rf boardman-out
mkdir -p "$cache"
with_mount "$read_only" -b one s
ok_status 0 'an empty read-only cache: builds'
is_right '… rightly' -b one s
is "$(ls -A "$TMPDIR")" '' '… and leaves nothing behind'
compile -f -b one s
rm -rf boardman-out
with_mount "$read_only" -b one s
ok_status 0 'a read-only cache that has all'
is "$(started)" '' '… gives all'
edit s/User/User.ino 's/{;}/{;;}/'
with_mount "$read_only" -b one s
ok_status 0
is "$(started)" "compile User.ino.cpp, $(link_steps User)" '… and a change costs what it must'
is_right '… rightly' -b one s

full='mount -t tmpfs -o size=1M,mode=700 none "$cache" && { head -c 1M /dev/zero >"$cache/filled" 2>/dev/null || :; } &&
  truncate -s -"$room" "$cache/filled"'
for room in 4k 32k 100k 200k; do
  export room
  rm -rf boardman-out
  with_mount "$full" -b one s
  ok_status 0 "a full cache with $room left: builds"
  is_right '… rightly' -b one s
done

done_testing
