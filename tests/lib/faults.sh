# shellcheck shell=bash
# Sourced after e2e.sh by the tests of faults: a lab whose machines are homes beneath $T/machines, reached by commands; what
# goes wrong with them; and what must be true after each run.
# shellcheck disable=SC2034,SC2154
command -v jq >/dev/null || skip_all 'jq is not installed'

machine_id=$(cat /etc/machine-id 2>/dev/null)
[[ $machine_id =~ ^[0-9a-f]{32}$ ]] || machine_id=$(uname -n | tr -c 'A-Za-z0-9_\n-' _)
machines=$T/machines
# Silence 1.8 s, a dead boss 6 s, a lost machine is tried again after 0.4 s.
export BOARDMAN_TIME_DIVISOR=5 BOARDMAN_CONFIG=$T/boardman.conf
unset BOARDMAN_SSH_CONFIG
mkdir -p "$machines" "$T/bin" "$T/work/proj"
cd "$T/work/proj" || exit 99

# Runs its arguments on a machine. One that is off cannot be reached; with a directory `wires` all that it says and hears goes through
# two processes of their own sessions, whose pids a file there then holds; a file `limits` is read first.
cat >"$T/bin/machine" <<EOF
#!/bin/bash
export HOME=$machines/\$1 XDG_CACHE_HOME=
mkdir -p "\$HOME"
shift
[ ! -e "\$HOME/off" ] || exit 255
[ ! -e "\$HOME/limits" ] || . "\$HOME/limits"
[ -e "\$HOME/wires" ] || exec "\$@"
dir=\$HOME/wires/\$\$
mkfifo "\$dir.in" "\$dir.out"
setsid cat <&0 >"\$dir.in" &
in=\$!
setsid cat <"\$dir.out" &
out=\$!
echo "\$in \$out" >"\$dir"
setsid "\$@" <"\$dir.in" >"\$dir.out"
code=\$?
kill "\$in" 2>/dev/null
wait "\$out"
rm "\$dir"
exit "\$code"
EOF
chmod +x "$T/bin/machine"

# Configures machines, and forgets those before. NAME=PATH has another boardman.
lab() { # NAME[=PATH]…
  local m
  {
    printf '[limits]\nmax_load = 100000\nmin_disk = 0\nmin_memory = 0\n[machines]\n'
    for m; do echo "${m%%=*}"; done
    for m; do
      printf '[machine:%s]\ncommand = %s %s\n' "${m%%=*}" "$T/bin/machine" "${m%%=*}"
      case $m in
        *=*) printf 'boardman_path = %s\n' "${m#*=}" ;;
        *) printf 'boardman_path = %s\n' "$(command -v boardman)" ;;
      esac
    done
  } >"$BOARDMAN_CONFIG"
}

# A machine's own directory for boardman.
place_of() { # MACHINE
  echo "$machines/$1/.cache/boardman/$machine_id"
}

# Pids of the workers that run on a machine.
workers() { # MACHINE
  local file pid
  for file in "$(place_of "$1")"/workers/*; do
    pid=${file##*/}
    [[ $pid != '*' && $(readlink "/proc/$pid/exe" 2>/dev/null) == */boardman?(-lab) ]] && echo "$pid"
  done
  true
}

has_worker() { # MACHINE
  [ -n "$(workers "$1")" ]
}

has_no_worker() { # MACHINE
  [ -z "$(workers "$1")" ]
}

kill_workers() { # MACHINE
  local pid
  for pid in $(workers "$1"); do
    kill -KILL "$pid" 2>/dev/null || true
  done
}

# Pids of the processes that carry what a machine says and hears.
wires_of() { # MACHINE
  local file
  for file in "$machines/$1"/wires/*[0-9]; do
    [ ! -f "$file" ] || cat "$file"
  done
}

# Processes that run on one of the machines, with what they are.
far_processes() {
  local dir
  grep -lzs "^HOME=$machines/" /proc/[0-9]*/environ | while IFS= read -r dir; do
    dir=${dir%/environ}
    # A zombie waits for its parent alone.
    grep -qs '^State:.Z' "$dir/status" && continue
    echo "${dir##*/} $(tr '\0' ' ' <"$dir/cmdline" 2>/dev/null)"
  done
}

none_far() {
  [ -z "$(far_processes)" ]
}

# Pids of the platform's tools that still run, wherever.
tools_alive() {
  local pid
  while IFS=$'\t' read -r _ _ pid; do
    # They are one file of many names.
    [ "/proc/$pid/exe" -ef "$TINY/hardware/tiny/tiny/tools/tiny/bin/tiny-gcc" ] && echo "$pid"
  done <"$TINY/starts"
}

no_tools() {
  [ -z "$(tools_alive)" ]
}

# How many tools run on a machine.
tools_on() { # MACHINE
  local pid n=0
  for pid in $(tools_alive); do
    if grep -qzs "^HOME=$machines/$1\$" "/proc/$pid/environ"; then n=$((n + 1)); fi
  done
  echo "$n"
}

has_tools() { # MACHINE [N]: at least so many
  [ "$(tools_on "$1")" -ge "${2:-1}" ]
}

has_no_tools() { # MACHINE
  [ "$(tools_on "$1")" = 0 ]
}

# Git's own locks, which the next run would stumble over.
git_locks() {
  find "$machines" "$HOME/.cache" '(' -path '*/git/*' -o -path '*/snapshots/*' -o -path '*/trees/*' ')' -name '*.lock' 2>/dev/null
}

no_leftovers() { # NUMBER-AND-WORDS
  eventually 20 none_far
  is "$(far_processes)" '' "$1: no process is left"
  ok "$1: no tool is left" eventually 5 no_tools
  is "$(git_locks)" '' "$1: no lock is left"
  is "$(find . -name incoming)" '' "$1: nothing is left in transit"
}

compile() { # ARG…
  run boardman compile -b one -o out "$@"
}

# The same, to be ended or disturbed meanwhile: $background_pid.
begin() { # ARG…
  background run boardman compile -b one -o out "$@"
}

end() {
  finish run "$background_pid" 2>/dev/null
}

# SKETCH=VERDICT…
verdicts() { # [OUT]
  jq -r '[.jobs[] | .sketch + "=" + (.verdict // "none")] | sort | join(" ")' "${1:-out}/run.json"
}

all_are() { # VERDICT SKETCH…: as verdicts prints it
  local v=$1 s
  shift
  for s; do echo "$s=$v"; done | LC_ALL=C sort | paste -s -d ' '
}

# Every job that is selected has its verdict, once, and what is called built is there.
one_verdict_each() { # NUMBER-AND-WORDS N [OUT]
  local tree=${3:-out}
  is "$(jq -r '[.jobs[] | .board + " " + .sketch] | unique | length' "$tree/run.json") $(jq -r '.jobs | length' \
    "$tree/run.json")" "$2 $2" "$1: each job has its row, once"
  is "$(jq -r '[.jobs[] | select(.verdict | IN("ok", "failed", "timeout", "blocked", "infra", "skipped", "not_run") | not)]
    | length' "$tree/run.json")" 0 "$1: … and a verdict"
  is "$(false_claims "$tree")" '' "$1: what is called built is there, whole"
}

# Jobs that are called ok without their firmware, or whose `done` says another thing than run.json.
false_claims() { # OUT
  local sketch board dir name sum
  jq -r '.jobs[] | select(.verdict == "ok") | [.board, .sketch] | @tsv' "$1/run.json" | while IFS=$'\t' read -r board sketch; do
    dir=$1/current/${board//:/.}/${sketch//\//+}
    [ "$(jq -r .verdict "$dir/done" 2>/dev/null)" = ok ] || echo "$dir: no done"
    jq -r '.artifacts // .files | .[] | [.name, .sha256] | @tsv' "$dir/done" 2>/dev/null | while IFS=$'\t' read -r name sum; do
      [ "$(sha256sum <"$dir/firmware/$name")" = "$sum  -" ] || echo "$dir/firmware/$name"
    done
    [ -n "$(find "$dir/firmware" -type f 2>/dev/null)" ] || echo "$dir: no firmware"
  done
}

# The tree without what differs from run to run: times, and who built what.
shows() { # OUT
  (
    cd "$1" || exit
    find current -type f ! -name 'done' -exec sha256sum {} + | LC_ALL=C sort -k 2
    find current -name 'done' -print0 | LC_ALL=C sort -z | xargs -0r jq -cS 'del(.times, .ended, .host)'
    find current -name build
    jq -cS '[.jobs[] | del(.unchanged, .machine, .seconds)]' run.json
  )
}

# Notes what the tree must be: the same jobs, built here without a fault and from nothing, at the same place. Arguments are the run's.
undisturbed() { # ARG…
  mv out out.kept
  XDG_CACHE_HOME=$T/empty run boardman compile -b one -o out "$@"
  shows out >"$T/undisturbed"
  rm -rf out "$T/empty"
  mv out.kept out
}

same_as_undisturbed() { # NUMBER-AND-WORDS
  local code=0
  shows out >"$T/disturbed"
  [ -s "$T/undisturbed" ] && cmp -s "$T/undisturbed" "$T/disturbed" || code=1
  result "$code" "$1: the tree is that of an undisturbed run" || note "$(diff "$T/undisturbed" "$T/disturbed" | head -n 20)"
}

# Sketches that hold on until $T/go is there; each time other ones, that no cache knows.
mkwaiting() { # NAME…
  local s
  for s; do mksketch . "$s" "int ${s,,}$((++made)); // tiny: wait $T/go"; done
}
made=0

mkplain() { # NAME…
  local s
  for s; do mksketch . "$s" "int ${s,,};"; done
}

compiles() { # SKETCH [N]: so many compilers were started for it
  [ "$(count_starts compile "/$1.ino.cpp")" -ge "${2:-1}" ]
}

# Removes sketches and results, for the next case.
anew() {
  rm -rf out out.* ./*/ "$T/go" "$T/undisturbed" "$T/disturbed"
  forget_starts
}
