#!/bin/bash
# Every source is in a Makefile.inc, and check-sources would tell if one were not.
set -u

check=${srcdir:?}/build-aux/check-sources
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
tests=0

report() { # STATUS NAME
  tests=$((tests + 1))
  if [ "$1" = 0 ]; then echo "ok $tests - $2"; else echo "not ok $tests - $2"; fi
}

"$check" "$srcdir" | sed 's/^/# /'
report "${PIPESTATUS[0]}" "this tree's files are listed"

mkdir -p "$tree"/{src/common,fuzz,tests/lib,tests/unit,tests/e2e,build-aux}
touch "$tree/src/common/a.c" "$tree/src/common/a.h" "$tree/tests/unit/a.c" "$tree/tests/e2e/a.t" \
  "$tree/build-aux/tool"
: >"$tree/Makefile.am"
printf 'X = src/common/a.c \\\n\tsrc/common/a.h\n' >"$tree/src/common/Makefile.inc"
printf 'T = tests/unit/a \\\n\ttests/e2e/a.t build-aux/tool\n' >"$tree/tests/Makefile.inc"
"$check" "$tree"
report "$?" "a tree that lists all"

for f in src/common/ab.c src/common/b.h tests/unit/b.c tests/e2e/b.t build-aux/bad; do
  touch "$tree/$f"
  said=$("$check" "$tree")
  [ "$?$said" = "1$f: not in any Makefile.inc" ]
  report "$?" "$f is missed"
  rm "$tree/$f"
done

echo "1..$tests"
