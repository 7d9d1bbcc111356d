#!/bin/bash
# Stage 1 is done once: however many sketches, library sets, jobs at a time and boardmans there are, each source of the
# core and of a library is compiled once per board. A sketch costs one compile and its link, and the limits hold.
# shellcheck source-path=SCRIPTDIR/../lib
. "${srcdir:?}/tests/lib/e2e.sh"
. "$srcdir/tests/lib/caches.sh"

stage1='Blinker.cpp, L1.cpp, L2.cpp, L3.cpp, Sensor.cpp, Timer.cpp, Wire.cpp, bits.c, main.cpp, start.S, wiring.c'

mkuser() { # DIR NAME LIBRARY…: a sketch that uses just these
  local dir=$1 name=$2 library text=''
  shift 2
  for library; do text+="#include <$library.h>"$'\n'; done
  mksketch "$dir" "$name" "${text}void setup() {}
void loop() {} // $name"
}

# What was compiled and was no sketch.
stage1_compiles() {
  awk -F '\t' '$1 == "compile" && $2 !~ /\/build\// { n = split($2, part, "/"); print part[n] }' "$TINY/starts" |
    LC_ALL=C sort | paste -s -d , | sed 's/,/, /g'
}

for library in L1 L2 L3; do mklibrary "$library"; done
mkuser s None
mkuser s One L1
mkuser s Reverse L3 L2 L1
mkuser s Sensors Sensor
mkuser s Mixed Sensor L2 Blinker
mkuser s Other Blinker L3

# --- one run ---
for jobs in 1 2 5; do
  rm -rf "$cache" boardman-out
  compile -j "$jobs" -b one s
  ok_status 0 "six sketches, -j $jobs"
  is "$(stage1_compiles)" "$stage1" "-j $jobs: each source of stage 1 once"
  is "$(count_starts compile .ino.cpp)" 6 "-j $jobs: each sketch once"
  is "$(count_starts ar)" 1 "-j $jobs: one core archive"
  is "$(count_starts link)" 6 "-j $jobs: one link each"
  is "$(count_starts preproc)$(count_starts ctags)$(count_starts deps)" 000 "-j $jobs: nothing else is asked"
done
is_right 'the firmware is that of a build without cache' -b one s

# --- the normal case ---
mkuser s Late L3 Sensor
compile -b one s/Late
starts "compile Late.ino.cpp, $(link_steps Late)" 'one more sketch: one compile and the steps of its link'
mksketch s Proto 'void setup() { late(1); }
void loop() {}
void late(int n) {}'
compile -b one s/Proto
ok_status 0
starts "compile Proto.ino.cpp, ctags ctags_target.cpp, $(link_steps Proto), preproc Proto.ino.cpp.merged" \
  'only a sketch that calls before it defines needs prototypes'
rm -r s/Proto s/Late

# --- two runs at the same time ---
edit "$core/wiring.c" '$a // tiny: sleep 150'
edit "$libraries/L2/src/L2.cpp" '$a // tiny: sleep 150'
edit "$libraries/Sensor/Sensor.cpp" '$a // tiny: sleep 100'
rm -rf "$cache" boardman-out
sleep 0.03
forget_starts
background left boardman compile -j 2 -b one --libraries "$libraries" -o left s
left=$background_pid
background right boardman compile -j 2 -b one --libraries "$libraries" -o right s
finish right "$background_pid"
ok_status 0 'fault 16: two runs at the same time: the one'
finish left "$left"
ok_status 0 '… the other'
is "$(stage1_compiles)" "$stage1" '… compile each source of stage 1 once between them'
is "$(count_starts ar)" 1 '… and make one core archive'
firmware_in() { (cd "$1/current" && find . -path '*/firmware/*' -type f -exec sha256sum {} + | sort -k 2); }
is "$(firmware_in left)" "$(firmware_in right)" '… to the same firmware'
is "$(firmware_in left | wc -l)" 6 '… of six sketches'

# --- boards ---
rm -rf "$cache" boardman-out
compile -b one,small,two -j 3 s
is "$(count_starts compile L1.cpp)$(count_starts compile main.cpp)$(count_starts compile Wire.cpp)" 333 \
  'three boards make three sets'
is "$(count_starts compile variant.cpp)" 1 '… the variant that has sources compiles them'
compile -b two:speed=fast s
is "$(count_starts compile L1.cpp)$(count_starts compile main.cpp)" 11 'fault 19: other options of a board are another set'
compile -b two:speed=slow s
is "$(stage1_compiles)" '' '… the default ones, named, are not'

# --- a core whose objects are kept, and that somebody else archives ---
compile -b one s
rm -rf "$cache"/bundles/* boardman-out
# shellcheck disable=SC2016
background holder bash -c 'for lock; do exec {fd}>"$lock" && flock "$fd" || exit; done
: >held
until [ -e go ]; do sleep 0.02; done' holder "$cache"/locks/*
holder=$background_pid
eventually 20 test -e held
forget_starts
background mine boardman compile --libraries "$libraries" -b one -o mine s
mine=$background_pid
background yours boardman compile --libraries "$libraries" -b one -o yours s
yours=$background_pid
waiting() { # NUMBER
  local inodes
  inodes=$(stat -c ':%i ' "$cache"/locks/*)
  [ "$(grep -e '-> FLOCK' /proc/locks | grep -cF "$inodes")" -ge "$1" ]
}
ok 'two runs wait' eventually 20 waiting 2
is "$(count_starts ar)" 0 '… and archive nothing'
: >go
wait "$holder"
finish mine "$mine"
ok_status 0
finish yours "$yours"
ok_status 0
is "$(count_starts ar)" 1 '… then it is done once'

# --- limits ---
bin=$TINY/hardware/tiny/tiny/tools/tiny/bin
mv "$bin" "$bin.real"
wrap_tools "$bin.real" "$bin" tiny-gcc tiny-g++ tiny-ar tiny-objcopy tiny-size
for source in "$core"/{main.cpp,wiring.c,start.S} "$libraries"/L[123]/src/L?.cpp; do
  edit "$source" '/tiny: sleep/d; $a // tiny: sleep 100'
done
for name in Slow1 Slow2 Slow3 Slow4; do mksketch slow "$name" '// tiny: sleep 100
#include <L1.h>
#include <L2.h>
#include <L3.h>
void setup() {}
void loop() {}'; done

limited() { # FRAMEWORK-JOBS SKETCH-JOBS
  local all
  all=$(printf '%s\n' "$1" "$2" "$(nproc)" | sort -n | tail -n 1)
  rm -rf "$cache" boardman-out
  : >"$T/tools"
  compile --framework-jobs "$1" --sketch-jobs "$2" -b one slow
  is "$(most_at_once framework)" "$1" "--framework-jobs $1: so many of stage 1 at once"
  is "$(most_at_once sketch)" "$2" "--sketch-jobs $2: so many of stage 2"
  ok "… and never more than $all of both" test "$(most_at_once)" -le "$all"
}
limited 1 1
limited 3 1
limited 1 3
limited 2 2

rm -rf "$cache" boardman-out
: >"$T/tools"
compile -j 3 -b one slow
is "$(most_at_once framework) $(most_at_once sketch)" '3 3' '-j sets both'

done_testing
