#!/bin/bash
# docs/RELIABILITY.md: each fault has its row, and the tests that a row names say so in their own words; the deadlines are those of the code.
set -u
doc=${srcdir:?}/docs/RELIABILITY.md
n=0
failed=0

check() { # NAME COMMAND…
  local name=$1
  shift
  n=$((n + 1))
  if "$@"; then echo "ok $n - $name"; else echo "not ok $n - $name" && failed=1; fi
}

tests_say() { # FAULT TEST…
  local fault=$1 test file
  shift
  [ $# -gt 0 ] || return 1
  for test; do
    file=$srcdir/tests/e2e/$test.t
    [ "$test" = "${test#unit/}" ] || file=$srcdir/tests/$test.c
    grep -q "fault $fault\b" "$file" || { echo "# $file does not say: fault $fault" && return 1; }
  done
}

for ((fault = 1; fault <= 30; fault++)); do
  row=$(grep "^| $fault |" "$doc")
  IFS=', ' read -ra tests <<<"$(awk -F ' *[|] *' '{ print $5 }' <<<"$row")"
  check "fault $fault" tests_say "$fault" "${tests[@]}"
done
in_code() {
  local name ms
  sed -n 's/^\t\[\(TIMING_[A-Z_]*\)\] = \(.*\),$/\1 \2/p' "$srcdir/src/common/timing.c" | while read -r name ms; do
    ms=$((ms))
    if [ "$ms" -lt 1000 ]; then
      echo "$name $ms ms"
    elif [ "$ms" -lt 3600000 ]; then
      echo "$name $((ms / 1000)) s"
    else
      echo "$name $((ms / 3600000)) h"
    fi
  done
}
in_doc() {
  sed -n 's/^| `\(TIMING_[A-Z_]*\)` | \([0-9]* [a-z]*\) |.*/\1 \2/p' "$doc"
}
check 'the deadlines' diff <(in_code) <(in_doc)
echo "1..$n"
exit "$failed"
