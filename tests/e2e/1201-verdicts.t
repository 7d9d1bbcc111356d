#!/bin/bash
# Each verdict and how it is told; the exit status, the first that applies: 130, 2, 1, 3, 0 (130 is 1204-interrupt.t's).
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2016,SC2317
. "${srcdir:?}/tests/lib/e2e.sh"
command -v jq >/dev/null || skip_all 'jq is not installed'

platform=$TINY/hardware/tiny/tiny
libraries=$HOME/Arduino/libraries
mkdir -p "$libraries"
cp -R "$TINY/libraries/." "$libraries"

has_line() { # LINE: on stdout
  grep -qxF -e "$1" <<<"$out"
}

# The line of a finished job, without what took how long.
says() { # REGEX NAME: a line of stdout, as an extended regex
  local code=0
  grep -qxE -e "$1" <<<"$out" || code=1
  result "$code" "$2" || show_run
}

verdicts() { # of run.json: SKETCH=VERDICT…
  jq -r '[.jobs[] | .sketch + "=" + .verdict] | sort | join(" ")' boardman-out/run.json
}

in_new() { # NAME: goes to an empty directory
  mkdir "$T/work/$1"
  cd "$T/work/$1" || exit 99
}

# --- ok ---
in_new ok
mksketch . Blink
run boardman compile -b one
ok_status 0 'ok: 0'
says 'ok tiny:tiny:one  Blink  \(local, .*\)  400 bytes of flash \(0 %\), 0 bytes of RAM \(0 %\)' 'ok: sizes'
says '1 job: 1 ok; .*; 1 board, 1 sketch, 1 machine' 'ok: the last line'
is "$err" '' 'ok: nothing on stderr'
run boardman compile -b one
ok_status 0
says 'ok tiny:tiny:one  Blink  \(local, .*, unchanged\) .*' 'unchanged is said'
says '1 job: 1 ok \(1 unchanged\); .*' '… and counted'
forget_starts
run boardman compile -b one -f
is "$(count_starts compile Blink)" 1 '-f builds it again'
unlike "$out" 'unchanged' '… and does not call it unchanged'
forget_starts
run boardman compile -b one -m -f
ok '-m builds stage 1 again' test "$(count_starts compile wiring.c)" = 1

# --- failed ---
in_new failed
mksketch . Compile 'int x; // tiny: fail no such thing'
mksketch . Link 'int y; // tiny: needs nowhere'
mksketch . Flash 'int z; // tiny: bytes 99700'
mksketch . Ram 'int r; // tiny: bss 2001'
mksketch . Header '#include <NoWhere.h>'
mksketch . Quiet 'int q; // tiny: exit 7'
mksketch . Odd $'int o; // tiny: spam 60\n// tiny: exit 7'
run boardman compile -b one
ok_status 1 'failed: 1'
is "$(verdicts)" 'Compile=failed Flash=failed Header=failed Link=failed Odd=failed Quiet=failed Ram=failed' 'all are'
ok 'by the compiler' has_line '  Compile/Compile.ino:1:8: error: no such thing'
says '  Link\.ino\.cpp\.o: undefined reference to .nowhere.' 'by the linker'
ok 'too big' has_line '  uses 100100 of 100000 bytes of flash (100 %)'
ok 'too much RAM' has_line '  uses 2001 of 2000 bytes of RAM (100 %)'
ok 'by a missing header' has_line '  Header/Header.ino:1:10: fatal error: NoWhere.h: No such file or directory'
ok '… with a cure' has_line \
  "  no library has 'NoWhere.h'; cure: install one that has it, or name its directory with --library"
ok 'by a compiler that says nothing' has_line '  Quiet.ino.cpp does not compile'
says '  Odd\.ino\.cpp does not compile' 'by one that says no "error"'
says '  spam spam .*' '… with what it says'
says '7 jobs: 7 failed; .*' 'counted'
is "$(jq -c '[.sizes.flash, .sizes.flash_max, .return_code]' boardman-out/current/*/Flash/done)" '[100100,100000,0]' \
  'the size of what is too big is kept'
is "$(jq .return_code boardman-out/current/*/Quiet/done)" 7 "the compiler's status is kept"
forget_starts
run boardman compile -b one
ok_status 1 'a failure that has not changed counts again'
says '7 jobs: 7 failed \(7 unchanged\); .*' '… as unchanged'
is "$(count_starts '')" 0 '… without a tool being started'
ok '… and is shown again' has_line '  Compile/Compile.ino:1:8: error: no such thing'
run boardman compile -b one -F Compile
is "$(count_starts compile Compile.ino.cpp)" 1 '-F builds it again'
mksketch . Compile 'int mended;'
run boardman compile -b one Compile
ok_status 0 'mended'

# --- limits of RAM ---
in_new ram
mksketch . Most $'int most; // tiny: bss 1501\n'
mksketch . Enough $'int enough; // tiny: bss 1500\n'
run boardman compile -b one
ok_status 0 'RAM over its mark is no failure'
says 'ok tiny:tiny:one  Most  \(local, .*, 1 warning\)  .*, 1501 bytes of RAM \(75 %\)' '… but a warning'
is "$(cat boardman-out/current/*/Most/err)" 'warning: uses 1501 of 2000 bytes of RAM (75 %)' '… which err holds'
has_no_file boardman-out/current/tiny.tiny.one/Enough/err
run boardman compile -b one --build-property build.warn_data_percentage=80
unlike "$out" 'warning' 'build.warn_data_percentage moves the mark'

# --- warnings ---
in_new warnings
mksketch . Warns $'int w; // tiny: warn take care\n// tiny: warn take more care\n'
run boardman compile -b one
says 'ok tiny:tiny:one  Warns  \(local, [^,]*\) .*' 'by default there are none'
run boardman compile -b one --warnings all
ok_status 0
says 'ok tiny:tiny:one  Warns  \(local, .*, 2 warnings\) .*' '--warnings: counted'
ok '… and shown' has_line 'Warns/Warns.ino:2:1: warning: take more care'
like "$(cat boardman-out/current/*/Warns/cmd)" ' -Wall -Wextra ' '… and passed on'
run boardman compile -b one -E
ok_status 1 '-E: warnings are errors'
ok '… without --warnings too' has_line '  Warns/Warns.ino:1:8: error: take care [-Werror]'

# --- --check, --config-only ---
in_new check
mksketch . Link 'int y; // tiny: needs nowhere'
mksketch . Compile 'int x; // tiny: fail no'
forget_starts
run boardman compile -b one --check
ok_status 1
is "$(verdicts)" 'Compile=failed Link=ok' '--check compiles'
is "$(count_starts link)" 0 '… and does not link'
run boardman compile -b one Link
ok_status 1 'a check is no build'
forget_starts
run boardman compile -b one --config-only
ok_status 0 '--config-only'
is "$(verdicts) $(count_starts compile)$(count_starts link)" 'Compile=ok Link=ok 00' '… neither compiles nor links'
mksketch . Header '#include <NoWhere.h>'
run boardman compile -b one --config-only Header
ok_status 1 '… but finds libraries'

# --- timeout ---
in_new timeout
mksketch . Slow 'int s; // tiny: sleep 60000'
mksketch . Chatty $'int c; // tiny: spam 65\n// tiny: hang'
mksketch . Blink
run boardman compile -b one --timeout 0.5
ok_status 1 'timeout: 1'
is "$(verdicts)" 'Blink=ok Chatty=timeout Slow=timeout' 'the others go on'
says 'TIMEOUT tiny:tiny:one  Slow  \(local, .*\)' 'timeout: its word'
ok 'timeout: the reason and the cure' has_line '  took longer than 0.5 s; cure: a longer --timeout'
forget_starts
run boardman compile -b one --timeout 0.5 Slow
is "$(count_starts compile Slow)" 1 'it is tried again by the next run'

# --- blocked ---
in_new blocked
mksketch . Blink
mksketch . Twice '#include <Blinker.h>'
echo '// tiny: fail variant is broken' >>"$platform/variants/big/variant.cpp"
echo '// tiny: fail timer is broken' >>"$libraries/Blinker/src/detail/Timer.cpp"
run boardman compile -b one,two
ok_status 1 'blocked: 1'
is "$(jq -r '[.jobs[] | (.board | sub(".*:"; "")) + "/" + .sketch + "=" + .verdict] | sort | join(" ")' \
  boardman-out/run.json)" 'one/Blink=ok one/Twice=blocked two/Blink=blocked two/Twice=blocked' \
  'only what needs the broken unit is blocked'
says "  core: $platform/variants/big/variant\.cpp does not compile" 'the core: the file is named'
says "  $platform/variants/big/variant\.cpp:[0-9:]* error: variant is broken" '… and what is wrong there'
says '  Blinker: .*/libraries/Blinker/src/detail/Timer\.cpp does not compile' 'a library: the file is named'
says '  .*/Timer\.cpp:[0-9:]* error: timer is broken' '… and what is wrong there'
is "$(grep -c '^BLOCKED .*  (' <<<"$out")" $((3 + 2)) 'the same failure has one block'
says '  the same in 1 other job: Twice' '… that names the others'
says '4 jobs: 1 ok, 3 blocked; .*' 'counted'
sed -i '$d' "$platform/variants/big/variant.cpp" "$libraries/Blinker/src/detail/Timer.cpp"
run boardman compile -b one,two
ok_status 0 'mended, they are built'

# --- skipped ---
in_new skipped
mksketch . Any
mksketch . One $'// @filter: (board is one)\nint one;'
run boardman compile -b one,two
ok_status 0 'skipped is no failure'
says 'skipped tiny:tiny:two  One  \(@filter \(board is one\)\)' 'skipped: the rule is named'
says '4 jobs: 3 ok, 1 skipped; .*' 'counted'
is "$(jq -r '.jobs[] | select(.verdict == "skipped") | .reason' boardman-out/run.json)" '@filter (board is one)' \
  'run.json: the rule'
has_no_file boardman-out/current/tiny.tiny.two/One
run boardman compile -b two One
ok_status 2 'all are skipped: 2'
is "$out" "tiny:tiny 1.2.3 in $TINY/hardware"$'\nskipped 1 (@filter (board is one))' '… with the rule'
is "$err" \
  'boardman: all jobs are skipped; cure: --no-filter builds what library.properties and @filter would skip' '… and the cure'
run boardman compile -b two --no-filter One
ok_status 0 'the cure cures'
mkdir none
run boardman compile -b one none
ok_status 2 'nothing is selected: 2'
run boardman compile -b one --exclude '*'
ok_status 2 'all is excluded: 2'
like "$err" "no sketch in '\.' but what --exclude leaves out" '… which is said'

# --- infra ---
in_new infra
mksketch . Killed 'int k; // tiny: die KILL'
mksketch . Crashed 'int c; // tiny: die SEGV'
mksketch . Full 'int f; // tiny: fatal error writing to x.s: No space left on device'
mksketch . Claims 'int f; // tiny: fail no: No space left on device'
mksketch . Blink
run boardman compile -b one Killed Crashed Blink
ok_status 3 'infra: 3'
is "$(verdicts)" 'Blink=ok Crashed=infra Killed=infra' 'a tool that dies is not the sketch failing'
says "  'tiny-g\+\+' was ended by signal 9, SIGKILL" 'infra: what happened'
forget_starts
run boardman compile -b one Killed
is "$(count_starts compile Killed)" 2 'it is tried again by the next run, and within it'
run boardman compile -b one Claims
ok_status 1 'a sketch that says so itself fails'
run boardman compile -b one Full
ok_status 3 'nor is a full disk'
is "$(jq -r '.jobs[0] | [.verdict, .reason] | @tsv' boardman-out/run.json)" $'not_run\tdisk full' '… which ends the run'
has_no_file boardman-out/current/tiny.tiny.one/Full/done
like "$err" "^boardman: 'tiny-g\+\+': No space left on device; cure: make room and run again" '… and is told'
echo 'int f; // tiny: fail no' >Full/Full.ino
run boardman compile -b one Full Killed
ok_status 1 'failed comes before infra'

# --- not run ---
in_new stop
for i in 1 2 3 4 5 6 7 8; do
  mksketch . F$i "int f$i; // tiny: fail no"
done
mksketch . Blink
forget_starts
run boardman compile -b one -j 1 --max-failures 2
ok_status 1 '--max-failures: 1'
is "$(jq -r '[.jobs[] | select(.verdict == "failed")] | length' boardman-out/run.json)" 2 'it stops after so many'
ok '… with no more begun than the one that waited' test "$(count_starts compile F)" -le 3
ok 'what was not run is told' has_line "not run: $(jq -r \
  '[.jobs[] | select(.verdict == "not_run")] | length' boardman-out/run.json) jobs (stopped after --max-failures)"
run boardman compile -b one
is "$(jq -r '[.jobs[] | select(.verdict == "failed")] | length' boardman-out/run.json)" 8 'the next run does the rest'
run boardman compile -b one --max-failures 1 -j 1
ok_status 1 'a known failure counts too'
ok 'not run is more than none' test "$(jq -r '[.jobs[] | select(.verdict == "not_run")] | length' boardman-out/run.json)" -ge 7

# --- recipe.advanced_size ---
in_new advanced
mksketch . Blink
advanced() { # JSON: what the recipe prints
  printf '#!/bin/sh\necho '\''%s'\''\n' "$1" >"$T/advanced"
  chmod +x "$T/advanced"
  run boardman compile -b one -f --build-property "recipe.advanced_size.pattern=$T/advanced {build.path}"
}
advanced '{"output":"all well","severity":"info","sections":[{"name":"text","size":12,"max_size":50},{"name":"data","size":3,"max_size":10}]}'
ok_status 0 'recipe.advanced_size: info'
says 'ok .*  12 bytes of flash \(24 %\), 3 bytes of RAM \(30 %\)' '… its sizes count'
advanced '{"output":"nearly full","severity":"warning","sections":[{"name":"text","size":49,"max_size":50}]}'
ok_status 0 'warning'
is "$(jq .warnings boardman-out/current/*/Blink/done)" 1 '… counts as one'
like "$(cat boardman-out/current/*/Blink/err)" 'nearly full' '… and is kept'
advanced '{"output":"too much","severity":"error","error":"the app is too big","sections":[{"name":"text","size":60,"max_size":50}]}'
ok_status 1 'error'
ok '… with its text' has_line '  the app is too big'
advanced 'no json'
isnt "$status" 0 'an answer that is none is not taken for good'
like "$out" 'recipe\.advanced_size' '… and the recipe is named'

done_testing
