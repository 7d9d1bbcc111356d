#!/bin/bash
# Libraries with a real compiler: each layout and linkage, which of several is taken, and how they are found.
# shellcheck source-path=SCRIPTDIR/../lib
. "${srcdir:?}/tests/lib/e2e.sh"
. "$srcdir/tests/lib/avr.sh"
need_reference
board=arduino:avr:uno
mkdir -p sketches

file() { # PATH, its text on stdin
  mkdir -p "$(dirname "$1")"
  cat >"$1"
}

# A sketch that stores the value of an expression; headers come before it.
uses() { # NAME EXPRESSION HEADER…
  local name=$1 expression=$2
  shift 2
  mkdir -p "sketches/$name"
  {
    printf '#include <%s>\n' "$@"
    printf 'void setup() { PORTB = %s; }\nvoid loop() { }\n' "$expression"
  } >"sketches/$name/$name.ino"
}

# A library of one header and one source, in the layout with src.
simple() { # DIR NAME VALUE [PROPERTY…]
  local dir=$1 name=$2 value=$3
  shift 3
  library_properties "$dir" "$name" "$@"
  file "$dir/src/$name.h" <<<"int ${name}_value();"
  file "$dir/src/$name.cpp" <<END
#include "$name.h"
#include <Arduino.h>
int ${name}_value() { return $value + PINB; }
END
}

# The libraries of the last result, in the order in which they were found.
libraries_of() { # RESULT-DIR
  sed -n 's/.*"libraries":\[\([^]]*\)\].*/\1/p' "$1/done" | tr -d '"' | sed 's/@[^,]*//g'
}

# Both build the sketch alike with the libraries of one folder, and boardman says that it used these.
same() { # NAME SKETCH LIBRARIES [FOLDER]
  same_as_reference "$1" "$board" "$PWD/sketches/$2" -libraries "$PWD/${4:-libraries}" -- --libraries "${4:-libraries}"
  is "$(libraries_of "$results")" "$3" "… with ${3:-no library}"
}

linked() { # RESULT-DIR
  grep -e '\.elf ' "$1/cmd"
}

# --- layouts ---
file libraries/Flat/Flat.h <<<$'int flat();\nextern "C" int flat_c(int);'
file libraries/Flat/Flat.cpp <<<$'#include "Flat.h"\n#include "utility/deep.h"\nint flat() { return deep() + flat_c(1); }'
file libraries/Flat/flat.c <<<$'#include <deep.h>\nint flat_c(int n) { return n + deep(); }'
file libraries/Flat/utility/deep.h <<<$'#ifdef __cplusplus\nextern "C"\n#endif\nint deep();'
file libraries/Flat/utility/deep.c <<<$'#include "deep.h"\n#include <Arduino.h>\nint deep() { return analogRead(1); }'
file libraries/Flat/other/broken.cpp <<<'this is no source'
file libraries/Flat/examples/Broken/broken.cpp <<<'this is no source'
uses Flat 'flat()' Flat.h
same 'a library without properties and src, with utility' Flat Flat

library_properties 'libraries/Deep' Deep
file libraries/Deep/src/Deep.h <<<'int deep_one(), deep_two();'
file libraries/Deep/src/one.cpp <<<$'#include "Deep.h"\n#include "below/two.h"\nint deep_one() { return two(); }'
file libraries/Deep/src/below/two.h <<<$'#ifdef __cplusplus\nextern "C"\n#endif\nint two();'
file libraries/Deep/src/below/two.c <<<$'#include "two.h"\n#include <avr/io.h>\nint two() { return PINB; }'
file libraries/Deep/src/below/more/three.cpp <<<$'#include <Deep.h>\nint deep_two() { return 2; }'
file libraries/Deep/broken.cpp <<<'this is no source'
file libraries/Deep/other/broken.cpp <<<'this is no source'
uses Deep 'deep_one() + deep_two()' Deep.h
same 'a library with src and directories below' Deep Deep

library_properties 'libraries/With space' 'With space'
file 'libraries/With space/With space.h' <<<'int spaced();'
file 'libraries/With space/with space.cpp' <<<$'#include "With space.h"\nint spaced() { return 5; }'
uses Spaced 'spaced()' 'With space.h'
same 'a library with a space in its names' Spaced 'With space'

# --- linkage ---
simple libraries/Archived Archived 3 dot_a_linkage=true
file libraries/Archived/src/unused.cpp <<<$'extern int nowhere();\nint unused() { return nowhere(); }'
uses Archived 'Archived_value()' Archived.h
same 'dot_a_linkage' Archived Archived
like "$(linked "$results")" 'libraries/Archived/Archived\.a( |$)' '… links an archive'
unlike "$(linked "$results")" 'Archived\.cpp\.o' '… and no object'
uses Flat_again 'flat()' Flat.h
build "$board" --libraries libraries sketches/Flat_again
like "$(linked "$results")" 'libraries/Flat/Flat\.cpp\.o( |$)' 'other libraries are linked as objects'
unlike "$(linked "$results")" 'Flat\.a' '… and not as an archive'

# An archive of the user's own: the functions in it return other numbers than the sources do.
archive() { # DIR NAME VALUE
  mkdir -p "$1"
  printf 'int %s_value() { return %s; }\n' "$2" "$3" >archive.cpp
  avr-g++ -mmcu=atmega328p -Os -c archive.cpp -o archive.o && avr-ar rcs "$1/lib$2.a" archive.o
}
# shellcheck disable=SC2317
has_number() { # RESULT-DIR NUMBER: the program loads it
  avr-objdump -d "$(firmware "$1/firmware" elf)" | grep -q "0x$(printf %02X "$2")"
}
simple libraries/Full Full 77 precompiled=full ldflags=-lm
archive libraries/Full/src/atmega328p Full 91
uses Full 'Full_value()' Full.h
build "$board" -k --libraries libraries sketches/Full
ok_status 0 'precompiled=full is built'
like "$(linked "$results")" " -L$PWD/libraries/Full/src/atmega328p -lm -lFull( |$)" '… linked with its archive and ldflags'
unlike "$(linked "$results")" 'Full\.cpp\.o' '… and not with its sources'
ok "… whose function it is" has_number "$results" 91
build arduino:avr:mega -k --libraries libraries sketches/Full
ok_status 0 '… and for a processor without an archive'
like "$(linked "$results")" 'libraries/Full/Full\.cpp\.o' '… with its sources'

simple libraries/Partly Partly 78 precompiled=true
file libraries/Partly/src/Partly.cpp <<<$'#include "Partly.h"\nint Extra_value();\nint Partly_value() { return Extra_value(); }'
archive libraries/Partly/src/atmega328p Extra 92
uses Partly 'Partly_value()' Partly.h
build "$board" -k --libraries libraries sketches/Partly
ok_status 0 'precompiled=true is built'
like "$(linked "$results")" 'Partly\.cpp\.o .*-lExtra' '… linked with sources and archive'
ok "… whose function it is" has_number "$results" 92

# --- what a library includes ---
simple libraries/First First 1
file libraries/First/src/First.h <<<$'#include <Second.h>\nint First_value();'
simple libraries/Second Second 2
file libraries/Second/src/Second.cpp <<<$'#include "Second.h"\n#include <Third.h>\nint Second_value() { return Third_value(); }'
simple libraries/Third Third 3
file libraries/Third/src/Third.cpp <<<$'#include "Third.h"\n#include <Wire.h>\nint Third_value() { return Wire.read(); }'
uses Chain 'First_value() + Second_value()' First.h
same 'libraries that need libraries' Chain First,Second,Third,Wire
uses Tabbed 'tabbed()' Arduino.h
file sketches/Tabbed/tab.cpp <<<$'#include <Third.h>\nint tabbed() { return Third_value(); }'
echo 'int tabbed();' >>sketches/Tabbed/Tabbed.ino
sed -i '1s/^/int tabbed();\n/' sketches/Tabbed/Tabbed.ino
same 'a library that only a tab needs' Tabbed Third,Wire

simple libraries/Needy Needy 4 depends=Flat
uses Needy 'Needy_value()' Needy.h
same 'depends= alone brings in nothing' Needy Needy
simple libraries/Lost Lost 5 'depends=Flat,Not Here (>=1.0)'
file libraries/Lost/src/Lost.h <<<$'#include <NotHere.h>\nint Lost_value();'
uses Lost 'Lost_value()' Lost.h
build "$board" --libraries libraries sketches/Lost
ok_status 1 'a library without what it needs'
like "$(cat "$results/done")" 'cure: arduino-cli lib install \\"Not Here\\""' '… has a cure, which depends= names'

uses Local 'Third_value()' Arduino.h
file sketches/Local/Third.h <<<'static int Third_value() { return PINC; }'
sed -i '1s/$/\n#include "Third.h"/' sketches/Local/Local.ino
same "the sketch's own header comes before a library's" Local ''
mkdir sketches/Angle
sed 's/"Third.h"/<Third.h>/' sketches/Local/Local.ino >sketches/Angle/Angle.ino
cp sketches/Local/Third.h sketches/Angle
same '… but not in angle brackets' Angle Third,Wire

uses Bundled 'EEPROM.read(1) + Wire.available() + SPI.transfer(2)' EEPROM.h Wire.h SPI.h
same "the platform's own libraries" Bundled EEPROM,Wire,SPI

# --- where libraries are ---
simple "$HOME/Arduino/libraries/Homely" Homely 21
uses Homely 'Homely_value()' Homely.h
build "$board" sketches/Homely
ok_status 0 'a library of ~/Arduino/libraries'
simple elsewhere/Homely Homely 22
build "$board" -k --libraries elsewhere sketches/Homely
ok "--libraries comes before it" has_number "$results" 22
simple 'given/a fork' Homely 23 version=9.9.9
build "$board" -k --library 'given/a fork' --libraries elsewhere sketches/Homely
ok "--library comes before both" has_number "$results" 23
like "$err$out" "note: using given/a fork as Homely 9\.9\.9; ignoring elsewhere/Homely \(1\.0\.0\)" '… which is told'
like "$err$out" "ignoring ~/Arduino/libraries/Homely \(1\.0\.0\)" '… of each that is ignored'
same_as_reference '… and is what the reference makes of it' "$board" "$PWD/sketches/Homely" -libraries "$PWD/given" -- \
  --library 'given/a fork'

# --- the tree's own library ---
simple own/checkout Homely 24
file own/checkout/examples/One/One.ino <<<$'#include <Homely.h>\nvoid setup() { PORTB = Homely_value(); } void loop() { }'
file own/checkout/examples/Group/Two/Two.ino <<<$'#include <inside/in.h>\nvoid setup() { PORTB = inside(); } void loop() { }'
file own/checkout/src/inside/in.h <<<'int inside();'
file own/checkout/src/inside/in.cpp <<<$'#include "in.h"\nint inside() { return 25; }'
output=$T/own.out
run boardman compile -k -b "$board" -o "$output" -C own/checkout/src
ok_status 0 'in a library, its examples are built'
find_results "$output"
is "${#result_dir[@]}" 2 '… all of them'
one=${result_dir[$PWD/own/checkout/examples/One]:-none}
ok '… with that library, not the installed one' has_number "$one" 24
like "$err$out" "note: using .* as Homely 1\.0\.0; ignoring ~/Arduino/libraries/Homely" '… which is told'
two=${result_dir[$PWD/own/checkout/examples/Group/Two]:-none}
is "$(libraries_of "$two")" Homely 'a header in a directory of the library under work brings it in'
like "$err$out" "note: 'inside/in\.h' .*arduino-cli would not find it" '… which is told, too'
reference "$T/inner" "$board" "$PWD/own/checkout/examples/Group/Two" -libraries "$PWD/own"
like "$?$(cat "$T/inner/log")" '^1.*fatal error: inside/in\.h' '… for the reference does not'
build "$board" --build-property "$compat" own/checkout/examples/Group/Two
ok_status 1 '… nor boardman when it is to do as the reference'
mkdir -p sketches/Inner
cp own/checkout/examples/Group/Two/Two.ino sketches/Inner/Inner.ino
build "$board" --libraries own sketches/Inner
ok_status 1 '… nor for a library that is only installed'

# --- two that have the header ---
simple pair/Sensor Sensor 31
simple pair/Sensor_fork 'Sensor fork' 32
mv pair/Sensor_fork/src/Sensor\ fork.h pair/Sensor_fork/src/Sensor.h
sed -i 's/Sensor fork/Sensor/' pair/Sensor_fork/src/*
simple pair/Elsewhere Elsewhere 33 architectures=esp32
file pair/Elsewhere/src/Sensor.h <<<'#error this is for another processor'
uses Sensor 'Sensor_value()' Sensor.h
same 'the library that is called as the header' Sensor Sensor pair
run boardman why -b "$board" --libraries pair sketches/Sensor
like "$out" $'Sensor 1\\.0\\.0 in pair/Sensor\n    for Sensor\\.h, included by sketches/Sensor/Sensor\\.ino\n' '… and why tells so'
like "$out" $'not chosen: Sensor fork 1\\.0\\.0 in pair/Sensor_fork\n    not chosen: Elsewhere 1\\.0\\.0 in pair/Elsewhere' '… and names the others in their order'

# --- what the text alone can't tell ---
# LEVEL is 3 only for a preprocessor.
simple guess/Config Config 41
file guess/Config/src/Config.h <<'END'
#include <Arduino.h>
#define PASTE_EXPANDED(a, b) a##b
#define PASTE(a, b) PASTE_EXPANDED(a, b)
#define LEVEL_1 1
#define LEVEL_3 3
#define LEVEL PASTE(LEVEL_, CHOSEN)
#ifdef ARDUINO_AVR_UNO
#define CHOSEN 3
#else
#define CHOSEN 1
#endif
END
simple guess/Taken Taken 42
simple guess/Left Left 43
n=0
while IFS=: read -r condition library; do
  n=$((n + 1))
  mkdir -p "sketches/Guess$n"
  cat >"sketches/Guess$n/Guess$n.ino" <<END
#include <Config.h>
#define sizeof_int 3
#if $condition
#include <Taken.h>
#else
#include <Left.h>
#define Taken_value Left_value
#endif
void setup() { PORTB = Taken_value(); }
void loop() { }
END
  same "#if $condition" "Guess$n" "Config,$library" guess
done <<'END'
LEVEL > 2:Taken
LEVEL < 3:Left
PASTE(LEVEL, 1) > 30:Taken
defined(TWI_vect) && LEVEL == sizeof_int:Taken
F_CPU / 1000000L == 16 && E2END > 1000:Taken
SERIAL_RX_BUFFER_SIZE >= 64:Taken
__has_include(<Taken.h>):Left
END
mkdir -p sketches/Turned
cat >sketches/Turned/Turned.ino <<'END'
#include <Config.h>
#if LEVEL < 2
#include <Taken.h>
#include <Nowhere.h>
#else
#include <Left.h>
#endif
void setup() { PORTB = Left_value(); }
void loop() { }
END
same 'a header that is nowhere, where it is not wanted' Turned Config,Left guess
build arduino:avr:mega --libraries guess sketches/Turned
ok_status 1 '… and where it is wanted'
like "$out$err" 'Nowhere\.h' '… which is named'

done_testing
