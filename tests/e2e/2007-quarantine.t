#!/bin/bash
# A machine's fault is told from a job's by another machine: who is proved wrong gets no more jobs, and who is not is not blamed.
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2016,SC2046,SC2317
. "${srcdir:?}/tests/lib/e2e.sh"
. "${srcdir:?}/tests/lib/faults.sh"

many=(A B C D E F G H)
quarantine=$XDG_STATE_HOME/boardman/$machine_id/quarantine

# On m1 a tool breaks; m2 builds when that has happened.
breaks="// tiny: if-home m1 touch $T/go
// tiny: if-home m1 die SEGV
// tiny: if-home m2 wait $T/go"

mkbroken() { # SKETCH…
  local s
  for s; do mksketch . "$s" "int ${s,,}; $breaks"; done
}

built_by() { # MACHINE: so many jobs
  jq --arg m "$1" '[.jobs[] | select(.machine == $m)] | length' out/run.json
}

compiles_on() { # MACHINE: compilers of sketches that were started there, which its log tells
  awk -F '\t' '$1 == "compile" && $2 ~ /\.ino\.cpp$/ { n++ } END { print n + 0 }' "$machines/$1/tiny.starts"
}

watch_starts() { # MACHINE…
  local m
  for m; do
    mkdir -p "$machines/$m"
    : >"$machines/$m/tiny.starts"
  done
}

# --- 7: a machine that fails everything at once ---
lab m1 m2
mkbroken "${many[@]}"
watch_starts m1 m2
compile --dist --no-local -j 2
ok_status 0 'fault 7: exit status 0'
is "$(verdicts)" "$(all_are ok "${many[@]}")" 'fault 7: each is built'
is "$(built_by m2)" 8 'fault 7: … by the other machine'
ok 'fault 7: what fails fast attracts no work' test "$(compiles_on m1)" -le 2
like "$err" "note: m1: no jobs until another machine has tried [A-H] for tiny:tiny:one: 'tiny-g\+\+' was ended by signal 11, SIGSEGV" \
  'fault 7: it is told'
like "$err" "note: m1: quarantined for a day: 'tiny-g\+\+' was ended by signal 11, SIGSEGV, when m2 had no trouble with [A-H] for tiny:tiny:one; \
cure: mend it, then run 'boardman machines --forgive m1'" 'fault 7: … and why it is left out'
unlike "$err" 'm2: ' 'fault 7: the other one is not blamed'
one_verdict_each 'fault 7' 8
no_leftovers 'fault 7'
undisturbed
same_as_undisturbed 'fault 7'

# … and the next run does without it.
rm -rf out
watch_starts m1 m2
compile --dist --no-local -f
ok_status 0 'fault 7: the next run goes on without it'
is "$(wc -l <"$machines/m1/tiny.starts")" 0 'fault 7: … wholly'
like "$err" 'note: m1: quarantined for a day: ' 'fault 7: … and says so'
run boardman machines m1 m2
ok_status 0 'fault 7: machines'
like "$out" $'\nm1 [^\n]* quarantined for a day: [^\n]*\n    m1: cure: mend it, then run .boardman machines --forgive m1' \
  'fault 7: machines shows it with the cure'
like "$out" $'\nm2 [^\n]* ok' 'fault 7: … and that the other one is well'
is "$(jq '.machines[0].usable' <<<"$(boardman machines --json m1)")" false 'fault 7: … in JSON too'
rm -rf out
compile --dist --no-local --use-machines m1
ok_status 3 'fault 7: nobody else: exit status 3'
is "$(verdicts)" "$(all_are infra "${many[@]}")" 'fault 7: nobody else: nobody waits, nothing is called built'

# … until it is forgiven, or a day has gone by.
run boardman machines --forgive m1 m2
ok_status 0 'fault 7: forgiven'
is "$err" $'note: m1: forgiven\nnote: m2: it was not in quarantine' 'fault 7: … which is told'
is "$(ls "$quarantine")" '' 'fault 7: nothing of it is kept'
mkplain "${many[@]}"
rm -rf out
compile --dist --no-local --use-machines m1
ok_status 0 'fault 7: a machine that was forgiven builds'
is "$err" '' 'fault 7: … and is as good as any'
echo 'long ago' >"$quarantine/m1"
touch -d '2 days ago' "$quarantine/m1"
run boardman machines m1
like "$out" $'\nm1 [^\n]* ok' 'fault 7: a day is enough'
rm "$quarantine/m1"

# --- 6: a job that no machine can build ---
anew
mkplain A B C D
mksketch . Bad 'int b; // tiny: die SEGV'
lab m1 m2 m3
compile --dist --no-local
ok_status 3 'fault 6: exit status 3'
is "$(verdicts)" "$(all_are ok A B) Bad=infra $(all_are ok C D)" 'fault 6: it ends as infra, the others are built'
# Near the end one more may try it at the same time.
n=$(count_starts compile /Bad.ino.cpp)
ok 'fault 6: … after two machines' test "$n" -ge 2 -a "$n" -le 3
like "$out" 'INFRA tiny:tiny:one  Bad' 'fault 6: it is named'
unlike "$err" 'quarantined' 'fault 6: no machine is to blame'
is "$(ls "$quarantine")" '' 'fault 6: … nor tomorrow'
one_verdict_each 'fault 6' 5
no_leftovers 'fault 6'

# --- 8: … nor is a compile failure beside a broken machine: what another one's compiler says is a proof like any ---
anew
for s in A B C D; do mksketch . "$s" "int ${s,,}; $breaks"$'\n// tiny: fail no'; done
lab m1 m2
compile --dist --no-local
ok_status 1 'fault 8: exit status 1'
is "$(verdicts)" "$(all_are failed A B C D)" 'fault 8: what a compiler says counts'
like "$err" 'note: m1: quarantined' 'fault 8: … and proves who is at fault'
run boardman machines --forgive

# --- 15: stage 1 fails ---
stage1() { # TEXT
  anew
  mkdir -p libs/Unit
  printf '%s\n' "$1" >libs/Unit/Unit.cpp
  echo >libs/Unit/Unit.h
  local s
  for s in A B C D; do mksketch . "$s" $'#include <Unit.h>\nint '"${s,,};"; done
  compile --dist --no-local --libraries libs
}
stage1 "int u; $breaks"
ok_status 0 'fault 15: of one machine: exit status 0'
is "$(verdicts)" "$(all_are ok A B C D)" 'fault 15: … it is made elsewhere'
is "$(built_by m2)" 4 'fault 15: … by the other machine'
one_verdict_each 'fault 15' 4
no_leftovers 'fault 15'
run boardman machines --forgive
stage1 'int u; // tiny: fail no such thing'
ok_status 1 'fault 15: everywhere: exit status 1'
is "$(verdicts)" "$(all_are blocked A B C D)" 'fault 15: … its sketches are blocked'
is "$err" '' 'fault 15: … and no machine is blamed'
ok 'fault 15: … it is tried once a machine' test "$(count_starts compile /Unit.cpp)" -le 2
one_verdict_each 'fault 15, everywhere' 4
no_leftovers 'fault 15, everywhere'

done_testing
