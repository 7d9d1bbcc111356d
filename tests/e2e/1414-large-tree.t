#!/bin/bash
# A tree of the size of a large library, 4,500 files, on 8 machines: all of it arrives, once; an edit is all that is sent of the next one.
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2016,SC2317
. "${srcdir:?}/tests/lib/e2e.sh"
. "$srcdir/tests/lib/sshd.sh"
. "$srcdir/tests/lib/lab.sh"
sshd_missing && skip_all 'sshd is not installed'
command -v jq >/dev/null || skip_all 'jq is not installed'
missing=$(lab_missing)
[ -z "$missing" ] || skip_all "$missing"

S=$T/ssh
machines=(m1 m2 m3 m4 m5 m6 m7 m8)
trap 'sshd_end "$S"; cleanup' EXIT
sshd_env=("BOARDMAN_SLOTS_DIR=%m/slots" "BOARDMAN_SYSTEM_HARDWARE=$BOARDMAN_SYSTEM_HARDWARE" "BOARDMAN_DATADIR=$BOARDMAN_DATADIR")
sshd_lab "$S" "${#machines[@]}" || bail 'sshd does not start'
printf '%s\n' '[limits]' 'max_load = 1000' 'min_disk = 1M' 'min_memory = 1M' '[defaults]' "machines-boardman-path = $boardman_path" \
  '[machines]' "${machines[@]}" >"$BOARDMAN_CONFIG"

place() { echo "$S/$1/home/.cache/boardman/$machine_id"; } # MACHINE
# How many objects of git a machine has: what was sent to it is never thrown away so soon.
objects() { # MACHINE
  git -C "$(place "$1")/git" cat-file --batch-all-objects --batch-check='%(objectname)' | sort -u | wc -l
}
all_objects() { for m in "${machines[@]}"; do objects "$m"; done | paste -s -d ' '; }
headers() { # MACHINE: those of the tree that it shows its compilers
  find "$(place "$1")/trees" -name 'f*.h' | wc -l
}
verdicts() { built_by | cut -f 3 | sort | uniq -c | sed 's/^ *//' | paste -s -d ,; }
started() { # N: so many machines build
  [ "$(grep -o '\[m[1-8]\] << started' boardman-out/boss.log 2>/dev/null | sort -u | wc -l)" -ge "$1" ]
}

mkdir proj && cd proj || exit 99
git init -q .
for ((d = 0; d < 45; d++)); do
  mkdir -p "src/d$d"
  for ((f = 0; f < 100; f++)); do echo "// tiny: bytes $((d * 100 + f))" >"src/d$d/f$f.h"; done
done
printf '%s\n' name=Big version=1.0 'architectures=*' >library.properties
: >src/Big.h
for ((i = 0; i < 16; i++)); do
  mksketch examples "S$i" "#include <Big.h>
#include <d$i/f$i.h>
// tiny: wait $T/go
void setup() {}"
done

background first boardman compile --dist --no-local -b one examples
ok 'all eight build' eventually 120 started 8
: >"$T/go"
finish first "$background_pid"
ok_status 0 'a tree of 4,500 files'
is "$(verdicts)" '16 ok' '… is built'
is "$(for m in "${machines[@]}"; do headers "$m"; done | sort -u)" 4500 '… each has got every file'
before=$(all_objects)

dist() { run boardman compile --dist --no-local -b one "$@" examples; }
dist -f
ok_status 0 'the same tree again'
is "$(verdicts)" '16 ok' '… is built'
is "$(all_objects)" "$before" '… and nothing of it is sent'

echo '// tiny: bytes 7000' >src/d3/f3.h
dist
ok_status 0 'after an edit'
like "$out" '15 unchanged' '… one sketch is built'
is "$(jq .sizes.flash boardman-out/current/tiny.tiny.one/examples+S3/done)" 7400 '… of what is edited'
after=$(all_objects)
paste <(tr ' ' '\n' <<<"$before") <(tr ' ' '\n' <<<"$after") >"$T/counts"
# The file, the directories above it up to that of all trees that are sent, the commit.
is "$(awk '{ print $2 - $1 }' "$T/counts" | sort -u | paste -s -d ' ')" 6 '… which is all that is sent'

done_testing
