#!/bin/bash
# Odd names of sketches: each is built or refused by name, never executed, and every reader finds it again.
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2016,SC2317
. "${srcdir:?}/tests/lib/e2e.sh"
command -v jq >/dev/null || skip_all 'jq is not installed'

proj="$T/work/a project's \$(touch $T/pwned) directory"
mkdir -p "$proj"
cd "$proj" || exit 99
job=boardman-out/current/tiny.tiny.one

# NAME, and how the tree calls it.
names=(
  'two words' two%20words
  "it's" it%27s
  '"said"' %22said%22
  '$(touch pwned)' %24%28touch%20pwned%29
  '`touch pwned`' %60touch%20pwned%60
  'a;touch pwned' a%3Btouch%20pwned
  'a&&touch pwned' a%26%26touch%20pwned
  -dash -dash
  --help --help
  @file @file
  ünï %C3%BCn%C3%AF
  a+b a%2Bb
  a%b a%25b
  a%20b a%2520b
  'back\slash' back%5Cslash
  'x#y' x%23y
  'star*' star%2A
  '~' %7E
  '{x}' %7Bx%7D
  '{build.path}' %7Bbuild.path%7D
  'a{build.arch}' a%7Bbuild.arch%7D
  atiny atiny
  'a,b=c' 'a,b=c'
  v1.2 v1.2
)
for ((i = 0; i < ${#names[@]}; i += 2)); do
  mksketch "$proj" "${names[i]}"
done

# --- a search ---
run boardman compile -b one
ok_status 0 'all are built'
for ((i = 0; i < ${#names[@]}; i += 2)); do
  name=${names[i]} dir=$job/${names[i + 1]}
  is "$(jq -r '.verdict + " " + .sketch' "$dir/done" 2>/dev/null)" "ok $name" "$name: its place and its record"
  has_file "$dir/firmware/$name.ino.hex" "$name: its firmware"
done
is "$(find $job -mindepth 1 -maxdepth 1 | wc -l)" $((${#names[@]} / 2)) 'each has a directory of its own'
want=$(for ((i = 0; i < ${#names[@]}; i += 2)); do printf '%s\n' "${names[i]}"; done | LC_ALL=C sort)
run boardman sketches
is "$out" "$want" 'sketches lists them'
run boardman sketches --json
is "$(jq -r '.sketches[].name' <<<"$out")" "$want" '… and as JSON'
is "$(jq -r --arg proj "$proj/" '.sketches[].dir | select(startswith($proj)) | .[$proj | length:]' <<<"$out")" "$want" \
  '… with their directories'
is "$(jq -r '.jobs[].sketch' boardman-out/run.json | LC_ALL=C sort)" "$want" 'run.json lists them'
run boardman compile -b one
like "$out" "$((${#names[@]} / 2)) ok \($((${#names[@]} / 2)) unchanged\)" 'they are found again unchanged'

# --- what looks like a property ---
brace=$T/work/'{build.arch}'
mkdir -p "$brace/{build.mcu}"
echo '#pragma once' >"$brace/{build.mcu}/gear.h"
mksketch "$brace" Plain '#include <gear.h>'
(cd "$brace" && boardman compile -b one -o out --library '{build.mcu}' Plain >"$T/log" 2>&1)
is "$(jq -r .verdict "$brace/out/current/tiny.tiny.one/Plain/done")" ok 'a directory is not expanded'
is "$(cut -f 2 "$brace/out/current/tiny.tiny.one/Plain/deps" | grep 'gear\.h$')" "$brace/{build.mcu}/gear.h" "… nor a library's"

# --- named ---
for name in 'two words' '$(touch pwned)' '`touch pwned`' 'a;touch pwned' @file 'star*' '{x}' '~'; do
  run boardman compile -b one -f "$name"
  like "$status $out" "^0 .*1 job: 1 ok" "$name: given by its name"
done
for name in -dash --help; do
  run boardman compile -b one -f -- "$name"
  like "$status $out" "^0 .*1 job: 1 ok" "$name: given behind --"
  run boardman compile -b one -f "./$name"
  like "$status $out" "^0 .*1 job: 1 ok" "$name: given with ./"
done
cd -- --help || exit 99
run boardman compile -b one
like "$status $out" "^0 .*1 job: 1 ok" 'the sketch one is in'
cd "$proj" || exit 99

# --- in the sources ---
mkdir 'two words/src'
printf 'int f();\n' >'two words/src/a $(touch pwned).h'
printf '#include "a $(touch pwned).h"\nint f() { return 1; }\n' >'two words/src/b;touch pwned.cpp'
printf '#include "src/a $(touch pwned).h"\nvoid setup() { f(); }\n' >'two words/two words.ino'
run boardman compile -b one 'two words'
ok_status 0 "odd names of a sketch's files"
ok '… are in deps' grep -qF "$proj/two words/src/a \$(touch pwned).h" "$job/two%20words/deps"
run boardman compile -b one 'two words'
like "$out" 'unchanged' '… and found there'
echo 'int g();' >>'two words/src/a $(touch pwned).h'
run boardman compile -b one 'two words'
unlike "$out" 'unchanged' '… when they change'

# --- refused ---
mkdir refused
good=refused/Good
mksketch refused Good
refuse() { # NAME SHOWN WHY
  mksketch "$proj/refused" "$1"
  run boardman compile -b one -o out "refused/$1"
  is "$status $err" "2 boardman: the name 'refused/$2' $3; cure: rename it" "'$2' $3: refused when named"
  run boardman compile -b one -o out refused
  is "$status $err" "0 warning: the name 'refused/$2' $3; cure: rename it" '… and warned about when found'
  like "$out" '1 job: 1 ok' '… while the others are built'
  rm -r "${proj:?}/refused/$1"
}
refuse $'bad\xff' 'bad\xff' 'is not UTF-8'
refuse $'over\xc0\xaf' 'over\xc0\xaf' 'is not UTF-8'
refuse $'new\nline' 'new\x0aline' 'has a control character in it'
refuse $'tab\there' 'tab\x09here' 'has a control character in it'
refuse $'esc\e[2J' 'esc\x1b[2J' 'has a control character in it'
long=$(printf 'ü%.0s' {1..60})
mksketch "$proj/refused" "$long"
run boardman compile -b one -o out2 refused
is "$status $err" "2 boardman: name 'refused/$long' is too long for the output directory" 'a name too long for the tree'
has_no_file out2
has_file $good

is "$(find "$T" -name pwned)" '' 'nothing was executed'

done_testing
