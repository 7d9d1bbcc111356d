#!/bin/bash
# A worker that lies. Attack 31: files with names that lead elsewhere are refused, and nothing is written. Attack 32: results of jobs that it was not
# given are dropped. What it says for people is shown, not obeyed. An honest machine builds all the same.
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2016
. "${srcdir:?}/tests/lib/e2e.sh"
. "${srcdir:?}/tests/lib/faults.sh"

fake=$srcdir/tests/lib/fakeworker
sketches=(A B C D E F G H)
mkplain "${sketches[@]}"
lab m1
digest=$(boardman machines --json -b one m1 | jq -r '.machines[0].boards[0].digest')
# The honest machine comes when each of the others has told its lie.
honest_after() { # MACHINE…
  local m
  mkdir -p "$machines/m1"
  for m; do printf 'until [ -e "%s" ]; do sleep 0.02; done\n' "$machines/$m/lied"; done >"$machines/m1/limits"
}
liar() { # NAME LINES
  rm -rf "${machines:?}/$1" "$XDG_STATE_HOME/boardman"
  mkdir -p "$machines/$1"
  printf %s "$digest" >"$machines/$1/digest"
  printf 'touch "$HOME/lied"\n%s\n' "$2" >"$machines/$1/lies"
}

# --- 31: where files may lie ---
names=('../evil' "$T/evil" 'objects/../../evil' 'a/evil' '../firmware-evil/evil' objects)
liars=()
for ((i = 0; i < ${#names[@]}; i++)); do
  liar "f$i" "artifact '${names[i]}' evil; result ok \"\\\"artifacts\\\":[\$(described '${names[i]}' evil)]\""
  liars+=("f$i")
done
liar twice 'artifact x.hex aaaa; result ok "\"artifacts\":[$(described x.hex aaaa),$(described x.hex aaaa)]"'
liar text 'artifact log aaaa; result ok "\"artifacts\":[$(described log aaaa)]"'
liar inside 'artifact objects/x aaaa; artifact objects/x/y bbbb; result ok'
liar stands 'result_of_nothing() { say "\"resp\":\"build_result\",\"job\":$job,\"attempt\":$attempt,\"unchanged\":true"; }; result_of_nothing'
liars+=(twice text inside stands)
honest_after "${liars[@]}"
lab m1 "${liars[@]/%/=$fake}"
compile --dist --no-local
ok_status 0 'attack 31: exit status 0'
for ((i = 0; i < ${#names[@]}; i++)); do
  like "$err" "f$i: [^"$'\n'"]*nonsense" "attack 31: '${names[i]}' is refused"
done
like "$err" "twice: [^"$'\n'"]*'x.hex' twice" 'attack 31: a file that is listed twice is refused'
like "$err" "text: [^"$'\n'"]*'log'" 'attack 31: a text as a file is refused'
like "$err" "inside: [^"$'\n'"]*'objects/x/y' twice" 'attack 31: a file in a file is refused'
like "$err" 'stands: [^'$'\n'']*calls unchanged' 'a result of before that it was not shown is refused'
is "$(grep -c ': quarantined for a day: .*--forgive' <<<"$err")" "${#liars[@]}" 'attack 31: each is quarantined, with the cure'
rm "$machines"/f*/lied "$machines/m1/limits"
run boardman compile --dist --no-local --use-machines m1,f0 -b one -o out.again A
is "$status $(find "$machines/f0" -name lied)" '0 ' '… in the next run, too'
is "$(find "$T" -name 'evil*' -o -name 'x.hex')" '' 'attack 31: nothing is written'
is "$(verdicts)" "$(all_are ok "${sketches[@]}")" 'attack 31: all is built'
is "$(jq -r '[.jobs[].machine] | unique | join(" ")' out/run.json)" m1 '… by the honest machine'
one_verdict_each 'attack 31' 8
no_leftovers 'attack 31'

# --- 31: through a symlink that was there before ---
anew
rm -rf "$machines"
mkplain A B C
mkdir -p out/current/tiny.tiny.one "$T/elsewhere/firmware" "$T/elsewhere/build"
boardman compile -b one -o "$T/made" A >"$T/log" 2>&1
cp "$T/made/CACHEDIR.TAG" out/
ln -s "$T/elsewhere" out/current/tiny.tiny.one/A
touch "$T/elsewhere/"{done,err,firmware/keep,build/keep}
before=$(find "$T/elsewhere" | sort)
compile
ok_status 3 'attack 31, a symlink in the output directory: exit status 3'
is "$(verdicts)" 'A=infra B=ok C=ok' '… its job is not built, others are'
like "$out" "'out/current/tiny.tiny.one/A' is not a directory of boardman's; cure: remove it" '… that is told with the cure'
is "$(find "$T/elsewhere" | sort)" "$before" '… nothing is written or removed where it leads'

# --- 32: results of others' jobs ---
anew
rm -rf "$machines" "$T/made"
mkplain A B C
# Its toolchain is one for the first board: the jobs 3 to 5, of the second, are never its own.
liar f1 'own=$job
for job in 3 4 5 77 4294967295; do
  for attempt in 0 1 2 4294967295; do
    started; artifact evil.hex evil; result failed; cancelled
  done
done
job=$own attempt=1
honest'
lab "f1=$fake" m1
honest_after f1
run boardman compile --dist --no-local -b one,two -o out
ok_status 0 'attack 32: exit status 0'
is "$(verdicts)" "$(all_are ok A A B B C C)" 'attack 32: no job ends by the word of another machine'
is "$(jq -r '[.jobs[] | select(.board == "tiny:tiny:two") | .machine] | unique | join(" ")' out/run.json)" m1 '… than the one that has it'
ok 'attack 32: boss.log says that results were dropped' grep -q 'a late result was dropped' out/boss.log
is "$(find out -name 'evil*')" '' 'attack 32: none of their files is kept'
one_verdict_each 'attack 32' 6
no_leftovers 'attack 32'

# --- what it says for people ---
anew
mkplain A
liar f1 'say "\"resp\":\"note\",\"msg\":\"a\\n9.9 [m1] posing as another\\u001b[2J\""
echo "::error::noise" >&2
honest'
lab "f1=$fake"
compile --dist --no-local
ok_status 0
like "$err" '^note: a\\x0a9.9 \[m1\] posing as another\\x1b\[2J$' 'its notes are one line, shown and not obeyed'
is "$(grep -c '^9.9' out/boss.log)" 0 '… in boss.log, too'
liar f1 'result failed "\"reason\":\"no\\n::error::x\\u001b[2J\""'
compile --dist --no-local
ok_status 1
is "$(LC_ALL=C grep -E -e $'^[ \t]*::' -e $'\e' <<<"$out")" '' 'so are its reasons'

cat >"$machines/f1/hello" <<'END'
say '"resp":"ready","protocol":1,"version":"1\u001b[2J","arch":"a\nohau ok","threads":2,"slots":2'
END
run boardman machines -b one f1
ok_status 0
is "$(LC_ALL=C grep -c -e $'\e' -e '^ohau' <<<"$out")" 0 'so is what it says of itself'
like "$out" 'a\\x0aohau ok .* 1\\x1b\[2J ' '… which is shown'

done_testing
