#!/bin/bash
# A disk without room is the machine's fault on a machine, and the end of the run where the results are kept.
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2016,SC2317
# The test runs in a mount namespace, for its small disks.
if [ -z "${FAULTS_INSIDE-}" ] && unshare --user --map-root-user --mount true 2>/dev/null; then
  export FAULTS_INSIDE=1
  exec unshare --user --map-root-user --mount bash "$0"
fi
. "${srcdir:?}/tests/lib/e2e.sh"
. "${srcdir:?}/tests/lib/faults.sh"
[ -n "${FAULTS_INSIDE-}" ] || skip_all 'this machine lets no process have mounts of its own'

small_disk() { # DIRECTORY SIZE
  mkdir -p "$1"
  mount -t tmpfs -o "size=$2,mode=700" tmpfs "$1"
}

# --- 9: no room on a machine ---
mkplain A B C D E F
lab m1 m2
small_disk "$machines/m1/.cache/boardman" 300k
compile --dist --no-local
ok_status 0 'fault 9: exit status 0'
is "$err" 'note: m1: disk full: 0 MB left; trying again in 0.4 s; cure: make room' 'fault 9: it is told'
is "$(verdicts)" "$(all_are ok A B C D E F)" 'fault 9: the other machine builds all'
one_verdict_each 'fault 9' 6
no_leftovers 'fault 9'
undisturbed
same_as_undisturbed 'fault 9'
umount "$machines/m1/.cache/boardman"

# --- 10: no room for the results ---
many=(S1 S2 S3 S4 S5 S6 S7 S8 S9)
no_room() { # NUMBER-AND-WORDS TOLD
  compile --dist --no-local
  ok_status 3 "$1: exit status 3"
  like "$err" "^boardman: $2; cure: make room and run again: what was built is kept\$" "$1: it is told"
  unlike "$err" 'm[12]: ' "$1: no machine is blamed"
  unlike "$(verdicts)" 'failed|infra|none' "$1: nothing is called failed"
  like "$(verdicts)" '=not_run' "$1: … but what was not run"
  one_verdict_each "$1" 9
  no_leftovers "$1"
  mount -o remount,size=64m out
  built=$(jq '[.jobs[] | select(.verdict == "ok")] | length' out/run.json)
  compile --dist --no-local
  ok_status 0 "$1: with room the next run does the rest"
  n=$(grep -o '([0-9]* unchanged)' <<<"$out")
  is "${n:-(0 unchanged)}" "($built unchanged)" "$1: … and only that"
  one_verdict_each "$1, again" 9
  no_leftovers "$1, again"
  cp -r out out.copy
  umount out
  rmdir out
  mv out.copy out
  undisturbed
  same_as_undisturbed "$1"
}

anew
mkplain "${many[@]}"
small_disk out 128k
lab m1 m2
no_room 'fault 10' "the disk of 'out' is full"

# … found out while a file is on its way.
anew
mkplain "${many[@]:1}"
mksketch . S1 'int other; // tiny: spam 2000000'
small_disk out 1m
no_room 'fault 10, on the way' "cannot write 'out/incoming/.*': No space left on device"

done_testing
