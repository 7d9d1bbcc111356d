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
parts=$(dirname "$("$farm/bin/avr-gcc" -print-prog-name=cc1)")
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
put s/Plain/own.c 'int own(int n) { return n + 1; }'

build() {
  : >"$T/tools"
  compile -b uno --build-property "compiler.path=$T/avr/" s
}
ran() { # ROLE [SUFFIX]: which files, sorted
  awk -v role="$1" -v suffix="${2:-}" '
    $1 == "+" && $3 == role && substr($4, length($4) - length(suffix) + 1) == suffix { print $4 }' "$T/tools" |
    LC_ALL=C sort | paste -s -d ' '
}
links() { awk '$1 == "+" && $3 == "other" && $4 ~ /\.elf$/' "$T/tools" | wc -l; }
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
edit s/Plain/Plain.ino 's,void loop(),& /* a comment */,'
build
is "$(ran compile) $(links)" ' 0' 'nor does a comment'
edit s/Plain/own.c 's/1/2/'
build
is "$(ran compile)" 'own.c' 'a changed statement: one compile'
is "$(ran other .elf | tr ' ' '\n' | sort -u)" 'Plain.ino.elf' '… and one link'
edit s/Plain/own.c 's/2/1/'
build
is "$(cat "$T/tools")" '' '… and back'
is "$(firmware)" "$first" '… to the first firmware'

# --- parts of the toolchain ---
again() { # NAME COMPILES HOW-MANY-SKETCHES-LINKED
  build
  ok_status 0 "$1"
  is "$(ran compile)" "$2" '… is compiled anew'
  is "$(ran other .elf | tr ' ' '\n' | grep -c .)" "$(($3 * 4))" "… $3 are linked"
}
sorted() { printf '%s\n' $1 | LC_ALL=C sort | paste -s -d ' '; }
own "$parts/cc1plus"
build
is "$(cat "$T/tools")" '' 'a copy in the place of a link is the same tool'
echo >>"$parts/cc1plus"
again 'a byte of cc1plus: C++' "$cxx" 0
own "$parts/cc1"
echo >>"$parts/cc1"
again 'a byte of cc1: C, and assembly, which it preprocesses' "$(sorted "$c $asm")" 0
done_testing
