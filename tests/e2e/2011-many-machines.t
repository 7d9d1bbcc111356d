#!/bin/bash
# Hundreds of machines, most of which hang at one stage or another: they hold up nobody, neither a run nor its end.
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2317
. "${srcdir:?}/tests/lib/e2e.sh"
. "${srcdir:?}/tests/lib/faults.sh"
shopt -s nullglob

# Each costs the boss three descriptors.
many=360
[ "$(ulimit -Hn)" = unlimited ] || [ "$(ulimit -Hn)" -ge 4096 ] || skip_all 'this machine lets no process have 4096 descriptors'
ulimit -Sn 1024
export BOARDMAN_TIME_DIVISOR=1

# Six of eight hang: when looked at, when pushed to, before the worker is ready; two of eight build, and do then what $T/lies tells.
cat >"$T/bin/machine" <<EOF
#!/bin/sh
export HOME=$machines/\$1 XDG_CACHE_HOME=
hang() { : >"\$HOME/hangs" && exec sleep 1000; }
case \$((\${1#m} % 8)):\$4 in
  [012]:*) hang ;;
  [34]:*receive-pack*) hang ;;
  5:*' worker'*) hang ;;
esac
shift
exec "\$@"
EOF
names=()
for ((i = 0; i < many; i++)); do names+=("m$i=$srcdir/tests/lib/fakeworker"); done
for ((i = 0; i < many; i++)); do mkdir "$machines/m$i" && ln -s "$T/lies" "$machines/m$i/lies"; done
lab "${names[@]}"
sketches=()
for i in {1..60}; do sketches+=("S$i"); done
mkplain "${sketches[@]}"

forget_hung() {
  rm -f "$machines"/*/hangs
}

need_more_descriptors() { # than there are by default
  local open=("/proc/$background_pid/fd/"*)
  [ ${#open[@]} -gt 1024 ]
}

hang_at_all_stages() {
  local hung=("$machines"/*/hangs)
  [ ${#hung[@]} -gt $((many * 6 / 8)) ]
}

# --- 21: more machines than descriptors by default; those that work do all there is ---
echo honest >"$T/lies"
compile --dist --no-local
ok_status 0 'fault 21: exit status 0'
is "$(verdicts)" "$(all_are ok "${sketches[@]}")" 'fault 21: each is built'
unlike "$err" 'Too many open files' 'fault 21: there are enough descriptors'
no_leftovers 'fault 21'

# --- 12: interrupted, while all that build hang as well ---
rm -rf out
forget_hung
echo ': >"$HOME/hangs"; exec sleep 1000' >"$T/lies"
begin --dist --no-local
ok 'fault 21: the boss needs more descriptors than there are by default' eventually 30 need_more_descriptors
ok 'fault 12, many hang: at all stages' eventually 100 hang_at_all_stages
start=$EPOCHREALTIME
kill -INT "$background_pid"
end
ok_status 130 'fault 12, many hang: exit status 130'
# Five seconds; the rest is for a busy machine.
ok 'fault 12, many hang: within its time' test $(((${EPOCHREALTIME/./} - ${start/./}) / 1000)) -lt 15000
like "$out" 'not run: 60 jobs \(interrupted\)' 'fault 12, many hang: a report of what was not run'
one_verdict_each 'fault 12, many hang' 60
no_leftovers 'fault 12, many hang'

# --- 12: … twice ---
rm -rf out
forget_hung
begin --dist --no-local
ok 'fault 12, many hang, twice: at all stages' eventually 100 hang_at_all_stages
kill -INT "$background_pid"
ok 'fault 12, many hang, twice: the first is told' eventually 5 grep -q 'once more stops at once' "$T/run.err"
start=$EPOCHREALTIME
kill -INT "$background_pid"
end
ok_status 130 'fault 12, many hang, twice: exit status 130'
ok 'fault 12, many hang, twice: at once' test $(((${EPOCHREALTIME/./} - ${start/./}) / 1000)) -lt 5000
no_leftovers 'fault 12, many hang, twice'

done_testing
