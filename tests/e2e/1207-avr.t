#!/bin/bash
# What the user sees with a real compiler: its errors, its linker's, sizes, symbols, firmware.
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2016,SC2317
. "${srcdir:?}/tests/lib/e2e.sh"
use_avr
command -v jq >/dev/null || skip_all 'jq is not installed'

has_line() { # LINE
  grep -qxF -e "$1" <<<"$out"
}

mksketch . Blink 'void setup() { pinMode(LED_BUILTIN, OUTPUT); }
void loop() { digitalWrite(LED_BUILTIN, HIGH); }'
mksketch . Noise 'void setup() {}
void loop() { inoise9(1); }'
mksketch . Link 'int nowhere();
void setup() { nowhere(); }
void loop() {}'
mksketch . Big '#include <avr/pgmspace.h>
const char big[] PROGMEM = "x"; const char huge[31900] PROGMEM = {1};
void setup() { for (int i = 0; i < 31900; i++) PORTB = pgm_read_byte(&huge[i]); }
void loop() {}'
mksketch . Ram 'volatile char all[1700];
void setup() { all[micros() % 1700] = 1; }
void loop() {}'
mksketch . Header '#include <FastLED.h>
void setup() {}
void loop() {}'
mksketch . Warns 'void setup() { int unused; }
void loop() {}'
run boardman compile -b uno --warnings all
ok_status 1
like "$err" '^note: arduino:avr ' 'what the packaged platform needs is told'
like "$out" "^arduino:avr [0-9.]+ in /usr/share/arduino/hardware \(avr-gcc $(avr-gcc -dumpversion)\)"$'\n' \
  'platform and compiler'
is "$(jq -r '[.jobs[] | .sketch + "=" + .verdict] | sort | join(" ")' boardman-out/run.json)" \
  'Big=failed Blink=ok Header=failed Link=failed Noise=failed Ram=ok Warns=ok' 'the verdicts'
ok 'a name that is not declared' has_line \
  "  Noise/Noise.ino:2:24: error: 'inoise9' was not declared in this scope"
like "$out" $'\n  [^\n]*: undefined reference to .nowhere' 'one that is not defined'
unlike "$out" 'collect2: error' '… without the echo of it'
like "$out" $'\n  uses 32[0-9]{3} of 32256 bytes of flash \\(10[0-9] %\\)\n' 'too big'
like "$out" $'\n  Header/Header\.ino:1:[0-9]+: fatal error: FastLED\.h: No such file or directory\n  no library has .FastLED\.h.; cure: ' \
  'a missing library'
like "$out" $'\nok arduino:avr:uno  Ram  \\(local, [^\n]*, 1 warning\\)  [^\n]* bytes of RAM \\((8[0-9]|9[0-9]) %\\)\n' \
  'RAM over its mark'
like "$out" $'\nok arduino:avr:uno  Warns  \\(local, [^\n]*, 1 warning\\)' 'warnings are counted'
like "$out" $'\nWarns/Warns\.ino:1:[0-9]+: warning: unused variable' '… and shown where they are'

job=boardman-out/current/arduino.avr.uno/Blink
is "$(cd $job && find firmware -type f | LC_ALL=C sort | tr '\n' ' ')" "$(printf 'firmware/Blink.ino.%s ' eep hex)" 'firmware: what arduino-cli would export'
run boardman compile -b uno -q Blink
is "$out $err" "1 job: 1 ok${out#1 job: 1 ok} " '-q: nothing but the last line'
run boardman compile -b uno -k Blink
size=$(avr-size -A $job/firmware/Blink.ino.elf)
is "$(jq -c '[.sizes.flash, .sizes.ram]' $job/done)" "$(awk '
  $1 == ".text" || $1 == ".data" { flash += $2 }
  $1 == ".data" || $1 == ".bss" || $1 == ".noinit" { ram += $2 }
  END { printf "[%d,%d]", flash, ram }' <<<"$size")" "sizes are avr-size's"
is "$(cut -f 3 $job/syms | sort | tr '\n' ' ')" "__do_clear_bss __vector_16 digital_pin_to_bit_mask_PGM digital_pin_to_port_PGM \
digital_pin_to_timer_PGM main port_to_mode_PGM port_to_output_PGM timer0_fract timer0_millis timer0_overflow_count " \
  'syms: functions, objects, assembly'
is "$(awk '$3 == "main" || $3 == "timer0_fract" { print $1, $3 }' $job/syms)" $'.text main\n.bss timer0_fract' '… their sections'
is "$(comm -23 <(awk '{ print $2, $3 }' $job/syms | sort) \
  <(avr-nm -S -t d $job/firmware/Blink.ino.elf | awk 'NF == 4 { print $2 + 0, $4 }' | sort))" '' "… and avr-nm's sizes"
ok 'deps: the compiler itself is there' grep -q $'^toolchain\t/usr/lib/.*avr' $job/deps

# --- what failed to compile stands until something that it read is mended ---
# The headers lie in a library, and no C++ ever reads them.
mkdir -p libraries/Parts
printf '#pragma once\n' >libraries/Parts/Parts.h
printf 'int broken = ;\n' >libraries/Parts/of_c.h
printf '.no_such_directive\n' >libraries/Parts/of_asm.h
mksketch parts InC '#include <Parts.h>
void setup() {}
void loop() {}'
cp -r parts/InC parts/InAsm
mv parts/InAsm/InC.ino parts/InAsm/InAsm.ino
printf '#ifndef __cplusplus\n#include <of_c.h>\n#endif\n' >parts/InC/part.c
printf '#ifdef __ASSEMBLER__\n#include <of_asm.h>\n#endif\n' >parts/InAsm/part.S
parts() {
  run boardman compile -b uno --libraries libraries parts
  verdicts=$(jq -r '[.jobs[] | .sketch + "=" + .verdict + (if .unchanged then " unchanged" else "" end)] | sort | join(", ")' \
    boardman-out/run.json)
}
parts
is "$verdicts" 'parts/InAsm=failed, parts/InC=failed' 'C and assembly that do not compile'
parts
is "$verdicts" 'parts/InAsm=failed unchanged, parts/InC=failed unchanged' '… stand'
printf 'int mended;\n' >libraries/Parts/of_c.h
parts
is "$verdicts" 'parts/InAsm=failed unchanged, parts/InC=ok' '… until a header is mended that only C reads'
printf '.byte 1\n' >libraries/Parts/of_asm.h
parts
is "$verdicts" 'parts/InAsm=ok, parts/InC=ok unchanged' '… or only assembly'

run boardman why -b uno Header
like "$out" "no library has 'FastLED\.h'; cure: " 'why'

done_testing
