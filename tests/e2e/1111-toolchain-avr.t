#!/bin/bash
# The same for a real toolchain: stage 1 is compiled once, and of a changed part of the compiler, a changed library or a
# changed system header exactly what used it is made anew.
# shellcheck source-path=SCRIPTDIR/../lib
. "${srcdir:?}/tests/lib/e2e.sh"
. "$srcdir/tests/lib/caches.sh"
use_avr
[ -d /usr/lib/gcc/avr ] && [ -f /usr/lib/avr/lib/avr5/libc.a ] || skip_all "avr-gcc is not where Debian has it"

# A toolchain of links, with a script before each tool that is started.
farm=$T/farm
mkdir -p "$farm/bin" "$farm/lib/gcc"
cp -rs /usr/lib/gcc/avr "$farm/lib/gcc/"
cp -rs /usr/lib/avr "$farm/lib/"
cp /usr/bin/avr-gcc /usr/bin/avr-g++ /usr/bin/avr-gcc-ar "$farm/bin/"
for tool in ar objcopy size; do ln -s "/usr/bin/avr-$tool" "$farm/bin/"; done
wrap_tools "$farm/bin" "$T/avr" avr-gcc avr-g++ avr-gcc-ar avr-objcopy avr-size
own() { # FILE: no link any more
  cp --remove-destination "$(readlink -f "$1")" "$1"
}

mksketch s Bus '#include <SPI.h>
#include <Wire.h>
void setup() { Wire.begin(); SPI.begin(); }
void loop() {}'
mksketch s Memory '#include <EEPROM.h>
#include <Wire.h>
void setup() { Wire.begin(); }
void loop() { EEPROM.write(1, EEPROM.read(2)); }'
mksketch s Plain
put s/Plain/own.c '#include <util/crc16.h>
int own(int n) { return n + 1; }'

build() {
  : >"$T/tools"
  compile -b uno --build-property "compiler.path=$T/avr/" s
}
ran() { # ROLE [SUFFIX]: which files, sorted
  awk -v role="$1" -v suffix="${2:-}" '
    $1 == "+" && $3 == role && substr($4, length($4) - length(suffix) + 1) == suffix { print $4 }' "$T/tools" |
    LC_ALL=C sort | paste -s -d ' '
}
firmware() { (cd boardman-out/current && find . -name '*.hex' -exec sha256sum {} + | sort -k 2); }

# --- stage 1 once ---
build
ok_status 0 'three sketches with three library sets'
is "$(ran compile | tr ' ' '\n' | uniq -d)" '' 'no source is compiled twice'
like "$(ran compile)" 'Bus.ino.cpp .*SPI.cpp .*Wire.cpp .*twi.c .*wiring.c' '… all are compiled'
is "$(ran preproc)" '' '… and nothing is preprocessed'
c=$(ran compile .c)
cxx=$(ran compile .cpp)
asm=$(ran compile .S)
first=$(firmware)
build
is "$(cat "$T/tools")" '' 'a second run starts nothing'
edit s/Plain/Plain.ino 's,^}.*,& // a comment,'
build
is "$(cat "$T/tools")" '' 'nor does a comment'
edit s/Plain/own.c 's/n + 1/n + 2/'
build
is "$(ran compile)" 'own.c' 'a changed statement: one compile'
is "$(ran other .elf | tr ' ' '\n' | sort -u)" 'Plain.ino.elf' '… and one link'
edit s/Plain/own.c 's/n + 2/n + 1/'
build
is "$(cat "$T/tools")" '' '… and back'
is "$(firmware)" "$first" '… to the first firmware'

# --- the time of day ---
mksketch dated Dated 'void setup() { Serial.print(__DATE__ __TIME__); }
void loop() {}'
dated() { # ARG…: what a build of a new second makes
  local now=$EPOCHSECONDS
  while [ "$EPOCHSECONDS" = "$now" ]; do sleep 0.05; done
  run boardman compile "$@" -b uno --build-property "compiler.path=$T/avr/" dated
  sha256sum <boardman-out/current/arduino.avr.uno/dated+Dated/firmware/Dated.ino.hex
}
isnt "$(dated)" "$(dated)" 'a time of day makes another firmware every second'
is "$(dated -r)" "$(dated -r)" '-r: the same'
rm -r dated boardman-out/current/arduino.avr.uno/dated+Dated

# --- parts of the toolchain ---
# Objects for link-time optimisation have random names in them, so that what is compiled is also linked.
again() { # NAME COMPILES LINKS
  build
  ok_status 0 "$1"
  is "$(ran compile)" "$2" '… is compiled anew'
  is "$(ran other .elf | tr ' ' '\n' | LC_ALL=C sort -u | paste -s -d ' ')" "$3" '… is linked anew'
  is "$(firmware)" "$first" '… to the first firmware'
}
all='Bus.ino.elf Memory.ino.elf Plain.ino.elf'
part() { # PATH: a file of the toolchain that is no link any more
  path=$farm/lib/$1
  cp --remove-destination "$(readlink -f "$path")" "$path"
}
part gcc/avr/5.4.0/cc1plus
build
is "$(cat "$T/tools")" '' 'a copy in the place of a link is the same tool'
echo >>"$path"
again 'a byte of cc1plus: C++' "$cxx" "$all"
part gcc/avr/5.4.0/cc1
echo >>"$path"
again 'a byte of cc1: C, and assembly, which it preprocesses' \
  "$(printf '%s\n' "$c" "$asm" | tr ' ' '\n' | LC_ALL=C sort | paste -s -d ' ')" "$all"
part gcc/avr/5.4.0/lto1
echo >>"$path"
again 'a byte of lto1: links' '' "$all"
# A digit of the first member's date.
part avr/lib/avr5/libc.a
printf 7 | dd of="$path" bs=1 seek=24 conv=notrunc status=none
again 'a byte of libc.a: links' '' "$all"
part avr/lib/avr5/crtatmega328p.o
echo >>"$path"
again 'a byte of the start file: links' '' "$all"
part avr/include/util/twi.h
echo '/* Nothing. */' >>"$path"
again "a system header: what reads it" 'twi.c' 'Bus.ino.elf Memory.ino.elf'
part avr/include/util/crc16.h
echo '/* Nothing. */' >>"$path"
again '… another' 'own.c' 'Plain.ino.elf'
part avr/include/setjmp.h
echo '/* Nothing. */' >>"$path"
again '… one that nobody reads' '' ''
is "$(cat "$T/tools")" '' '… starts nothing'

done_testing
