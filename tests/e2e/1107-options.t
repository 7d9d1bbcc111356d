#!/bin/bash
# A changed option makes anew what it can change and nothing else; changed back, what was made before is taken.
# shellcheck source-path=SCRIPTDIR/../lib
. "${srcdir:?}/tests/lib/e2e.sh"
. "$srcdir/tests/lib/caches.sh"

mksketch s User '#include <Blinker.h>
void setup() {} // tiny: warn take care
void loop() {}'
mksketch s Plain
cxx='Blinker.cpp, Plain.ino.cpp, Timer.cpp, User.ino.cpp, main.cpp'
all='Blinker.cpp, Plain.ino.cpp, Timer.cpp, User.ino.cpp, main.cpp, start.S, wiring.c'
no_asm='Blinker.cpp, Plain.ino.cpp, Timer.cpp, User.ino.cpp, main.cpp, wiring.c'
compile -b one s
ok_status 0

with() { # NAME COMPILES LINKS ARG…: with these arguments, and again without
  local name=$1 compiles=$2 links=$3
  shift 3
  compile -b one "$@" s
  ok_status 0 "$name"
  is "$(started compile)" "$compiles" "$name: compiles"
  is "$(count_starts link)" "$links" "$name: $links links"
  is_right "$name: right" -b one "$@" s
  compile -b one "$@" s
  starts none "$name: a second time nothing"
  compile -b one s
  ok_status 0
  starts none "$name: and back"
  is_right "$name: and back is right" -b one s
}

# --- properties ---
with 'a flag of all compilers' "$all" 2 --build-property build.extra_flags=-DMORE
with 'the same flag in another place' '' 0 --build-property 'compiler.cpp.extra_flags=-DMORE' \
  --build-property compiler.c.extra_flags=-DMORE --build-property compiler.S.extra_flags=-DMORE
with 'a flag of one compiler' "$cxx" 2 --build-property compiler.cpp.extra_flags=-DCXX
with 'a flag of the other' 'wiring.c' 2 --build-property compiler.c.extra_flags=-DC
with 'a flag of the link' '' 2 --build-property 'compiler.elf.flags=-w -O1'
with 'a flag of a step after it' '' 2 --build-property 'compiler.objcopy.cmd=tiny-objcopy" "-j" ".text'
with 'a property that nothing uses' '' 0 --build-property build.some=thing
with 'a property that only names the result' '' 0 --build-property 'recipe.output.save_file=other.hex'
with 'the same value as before' '' 0 --build-property build.extra_flags=
with 'two flags' "$all" 2 --build-property build.extra_flags=-DONE --build-property compiler.c.extra_flags=-DTWO
compile -b one --build-property compiler.c.extra_flags=-DTWO --build-property build.extra_flags=-DONE s
starts none '… in another order'

# --- options ---
with '--warnings default' "$no_asm" 2 --warnings default
with '--warnings all' "$no_asm" 2 --warnings all
with '-r' "$no_asm" 2 -r
with '-L where there is no LTO' '' 0 -L
with '-L' "$cxx" 2 --build-property 'compiler.cpp.extra_flags=-flto -DX' -L
with '-k' '' 2 -k
with '--no-firmware' '' 0 --no-firmware
with '-j' '' 0 -j 3

compile -b one -E s
ok_status 1 '-E: a warning is an error'
like "$out" 'FAIL .*s/User' '… of the sketch'
compile -b one s
ok_status 0
starts none '-E: and back'

# --- libraries ---
cp -r "$libraries/Blinker" Blinker
with '--library with the same text' '' 0 --library Blinker
edit Blinker/src/Blinker.cpp 's/times-- > 0/times-- > 1/'
with '--library with another' 'Blinker.cpp' 1 --library Blinker
cp -r "$libraries" other
with '--libraries behind it' '' 0 --libraries other
mkdir own
cp -r Blinker own/
put own/Blinker/src/more.cpp 'int more;'
installed=$libraries
libraries=own
compile -b one --libraries "$installed" s
is "$(started compile)" 'more.cpp' '--libraries in front: its library'
is_right '… right' -b one --libraries "$installed" s
libraries=$installed
compile -b one s
starts none '… and back'
is_right '… is right' -b one s

done_testing
