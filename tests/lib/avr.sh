# shellcheck shell=bash
# Sourced after e2e.sh by the tests that use Debian's AVR core: the reference (arduino-builder), the firmware that
# boardman made, and simavr. $status, $out and $err are e2e.sh's.
# shellcheck disable=SC2034,SC2154

use_avr
core_libraries=$BOARDMAN_SYSTEM_HARDWARE/arduino/avr/libraries
compat=boardman.compat=arduino-builder

need_reference() {
  command -v arduino-builder >/dev/null || skip_all 'arduino-builder is not installed'
}

need_simavr() {
  command -v simavr >/dev/null || skip_all 'simavr is not installed'
}

# One build by the reference in DIR, an absolute path: firmware if it could, and log. The core is compiled once per board
# and test. Fails when the reference does.
reference() { # DIR BOARD SKETCH-DIR [ARG…]
  local dir=$1 board=$2 main=$3/${3##*/}.ino
  shift 3
  [ -f "$main" ] || main=${main%.ino}.pde
  mkdir -p "$dir" "$T/reference-cache"
  arduino-builder -compile -hardware /usr/share/arduino-builder -hardware /usr/share/arduino/hardware \
    -tools /usr/share/arduino-builder -built-in-libraries "$core_libraries" -fqbn "$board" -build-path "$dir" \
    -build-cache "$T/reference-cache" -core-api-version 10607 -warnings none \
    -prefs=compiler.cpp.extra_flags=-DDECIMAL_DIG=__DECIMAL_DIG__ "$@" "$main" >"$dir/log" 2>&1 && return 0
  # It makes them before it looks at the size.
  rm -f "$dir"/*.hex
  return 1
}

# Where the reference's result for one of many sketches goes.
reference_dir() { # DIR SKETCH-DIR
  printf '%s/%s' "$1" "${2//\//+}"
}

# Reads sketch directories and builds each. The first goes alone: it makes the core that the others share.
reference_all() { # DIR BOARD
  local first
  IFS= read -r first || return 1
  reference "$(reference_dir "$1" "$first")" "$2" "$first"
  export T core_libraries
  export -f reference reference_dir
  # shellcheck disable=SC2016
  xargs -d '\n' -P 2 -n 1 bash -c 'reference "$(reference_dir "$1" "$3")" "$2" "$3"; exit 0' _ "$1" "$2"
}

# Sets result_dir[SKETCH-DIR] and verdict[SKETCH-DIR] for all that lies in an output directory. Names with quotes or
# backslashes are not for this.
declare -A result_dir verdict
find_results() { # OUTPUT-DIR [BOARD]
  local record kind sketch
  result_dir=()
  verdict=()
  while IFS=$'\t' read -r record kind sketch; do
    result_dir[$sketch]=${record%/done}
    verdict[$sketch]=$kind
  done < <(find "$1/current/${2:-}" -name 'done' -exec awk '
    function value(key, text) {
      text = $0
      sub(".*\"" key "\":\"", "", text)
      sub("\".*", "", text)
      return text
    }
    { print FILENAME "\t" value("verdict") "\t" value("sketch_dir") }' {} +)
}

# Builds a sketch or more in a private output directory: $results is the directory of the only result, or of the last one.
build() { # BOARD [OPTION|SKETCH]…
  local board=$1 record
  shift
  output=$(mktemp -d "$T/output.XXXXXX")
  run boardman compile -b "$board" -o "$output/out" --color never "$@"
  results=''
  while IFS= read -r record; do
    results=${record%/done}
  done < <(find "$output/out/current" -name 'done' 2>/dev/null | sort)
}

# The one file of firmware of that kind, whatever the sketch is called: hex, elf or eep.
firmware() { # DIR EXTENSION
  local path
  for path in "$1"/*."$2"; do
    [[ $path == *.with_bootloader.* ]] || printf '%s' "$path"
  done
}

# Both build the sketch, and the firmware is the same.
same_as_reference() { # NAME BOARD SKETCH-DIR [REFERENCE-ARG… [-- BOARDMAN-ARG…]]
  local name=$1 board=$2 sketch=$3 dir code=0 theirs=()
  shift 3
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    theirs+=("$1")
    shift
  done
  [ $# = 0 ] || shift
  dir=$(mktemp -d "$T/reference.XXXXXX")
  reference "$dir" "$board" "$sketch" "${theirs[@]}" || code=$?
  if [ "$code" != 0 ]; then
    result 1 "$name" || note "the reference failed: $(tail -n 20 "$dir/log")"
    return 0
  fi
  build "$board" --build-property "$compat" "$@" -- "$sketch"
  if [ "$status" != 0 ]; then
    result 1 "$name" || show_run
    return 0
  fi
  same_files "$name" "$(firmware "$dir" hex)" "$(firmware "$results/firmware" hex)"
}

same_files() { # NAME FILE FILE
  local code=0
  cmp -s "$2" "$3" || code=$?
  result "$code" "$1" || note "$(cmp "$2" "$3" 2>&1)"
}

# What a firmware prints on its first UART until it sleeps for good: $out, a line for each that ended in CR LF. $status
# is 124 when it did not end in time.
simulate() { # MCU FILE
  run timeout 30 simavr -m "$1" -f 16000000 "$2"
  out=$(printf '%s\n' "$out" "$err" | sed -e 's/\x1b\[[0-9;]*m//g' -e '/^Load/d' -e '/^$/d' -e 's/\.\.$//')
}

# A library's properties, complete enough for the reference; LINEs are added, a later one wins.
library_properties() { # DIR NAME [LINE…]
  local dir=$1 name=$2
  shift 2
  mkdir -p "$dir"
  {
    printf 'name=%s\nversion=1.0.0\nauthor=Tester\nmaintainer=Tester\nsentence=A library.\n' "$name"
    printf 'paragraph=For tests.\ncategory=Other\nurl=http://example.com\narchitectures=*\n'
    [ $# = 0 ] || printf '%s\n' "$@"
  } >"$dir/library.properties"
}
