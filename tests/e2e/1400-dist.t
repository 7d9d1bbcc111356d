#!/bin/bash
# A run over a lab: every job once, on some machine, and the results are those of a run on this one. What machines do wrong
# (not there, lost, silent) costs nothing but time; what sketches do wrong is told as if it were built here.
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2016,SC2317
. "${srcdir:?}/tests/lib/e2e.sh"
command -v jq >/dev/null || skip_all 'jq is not installed'
. "$srcdir/tests/lib/lab.sh"
missing=$(lab_missing)
[ -z "$missing" ] || skip_all "$missing"

lab ohau moa ruru
mkdir proj && cd proj || exit 99
git init -q .
mkdir -p lib
cp -R "$TINY/libraries/." lib
for i in 1 2 3 4 5 6; do
  mksketch examples "S$i" "#include <Blinker.h>
// number $i
void setup() {}"
done
mksketch examples Uses "$(cat "$TINY/libraries/Sensor/examples/Read/Read.ino")"
mksketch examples Fails '#include <Sensor.h>
void setup() {
  // tiny: fail this does not compile
}'
mksketch examples Big '// tiny: bytes 5000
void setup() {}'
mksketch examples Warns '// tiny: warn take care
void setup() {}'
args=(-b 'one,two:speed=fast,small' --libraries lib --warnings all)

# --- the same as here ---
run boardman compile "${args[@]}" examples
ok_status 1 'a run here'
here_out=$out
mv boardman-out here
dist "${args[@]}" --no-local examples
ok_status 1 'the same run elsewhere'
same_trees here boardman-out 'the trees are the same: firmware, err, log, cmd, deps, syms, and done but for machine and times'
ok 'files are what done says' digests_hold boardman-out
is "$(built_by | awk -F '\t' '{ print $1, $2, $3 }')" "$(built_by here | awk -F '\t' '{ print $1, $2, $3 }')" 'every job has its verdict'
is "$(built_on local)" 0 '--no-local: nothing is built here'
is "$(($(built_on ohau) + $(built_on moa) + $(built_on ruru)))" 30 '… but on the three machines'
is "$(awk -F '\t' '$1 == "compile" && /Fails/' "$TINY/starts" | wc -l)" 3 'what does not compile is not tried again'
shown() { awk '/^FAIL/ { at = NR } { line[NR] = $0 } END { for (i in line) print line[i] }' <<<"$1" | sed -n -E 's/\([a-z]+, [0-9.]+ m?s\)//; /^FAIL|^  [^l]/p' | LC_ALL=C sort -u; }
is "$(shown "$out")" "$(shown "$here_out")" 'failures are shown as those of a run here'
like "$out" '; 3 boards, 10 sketches, 3 machines$' 'the last line counts the machines'
is "$(jq -r '.jobs[].machine' boardman-out/run.json | sort -u | grep -c -x 'ohau\|moa\|ruru')" 3 'run.json names them'
is "$(awk -F '\t' 'NR > 1 && $1 == "stage2_sketches" { print $2 }' boardman-out/phases.tsv | sort | uniq -c | awk '{ n += $1 } END { print n }')" 30 'phases.tsv, too'

# --- again ---
dist "${args[@]}" --no-local examples
ok_status 1 'again'
is "$(count_starts)" 0 '… nothing is started anywhere'
like "$out" '26 ok \(26 unchanged\)|30 unchanged' '… all are unchanged'
same_trees here boardman-out '… the tree is the same'
ok '… nobody is left' nothing_left

# --- who builds ---
rm -rf boardman-out
dist -b one examples/S1 examples/S2 examples/S3 examples/S4 examples/S5 examples/S6 --libraries lib --json
ok_status 0 '--dist: all are built'
is "$(built_by | cut -f 3 | sort | uniq -c | sed 's/^ *//')" '6 ok' '… once each'
is "$(jq -r '.jobs[] | "\(.board)\t\(.sketch)\t\(.verdict)\t\(.machine)"' <<<"$out" | LC_ALL=C sort)" "$(built_by)" '--json names the machines'
rm -rf boardman-out
dist -b one examples/S1 examples/S2 --libraries lib --json-lines --no-local --use-machines moa
is "$(jq -r '[.sketch, .verdict, .machine] | @tsv' <<<"$out" | LC_ALL=C sort)" $'examples/S1\tok\tmoa\nexamples/S2\tok\tmoa' '--json-lines does, and --use-machines moa means that one alone'
rm -rf boardman-out
run boardman compile --use-machines ohau,ruru --no-local -b one,two --libraries lib examples/S1 examples/S2 examples/S3
ok_status 0 '--use-machines alone means --dist'
is "$(built_on moa)$(built_on local)" 00 '… on no other machine'
run boardman compile --use-machines ohau,nix -b one examples/S1
ok_status 2 'an unknown machine'
like "$err" "no machine 'nix'" '… is named'
lab_names=()
lab_conf
dist -b one examples/S1
ok_status 2 'no machine is configured'
like "$err" 'no machine is configured; cure: ' '… and that is said'
run boardman machines
ok_status 2 '… by machines, too'
lab_names=(ohau moa ruru)

# --- who would build ---
lab_conf
lab_forget
rm -rf boardman-out
run boardman compile -n --dist -b one --libraries lib examples/S1
is "$status $(tail -n 1 <<<"$out")" '0 1 job, 0 skipped; on local, ohau, moa, ruru' '-n names the machines'
run boardman compile -n --use-machines moa --no-local -b one --libraries lib examples/S1 --json
is "$(jq -c .machines <<<"$out")" '["moa"]' '… those that would be used'
is "$(starts_on moa)" 0 '… and asks none'
run boardman compile -n --use-machines nix -b one examples/S1
ok_status 2 '… one that nobody knows is an error'
has_no_file boardman-out

# --- nobody is there ---
lab_conf
for m in ohau moa ruru; do
  printf '#!/bin/sh\necho no route to %s >&2\nexit 1\n' "$m" >"$LAB/$m/enter"
done
rm -rf boardman-out
dist -b one --libraries lib examples/S1 examples/S2
ok_status 0 'no machine can be reached: all is built here'
is "$(built_on local)" 2 '… by this one'
for m in ohau moa ruru; do
  is "$(grep -c "$m" <<<"$err")" 1 "… $m is told once"
done
rm -rf boardman-out
dist -b one --libraries lib examples/S1 examples/S2 --no-local --wait 1
ok_status 3 '… and with --no-local nothing is'
for m in ohau moa ruru; do
  is "$(grep -c "$m: its shell cannot be run: status 1: no route to $m; trying again in 2 s; cure: " <<<"$err")" 1 "… $m is told once, with the cure"
done
like "$out" 'examples/S1.*examples/S2' '… what was not built is listed'
has_no_file boardman-out/current/tiny.tiny.one/examples+S1/done
lab ohau moa ruru

# --- options ---
rm -rf boardman-out
mkdir one && cp -r examples/Warns one/
run boardman compile -b one one/Warns
mv boardman-out plain
forwarded() { # OPTION…: the same as here, and not as without it
  local code=0
  rm -rf boardman-out here
  run boardman compile -b one "$@" one/Warns
  mv boardman-out here
  dist -b one --no-local "$@" one/Warns
  same_trees here boardman-out "$*: as here"
  tree_of plain >"$T/tree.1"
  cmp -s "$T/tree.1" "$T/tree.2" && code=1
  result "$code" "$*: counts"
}
forwarded -r
forwarded -k
forwarded -E
forwarded --check
forwarded --config-only
forwarded --warnings all
forwarded --no-firmware
forwarded --build-property build.extra_flags=-DHELLO
is "$(grep -c DHELLO boardman-out/current/tiny.tiny.one/one+Warns/cmd)" 1 '… in the command'
forwarded --build-property 'compiler.cpp.extra_flags=-flto -DX' -L
unlike "$(cat boardman-out/current/tiny.tiny.one/one+Warns/cmd)" ' -flto' '… -L'
dist -b one --no-local one/Warns
dist -b one --no-local one/Warns
is "$(count_starts)" 0 'nothing is to be built'
dist -b one --no-local one/Warns -f
unlike "$out" 'unchanged' '-f: it is built again'
is "$(count_starts compile main.cpp)" 0 '… but not its core'
dist -b one --no-local --use-machines moa one/Warns -f -m
is "$(starts_on moa compile main.cpp)" 1 '-m: its core, too'
mksketch one Hangs '// tiny: hang
void setup() {}'
dist -b one --no-local --timeout 1 one/Hangs
ok_status 1 '--timeout'
like "$(built_by)" $'one/Hangs\ttimeout' '… is kept there'
mkdir -p bad/Broken
printf '#pragma once\n' >bad/Broken/Broken.h
printf '// tiny: fail the library is broken\n' >bad/Broken/Broken.cpp
mksketch one Blocked '#include <Broken.h>
void setup() {}'
rm -rf boardman-out here
run boardman compile -b one,two one/Blocked --libraries bad
mv boardman-out here
dist -b one,two --no-local one/Blocked --libraries bad
ok_status 1 'a library that does not compile'
like "$(built_by)" $'one/Blocked\tblocked' '… blocks'
same_trees here boardman-out '… and is told as here'

# --- what workers say ---
rm -rf boardman-out
lab_enter moa 'echo the shell says hello >&2'
dist -b one one/Warns -D --no-local --use-machines moa
like "$err" $'\n'"\[moa\] note: tiny:tiny:one [^ ]*one/Warns \([0-9.]+\): started" '-D: a sketch starts'
like "$err" "\[moa\] note: tiny:tiny:one [^ ]*one/Warns \([0-9.]+\): ok, " '… and ends'
like "$(cat boardman-out/worker-moa.log)" 'the shell says hello' 'worker-moa.log has what it said beside the protocol'
like "$(cat boardman-out/worker-moa.log)" 'one/Warns \([0-9.]+\): ok, ' '… and what -D made it say'
has_no_file boardman-out/worker-ohau.log
rm -rf boardman-out/current
dist -b one one/Warns --no-local --use-machines ohau
has_no_file boardman-out/worker-moa.log 'the log of another run is gone'
lab_enter moa

# --- interrupted ---
rm -rf boardman-out
rm -rf wait
for i in 1 2 3 4 5 6; do
  mksketch wait "W$i" "// tiny: wait $T/go
// number $i
void setup() {}"
done
waiting_on() { # MACHINE…: prints the first one that builds
  local m
  for m; do
    [ "$(starts_on "$m" compile W)" = 0 ] || { echo "$m" && return; }
  done
  return 1
}
lab_forget
background int boardman compile --dist --no-local -b one wait
eventually 60 waiting_on ohau moa ruru >/dev/null
kill -INT "$background_pid"
finish int "$background_pid"
ok_status 130 'Ctrl-C'
ok '… no process is left anywhere' eventually 10 nothing_left
ok '… and no lock' locks_free
is "$(find boardman-out -name 'done' | wc -l)" 0 '… and no result'

# --- a worker is killed ---
export BOARDMAN_TIME_DIVISOR=4
lab_forget
background kill boardman compile --dist --no-local -b one,two wait
busy=$(eventually 60 waiting_on ohau moa ruru)
kill -KILL "$(lab_workers "$busy")"
ok 'a worker that was killed: its machine comes back' eventually 60 grep -q "$busy: back" "$T/kill.err"
: >"$T/go"
finish kill "$background_pid"
unset BOARDMAN_TIME_DIVISOR
ok_status 0 '… and all is built'
is "$(built_by | cut -f 3 | sort | uniq -c | sed 's/^ *//')" '12 ok' '… once'
is "$(grep -c "$busy: .*ended" <<<"$err")" 1 '… the loss is told once'
is "$(grep -c "$busy" <<<"$err")" 2 '… and the return'
ok '… nothing is left' eventually 10 nothing_left
rm "$T/go"

# --- machines ---
run boardman machines
ok_status 0 'machines'
like "$out" '^name +host +arch +threads' '… a table'
is "$(grep -c ' ok$' <<<"$out")" 4 '… all are well'
like "$out" 'tiny:tiny 1\.2\.3' '… with their platforms'
run boardman machines --json -b one moa
ok_status 0 '--json'
is "$(jq -c '[.schema, (.machines | length), .machines[0].name, .machines[0].usable, .machines[0].boards[0].fqbn]' <<<"$out")" \
  '["boardman-machines/1",1,"moa",true,"tiny:tiny:one"]' '… of one machine, with a board'
like "$(jq -r '.machines[0].boards[0].digest' <<<"$out")" '^[0-9a-f]{64}$' '… and its digest'
run boardman machines -b one,nix moa
like "$out" 'tiny:tiny:one: tiny-gcc' '-b: its toolchain'
like "$out" 'nix: .*nix' '… what it cannot build'
printf '#!/bin/sh\nexit 1\n' >"$LAB/ruru/enter"
run boardman machines ruru
ok_status 3 'none is usable'
lab ohau moa ruru
lab_forget
rm -rf boardman-out
background held boardman compile --dist --no-local -b one wait
busy=$(eventually 60 waiting_on ohau moa ruru)
run boardman machines --kill-workers "$busy"
ok_status 3 '--kill-workers: a worker with a boss is left alone'
like "$out$err" "left alone: worker [0-9]+ of [^ ]+@" '… whose it is'
is "$(lab_workers "$busy" | wc -l)" 1 '… it lives'
run boardman machines --kill-workers --force "$busy"
ok_status 0 '--force ends it'
like "$out$err" 'ended: worker' '… and tells'
: >"$T/go"
finish held "$background_pid"
ok_status 0 '… the run goes on'
run boardman machines --kill-workers moa
ok_status 0 'nobody to end'
like "$out$err" 'no worker of yours' '… is said'

done_testing
