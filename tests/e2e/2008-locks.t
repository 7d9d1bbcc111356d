#!/bin/bash
# Locks of processes that are no more hold nobody up; those of processes that live keep two bosses apart.
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2317
. "${srcdir:?}/tests/lib/e2e.sh"
. "${srcdir:?}/tests/lib/faults.sh"
export BOARDMAN_TIME_DIVISOR=1

# --- 14: what git and its library leave when they are killed ---
mkplain A B
lab m1
compile --dist --no-local
ok_status 0 'fault 14: a run'
place=$(place_of m1)
stale=("$place"/git/{HEAD,config,index,packed-refs,shallow}.lock "$place/git/refs/bm/$machine_id/lost.lock"
  "$place/trees/0/index.lock" "$XDG_CACHE_HOME/boardman/$machine_id/snapshots"/{HEAD,config}.lock)
touch "${stale[@]}"
mkplain C
echo 'int more;' >>A/A.ino
compile --dist --no-local
ok_status 0 'fault 14, stale locks: exit status 0'
is "$err" '' 'fault 14, stale locks: nothing is told'
is "$(verdicts)" "$(all_are ok A B C)" 'fault 14, stale locks: each is built'
no_leftovers 'fault 14, stale locks'
undisturbed
same_as_undisturbed 'fault 14, stale locks'

# --- 14, 16: two bosses at the same time on one machine, with sources that differ ---
anew
rm -rf "$machines/m1"
begin_in() { # NAME: a project with a sketch A of its own
  mkdir -p "$T/work/$1"
  cd "$T/work/$1" || exit 99
  mksketch . A "int $1; // tiny: wait $T/go"$'\n'"// tiny: bytes $2"
  background "$1" boardman compile -b one -o out --dist --no-local
}
both_hold_trees() {
  [ -e "$place/trees/1/lock" ] && ! flock -n "$place/trees/0/lock" true && ! flock -n "$place/trees/1/lock" true
}
begin_in left 100
left=$background_pid
begin_in right 2000
right=$background_pid
ok 'fault 14, two bosses: both build on the machine' eventually 60 has_tools m1 2
ok 'fault 14, two bosses: each in a work tree of its own' both_hold_trees
: >"$T/go"
finish left "$left"
ok_status 0 'fault 14, two bosses: exit status 0 of the one'
finish right "$right"
ok_status 0 'fault 14, two bosses: … and of the other'
size_in() { jq .sizes.flash "$T/work/$1"/out/current/*/A/done; }
is "$(($(size_in right) - $(size_in left)))" 1900 'fault 14, two bosses: each has built its own source'
is "$(count_starts compile main.cpp) $(count_starts ar)" '1 1' 'fault 16: they have built the core once between them'
one_verdict_each 'fault 14, two bosses, the one' 1 "$T/work/left/out"
one_verdict_each 'fault 14, two bosses, the other' 1 "$T/work/right/out"
no_leftovers 'fault 14, two bosses'

done_testing
