#!/bin/bash
# The tiny platform's tools do what the other tests rely on.
# shellcheck source-path=SCRIPTDIR/../lib
. "${srcdir:?}/tests/lib/e2e.sh"

platform=$BOARDMAN_SYSTEM_HARDWARE/tiny/tiny
bin=$platform/tools/tiny/bin
cc=$bin/tiny-g++
core=("-I$platform/cores/tiny" "-I$platform/variants/std")

write() { # FILE TEXT
  mkdir -p "$(dirname "$1")"
  printf '%b' "$2" >"$1"
}

# --- dependencies and missing headers ---
write x.cpp '#include <Arduino.h>\n#include "sub dir/a.h"\n'
write 'sub dir/a.h' '#include "b$.h"\n#include <string.h>\n'
# shellcheck disable=SC2016
write 'sub dir/b$.h' 'int b;\n'
run "$cc" -c -MMD "${core[@]}" x.cpp -o x.o
ok_status 0 'compiles'
is "$(cat x.d)" "x.o: x.cpp \\
  $platform/cores/tiny/Arduino.h \\
  $platform/cores/tiny/wiring.h \\
  $platform/variants/std/pins_arduino.h \\
  sub\\ dir/a.h \\
  sub\\ dir/b\$\$.h" '-MMD writes make syntax without system headers'
run "$cc" -c -MD -MP -MF deps -MT 'the target' "${core[@]}" x.cpp -o x.o
like "$(cat deps)" '^the target: x\.cpp .*/tools/tiny/bin/\.\./include/string\.h' \
  '-MD names system headers; -MF and -MT are heeded'
like "$(cat deps)" $'\nsub\\\\ dir/a.h:($|\n)' '-MP adds phony targets'

write y.cpp '\n  #include "z.h"\n'
write z.h '#include <no/where.h>\n'
want='In file included from y.cpp:2:
z.h:1:10: fatal error: no/where.h: No such file or directory
    1 | #include <no/where.h>
      |          ^~~~~~~~~~~~
compilation terminated.'
run "$cc" -c y.cpp -o y.o
ok_status 1 'a missing header ends the compile'
is "$err" "$want" '… with the message of gcc'
has_no_file y.o
run gcc -c y.cpp -o y.o
is "$err" "$want" 'which gcc really gives'
run "$cc" -M -MG y.cpp
is "$out" $'y.o: y.cpp \\\n  z.h \\\n  no/where.h' '-M -MG takes it as made later'

# --- preprocessing ---
write p.cpp '#ifdef A\nint a; // a comment\n#elif defined(B) && B > 1\nint b;\n#else\nint c; /* two\nlines */ int d;\n#endif\n#line 7 "q \\"x\\".ino"\nint e;\n'
run "$cc" -E p.cpp
is "$out" '# 1 "p.cpp"





int c;
  int d;


# 7 "q \"x\".ino"
int e;' '-E gives lines at their places and markers'
run "$cc" -E -CC -DA p.cpp
like "$out" $'\nint a; // a comment\n' '-CC keeps comments'
run "$cc" -E -DB=2 p.cpp
like "$out" $'\nint b;\n' '#elif with a value'
run "$cc" -E p.cpp -o p.i
is "$out" '' '-E -o writes no standard output'
has_file p.i
write h.cpp '#if __has_include("z.h") && !__has_include(<gone.h>)\nint yes;\n#endif\n'
run "$cc" -E h.cpp
like "$out" 'int yes' '__has_include'
write i.cpp '#define HEADER "z2.h"\n#include HEADER\n#include HEADER\n'
write z2.h '#pragma once\nint once;\n'
run "$cc" -E i.cpp
is "$(grep -c 'int once' <<<"$out")" 1 'computed include, #pragma once'
run "$cc" -E -include z2.h h.cpp
like "$out" 'int once' '-include'

# --- objects ---
object() { # TEXT FLAG…: an object's bytes
  local text=$1
  shift
  write o.cpp "$text"
  "$cc" -c "$@" o.cpp -o o.o && cat o.o
}
base=$(object 'int f() { return 1; }\n')
is "$(object 'int f() { return 1; } // why\n')" "$base" 'comments do not change an object'
isnt "$(object 'int f() { return 2; }\n')" "$base" 'code does'
isnt "$(object 'int f() { return 1; }\n' -DX=1)" "$base" 'flags do'
is "$(object 'int f() { return 1; }\n' -I. -MMD -Wall)" "$base" '-I, -M and -W do not'
is "$(cd / && "$cc" -c "$PWD/../$T/work/o.cpp" -o "$T/o.o" && cat "$T/o.o")" "$base" 'its place does not'
isnt "$(object 'const char *f = __FILE__;\n#line 1 "a"\n')" "$(object 'const char *f = __FILE__;\n#line 1 "b"\n' -DX)" '__FILE__ counts'
isnt "$(object 'const char *t = __TIME__;\n')" "$(object 'const char *t = __TIME__;\n')" '__TIME__ is never the same'
write flags.txt '-DX="a b"'
isnt "$(object 'int f() { return 1; }\n' @flags.txt)" "$base" '@file is read'

# --- link and the rest ---
write main.cpp 'int main() {} // tiny: needs f\n// tiny: bytes 50\n'
write f.cpp '// tiny: gives f\n// tiny: data 7\n// tiny: bss 3\n'
"$cc" -c main.cpp && "$cc" -c f.cpp
run "$cc" -o a.elf main.o
ok_status 1 'a missing symbol ends the link'
like "$err" 'undefined reference to .f' '… and is named'
run "$bin/tiny-ar" rcs lib.a f.o
run "$bin/tiny-ar" rcs lib.a f.o
run "$cc" -Os -o a.elf main.o lib.a -L. -lm
ok_status 0 'links an archive'
run "$bin/tiny-size" -A a.elf
like "$out" $'\.data +7 .*\n\.text +250 .*\n\.bss +3 ' 'sizes are summed; a member replaced is there once'
run "$bin/tiny-objcopy" -O ihex -R .eeprom a.elf a.hex
like "$(tail -n 1 a.hex)" '^:00000001FF' 'makes a .hex'
ok 'the .hex is one' objcopy -I ihex -O binary a.hex a.bin
ok '… with the program in it' cmp a.bin a.elf
run "$cc" -o a.elf gone.o
like "$err" 'gone\.o: No such file' 'a missing object'
run "$cc" -dumpversion
ok_status 1 'answers no questions'

# --- directives ---
told() { # TEXT FLAG…: compiles a source of that text
  local text=$1
  shift
  write d.cpp "$text"
  rm -f d.o d.d
  run "$cc" -c -MMD "$@" d.cpp -o d.o
}
told 'int x; // tiny: fail no such thing\n'
ok_status 1 'fail'
is "$err" 'd.cpp:1:8: error: no such thing' '… says where'
has_no_file d.d 'no dependencies of a failed compile'
told 'int x; // tiny: fatal error writing to x.s: No room\n'
ok_status 1 'fatal'
is "$err" $'tiny-cc1: fatal error: error writing to x.s: No room\ncompilation terminated.' '… has no place'
told '#if 0\n// tiny: fail no\n#endif\n/* // tiny: fail no */\nconst char *s = "// tiny: fail no";\n'
ok_status 0 'directives that are not read are not obeyed'
told '// tiny: warn take care\n'
is "$err" 'd.cpp:1:1: warning: take care' 'warn'
ok_status 0
told '// tiny: warn take care\n' -w
is "$err" '' '-w hides it'
told '// tiny: warn take care\n' -Werror
ok_status 1 '-Werror makes it an error'
told '// tiny: die SEGV\n'
ok_status 139 'die'
told '// tiny: exit 7\n'
ok_status 7 'exit'
told '// tiny: spam 100000\n'
is "$(wc -c <"$T/err")" 100000 'spam'
told "// tiny: touch $T/touched\n// tiny: wait $T/touched\n"
has_file "$T/touched"
told "// tiny: if-file $T/touched fail here\n"
ok_status 1 'if-file'
told "// tiny: unless-file $T/touched fail here\n"
ok_status 0 'unless-file'
told '// tiny: preproc fail early\n'
ok_status 0 'preproc directives are left out by the compile'
run "$cc" -E d.cpp
ok_status 1 '… and obeyed by -E'
told '// tiny: link fail too late\n'
ok_status 0 'link directives are left out by the compile'
run "$cc" -o d.elf d.o
ok_status 1 '… and obeyed by the link'
like "$err" 'error: too late' '… with the text'
told '// tiny: bogus\n'
like "$err" "no such directive: 'bogus'" 'a mistyped directive is told'
start=${EPOCHREALTIME/./}
told '// tiny: sleep 300\n'
ok 'sleep takes its time' test $((${EPOCHREALTIME/./} - start)) -ge 300000

write hang.cpp '// tiny: hang\n'
background hang "$cc" -c hang.cpp
ok 'hang begins' eventually 10 grep -q hang.cpp "$TINY/starts"
sleep 0.1
ok '… and does not end' kill -0 "$background_pid"

forget_starts
told '// tiny: fork-and-hold\n'
ok_status 0 'fork-and-hold ends'
is "$(count_starts held)" 1 '… and leaves a process'
ok '… that lives' kill -0 "$(awk '$1 == "held" { print $3 }' "$TINY/starts")"

forget_starts
told 'int x;\n'
"$cc" -E d.cpp >d.i
is "$(count_starts compile)" 1 'starts are counted by role'
is "$(count_starts compile d.cpp)$(count_starts compile e.cpp)" 10 '… and by file'
is "$(count_starts)" 2 '… or all'

done_testing
