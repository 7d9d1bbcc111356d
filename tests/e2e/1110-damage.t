#!/bin/bash
# Attack 41, and plain bad luck: the cache is believed only where it is whole: damage to any part of it costs time, never a wrong firmware, and is repaired.
# shellcheck source-path=SCRIPTDIR/../lib
. "${srcdir:?}/tests/lib/e2e.sh"
. "$srcdir/tests/lib/caches.sh"

mksketch s User '#include <Sensor.h>
#include <Blinker.h>
void setup() {}
void loop() {}'
mksketch s Proto 'void setup() { late(1); }
void loop() {}
void late(int n) { n++; }'
mksketch s Plain
echo '// tiny: warn noise' >>"$libraries/Blinker/src/Blinker.cpp"
make=(--warnings default -b one s)
compile "${make[@]}"
cp -a "$cache" "$T/whole"

# --- damage ---
# Another byte at each place of a list; a negative one counts from the end.
flip() { # "OFFSET…" FILE…
  perl -e '
    my @at = split " ", shift;
    for my $file (@ARGV) {
      my $size = -s $file or next;
      my $mode = (stat $file)[2] & 0777;
      chmod 0600, $file;
      open my $f, "+<", $file or die "$file: $!";
      for my $at (@at) {
        my $place = $at eq "middle" ? int($size / 2) : $at < 0 ? $size + $at : $at;
        next if $place < 0 || $place >= $size;
        seek $f, $place, 0; read $f, my $byte, 1;
        seek $f, $place, 0; print $f chr(ord($byte) ^ 1);
      }
      close $f;
      chmod $mode, $file;
    }' -- "$@"
}
damaged() { # NAME COMMAND…: done to a whole cache, makes no wrong firmware, and is repaired by the run
  local name=$1
  shift
  rm -rf "$cache" boardman-out
  cp -a "$T/whole" "$cache"
  "$@"
  compile "${make[@]}"
  ok_status 0 "$name"
  is_right "$name: right" "${make[@]}"
  rm -rf boardman-out
  compile "${make[@]}"
  starts none "$name: repaired"
}
all_of() { # KIND [PATTERN]
  find "$cache/$1" -type f -name "${2:-*}" | sort
}
on_each() { # COMMAND ARG… -- KIND [PATTERN]
  local command=() files
  while [ "$1" != -- ]; do command+=("$1") && shift; done
  shift
  mapfile -t files < <(all_of "$@")
  [ ${#files[@]} != 0 ] || bail "no $* in the cache"
  "${command[@]}" "${files[@]}"
}
keeping_times() { # COMMAND ARG FILE…: the same, but the times look as before
  local files=("${@:3}") file
  for file in "${files[@]}"; do touch -r "$file" "$file.time"; done
  "$@"
  for file in "${files[@]}"; do touch -r "$file.time" "$file" && rm "$file.time"; done
}
swap_all() { # FILE…: each gets the content of the next
  local i
  for ((i = 0; i < $#; i++)); do
    cp -f "${@:i + 1:1}" "$T/swap.$i"
  done
  for ((i = 0; i < $#; i++)); do
    cp -f "$T/swap.$(((i + 1) % $#))" "${@:i + 1:1}"
  done
}
flip_everything() {
  on_each flip middle -- .
}
damaged 'attack 41: a byte in each object, with its time' on_each keeping_times flip middle -- objects '*.o'
damaged 'a byte in each file of a bundle, with its time' on_each keeping_times flip -9 -- objects '*.b'
damaged 'attack 41: a byte in each bundle' on_each flip middle -- bundles
damaged 'a name in each bundle' on_each flip 100 -- bundles
damaged 'a byte in each manifest' on_each flip middle -- manifests
damaged 'a word in each manifest' on_each flip -4 -- manifests
damaged 'half of each object' on_each truncate -s 50 -- objects '*.o'
damaged 'nothing in each manifest' on_each truncate -s 0 -- manifests
damaged 'no objects' on_each rm -f -- objects
damaged 'no bundles' on_each rm -f -- bundles
damaged 'no manifests' on_each rm -f -- manifests
damaged 'another object in the place of each' on_each swap_all -- objects '*.o'
for file in fileindex toolchains; do
  damaged "the end of $file" flip -1 "$cache/$file"
  damaged "much of $file" flip "$(seq -s ' ' 64 40 60000)" "$cache/$file"
  damaged "a $file of nothing" truncate -s 0 "$cache/$file"
done
damaged 'a byte in everything' flip_everything


# --- damage to what was believed without reading it ---
unseen() { # NAME KIND PATTERN STARTS
  rm -rf boardman-out
  compile "${make[@]}"
  starts none "$1: before"
  on_each keeping_times flip middle -- "$2" "$3"
  compile "${make[@]}"
  starts none "$1: results stand by themselves"
  rm -rf boardman-out
  compile "${make[@]}"
  is "$(started compile)" "$4" "$1: noticed"
  is_right '… and right' "${make[@]}"
}
rm -rf "$cache" boardman-out
compile "${make[@]}"
sleep 2.1
rm -rf boardman-out
compile "${make[@]}"
unseen 'objects' objects '*.o' \
  'Blinker.cpp, Plain.ino.cpp, Proto.ino.cpp, Sensor.cpp, Timer.cpp, User.ino.cpp, Wire.cpp, bits.c, main.cpp, start.S, wiring.c'
sleep 2.1
rm -rf boardman-out
compile "${make[@]}"
unseen 'firmware' objects '*.b' ''
is "$(count_starts ar) $(count_starts link)" '1 3' '… archived and linked again'

done_testing
