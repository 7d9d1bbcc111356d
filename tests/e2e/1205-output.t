#!/bin/bash
# What a run prints: for people off and on a terminal, and for programs.
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2016,SC2317
. "${srcdir:?}/tests/lib/e2e.sh"
command -v jq >/dev/null || skip_all 'jq is not installed'

# Texts without their times.
untimed() {
  sed -E 's/[0-9.]+ (ms|s|min)\b/N s/g; s/ \(stage 1 N s\)//'
}

proj=$T/work/proj
mkdir "$proj"
cd "$proj" || exit 99
mksketch . Blink
mksketch . Noise "int a;
int b; // tiny: fail 'inoise9' was not declared in this scope
int c; // tiny: fail expected ';'"
top="tiny:tiny 1.2.3 in $TINY/hardware"

# --- off a terminal ---
run boardman compile -b one -j 1
ok_status 1
block='FAIL tiny:tiny:one  Noise  (local, N s)
  Noise/Noise.ino:2:8: error: '\''inoise9'\'' was not declared in this scope
  Noise/Noise.ino:3:8: error: expected '\'';'\''
  log: boardman-out/current/tiny.tiny.one/Noise/err'
last='2 jobs: 1 ok, 1 failed; N s; 1 board, 2 sketches, 1 machine'
is "$(untimed <<<"$out")" "$top
ok tiny:tiny:one  Blink  (local, N s)  400 bytes of flash (0 %), 0 bytes of RAM (0 %)
FAIL tiny:tiny:one  Noise  (local, N s)
$block
$last" 'a line for each job, the failure, the last line'
is "$err" '' '… all on stdout'
unlike "$out" $'\e' '… without colour'
cd "$T/work" || exit 99
run boardman compile -b one -o proj/boardman-out proj
like "$out" $'\n  proj/Noise/Noise\.ino:2:8: error: ' 'paths are shown from where one is'
like "$out" $'\n  log: proj/boardman-out/current/tiny\.tiny\.one/' '… the log too'
cd "$proj/Noise" || exit 99
run boardman compile -b one -o ../boardman-out
like "$out" $'\n  Noise\.ino:2:8: error: ' '… in the sketch itself'
cd "$proj" || exit 99

# --- -q, -v ---
run boardman compile -b one -j 1 -f -q
is "$(untimed <<<"$out")" "$block
$last" '-q: failures and the last line'
run boardman compile -b one -f -v Blink
has_cc=$(grep -c 'tiny-g++ -c .* boardman-out/.*/Blink.ino.cpp -o ' <<<"$out")
is "$has_cc $(grep -c 'tiny-gcc .*-o boardman-out/.*/Blink.ino.elf' <<<"$out")" '1 1' '-v: the commands'
is "$(boardman compile -b one -V Blink | grep -c 'tiny-g++ -c')" 1 '-V is the same; of an unchanged job too'
run boardman compile -b one Blink
unlike "$out" 'tiny-g' 'without it there are none'

# --- the same error in several jobs ---
mkdir -p "$HOME/Arduino/libraries"
cp -R "$TINY/libraries/Blinker" "$HOME/Arduino/libraries"
echo '#error no good' >>"$HOME/Arduino/libraries/Blinker/src/Blinker.h"
sed -i '$s/.*/\/\/ tiny: fail no good/' "$HOME/Arduino/libraries/Blinker/src/Blinker.h"
for i in 1 2 3; do
  mksketch many "S$i" "#include <Blinker.h>
int s$i;"
done
run boardman compile -b one,two -o out many
ok_status 1
is "$(grep -c '/Blinker.h:[0-9:]* error: no good' <<<"$out")" 1 'one error in six jobs is shown once'
like "$out" 'the same in 5 other jobs: ' '… and counted'
rm -r many out
for i in 1 2 3; do
  mksketch many "S$i" "int s$i;
#include <Nobodys.h>"
  mksketch many "N$i" "int n$i; // tiny: fail 'gone' was not declared in this scope"
done
mksketch many N4 "
int n4; // tiny: fail 'gone' was not declared in this scope"
run boardman compile -b one,two -o out many -j 1
is "$(grep -c 'fatal error: Nobodys.h' <<<"$out")" 1 'a library that many sketches miss is told once'
like "$out" $'\n  the same in 5 other jobs: many/S2, many/S3, tiny:tiny:two many/S1, ' '… with who else misses it'
like "$out" $'\n  many/N1/N1\\.ino:1:9: error: .gone. was not declared in this scope\n  the same in 7 other jobs: many/N2/N2\\.ino:1:9, many/N3/N3\\.ino:1:9, many/N4/N4\\.ino:2:9, tiny:tiny:two many/N1, ' \
  'one error in many sketches, too: with its places'
like "$out" $'\n14 jobs: 14 failed' '… and counted'
rm -r many out
for i in {1..25}; do
  mksketch many "F$i" "$(printf "// tiny: fail e$i.%s\n" {1..15})
int f$i;"
done
run boardman compile -b one -o out many -q
is "$(grep -c '^FAIL ' <<<"$out")" 20 'at most 20 failures are shown'
is "$(grep -c ': error: ' <<<"$out")" 200 '… of 10 lines each'
like "$out" $'\n… and 5 more failures\n' '… the others are counted'
rm -r many out

# --- for programs ---
run boardman compile -b one -f --json
ok_status 1 '--json: status'
is "$(jq -s length <<<"$out")" 1 '--json: one valid document on stdout'
is "$(untimed <<<"$err" | sort)" "$(boardman compile -b one -f | untimed | sort)" '… and what people read on stderr'
is "$(jq -c '[.schema, .exit_status, .output_dir, .totals.jobs, .totals.ok, .totals.failed]' <<<"$out")" \
  "[\"boardman-report/1\",1,\"$proj/boardman-out\",2,1,1]" '--json: the run'
is "$(jq -c '.jobs[] | select(.sketch == "Blink") | [.board, .verdict, .unchanged, .machine, .sizes]' <<<"$out")" \
  '["tiny:tiny:one","ok",false,"local",{"flash":400,"flash_max":100000,"ram":0,"ram_max":2000}]' '--json: a job'
hex=$(jq -r '.jobs[] | select(.sketch == "Blink") | .artifacts[0].path' <<<"$out")
is "$(sha256sum <"$hex" | cut -d' ' -f1)" \
  "$(jq -r '.jobs[] | select(.sketch == "Blink") | .artifacts[0].sha256' <<<"$out")" '--json: its firmware'
is "$(grep -c error: "$(jq -r '.jobs[] | select(.sketch == "Noise") | .err' <<<"$out")")" 2 '--json: where its errors are'
run boardman compile -b one --json --exclude '*'
is "$status $out" '2 ' '--json: nothing on stdout when nothing was run'

run boardman compile -b one -f --json-lines
ok_status 1 '--json-lines: status'
is "$(wc -l <<<"$out") $(jq -s length <<<"$out")" '2 2' '--json-lines: a document on each line'
is "$(jq -r '.schema + " " + .sketch + " " + .verdict' <<<"$out" | sort)" \
  $'boardman-job/1 Blink ok\nboardman-job/1 Noise failed' '… for each job'
like "$err" '2 jobs: 1 ok, 1 failed' '… and what people read on stderr'
mkfifo "$T/pipe"
mksketch many Wait "int w; // tiny: wait $T/go"
mksketch many Quick
background lines boardman compile -b one -o out -j 2 --json-lines many
ok 'a line comes as soon as its job is done' eventually 20 grep -q '"sketch":"many/Quick"' "$T/lines.out"
is "$(wc -l <"$T/lines.out")" 1 '… not later'
: >"$T/go"
finish lines "$background_pid"
rm -r many out

# --- colour ---
run boardman compile -b one --color always
like "$out" $'\e\\[32mok\e\\[0m tiny:tiny:one  Blink' '--color always'
is "$(untimed <<<"$out" | sed $'s/\e\\[[0-9;]*m//g' | sort)" "$(boardman compile -b one | untimed | sort)" '… changes nothing else'
NO_COLOR=1 run boardman compile -b one --color always
like "$out" $'\e' '… and beats NO_COLOR'
run boardman compile -b one --color never
unlike "$out" $'\e' '--color never'

# --- bytes of others ---
printf 'int n; // tiny: fail \e]0;title\a \e[2J \xc2\x9b31m \xff end\n' >Noise/Noise.ino
run boardman compile -b one
like "$out" $'error: \\\\x1b\\]0;title\\\\x07 \\\\x1b\\[2J \\\\x9b31m' 'control bytes that a compiler says are shown'
is "$(boardman compile -b one --json 2>/dev/null | jq -s length)" 1 '… and JSON stays JSON'

# --- on a terminal ---
if command -v script >/dev/null && script -qec true /dev/null </dev/null >/dev/null 2>&1; then
  on_terminal() { # COMMAND LINE
    screen=$(TERM=${2:-xterm} script -qec "$1" /dev/null </dev/null | tr -d '\r')
  }
  on_terminal 'boardman compile -b one'
  like "$screen" $'error: \\\\x1b\\]0;title\\\\x07 \\\\x1b\\[2J \\\\x9b31m' 'on a terminal, too'
  like "$screen" $'\e\\[1;31mFAIL\e\\[0m tiny:tiny:one  Noise' 'colour by itself'
  like "$screen" $'\e\\[32mok\e\\[0m tiny:tiny:one  Blink' 'few jobs: a line for each'
  on_terminal 'NO_COLOR=1 boardman compile -b one'
  unlike "$screen" $'\e\\[[0-9;]*m' 'NO_COLOR'
  on_terminal 'NO_COLOR= boardman compile -b one'
  like "$screen" $'\e\\[1;31mFAIL' '… an empty one is none'
  on_terminal 'boardman compile -b one' dumb
  unlike "$screen" $'\e' 'TERM=dumb'
  on_terminal 'boardman compile -b one --json >doc'
  is "$(jq -s length doc)" 1 'JSON goes to its file'
  like "$screen" $'\e\\[1;31mFAIL' '… and people read the terminal'
  printf '%s\n' "boardman compile -b \$'no\\e[2Jsuch'" >"$T/odd"
  on_terminal "bash '$T/odd'"
  like "$screen" "^boardman: .*'no\\\\x1b\[2Jsuch'" 'our own messages do not pass on control bytes'
  for i in 1 2 3 4; do
    mksketch many "L$i" "int l$i; // tiny: sleep 150"
  done
  on_terminal 'boardman compile -b one -o out many -j 1'
  like "$screen" $'\r?\e\\[K[0-9] of 4 done, 0 failed, 1 running' 'many jobs: one live line'
  unlike "$screen" 'ok.* many/L1' '… and none for each that is well'
  like "$screen" $'\e\\[K4 jobs: 4 ok; [^\n]*$' '… which is gone at the end'
  on_terminal 'boardman compile -b one -o out many -j 1 -f -q'
  unlike "$screen" 'running' '-q: no live line'
else
  skip 'script(1) does not work here' 'on a terminal'
fi

# --- a line of status now and then ---
mksketch slow Slow 'int s; // tiny: sleep 1000'
BOARDMAN_TIME_DIVISOR=50 run boardman compile -b one -o out slow
like "$out" $'\n0 of 1 done, 0 failed, 1 running[^\n]*\n' 'off a terminal a line of status now and then'

# --- nobody reads ---
run bash -c 'boardman compile -b one -f | true; exit "${PIPESTATUS[0]}"'
is "$status $err" '1 ' 'a reader that goes away changes nothing'

# --- nothing can be written ---
if (echo >/dev/full) 2>/dev/null; then
  skip 'there is no /dev/full' 'output that cannot be written'
else
  rm -rf good && mksketch good Good
  for args in 'version' '--help' 'boards' 'sketches good' 'cache' 'compile --help' 'compile -b one -n good' 'compile -b one -o out good' \
    'compile -b one -o out --json good' 'compile -b one -o out --json-lines good'; do
    # shellcheck disable=SC2086
    run bash -c 'exec boardman "$@" >/dev/full' boardman $args
    is "$status $(grep -c '^boardman: cannot write the output: No space left on device$' <<<"$err")" '3 1' "$args: output that cannot be written is a failure, told once"
  done
fi

done_testing
