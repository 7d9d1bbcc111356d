#!/bin/bash
# A worker spoken to by hand, as docs/protocol.md shows it: the order of commands, what is said when it is not kept, a job, and the end.
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2317,SC2153
. "${srcdir:?}/tests/lib/e2e.sh"
command -v jq >/dev/null || skip_all 'jq is not installed'

board=tiny:tiny:one
heard=''

worker() { # OPTION…
  coproc WORKER { exec boardman worker "$@" 2>"$T/worker.err"; }
  worker_pid=$WORKER_PID
  test_pids+=("$worker_pid")
  exec {to}>&"${WORKER[1]}" {from}<&"${WORKER[0]}"
  eval "exec ${WORKER[1]}>&-"
}

say() { # JSON
  printf '%s\n' "$1" >&"$to"
}

# Reads up to the first response of that name: $heard. What came before it is in $passed, their names.
hear() { # NAME
  local line resp
  passed=''
  while IFS= read -r -t 60 -u "$from" line; do
    [ -n "$line" ] || continue
    heard=${line#BM> }
    resp=$(jq -r .resp <<<"$heard")
    [ "$resp" != "$1" ] || return 0
    [ "$resp" = heartbeat ] || passed+="${passed:+ }$resp"
  done
  note "not heard: $1, but: $passed; $(cat "$T/worker.err")"
  heard=''
  return 1
}

has() { # JQ
  jq -e "$1" <<<"$heard" >/dev/null
}

answers() { # COMMAND NAME JQ TEXT
  say "$1"
  hear "$2" && has "$3"
  result $? "$4" || note "heard: $heard"
}

refuses() { # COMMAND STATE
  answers "$1" error ".fatal == false and .msg == \"command '$(jq -r .cmd <<<"$1")' in state '$2'\"" \
    "$(jq -r .cmd <<<"$1") in state $2"
}

ends() { # STATUS NAME
  local code=0
  exec {to}>&-
  wait "$worker_pid" || code=$?
  exec {from}<&-
  is "$code" "$1" "$2"
}

job() { # ID [MORE]
  printf '{"job":%s,"attempt":1,"commit":"current","board":"%s","sketch":"%s"%s}' "$1" "$board" "$T/work/Blink" "${2:-}"
}

mksketch . Blink

# --- the order ---

worker
hear ready && has '.protocol == 1 and .threads > 0 and .slots > 0'
result $? 'ready, unasked' || note "$heard"
refuses '{"cmd":"build_prepare","commits":[]}' new
refuses '{"cmd":"build_done"}' new
refuses '{"cmd":"cancel","jobs":[],"mode":"kill"}' new
answers '{"cmd":"dance"}' error '.fatal == false' 'an unknown command'
answers "{\"cmd\":\"probe\",\"boards\":[\"$board\"]}" probe_done '.platforms != [] and .boards == []' \
  'a probe before configure tells no boards'
answers '{"cmd":"setup","protocol":1,"run":"try","boss":"me"}' setup_done \
  '(.git_dir | startswith("/")) and (.work_dir | startswith("/"))' 'setup'
ok 'the repository is there' test -d "$(jq -r .git_dir <<<"$heard")"
answers '{"cmd":"configure","settings":{}}' configure_done true 'configure'
refuses '{"cmd":"configure","settings":{}}' configured
refuses '{"cmd":"setup","protocol":1,"run":"try","boss":"me"}' configured
refuses '{"cmd":"build_sketches","jobs":[]}' configured
answers "{\"cmd\":\"probe\",\"boards\":[\"$board\",\"nosuch\"]}" probe_done \
  '(.boards[0].digest | length) == 64 and (.boards[1].why | length) > 0' 'a probe after it does'
answers '{"cmd":"build_prepare","commits":[],"max_sketches":1}' build_prepare_done '.slots == 1' 'build_prepare'
answers '{"cmd":"build_prepare","commits":[]}' build_prepare_done '.slots == .threads' 'and once more, without a limit'

# --- jobs ---

answers "{\"cmd\":\"build_sketches\",\"jobs\":[$(job 1)]}" build_result '.job == 1 and .verdict == "ok"' \
  'a job without a directory to build in'
like "$passed" '^started.* artifact$' 'after what belongs to it'
run find "$XDG_CACHE_HOME" -path '*/run/*/build/*'
is "$out" '' 'and nothing of it is left'
answers "{\"cmd\":\"build_sketches\",\"jobs\":[$(job 2 ",\"build_dir\":\"$T/build\"")]}" build_result '.verdict == "ok"' \
  'and one with'
ok 'of which nothing is left either' test ! -e "$T/build"
say '{"cmd":"cancel","jobs":[{"job":9,"attempt":1}],"mode":"kill"}'
answers '{"cmd":"build_done"}' build_done '.exceptions == 0' 'build_done'
is "$passed" '' 'a cancel of a job that is none has no answer'
refuses "{\"cmd\":\"build_sketches\",\"jobs\":[$(job 3)]}" configured
answers '{"cmd":"build_prepare","commits":[]}' build_prepare_done true 'build_prepare brings it back'
answers '{"cmd":"quit"}' quit_ack true 'quit'
ends 0 'and it is gone'

# --- what is left on the disk ---

own() { # the directories of worker processes
  find "$XDG_CACHE_HOME" -mindepth 4 -maxdepth 4 -path '*/run/*' -printf '%f '
}
if unshare --user --map-root-user --mount true 2>/dev/null; then
  mkdir -p "$HOME/.arduino15"
  worker
  first=$worker_pid
  hear ready
  answers '{"cmd":"configure","settings":{"data_dir":"/no/such/data"}}' configure_done true 'a directory is shown elsewhere'
  answers '{"cmd":"quit"}' quit_ack true 'that worker goes'
  ends 0 'in peace'
  worker
  hear ready
  is "$(own)" "$worker_pid " 'the next one takes away what it could not'
  isnt "$worker_pid" "$first" 'of another process'
  ends 3 'it ends'
  is "$(own)" '' 'and takes its own away'
else
  skip 'this machine lets no process have mounts of its own' 'what a mount keeps from being removed'
fi

# --- ends ---

worker
hear ready
answers '{"cmd":"setup","protocol":1,"run":"try"}' error '.fatal' 'a key is missing'
ends 0 'a fatal error was told: that is no failure of its own'
worker
answers 'hello' error '.fatal' 'no JSON'
ends 0 'ends it'
worker
answers '{"cmd":"setup","protocol":2,"run":"try","boss":"me"}' error '.fatal' 'another protocol'
ends 0 'ends it too'
worker
hear ready
ends 3 'the end of its input'
is "$(cat "$T/worker.err")" 'boardman: the boss is gone' 'is told'
export BOARDMAN_TIME_DIVISOR=50
worker
hear ready
wait "$worker_pid"
is "$?" 3 'a boss that says nothing for long'
is "$(cat "$T/worker.err")" 'boardman: no word from the boss' 'is gone as well'

done_testing
