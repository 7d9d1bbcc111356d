#!/bin/bash
# The output tree: what is in it after a run, that it says what is on the disk, and that nothing of an earlier
# success outlives a failure.
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2016,SC2317
. "${srcdir:?}/tests/lib/e2e.sh"
command -v jq >/dev/null || skip_all 'jq is not installed'

platform=$TINY/hardware/tiny/tiny

# Every artefact that `done` names is there with its size and digest, and no other file is in firmware.
firmware_matches() { # JOB-DIRECTORY
  local name size sha n=0
  while IFS=$'\t' read -r name size sha; do
    [ "$(stat -c %s "$1/firmware/$name")" = "$size" ] || return 1
    echo "$sha  $1/firmware/$name" | sha256sum --status -c - || return 1
    n=$((n + 1))
  done < <(jq -r '.artifacts[] | [.name, .size, .sha256] | @tsv' "$1/done")
  [ "$(find "$1/firmware" -type f 2>/dev/null | wc -l)" = "$n" ]
}

# The digest in each row of deps that names a file is that file's; prints how many there are of a root.
deps_match() { # JOB-DIRECTORY ROOT
  local root path digest n=0
  while IFS=$'\t' read -r root path digest; do
    [[ $root == settings || $path == */ ]] && continue
    [ -f "$path" ] || return 1
    echo "$digest  $path" | sha256sum --status -c - || return 1
    [ "$root" = "$2" ] && n=$((n + 1))
  done <"$1/deps"
  echo "$n"
}

files_in() { # DIRECTORY: all beneath it, sorted, in one line
  (cd "$1" && find . -type f -printf '%P\n' | LC_ALL=C sort | tr '\n' ' ')
}

verdict_of() { # JOB-DIRECTORY
  jq -r .verdict "$1/done" 2>/dev/null
}

# --- a first run ---
mkdir -p "$HOME/Arduino/libraries" repo/sub
cp -R "$TINY/libraries/." "$HOME/Arduino/libraries"
git init -q repo
mksketch repo/sub Read "$(cat "$TINY/libraries/Sensor/examples/Read/Read.ino")"
mksketch repo/sub 'Two words' '// tiny: warn take care
void setup() {}'
cd repo/sub || exit 99
run boardman compile -b one --warnings default
ok_status 0
tree=$T/work/repo/boardman-out
has_file "$tree" 'the default is boardman-out at the top of the git tree'
has_no_file boardman-out
is "$(files_in "$tree/current")" "$(printf '%s ' \
  tiny.tiny.one/sub+Read/{cmd,deps,done,firmware/Read.ino.hex} \
  tiny.tiny.one/sub+Two%20words/{cmd,deps,done,err} \
  'tiny.tiny.one/sub+Two%20words/firmware/Two words.ino.hex')" 'what is empty is not there'
is "$(cat "$tree/.gitignore")" '*' '.gitignore'
is "$(git status --short -uall | grep -c boardman-out)" 0 '… and git does not see the tree'
is "$(head -n 1 "$tree/CACHEDIR.TAG")" 'Signature: 8a477f597d28d172789f06886806bc55' 'CACHEDIR.TAG'

job=$tree/current/tiny.tiny.one/sub+Read
ok 'done names what is in firmware' firmware_matches "$job"
is "$(jq -r '[.schema, .verdict, .board, .sketch, .sketch_dir, .warnings] | @tsv' "$job/done")" \
  "$(printf '%s\t' boardman-done/1 ok tiny:tiny:one sub/Read "$PWD/Read")0" 'done: whose it is and how it went'
is "$(jq -c '[.sizes.flash_max, .sizes.ram_max, .sizes.flash > 400]' "$job/done")" '[100000,2000,true]' 'done: sizes'
is "$(jq -c .libraries "$job/done")" '["Sensor@0.9","Wire@1.0"]' 'done: libraries'
is "$(jq '.units | length' "$job/done")" 3 'done: a unit for the core and each library'
is "$(jq '(.key | length == 64) and .engine > 0 and .host == "local" and .ended > 1e9 and .times.total > 0' "$job/done")" \
  true 'done: a key, an engine, a host, an end and times'
is "$(jq -r .deps_sha256 "$job/done")" "$(sha256sum <"$job/deps" | cut -d' ' -f1)" 'done: the digest of deps'
is "$(deps_match "$job" tree)" 1 'deps: digests are those of the files; the sketch'
is "$(deps_match "$job" library)" 6 'deps: what was read of the libraries'
ok 'deps: the core' test "$(deps_match "$job" platform)" -ge 5
is "$(head -n 1 "$job/deps" | cut -f 1,3)" "settings"$'\t'"$(jq -r .key "$job/done")" 'deps: the key on top'
is "$(grep -c tiny-g++ "$job/cmd")" 1 'cmd: its own compile'
is "$(grep -c 'tiny-gcc.*-o .*/Read.ino.elf' "$job/cmd")" 1 'cmd: the link'

job=$tree/current/tiny.tiny.one/sub+Two%20words
ok 'a name with a space: the same' firmware_matches "$job"
is "$(jq -r '[.sketch, .warnings] | @tsv' "$job/done")" $'sub/Two words\t1' 'warnings are counted'
is "$(cat "$job/err")" "$PWD/Two words/Two words.ino:1:1: warning: take care" 'err: what the compiler said'

is "$(jq -r '[.schema, .state, .machines, (.jobs | length)] | @tsv' "$tree/run.json")" \
  $'boardman-run/1\tended\t1\t2' 'run.json: the run'
is "$(jq -r '.jobs[] | [.board, .sketch, .verdict] | @tsv' "$tree/run.json" | sort)" \
  $'tiny:tiny:one\tsub/Read\tok\ntiny:tiny:one\tsub/Two words\tok' 'run.json: its jobs'
is "$(jq -c .boards "$tree/run.json")" '["tiny:tiny:one"]' 'run.json: its boards'
like "$(jq -r '.platforms[]' "$tree/run.json")" '^tiny:tiny 1\.2\.3 in ' 'run.json: their platforms'
is "$(cut -f 1,3-6 "$tree/phases.tsv" | tail -n +2 | sort)" \
  "$(printf '%s\ttiny:tiny:one\t%s\tok\tno\n' stage1_archives Sensor stage1_archives Wire stage1_archives core \
    stage2_sketches sub/Read stage2_sketches 'sub/Two words')" 'phases.tsv: a row for each unit and each sketch'
ok 'phases.tsv: times' awk -F '\t' 'NR > 1 && !($7 >= 0 && $8 > 0) { exit 1 }' "$tree/phases.tsv"

# --- the next ones ---
before=$(find "$tree/current" -type f -printf '%p %T@ %i\n' | sort)
run boardman compile -b one --warnings default
ok_status 0
is "$(find "$tree/current" -type f -printf '%p %T@ %i\n' | sort)" "$before" 'an unchanged run touches no result'
is "$(jq -r '[.jobs[].unchanged] | unique | @csv' "$tree/run.json")" true '… and run.json says so'
is "$(cut -f 1,6 "$tree/phases.tsv" | tail -n +2 | sort -u)" $'stage2_sketches\tyes' '… and phases.tsv'

run boardman compile -b one -k Read
ok_status 0
job=$tree/current/tiny.tiny.one/sub+Read
ok '-k: all that done names is there' firmware_matches "$job"
has_file "$job/firmware/Read.ino.elf" '-k: the elf'
has_file "$job/firmware/objects/sketch/Read.ino.cpp.o" "-k: the sketch's objects"
run boardman compile -b one Read
ok 'without it they go again' firmware_matches "$job"
has_no_file "$job/firmware/objects"
run boardman compile -b one --no-firmware Read
ok_status 0
is "$(files_in "$job")" 'cmd deps done ' '--no-firmware: verdicts and sizes only'
is "$(jq -c '[.artifacts, .sizes.flash_max]' "$job/done")" '[[],100000]' '… and done names none'
run boardman compile -b one Read
has_file "$job/firmware/Read.ino.hex" 'wanted again, built again'

rm "$job/firmware/Read.ino.hex"
run boardman compile -b one Read
ok 'a file that is gone is made again' firmware_matches "$job"
: >"$job/done"
run boardman compile -b one Read
is "$(verdict_of "$job")" ok 'an empty done counts as none'
echo '{"schema":"boardman-done/1","verdict":"ok"' >"$job/done"
run boardman compile -b one Read
is "$(verdict_of "$job")" ok '… and so does a broken one'

# --- no failure leaves a success behind ---
fails() { # VERDICT STATUS NAME OPTION…: the same sketch, which was built, ends in another way
  local verdict=$1 want=$2 name=$3
  shift 3
  run boardman compile -b one -o out "$@" Fickle
  ok_status "$want" "$name: status"
  is "$(verdict_of out/current/tiny.tiny.one/sub+Fickle)" "$verdict" "$name: done says so"
  has_no_file out/current/tiny.tiny.one/sub+Fickle/firmware "$name: no firmware"
  is "$(jq -r '.jobs[].verdict' out/run.json)" "$verdict" "$name: run.json says so"
}
# Comments that only the tiny compiler heeds do not make another text: each has its own code.
break_with() { # COMMENT
  mksketch . Fickle "int n$((++broken)); // tiny: $1"
}
broken=0
succeeds() {
  mksketch . Fickle
  mv "$T/gone" "$platform/tools/tiny/bin/tiny-objcopy" 2>/dev/null
  run boardman compile -b one -o out Fickle
  has_file out/current/tiny.tiny.one/sub+Fickle/firmware/Fickle.ino.hex 'built'
}
succeeds
break_with 'fail no'
fails failed 1 'compile error'
succeeds
break_with 'needs nothing_that_is'
fails failed 1 'link error'
succeeds
break_with 'bytes 100000'
fails failed 1 'too big'
is "$(jq .sizes.flash out/current/tiny.tiny.one/sub+Fickle/done)" 100400 'too big: the size is kept'
succeeds
mksketch . Fickle '#include <no_such_header.h>'
fails failed 1 'missing header'
succeeds
break_with 'sleep 60000'
fails timeout 1 'timeout' --timeout 0.3
succeeds
break_with 'die KILL'
fails infra 3 'compiler killed'
succeeds
mv "$platform/tools/tiny/bin/tiny-objcopy" "$T/gone"
fails infra 3 'tool missing' -f
succeeds
mksketch . Fickle '#include <Blinker.h>'
cp "$HOME/Arduino/libraries/Blinker/src/Blinker.cpp" "$T/saved"
echo '// tiny: fail no' >>"$HOME/Arduino/libraries/Blinker/src/Blinker.cpp"
fails blocked 1 'library broken'
cp "$T/saved" "$HOME/Arduino/libraries/Blinker/src/Blinker.cpp"
succeeds
rm Fickle/Fickle.ino
echo >Fickle/Fickle.ino
chmod 0 Fickle/Fickle.ino
if [ -r Fickle/Fickle.ino ]; then
  skip 'this user may read all' 'unreadable'
else
  fails failed 1 'unreadable'
fi
rm -r Fickle
succeeds

# --- where it is ---
mkdir "$T/plain"
cd "$T/plain" || exit 99
mksketch . S
run boardman compile -b one
ok_status 0
has_file boardman-out/current/tiny.tiny.one/S/done 'outside git: in the current directory'
mksketch boardman-out/current/tiny.tiny.one Planted
mksketch boardman-out Planted2
run boardman sketches
is "$out" S 'a tree is not searched for sketches'
rm -r S
run boardman compile -b one
ok_status 2 'nor are results'
run boardman compile -b one -o "$T/plain/else/where" "$T/work/repo/sub/Read"
ok_status 0
is "$(find else/where/current -name 'done' -printf '%P\n')" \
  "tiny.tiny.one/${T//\//+}+work+repo+sub+Read/done" '-o is made; what lies elsewhere goes by its whole path'

done_testing
