#!/bin/bash
# boardman follows arduino-cli. Each place where that differs from arduino-builder: both ways, and the latter against
# arduino-builder itself.
# shellcheck source-path=SCRIPTDIR/../lib
. "${srcdir:?}/tests/lib/e2e.sh"
. "$srcdir/tests/lib/avr.sh"
need_reference
mega=arduino:avr:mega:cpu=atmega2560

# The objects of boardman's link, in their order, as paths in the build directory.
linked() { # RESULT-DIR
  grep -e '\.elf ' "$1/cmd" | tr ' ' '\n' | sed -n 's/.*\/build\/\(.*\.o\)$/\1/p'
}

# The same of a reference build with -verbose.
reference_linked() { # DIR
  grep -e '\.elf" ' "$1/log" | tr -s ' "' '\n' | sed -n 's/.*\/\(\(sketch\|libraries\)\/.*\.o\)$/\1/p'
}

# --- a menu's first option is the default ---
mksketch . Empty
build arduino:avr:mega Empty
ok_status 0 'a board with a menu, without options, is built'
is "$(grep -c -e '-mmcu=atmega2560' "$results/cmd")" 2 '… for the first option'
reference "$T/menu" arduino:avr:mega "$PWD/Empty"
is "$?" 1 '… which the reference does not'
like "$(cat "$T/menu/log")" 'missing device or architecture' '… for want of its properties'
build arduino:avr:mega --build-property "$compat" Empty
isnt "$status" 0 '… nor boardman when it is to do as the reference'

# --- --relax ---
build "$mega" Empty
unlike "$(cat "$results/cmd")" '--relax' 'no --relax for the ATmega2560'
build "$mega" --build-property "$compat" Empty
like "$(cat "$results/cmd")" ',--relax' '… but with the reference'
build arduino:avr:uno --build-property "$compat" Empty
unlike "$(cat "$results/cmd")" '--relax' '… which has it for no other'
same_as_reference '… and links the same' "$mega" "$PWD/Empty"

# --- the order of objects ---
mksketch . Order - <<'END'
#include <Sorted.h>
extern "C" { int in_c(), in_s(), src_c(); }
int in_z(), in_a(), src_a(), src_x();
void setup() { PORTB = in_c() + in_s() + src_c() + in_z() + in_a() + src_a() + src_x() + sorted_c() + sorted_cpp() + sorted_deep(); }
void loop() { }
END
mkdir -p Order/src/a libraries/Sorted/src/a
echo 'int in_z() { return __LINE__; }' >Order/Z.cpp
echo 'int in_a() { return 2; }' >Order/a.cpp
echo 'int in_c() { return 3; }' >Order/b.c
printf '.global in_s\nin_s:\nldi r24, 4\nldi r25, 0\nret\n' >Order/c.S
echo 'int src_a() { return 5; }' >Order/src/a.cpp
echo 'int src_x() { return 6; }' >Order/src/a/x.cpp
echo 'int src_c() { return 7; }' >Order/src/b.c
library_properties libraries/Sorted Sorted
echo 'extern "C" int sorted_c(); int sorted_cpp(), sorted_deep();' >libraries/Sorted/src/Sorted.h
echo 'int sorted_c() { return 8; }' >libraries/Sorted/src/b.c
printf '#include "Sorted.h"\nint sorted_cpp() { return 9; }\n' >libraries/Sorted/src/a.cpp
printf '#include "../Sorted.h"\nint sorted_deep() { return 10; }\n' >libraries/Sorted/src/a/x.cpp

build arduino:avr:uno --libraries libraries Order
ok_status 0 'a sketch and a library of several languages are built'
is "$(linked "$results")" 'sketch/Order.ino.cpp.o
sketch/Z.cpp.o
sketch/a.cpp.o
sketch/b.c.o
sketch/c.S.o
sketch/src/a.cpp.o
sketch/src/a/x.cpp.o
sketch/src/b.c.o
libraries/Sorted/a.cpp.o
libraries/Sorted/a/x.cpp.o
libraries/Sorted/b.c.o' '… and linked by path'
build arduino:avr:uno --build-property "$compat" --libraries libraries Order
builder_order='sketch/c.S.o
sketch/b.c.o
sketch/Order.ino.cpp.o
sketch/Z.cpp.o
sketch/a.cpp.o
sketch/src/b.c.o
sketch/src/a.cpp.o
sketch/src/a/x.cpp.o
libraries/Sorted/b.c.o
libraries/Sorted/a.cpp.o
libraries/Sorted/a/x.cpp.o'
is "$(linked "$results")" "$builder_order" '… or by kind, then the directories below'
reference "$T/order" arduino:avr:uno "$PWD/Order" -verbose -libraries "$PWD/libraries"
is "$(reference_linked "$T/order")" "$builder_order" '… which is how the reference does it'
same_as_reference '… with the same bytes' arduino:avr:uno "$PWD/Order" -libraries "$PWD/libraries" -- \
  --libraries libraries

# --- the order in the core's archive ---
build arduino:avr:uno -k Empty
is "$(avr-ar t "$results/firmware/objects/core/core.a")" \
  "$(cd "$core_libraries/../cores/arduino" && find . -name '*.[Sc]*' -printf '%f.o\n' | sort)" \
  'core.a is in the order of the files'
build arduino:avr:uno --build-property "$compat" -k Empty
is "$(avr-ar t "$results/firmware/objects/core/core.a")" "$(avr-ar t "$T/reference-cache/core/core_arduino_avr_uno_"*.a)" \
  "… or in the reference's"

# --- firmware with a bootloader ---
# As text both may differ: arduino-cli sorts by address, arduino-builder puts one behind the other.
image() { # FILE.hex
  avr-objcopy -I ihex -O binary --gap-fill 0xff "$1" "$T/image" && sha256sum <"$T/image"
}
reference "$T/merged" "$mega" "$PWD/Empty"
build "$mega" --build-property "$compat" Empty
is "$(image "$results/firmware/Empty.ino.with_bootloader.hex")" "$(image "$T/merged/Empty.ino.with_bootloader.hex")" \
  'the firmware and the bootloader are merged'
is "$(cmp "$T/image" "$results/firmware/Empty.ino.with_bootloader.bin")" '' '… as .bin, too'
# The records of Debian's optiboot overlap: arduino-cli makes nothing of them.
build arduino:avr:uno Empty
has_no_file "$results/firmware/Empty.ino.with_bootloader.hex" 'a broken bootloader is left alone'

# --- which files are sources ---
mksketch . Kinds 'int cc(), cxx(); void setup() { PORTB = cc() + cxx(); } void loop() { }'
echo 'int cc() { return 1; }' >Kinds/one.cc
echo 'int cxx() { return 2; }' >Kinds/two.cxx
build arduino:avr:uno Kinds
ok_status 0 '.cc and .cxx are compiled'
reference "$T/kinds" arduino:avr:uno "$PWD/Kinds"
like "$?$(cat "$T/kinds/log")" '^1.*undefined reference to' '… which the reference does not'
build arduino:avr:uno --build-property "$compat" Kinds
ok_status 1 '… nor boardman when it is to do as the reference'

# --- which of two libraries ---
# arduino-cli looks at a library's name and folder, arduino-builder at the folder alone.
candidate() { # FOLDER NAME NUMBER
  library_properties "pair/$1" "$2"
  printf '#define FROM %d\n' "$3" >"pair/$1/Foo.h"
}
candidate MyFoo Foo 1
candidate FooBar FooBar 2
mksketch . Pair - <<'END'
#include <Foo.h>
void setup() { PORTB = FROM; }
void loop() { }
END
build arduino:avr:uno --libraries pair Pair
like "$(cat "$results/done")" '"libraries":\["Foo@1\.0\.0"\]' "a library's name outweighs the folder's"
build arduino:avr:uno --build-property "$compat" --libraries pair Pair
like "$(cat "$results/done")" '"libraries":\["FooBar@1\.0\.0"\]' '… or does not count'
same_as_reference '… as in the reference' arduino:avr:uno "$PWD/Pair" -libraries "$PWD/pair" -- --libraries pair

# --- __FILE__ in a file beside the sketch ---
mksketch . File 'const char *where(); void setup() { Serial.begin(9600); Serial.print(where()); } void loop() { }'
echo 'const char *where() { return __FILE__; }' >File/tab.cpp
strings_of() { # RESULT-DIR
  avr-objcopy -I ihex -O binary "$(firmware "$1/firmware" hex)" "$T/firmware.bin" && tr '\0' '\n' <"$T/firmware.bin" | grep -a tab.cpp
}
build arduino:avr:uno File
is "$(strings_of "$results")" "$PWD/File/tab.cpp" '__FILE__ is where the file lies'
build arduino:avr:uno --build-property "$compat" File
is "$(strings_of "$results")" "$results/build/sketch/tab.cpp" '… or where it is copied to'

done_testing
