#!/bin/bash
# A worker that talks noise, another protocol or nonsense, or gives results that are none: protocol and memory stay intact, and
# nothing that it says harms another.
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2016,SC2028,SC2317
. "${srcdir:?}/tests/lib/e2e.sh"
. "${srcdir:?}/tests/lib/faults.sh"

fake=$srcdir/tests/lib/fakeworker

# The fake one alone; its lies are lines of shell. What it does not build is given up after --wait.
lies() { # LINES
  mkdir -p "$machines/f1"
  # What it said before is forgiven.
  rm -rf "$machines/f1/jobs" "$XDG_STATE_HOME/boardman"
  printf '%s\n' "$1" >"$machines/f1/lies"
  lab "f1=$fake"
  compile --dist --no-local --wait "${patience:-1}"
}

# What it says is nonsense, for this reason; the job is built by nobody.
nonsense() { # NUMBER-AND-WORDS LINES WHY
  rm -rf out
  lies "$2"
  ok_status 3 "$1: exit status 3"
  like "$err" "f1: [^"$'\n'"]*$3" "$1: the reason is told"
  is "$(verdicts)" A=infra "$1: nothing is called built"
  one_verdict_each "$1" 1
  no_leftovers "$1"
}

# --- 23: noise ---
mkplain A B C D
lab m1
mkdir -p "$machines/m1"
echo 'for i in 1 2 3; do echo "Welcome to m1, $i"; done; printf "no newline"; echo "an error" >&2' >"$machines/m1/limits"
compile --dist --no-local
ok_status 0 'fault 23: exit status 0'
is "$err" '' 'fault 23: noise of a login shell changes nothing'
is "$(verdicts)" "$(all_are ok A B C D)" 'fault 23: each is built'
one_verdict_each 'fault 23' 4
no_leftovers 'fault 23'
anew
mkplain A B
lies $'echo "noise among responses"\necho "BM>no space"\necho "BM > {}"\necho\nhonest'
ok_status 0 'fault 23, in the middle: exit status 0'
is "$(verdicts)" "$(all_are ok A B)" 'fault 23, in the middle: each is built'
is "$(<out/current/tiny.tiny.one/A/firmware/fake.hex)" 'content of 0' 'fault 23, in the middle: the files are whole'
one_verdict_each 'fault 23, in the middle' 2
no_leftovers 'fault 23, in the middle'

# --- 24: another version, another protocol ---
anew
mkplain A
echo 'ready 2' >"$machines/f1/hello"
lies honest
rm "$machines/f1/hello"
ok_status 3 'fault 24: another protocol: exit status 3'
like "$err" 'f1: its boardman fake speaks another protocol; trying again in 0.4 s; cure: have this version there' 'fault 24: … with the cure'
one_verdict_each 'fault 24' 1
no_leftovers 'fault 24'
rm -rf out
lies honest
ok_status 0 'fault 24: another version that speaks the same protocol is used'
anew
mkplain A
lab m1=/bin/true
compile --dist --no-local --wait 1
ok_status 3 'fault 24: no worker at all: exit status 3'
like "$err" 'm1: the worker ended with status 0' 'fault 24: no worker at all: it is told'
no_leftovers 'fault 24: no worker at all'

# --- 25: frames that are none ---
anew
mkplain A
nonsense 'fault 25, torn' 'printf "BM> {\"resp\":\"star"; exit 0' 'the worker ended with status 0'
nonsense 'fault 25, no JSON' 'echo "BM> {\"resp\":"' 'nonsense'
nonsense 'fault 25, NUL' 'printf "BM> {\"resp\":\"note\",\"msg\":\"a\0b\"}\n"' 'NUL byte'
nonsense 'fault 25, huge' 'printf "BM> {\"resp\":\"note\",\"msg\":\""; head -c 3000000 /dev/zero | tr "\0" x; echo "\"}"' \
  'more than 1048576 bytes'
nonsense 'fault 25, endless' 'exec cat /dev/zero' 'NUL byte'
nonsense 'fault 25, endless lines' 'exec yes -- "BM> ["' 'nonsense'
nonsense 'fault 25, deep' 'printf "BM> "; printf "{\"a\":%.0s" {1..40}; printf 1; printf "}%.0s" {1..40}; echo' 'nonsense'
nonsense 'fault 25, no response of ours' 'say "\"resp\":\"shutdown\""' 'nonsense'
nonsense 'fault 25, of another type' 'say "\"resp\":\"started\",\"job\":\"0\",\"attempt\":1,\"slot\":0"' 'nonsense'
nonsense 'fault 25, out of order' 'say "\"resp\":\"setup_done\",\"work_dir\":\"/\",\"git_dir\":\"/\""' "'setup_done' while building"
nonsense 'fault 25, bad UTF-8' 'printf "BM> {\"resp\":\"note\",\"msg\":\"bad \xff\xfe bytes\"}\n"' 'not UTF-8'

# --- 25: files that are not what was said ---
nonsense 'fault 25, a file cut short' 'started; artifact f.hex half; result ok "\"artifacts\":[$(described f.hex "half and half")]"' \
  'is not what the worker said it sent'
nonsense 'fault 25, other bytes' 'started; artifact f.hex aaaa; result ok "\"artifacts\":[$(described f.hex bbbb)]"' \
  'is not what the worker said it sent'
nonsense 'fault 25, no file' 'started; result ok "\"artifacts\":[$(described f.hex bbbb)]"' 'is not what the worker said it sent'
nonsense 'fault 25, pieces out of order' 'started; artifact f.hex aaaa 0; artifact f.hex bbbb 2' 'out of order'
nonsense 'fault 25, a name that is a path' 'started; artifact ../../evil aaaa' 'nonsense'
is "$(find "$T/work" "$machines" -name 'evil*')" '' 'fault 25, a name that is a path: nothing is written'

# --- 30: twice, late, of another's job ---
anew
mkplain A B C
lies $'honest\nhonest\nstarted\nresult failed\ncancelled'
ok_status 0 'fault 30: exit status 0'
is "$(verdicts)" "$(all_are ok A B C)" 'fault 30: the first result counts'
is "$(cat out/current/*/B/firmware/fake.hex)" 'content of 1' 'fault 30: its files stay'
one_verdict_each 'fault 30' 3
no_leftovers 'fault 30'
anew
mkplain A B C
lies $'attempt=7\nresult failed\nstarted\nattempt=1\nhonest\njob=77\nresult failed'
ok_status 0 'fault 30, of no job: exit status 0'
is "$(verdicts)" "$(all_are ok A B C)" 'fault 30, of no job: dropped'
ok 'fault 30, of no job: boss.log says so' grep -q 'a late result was dropped' out/boss.log
one_verdict_each 'fault 30, of no job' 3
no_leftovers 'fault 30, of no job'
# The first attempt is lost with its worker; the next worker sends a result of it as well.
anew
mkplain A
patience=60 lies $'if [ "$attempt" = 1 ]; then started; exit 1; fi\nattempt=1\nresult failed\nattempt=2\nhonest'
ok_status 0 'fault 30, of a lost attempt: exit status 0'
is "$(verdicts)" A=ok 'fault 30, of a lost attempt: dropped'
is "$(paste -s -d ' ' "$machines/f1/jobs")" '0.1 0.2' 'fault 30, of a lost attempt: there were two'
one_verdict_each 'fault 30, of a lost attempt' 1
no_leftovers 'fault 30, of a lost attempt'

# --- 25: … a true one beside it does not suffer ---
anew
mkplain A B C D E F
echo 'started; printf "BM> {\0"' >"$machines/f1/lies"
# It claims to have the toolchain of the others.
lab m1
boardman machines --json -b one m1 | jq -r '.machines[0].boards[0].digest' >"$machines/f1/digest"
lab "f1=$fake" m1
compile --dist --no-local
ok_status 0 'fault 25, beside a true one: exit status 0'
like "$err" 'f1: .*NUL byte' 'fault 25, beside a true one: it is told'
is "$(verdicts)" "$(all_are ok A B C D E F)" 'fault 25, beside a true one: all is built'
is "$(jq -r '[.jobs[].machine] | unique | join(" ")' out/run.json)" m1 'fault 25, beside a true one: … by that one'
one_verdict_each 'fault 25, beside a true one' 6
no_leftovers 'fault 25, beside a true one'
undisturbed
same_as_undisturbed 'fault 25, beside a true one'

# --- 5: a worker that lives and never ends a job, beside a true one ---
anew
mkplain A B C D E F
echo 'started; cancelled() { :; }' >"$machines/f1/lies"
compile --dist --no-local
ok_status 0 'fault 5, a worker that ends nothing: exit status 0'
is "$(verdicts)" "$(all_are ok A B C D E F)" 'fault 5, a worker that ends nothing: all is built by another'
one_verdict_each 'fault 5, a worker that ends nothing' 6
no_leftovers 'fault 5, a worker that ends nothing'

done_testing
