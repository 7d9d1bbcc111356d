#!/bin/bash
# A machine whose disk or memory is too small for what it was given: its jobs go elsewhere, and nobody calls it broken.
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2016,SC2046,SC2317
# The test runs in a mount namespace, for its small disk.
if [ -z "${FAULTS_INSIDE-}" ] && unshare --user --map-root-user --mount true 2>/dev/null; then
  export FAULTS_INSIDE=1
  exec unshare --user --map-root-user --mount bash "$0"
fi
. "${srcdir:?}/tests/lib/e2e.sh"
. "${srcdir:?}/tests/lib/faults.sh"
[ -n "${FAULTS_INSIDE-}" ] || skip_all 'this machine lets no process have mounts of its own'

jobs=(A B C D E F G H)
quarantine=$XDG_STATE_HOME/boardman/$machine_id/quarantine

kill_tools() { # HOME
  local pid
  for pid in $(tools_alive); do
    grep -qzs "^HOME=$1\$" "/proc/$pid/environ" && kill -KILL "$pid"
  done
}

# --- 9: a machine's disk is full in the middle of a run ---
cache=$machines/m1/.cache/boardman
mkdir -p "$cache"
mount -t tmpfs -o size=100m,mode=700 tmpfs "$cache"
mkwaiting "${jobs[@]}"
lab m1 m2
begin --dist --no-local -j 2
ok 'fault 9: both build' eventually 60 has_tools m1
ok 'fault 9: … the other too' eventually 60 has_tools m2
head -c 100m /dev/zero >"$cache/filler" 2>/dev/null
: >"$T/go"
end
ok_status 0 'fault 9: exit status 0'
like "$err" "^note: m1: no more jobs in this run: [^"$'\n'"]*: No space left on device; cure: make room there\$" 'fault 9: it is told, once'
is "$(verdicts)" "$(all_are ok "${jobs[@]}")" 'fault 9: each is built'
is "$(jq -r '[.jobs[].machine] | unique | join(" ")' out/run.json)" m2 'fault 9: … by the other machine'
one_verdict_each 'fault 9' 8
no_leftovers 'fault 9'
undisturbed
same_as_undisturbed 'fault 9'
is "$(ls "$quarantine" 2>/dev/null)" '' 'fault 9: with room it is as good as any'
rm "$cache/filler"
rm -rf out
compile --dist --no-local --use-machines m1
ok_status 0 'fault 9: with room it builds'
is "$err" '' 'fault 9: … and what it has kept is whole'
same_as_undisturbed 'fault 9, with room'
umount "$cache"

# --- 11: compilers are killed for want of memory ---
anew
mkwaiting "${jobs[@]}"
begin --dist --no-local -j 4
ok 'fault 11: both build' eventually 60 has_tools m1 4
ok 'fault 11: … the other too' eventually 60 has_tools m2
kill_tools "$machines/m1"
ok 'fault 11: its cap is halved, which is told' eventually 20 \
  grep -q "^note: m1: out of memory: at most 2 sketches at once from now on ('tiny-g++' was ended by signal 9, SIGKILL)" "$T/run.err"
ok 'fault 11: it builds on' eventually 20 has_tools m1 2
is "$(tools_on m1)" 2 'fault 11: … two at once'
: >"$T/go"
end
ok_status 0 'fault 11: exit status 0'
is "$(grep -c 'out of memory' "$T/run.err")" 1 'fault 11: what was lost at once counts once'
is "$(verdicts)" "$(all_are ok "${jobs[@]}")" 'fault 11: each is built'
is "$(ls "$quarantine" 2>/dev/null)" '' 'fault 11: it is not called broken'
one_verdict_each 'fault 11' 8
no_leftovers 'fault 11'
undisturbed
same_as_undisturbed 'fault 11'

# … on the only machine.
anew
mkwaiting A B C
begin -j 4
ok 'fault 11, alone: it builds' eventually 60 compiles C
kill_tools "$HOME"
ok 'fault 11, alone: its cap is halved' eventually 20 grep -q '^note: local: out of memory: at most 2 sketches at once' "$T/run.err"
: >"$T/go"
end
ok_status 0 'fault 11, alone: it is tried once more'
is "$(verdicts)" "$(all_are ok A B C)" 'fault 11, alone: … and built'
anew
mksketch . Large 'int l; // tiny: die KILL'
mkplain A
compile -j 4
ok_status 3 'fault 11, too large: exit status 3'
is "$(verdicts)" 'A=ok Large=infra' 'fault 11, too large: infra'
is "$(count_starts compile /Large.ino.cpp)" 2 'fault 11, too large: it is tried twice'
one_verdict_each 'fault 11, too large' 2
no_leftovers 'fault 11, too large'

done_testing
