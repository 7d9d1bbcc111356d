# shellcheck shell=bash
# Sourced by the end-to-end tests: a private home, the tiny platform, and TAP helpers.
#
# It gives $T (the test's own directory), $HOME and the XDG directories beneath it, $BOARDMAN_SYSTEM_HARDWARE (the tiny
# platform; boards tiny:tiny:one, two, small) and $TINY (its directory). Nothing outside $T is written, and at the end
# only processes that were recorded by `background` or by the tiny tools themselves are ended.
set -u

: "${srcdir:?is set by make check}" "${builddir:?is set by make check}"

T=$(mktemp -d "${TMPDIR:-/tmp}/boardman-test.XXXXXX") || exit 99
T=$(cd "$T" && pwd -P)
TINY=$T/tiny
out='' err='' status=''
test_number=0
test_failures=0
test_pids=()

# Ends a process that this test started, if it is still the same program in this test's directory.
end_recorded() { # PID
  local exe cwd
  exe=$(readlink "/proc/$1/exe" 2>/dev/null) || return 0
  cwd=$(readlink "/proc/$1/cwd" 2>/dev/null) || return 0
  if [[ $exe == "$T"/* || $cwd == "$T" || $cwd == "$T"/* ]]; then
    kill -KILL "$1" 2>/dev/null || true
  fi
}

cleanup() {
  local pid
  trap - EXIT
  for pid in "${test_pids[@]}"; do
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  while IFS=$'\t' read -r _ _ pid; do
    end_recorded "$pid"
  done < <(cat "$T/starts.forgotten" "$TINY/starts" 2>/dev/null)
  if [ -n "${KEEP_TEST_DIR:-}" ]; then
    echo "# kept: $T"
  else
    chmod -R u+rwX "$T" 2>/dev/null
    rm -rf "$T"
  fi
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

export HOME=$T/home
export XDG_CONFIG_HOME=$HOME/.config XDG_CACHE_HOME=$HOME/.cache XDG_DATA_HOME=$HOME/.local/share
export XDG_STATE_HOME=$HOME/.local/state XDG_RUNTIME_DIR=$T/run TMPDIR=$T/tmp
export BOARDMAN_SYSTEM_HARDWARE=$TINY/hardware BOARDMAN_DATADIR=$srcdir/data
export GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=Tester GIT_AUTHOR_EMAIL=tester@example.com
export GIT_COMMITTER_NAME=Tester GIT_COMMITTER_EMAIL=tester@example.com
# A machine of its own: other tests' compilers, which may hang, take nothing from it.
export BOARDMAN_SLOTS_DIR=$T/slots BOARDMAN_SLOTS=64
unset BOARDMAN_CONFIG ARDUINO_DIRECTORIES_USER ARDUINO_DIRECTORIES_DATA TINY_LOG MAKEFLAGS MAKELEVEL
mkdir -p "$XDG_CONFIG_HOME" "$XDG_CACHE_HOME" "$XDG_DATA_HOME" "$XDG_STATE_HOME" "$TMPDIR" "$T/work"
mkdir -m 700 "$XDG_RUNTIME_DIR"
"$srcdir/tests/lib/tiny-install" "$TINY" "$builddir/tests/lib/tinycc" || exit 99
cd "$T/work" || exit 99

# --- TAP ---

note() { # TEXT: as comment lines
  printf '%s\n' "$*" | sed 's/^/# /'
}

# The result of the command before, as one test.
result() { # STATUS NAME
  test_number=$((test_number + 1))
  if [ "$1" = 0 ]; then
    echo "ok $test_number - $2"
    return 0
  fi
  test_failures=$((test_failures + 1))
  echo "not ok $test_number - $2"
  return 1
}

show_run() {
  note "status $status; stdout:"
  note "$out"
  note "stderr:"
  note "$err"
}

ok() { # NAME COMMAND…: the command succeeds
  local name=$1 code=0
  shift
  "$@" || code=$?
  result "$code" "$name" || note "exit status $code of: $*"
}

not_ok() { # NAME COMMAND…: the command fails
  local name=$1 code=1
  shift
  "$@" && code=0
  result $((code == 0)) "$name" || note "succeeded: $*"
}

is() { # GOT WANT NAME
  local code=0
  [ "$1" = "$2" ] || code=1
  if ! result "$code" "$3"; then
    note "got:  $1"
    note "want: $2"
  fi
}

isnt() { # GOT UNWANTED NAME
  local code=0
  [ "$1" != "$2" ] || code=1
  result "$code" "$3" || note "got: $1"
}

like() { # TEXT REGEX NAME: an extended regex; ^ and $ are the text's ends, as in [[ =~ ]]
  local code=0
  [[ $1 =~ $2 ]] || code=1
  if ! result "$code" "$3"; then
    note "text: $1"
    note "does not match: $2"
  fi
}

unlike() { # TEXT REGEX NAME
  local code=0
  [[ $1 =~ $2 ]] && code=1
  if ! result "$code" "$3"; then
    note "text: $1"
    note "matches: $2"
  fi
}

ok_status() { # N [NAME]: of the last run
  local code=0
  [ "$status" = "$1" ] || code=1
  result "$code" "${2:-exit status $1}" || show_run
}

has_file() { # PATH [NAME]
  local code=0
  [ -e "$1" ] || code=1
  result "$code" "${2:-there is ${1#"$T"/}}"
}

has_no_file() { # PATH [NAME]
  local code=0
  [ ! -e "$1" ] || code=1
  result "$code" "${2:-there is no ${1#"$T"/}}"
}

skip() { # REASON NAME
  test_number=$((test_number + 1))
  echo "ok $test_number - $2 # SKIP $1"
}

skip_all() { # REASON
  echo "1..0 # SKIP $1"
  exit 0
}

bail() { # REASON
  echo "Bail out! $*"
  exit 99
}

done_testing() {
  echo "1..$test_number"
  exit $((test_failures > 0))
}

# --- running things ---

# Runs a command to its end: $out, $err (without their last newlines) and $status.
run() { # COMMAND…
  "$@" >"$T/out" 2>"$T/err" </dev/null
  status=$?
  out=$(<"$T/out")
  err=$(<"$T/err")
}

# Starts a command, its output in $T/NAME.out and .err; $background_pid is its process. It is killed at the test's end.
background() { # NAME COMMAND…
  local name=$1
  shift
  "$@" >"$T/$name.out" 2>"$T/$name.err" </dev/null &
  background_pid=$!
  test_pids+=("$background_pid")
}

# Waits for a background process as `run` does.
finish() { # NAME PID
  wait "$2"
  status=$?
  out=$(<"$T/$1.out")
  err=$(<"$T/$1.err")
}

# Until a command succeeds, at most SECONDS. It looks every 20 ms: for tests only, where nothing tells of the event.
eventually() { # SECONDS COMMAND…
  local end=$((SECONDS + $1 + 1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.02
  done
}

# --- the tiny platform ---

# A sketch DIR/NAME/NAME.ino; the text is given, or stands on stdin for "-", or is the smallest there is.
mksketch() { # DIR NAME [TEXT]
  local dir=$1/$2
  mkdir -p "$dir"
  if [ $# -lt 3 ]; then
    printf 'void setup()\n{\n}\n\nvoid loop()\n{\n}\n' >"$dir/$2.ino"
  elif [ "$3" = - ]; then
    cat >"$dir/$2.ino"
  else
    printf '%s\n' "$3" >"$dir/$2.ino"
  fi
}

# How many tools were started since the last forget_starts: as ROLE, on a file whose name has PART in it.
# Roles: compile preproc deps link ar objcopy size ask held.
count_starts() { # [ROLE [PART]]
  awk -F '\t' -v role="${1:-}" -v part="${2:-}" '
    (role == "" || $1 == role) && (part == "" || index($2, part)) { n++ }
    END { print n + 0 }' "$TINY/starts"
}

forget_starts() {
  # For the cleanup they are not forgotten.
  cat "$TINY/starts" >>"$T/starts.forgotten"
  : >"$TINY/starts"
}

# Leaves the tiny platform for Debian's AVR core; the whole test is skipped where that is not installed.
use_avr() {
  BOARDMAN_SYSTEM_HARDWARE=/usr/share/arduino/hardware
  [ -f "$BOARDMAN_SYSTEM_HARDWARE/arduino/avr/boards.txt" ] || skip_all 'arduino-core-avr is not installed'
  command -v avr-gcc >/dev/null || skip_all 'avr-gcc is not installed'
}

# Sets $examples to Debian's example sketches, or skips the whole test.
need_examples() {
  examples=${BOARDMAN_EXAMPLES:-}
  [ -d "$examples/01.Basics" ] || skip_all 'BOARDMAN_EXAMPLES does not name the example sketches; ./check does'
}
