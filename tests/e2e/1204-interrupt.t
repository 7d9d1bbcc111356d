#!/bin/bash
# A run that is interrupted ends soon, with status 130, leaves no process, and goes on where it was when started again.
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2016,SC2317
. "${srcdir:?}/tests/lib/e2e.sh"
command -v jq >/dev/null || skip_all 'jq is not installed'

proj=$T/work/proj
mkdir "$proj"
cd "$proj" || exit 99
for i in 1 2 3 4 5 6; do
  mksketch . A$i
done
# They hold on until they may go on; each call makes new ones, that no cache knows.
mkhanging() {
  rm -f "$T/go"
  mksketch . Compiles "int c$((++made)); // tiny: unless-file $T/go hang"
  mksketch . Links "int l$made; // tiny: link unless-file $T/go hang"
}
made=0
mkhanging
mkdir -p "$HOME/Arduino/libraries"
cp -R "$TINY/libraries/Blinker" "$HOME/Arduino/libraries"
mksketch . Unit '#include <Blinker.h>'
echo "// tiny: unless-file $T/go hang" >>"$HOME/Arduino/libraries/Blinker/src/Blinker.cpp"

# Pids of tools that still run.
alive() {
  local pid
  while IFS=$'\t' read -r _ _ pid; do
    [[ $(readlink "/proc/$pid/exe" 2>/dev/null) == "$TINY"/* ]] && echo "$pid"
  done <"$TINY/starts"
}

none_alive() {
  [ -z "$(alive)" ]
}

hangs() { # ROLE PART…: such tools have begun and do not end
  [ "$(count_starts "$1" "$2")" -gt 0 ] && [ -n "$(alive)" ]
}

# Starts a run over the sketches, and waits until a tool hangs.
begin() { # ROLE PART SKETCH…
  local role=$1 part=$2
  shift 2
  mkhanging
  forget_starts
  background run boardman compile -b one -o out -j 2 "$@"
  ok "$role hangs" eventually 20 hangs "$role" "$part"
}

# Ends it by signals, and looks at what is left.
ends_by() { # NAME SIGNAL…
  local name=$1 start=${EPOCHREALTIME/./} signal
  shift
  for signal; do
    kill "-$signal" "$background_pid"
  done
  finish run "$background_pid"
  ok "$name: ends within 5 s" test $((${EPOCHREALTIME/./} - start)) -lt 5000000
  ok_status 130 "$name: status 130"
  ok "$name: no process is left" eventually 2 none_alive
  is "$(jq -r .state out/run.json)" interrupted "$name: run.json says so"
}

# The tree without what differs from run to run.
shows() { # DIRECTORY
  (
    cd "$1" || exit
    find current -type f ! -name 'done' -exec sha256sum {} + | LC_ALL=C sort -k 2
    find current -name 'done' | LC_ALL=C sort | while read -r file; do
      jq -cS 'del(.times, .ended)' "$file"
    done
    find current -name build
    jq -cS '[.jobs[] | del(.unchanged)]' run.json
  )
}

# --- in a compile ---
begin compile Compiles A1 A2 A3 Compiles A4 A5 A6
ends_by 'fault 12: SIGINT in a compile' INT
is "$err" 'note: interrupted: stopping; once more stops at once' 'it is told'
like "$out" 'not run: [1-7] jobs? \(interrupted\)' '… with what was not run'
has_no_file out/current/tiny.tiny.one/Compiles/done
is "$(find out/current -name build)" '' 'nothing half-done is left in the tree'
jq -r '.jobs[] | select(.verdict == "ok") | .sketch' out/run.json >"$T/built"
for sketch in $(<"$T/built"); do
  has_file "out/current/tiny.tiny.one/$sketch/firmware/$sketch.ino.hex" 'what was built is kept'
done

# --- again, in a link, in a library, and by other signals ---
mksketch . Fails 'int f; // tiny: fail no'
begin link Links Fails A1 A2 Links A3
ok 'one fails before' eventually 20 test -e out/current/tiny.tiny.one/Fails/done
ends_by 'SIGTERM in a link' TERM
like "$out" ' 1 failed' 'a failure does not hide the interruption'
rm -r Fails out/current/tiny.tiny.one/Fails
begin compile Blinker.cpp Unit A1
ends_by 'SIGHUP in a library' HUP

: >"$T/go"
run boardman compile -b one -o out
ok_status 0 'the next run does the rest'
like "$out" '9 jobs: 9 ok \([1-9] unchanged\)' '… and only that'
is "$(jq -r .state out/run.json)" ended 'run.json says so'
mv out interrupted
rm -r "$XDG_CACHE_HOME"
run boardman compile -b one -o out
is "$(shows interrupted)" "$(shows out)" 'the tree is that of an undisturbed run'
rm -r out interrupted

# --- twice ---
begin compile Compiles Compiles Links
kill -STOP "$background_pid" # so that the second comes before anything was done about the first
kill -INT "$background_pid"
kill -TERM "$background_pid"
ends_by 'the second signal' CONT

# --- a child that the tool left behind ---
rm -f "$T/go"
mksketch . Leaves $'int v; // tiny: fork-and-hold\n// tiny: hang'
forget_starts
background run boardman compile -b one -o out Leaves
ok 'a tool has a child' eventually 20 hangs held Leaves
ends_by 'with a child of a tool' INT
rm -r Leaves

# --- killed ---
begin compile Compiles A1 A2 A3 Compiles
kill -KILL "$background_pid"
finish run "$background_pid" 2>/dev/null
ok 'killed: no tool outlives it' eventually 5 none_alive
is "$(jq -r .state out/run.json)" running 'killed: run.json cannot say it ended'
: >"$T/go"
run boardman compile -b one -o out A1 A2 A3 Compiles
ok_status 0 'killed: the next run does the rest'
is "$(find out/current -name build)" '' 'killed: nothing half-done stays'

# --- on a terminal ---
if command -v script >/dev/null && script -qec true /dev/null </dev/null >/dev/null 2>&1; then
  mkhanging
  mkfifo "$T/keys"
  cat >"$T/session" <<'EOS'
stty -g >"$T/before"
boardman compile -b one -o out A1 A2 A3 A4 Compiles
echo $? >"$T/status"
stty -g >"$T/after"
EOS
  export T
  forget_starts
  TERM=xterm script -qec "bash '$T/session'" /dev/null <"$T/keys" >"$T/screen" 2>&1 &
  test_pids+=("$!")
  exec 9>"$T/keys"
  ok 'on a terminal: it hangs' eventually 20 hangs compile Compiles
  ok 'on a terminal: there is a live line' eventually 20 grep -q '[0-9] of 5 done, 0 failed, [0-9] running' "$T/screen"
  printf '\003' >&9
  ok 'on a terminal: ^C ends it' eventually 5 test -s "$T/after"
  exec 9>&-
  wait "${test_pids[-1]}"
  is "$(cat "$T/status")" 130 '… with status 130'
  is "$(cat "$T/after")" "$(cat "$T/before")" '… the terminal is as it was'
  screen=$(tr -d '\r' <"$T/screen")
  unlike "$screen" $'\e\\[\\?' '… no mode of it was set'
  unlike "${screen##*running}" $'^[^\e]*\n' '… the live line is gone before another is written'
  like "$(tail -n 1 <<<"$screen")" '^5 jobs: ' '… and the last line says how it ended'
else
  skip 'script(1) does not work here' 'on a terminal'
fi

done_testing
