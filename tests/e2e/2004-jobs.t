#!/bin/bash
# What a job does wrong is its own verdict: the machine that built it is not blamed, and it is not built again.
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2013,SC2016,SC2046,SC2317
. "${srcdir:?}/tests/lib/e2e.sh"
. "${srcdir:?}/tests/lib/faults.sh"

# One machine, so that there is none to try again, or to build a second time what another one is slow with.
lab m1

# --- 5: over its time limit ---
mkplain A B C D
mksketch . Hangs $'int h; // tiny: fork-and-hold\n// tiny: hang'
compile --dist --no-local --timeout 2
ok_status 1 'fault 5: exit status 1'
is "$(verdicts)" "$(all_are ok A B C D) Hangs=timeout" 'fault 5: timeout, and the others are built'
is "$(count_starts compile /Hangs.ino.cpp)" 1 'fault 5: it is tried once'
is "$err" '' 'fault 5: no machine is blamed'
like "$out" 'TIMEOUT tiny:tiny:one  Hangs  \(m1, ' 'fault 5: it is told'
one_verdict_each 'fault 5' 5
no_leftovers 'fault 5'

# --- 8: a real syntax error ---
anew
mkplain A B C D
mksketch . Wrong 'int w; // tiny: fail expected ; before }'
compile --dist --no-local
ok_status 1 'fault 8: exit status 1'
is "$(verdicts)" "$(all_are ok A B C D) Wrong=failed" 'fault 8: failed'
is "$(count_starts compile /Wrong.ino.cpp)" 1 'fault 8: it is compiled once'
is "$err" '' 'fault 8: no machine is blamed'
one_verdict_each 'fault 8' 5
no_leftovers 'fault 8'
undisturbed
same_as_undisturbed 'fault 8'

# --- 26: a compiler that says more than anybody can read ---
# What is done with it takes its time, of which the divisor makes no less.
export BOARDMAN_TIME_DIVISOR=1
anew
mksketch . Spams "int s; // tiny: spam $((1 << 30))"$'\n// tiny: fail at last'
mkplain A
begin --dist --no-local
peak=0
watch_memory() { # until the run has ended
  local kb
  while kill -0 "$background_pid" 2>/dev/null; do
    for kb in $(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$background_pid/status" \
      $(workers m1 | sed 's,.*,/proc/&/status,') 2>/dev/null); do
      [ "$kb" -le "$peak" ] || peak=$kb
    done
    sleep 0.05
  done
}
watch_memory
end
ok_status 1 'fault 26: exit status 1'
is "$(verdicts)" 'A=ok Spams=failed' 'fault 26: failed, as its compiler said'
is "$err" '' 'fault 26: no machine is blamed'
said=out/current/tiny.tiny.one/Spams/err
ok 'fault 26: what is kept of it has a ceiling' test "$(stat -c %s "$said")" -le $((17 << 20))
like "$(tail -c 400 "$said")" 'Spams.ino:2:[0-9]*: error: at last' 'fault 26: its end is kept'
is "$(grep -c '^\[[0-9]* bytes are left out here\]$' "$said")" 1 'fault 26: a mark tells what is left out'
# The sanitizer's own share of it is a quarter of a gigabyte.
ok 'fault 26: neither worker nor boss holds more' test "$peak" -gt 0 -a "$peak" -lt $((700 << 10))
one_verdict_each 'fault 26' 2
no_leftovers 'fault 26'

# … in many pieces: each of them within its ceiling, together more than the boss takes of one job.
anew
mksketch . Spams "int s; // tiny: spam $((20 << 20))"
for i in 1 2 3 4 5; do echo "int s$i; // tiny: spam $((20 << 20))" >"Spams/s$i.cpp"; done
mkplain A
compile --dist --no-local
ok_status 0 'fault 26, in pieces: exit status 0'
is "$(verdicts)" 'A=ok Spams=ok' 'fault 26, in pieces: built'
is "$err" '' 'fault 26, in pieces: no machine is blamed'
is "$(tail -n 1 "$said")" '[the rest is left out]' 'fault 26, in pieces: a mark tells that something is left out'
one_verdict_each 'fault 26, in pieces' 2
no_leftovers 'fault 26, in pieces'

export BOARDMAN_TIME_DIVISOR=5

# --- 27: --max-failures ---
anew
for i in 1 2 3 4 5 6 7 8 9; do mksketch . "F$i" "int f$i; // tiny: fail no"; done
compile --dist --no-local -j 1 --max-failures 2
ok_status 1 'fault 27: exit status 1'
n=$(jq '[.jobs[] | select(.verdict == "failed")] | length' out/run.json)
ok 'fault 27: it stops' test "$n" -ge 2 -a "$n" -le 4
is "$(jq '[.jobs[] | select(.verdict == "not_run")] | length' out/run.json)" $((9 - n)) 'fault 27: the others are not run'
like "$out" 'not run: [0-9] jobs \(stopped after --max-failures\)' 'fault 27: … which is told'
ok 'fault 27: nothing else was begun' test "$(count_starts compile /F)" -le 4
one_verdict_each 'fault 27' 9
no_leftovers 'fault 27'

# --- 28: nothing selected ---
anew
mkdir none
compile --dist --no-local none
ok_status 2 'fault 28: nothing selected: exit status 2'
mksketch . A $'// @filter: (board is two)\nint a;'
compile --dist --no-local A
ok_status 2 'fault 28: all skipped: exit status 2'
has_no_file out 'fault 28: no output is made'
no_leftovers 'fault 28'

done_testing
