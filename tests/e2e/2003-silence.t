#!/bin/bash
# A network that swallows everything is noticed by a deadline; what takes long is not silence.
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2016,SC2317
. "${srcdir:?}/tests/lib/e2e.sh"
. "${srcdir:?}/tests/lib/faults.sh"

jobs=(A B C D E F)

# --- 3: neither side hears of the other, and nobody is told ---
mkwaiting "${jobs[@]}"
lab m1 m2
mkdir -p "$machines/m1/wires"
begin --dist --no-local -j 2
ok 'fault 3: one machine builds' eventually 60 has_tools m1
ok 'fault 3: the other one too' eventually 60 has_tools m2
mapfile -t wires < <(wires_of m1 | tr ' ' '\n')
kill -STOP "${wires[@]}"
touch "$machines/m1/off"
ok 'fault 3: the silence is noticed' eventually 30 grep -q 'm1: nothing heard for' "$T/run.err"
# The machine ends what it builds, too, and has much to say when it is heard again.
: >"$T/go"
ok 'fault 3: its compilers end' eventually 20 has_no_tools m1
kill -CONT "${wires[@]}"
end
ok_status 0 'fault 3: exit status 0'
is "$(verdicts)" "$(all_are ok "${jobs[@]}")" 'fault 3: each is built'
is "$(jq -r '[.jobs[].machine] | unique | join(" ")' out/run.json)" m2 'fault 3: by the machine that could be heard'
one_verdict_each 'fault 3' 6
no_leftovers 'fault 3'
undisturbed
same_as_undisturbed 'fault 3'
rm -r "$machines/m1/wires" "$machines/m1/off"

# --- 3: it is the boss that did not listen ---
anew
mkwaiting A B
mksketch . Clock "int c; // tiny: touch $T/begun"$'\n// tiny: sleep 2500\n// tiny: touch '"$T/over"
lab m1 m2
begin --dist --no-local -j 2
ok 'fault 3, the boss is stopped: both build' eventually 60 test -e "$T/begun"
kill -STOP "$background_pid"
ok 'fault 3, the boss is stopped: for longer than a silence may last' eventually 30 test -e "$T/over"
kill -CONT "$background_pid"
: >"$T/go"
end
ok_status 0 'fault 3, the boss is stopped: exit status 0'
is "$err" '' 'fault 3, the boss is stopped: no machine is blamed'
one_verdict_each 'fault 3, the boss is stopped' 3
no_leftovers 'fault 3, the boss is stopped'

# --- 4: a compiler that says nothing for longer than a silence may last ---
anew
mksketch . Long 'int l; // tiny: sleep 6000'
mkplain B
lab m1
compile --dist --no-local
ok_status 0 'fault 4: exit status 0'
is "$err" '' 'fault 4: nothing was wrong'
is "$(count_starts compile /Long.ino.cpp)" 1 'fault 4: it is built once'
ok 'fault 4: it took longer than a silence may last' test "$(jq '.times.total * 10 | floor' out/current/*/Long/done)" -ge 60
one_verdict_each 'fault 4' 2
no_leftovers 'fault 4'

done_testing
