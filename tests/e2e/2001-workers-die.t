#!/bin/bash
# Workers and their machines die: their jobs go elsewhere, each is recorded once, and nobody waits for the dead.
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2013,SC2016,SC2046,SC2317
. "${srcdir:?}/tests/lib/e2e.sh"
. "${srcdir:?}/tests/lib/faults.sh"

# Nothing here waits for a deadline, and no machine that is merely slow may count as silent.
export BOARDMAN_TIME_DIVISOR=1
jobs=(A B C D E F G H)

# --- 1: a worker is killed in the middle of its batch ---
mkwaiting "${jobs[@]}"
lab m1 m2
begin --dist --no-local -j 2
ok 'fault 1: one machine builds' eventually 60 has_tools m1
ok 'fault 1: the other one too' eventually 60 has_tools m2
kill_workers m1
ok 'fault 1: no compiler outlives its worker' eventually 5 has_no_tools m1
: >"$T/go"
end
ok_status 0 'fault 1: exit status 0'
like "$err" 'm1: the worker ended' 'fault 1: the loss is told'
unlike "$err" 'm2: ' 'fault 1: … of no other'
is "$(verdicts)" "$(all_are ok "${jobs[@]}")" 'fault 1: each is built'
one_verdict_each 'fault 1' 8
no_leftovers 'fault 1'
undisturbed
same_as_undisturbed 'fault 1'

# --- 2: the only remote machine dies ---
dies() { # ARG…: it builds, and is gone for good
  anew
  mkwaiting "${jobs[@]}"
  lab m1
  rm -f "$machines/m1/off"
  begin --dist "$@"
  ok 'fault 2: it builds' eventually 60 has_tools m1
  touch "$machines/m1/off"
  kill_workers m1
  : >"$T/go"
  end
}

dies -j 2
ok_status 0 'fault 2: the local machine does the rest'
like "$err" 'm1: the worker ended' 'fault 2: the loss is told'
is "$(verdicts)" "$(all_are ok "${jobs[@]}")" 'fault 2: each is built'
one_verdict_each 'fault 2' 8
no_leftovers 'fault 2'

dies --no-local -j 2 --wait 2
ok_status 3 'fault 2, --no-local: exit status 3'
is "$(verdicts)" "$(all_are infra "${jobs[@]}")" 'fault 2, --no-local: what is not built is not called built'
like "$out" 'INFRA tiny:tiny:one  [A-H] ' 'fault 2, --no-local: it is listed'
like "$out" '8 jobs: 8 infra' 'fault 2, --no-local: … all of it'
like "$err$out" 'm1: ' 'fault 2, --no-local: the machine is named'
one_verdict_each 'fault 2, --no-local' 8
no_leftovers 'fault 2, --no-local'
rm "$machines/m1/off"
compile --dist --no-local
ok_status 0 'fault 2, --no-local: the next run does it all'
undisturbed
same_as_undisturbed 'fault 2, --no-local'

# --- 6: a job that kills every worker ---
anew
mkplain A B C D
mksketch . Killer 'int k; // tiny: hang'
lab m1 m2 m3
kill_its_worker() { # until it is told to end
  local pid parent
  while [ ! -e "$T/go" ]; do
    for pid in $(awk -F '\t' '$1 == "compile" && $2 ~ /Killer/ { print $3 }' "$TINY/starts"); do
      parent=$(awk '$1 == "PPid:" { print $2 }' "/proc/$pid/status" 2>/dev/null)
      [[ $(readlink "/proc/$parent/exe" 2>/dev/null) == */boardman?(-lab) ]] && kill -KILL "$parent"
    done
    sleep 0.05
  done
}
kill_its_worker 2>/dev/null &
watcher=$!
test_pids+=("$watcher")
compile --dist --no-local
: >"$T/go"
wait "$watcher"
ok_status 3 'fault 6: exit status 3'
is "$(verdicts)" "$(all_are ok A B C D) Killer=infra" 'fault 6: it ends as infra, the others are built'
# Near the end one more may try it at the same time.
n=$(count_starts compile /Killer.ino.cpp)
ok 'fault 6: … after two machines' test "$n" -ge 2 -a "$n" -le 3
like "$out" 'INFRA tiny:tiny:one  Killer' 'fault 6: it is named'
one_verdict_each 'fault 6' 5
no_leftovers 'fault 6'

# --- 22: a machine that goes down and comes back in the middle of a run ---
anew
many=(A B C D E F G H I J K L)
mkwaiting "${many[@]}"
lab m1 m2
begin --dist --no-local -j 2
ok 'fault 22: both build' eventually 60 has_tools m1
ok 'fault 22: … the other too' eventually 60 has_tools m2
touch "$machines/m1/off"
kill_workers m1
ok 'fault 22: the loss is told' eventually 20 grep -q '^[^ ]* *m1: ' "$T/run.err"
# What a reboot leaves: files, of processes that are no more.
rm -rf "$machines/m1/.cache/boardman/$machine_id/run"
rm "$machines/m1/off"
ok 'fault 22: it gets work again' eventually 60 has_tools m1
: >"$T/go"
end
ok_status 0 'fault 22: exit status 0'
like "$err" 'm1: back, with ' 'fault 22: its return is told'
is "$(verdicts)" "$(all_are ok "${many[@]}")" 'fault 22: each is built'
one_verdict_each 'fault 22' 12
no_leftovers 'fault 22'
undisturbed
same_as_undisturbed 'fault 22'

done_testing
