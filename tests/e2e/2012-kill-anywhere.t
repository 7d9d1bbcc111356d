#!/bin/bash
# Fault 29: the boss or workers are killed at any moment of a run. Whatever was left, the next run ends it, and the tree is that of a run that nobody
# disturbed. The moments are drawn: $BOARDMAN_KILLS of them (default 20), beginning with the seed $BOARDMAN_SEED (default 1).
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2317
. "${srcdir:?}/tests/lib/e2e.sh"
. "${srcdir:?}/tests/lib/faults.sh"

# Nothing here waits for a deadline, and no machine that is merely slow may count as silent.
export BOARDMAN_TIME_DIVISOR=1
kills=${BOARDMAN_KILLS:-20}
RANDOM=${BOARDMAN_SEED:-1}
args=(-b two --libraries ../lib)
shopt -s nullglob
mkfifo "$T/never"
exec {never}<>"$T/never"

# --- what is built: two boards, sketches with and without libraries, some that fail ---
cp -R "$TINY/libraries" ../lib
for i in {1..15}; do
  mksketch s "Plain$i" "int p$i;"
  mksketch s "Blinks$i" "#include <Blinker.h>"$'\n'"int b$i;"
done
mksketch s Fails 'int f; // tiny: fail no such thing'
mksketch s FailsToLink 'int l; // tiny: link fail too large'
lab m1 m2 m3
compile --dist --no-local "${args[@]}"
ok_status 1 'undisturbed: exit status 1'
one_verdict_each 'undisturbed' 64
undisturbed "${args[@]}"
same_as_undisturbed 'undisturbed'

# How far a run has come, by one of three measures.
come() { # MEASURE
  local seen=()
  case $1 in
    tools) mapfile -t seen <"$TINY/starts" ;;
    messages) mapfile -t seen 2>/dev/null <out/boss.log ;;
    results) seen=(out/current/*/*/done) ;;
  esac
  progress=${#seen[@]}
}

reaches() { # MEASURE N: or has ended
  until come "$1" && [ "$progress" -ge "$2" ]; do
    [ -e "/proc/$background_pid/exe" ] || return 1
    read -rt 0.002 -u "$never"
  done
}

# Nothing that was built is known to anybody.
from_nothing() {
  local place
  rm -rf out
  for place in "$XDG_CACHE_HOME/boardman/$machine_id" "$(place_of m1)" "$(place_of m2)" "$(place_of m3)"; do
    chmod -R u+w "$place"/{objects,bundles,manifests} 2>/dev/null
    rm -rf "$place"/{objects,bundles,manifests}
  done
  forget_starts
}

# $drawn, from 0 to N-1; one $RANDOM has 15 bits.
draw() { # N
  drawn=$(((RANDOM << 15 | RANDOM) % $1))
}

# --- how far an undisturbed run comes ---
declare -A total
from_nothing
compile --dist --no-local "${args[@]}"
for measure in tools messages results; do
  come "$measure"
  total[$measure]=$progress
done
note "seed ${BOARDMAN_SEED:-1}; undisturbed: ${total[tools]} tools, ${total[messages]} messages, ${total[results]} results"

# --- the kills ---
die() { # VICTIM
  case $1 in
    boss) kill -KILL "$background_pid" 2>/dev/null ;;
    workers) for m in m1 m2 m3; do kill_workers "$m"; done ;;
    *) kill_workers "$1" ;;
  esac
}

victims=(boss boss boss m1 m2 m3 workers)
measures=(tools messages results)
for ((n = 1; n <= kills; n++)); do
  draw ${#victims[@]}
  victim=${victims[drawn]}
  draw ${#measures[@]}
  measure=${measures[drawn]}
  draw "${total[$measure]}"
  at=$drawn
  words="fault 29, kill $n: $victim at $at of ${total[$measure]} $measure"
  from_nothing
  begin --dist --no-local "${args[@]}"
  reaches "$measure" "$at" && die "$victim"
  end
  [ "$victim" != boss ] || compile --dist --no-local "${args[@]}"
  ok_status 1 "$words: the run ends"
  same_as_undisturbed "$words"
  is "$(git_locks)$(find . -name incoming)" '' "$words: no lock is left, nothing is in transit"
  ok "$words: no process is left" eventually 20 none_far
done

done_testing
