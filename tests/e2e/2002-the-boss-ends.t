#!/bin/bash
# The boss is interrupted or killed: no machine goes on without it, and the next run ends what it began.
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2016,SC2317
. "${srcdir:?}/tests/lib/e2e.sh"
. "${srcdir:?}/tests/lib/faults.sh"

jobs=(A B C D E F G H)

milliseconds() {
  echo $((${EPOCHREALTIME/./} / 1000))
}

both_build() { # NUMBER-AND-WORDS ARG…
  local words=$1
  shift
  anew
  mkwaiting "${jobs[@]}"
  lab m1 m2
  begin --dist --no-local -j 2 "$@"
  ok "$words: one machine builds" eventually 60 has_tools m1
  ok "$words: the other one too" eventually 60 has_tools m2
}

finishes() { # NUMBER-AND-WORDS
  : >"$T/go"
  compile --dist --no-local
  ok_status 0 "$1: the next run does the rest"
  one_verdict_each "$1" 8
  no_leftovers "$1"
  undisturbed
  same_as_undisturbed "$1"
}

# --- 12: interrupted ---
both_build 'fault 12'
kill -INT "$background_pid"
end
ok_status 130 'fault 12: exit status 130'
like "$out" 'not run: 8 jobs \(interrupted\)' 'fault 12: a report of what was not run'
is "$(jq -r .state out/run.json)" interrupted 'fault 12: run.json says so'
one_verdict_each 'fault 12' 8
no_leftovers 'fault 12'
finishes 'fault 12'

# --- 12: … with a worker that does not answer ---
both_build 'fault 12, a hung worker'
worker=$(workers m1)
kill -STOP "$worker"
start=$(milliseconds)
kill -INT "$background_pid"
end
ok_status 130 'fault 12, a hung worker: exit status 130'
# Five seconds, of which the divisor makes one; the rest is for a busy machine.
ok 'fault 12, a hung worker: within its time' test $(($(milliseconds) - start)) -lt 5000
no_leftovers 'fault 12, a hung worker'
finishes 'fault 12, a hung worker'

# --- 12: … twice ---
BOARDMAN_TIME_DIVISOR=1
both_build 'fault 12, twice'
worker=$(workers m1)
kill -STOP "$worker"
start=$(milliseconds)
kill -INT "$background_pid"
ok 'fault 12, twice: the first is told' eventually 5 grep -q 'once more stops at once' "$T/run.err"
kill -INT "$background_pid"
end
ok_status 130 'fault 12, twice: exit status 130'
ok 'fault 12, twice: nobody waits for the hung worker' test $(($(milliseconds) - start)) -lt 4000
ok 'fault 12, twice: no tool is left' eventually 10 no_tools
BOARDMAN_TIME_DIVISOR=5
finishes 'fault 12, twice'

# --- 13: the boss is killed ---
both_build 'fault 13'
kill -KILL "$background_pid"
end
ok 'fault 13: no tool is left' eventually 10 no_tools
ok 'fault 13: no worker is left' eventually 10 none_far
is "$(jq -r .state out/run.json)" running 'fault 13: run.json does not say that it ended'
finishes 'fault 13'

# --- 13: … while the wire is cut, so that no end of it tells ---
mkdir "$machines/m1/wires"
both_build 'fault 13, the wire is cut'
mapfile -t wires < <(wires_of m1 | tr ' ' '\n')
kill -STOP "${wires[@]}"
kill -KILL "$background_pid"
end
ok 'fault 13, the wire is cut: no tool is left' eventually 20 no_tools
ok 'fault 13, the wire is cut: no worker is left' eventually 20 has_no_worker m1
kill -KILL "${wires[@]}"
rm -r "$machines/m1/wires"
finishes 'fault 13, the wire is cut'

done_testing
