#!/bin/bash
# The wrapper around the TAP driver: seconds in the .trs file, an end for a test that hangs, totals that tell the truth.
# shellcheck source-path=SCRIPTDIR/../lib
. "${srcdir:?}/tests/lib/e2e.sh"

drive() { # NAME: runs the test whose script is on stdin
  cat >"$1"
  AM_TAP_AWK="awk" run bash "$srcdir/build-aux/tap-timed" "$srcdir/build-aux/tap-driver.sh" --test-name "$1" \
    --log-file "$1.log" --trs-file "$1.trs" --color-tests no -- bash "./$1"
}

drive good <<<'echo ok 1 - fine; echo ok 2 "# SKIP no reason"; sleep 0.1; echo 1..2'
like "$(cat good.trs)" $'\n:seconds: 0\\.[1-9]' 'seconds are recorded'
run "$srcdir/build-aux/slowest" --totals .
is "$out" '1 passed, 0 failed, 1 skipped' 'totals'
ok_status 0

drive bad <<<'echo ok 1 - fine; echo not ok 2 - broken; echo 1..2'
BOARDMAN_TEST_TIMEOUT=1 drive hanging <<<'echo ok 1 - begins; sleep 100; echo 1..1'
like "$(cat hanging.trs)" ':seconds: [1-9]\.' 'a test that hangs is ended'
run "$srcdir/build-aux/slowest" --totals .
# hanging: no plan and a bad exit status are one error each
is "$out" '3 passed, 3 failed, 1 skipped' 'totals with failures'
ok_status 1
run "$srcdir/build-aux/slowest" 2 .
like "$out" '^1\.[0-9]+ s  hanging' 'the slowest come first'
is "$(wc -l <<<"$out")" 2 '… and no more than asked for'
mkdir none
run "$srcdir/build-aux/slowest" --totals none
is "$status$out" '10 passed, 0 failed, 0 skipped' 'no tests at all is a failure'

done_testing
