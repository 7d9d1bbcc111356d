#!/bin/bash
# What is built when what is said: sketches, boards, libraries and the rules that leave something out; the verbs that
# tell about it; and that help and man page know the same options.
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2016,SC2317
. "${srcdir:?}/tests/lib/e2e.sh"
command -v jq >/dev/null || skip_all 'jq is not installed'

libraries=$HOME/Arduino/libraries
mkdir -p "$libraries"

selects() { # WANT NAME ARG…: sketches prints these, in a line
  local want=$1 name=$2
  shift 2
  run boardman sketches "$@"
  is "$(tr '\n' ' ' <<<"$out")" "$want " "$name"
}

jobs_are() { # WANT NAME: of the last run: BOARD/SKETCH=VERDICT…
  is "$(jq -r '[.jobs[] | (.board | sub("tiny:tiny:"; "")) + "/" + .sketch + "=" + .verdict] | join(" ")' \
    boardman-out/run.json)" "$1" "$2"
}

# --- without an argument ---
lib=$T/work/My-Library-main
mkdir -p "$lib/src/detail" "$T/work/loose"
cd "$lib" || exit 99
printf 'name=My Library\nversion=2.0\narchitectures=*\n' >library.properties
echo '#pragma once' >src/MyLibrary.h
mksketch examples First '#include <MyLibrary.h>'
mksketch examples/more Second '#include <MyLibrary.h>'
mksketch extras Third
selects 'examples/First examples/more/Second' 'in a library: its examples'
cd src/detail || exit 99
selects "examples/First examples/more/Second" '… anywhere in it' -C "$lib"
run boardman sketches
is "$(grep -c '/examples/First$' <<<"$out")" 1 '… beneath it too'
cd "$lib/examples/First" || exit 99
selects First 'in a sketch: that one'
mkdir data
cd data || exit 99
run boardman sketches
like "$out" '/examples/First$' '… beneath it too'
cd "$T/work/loose" || exit 99
mksketch . B
mksketch . A
mksketch sub C
selects 'A B sub/C' 'elsewhere: all beneath it, in order'
git init -q
selects sub/C 'in a git tree names are from its top' -C sub
selects 'A sub/C' 'several; a directory, a sketch; each once' sub A sub/C A/A.ino
cd "$T/work" || exit 99
selects 'My-Library-main/examples/First My-Library-main/examples/more/Second' 'a directory to search' My-Library-main/examples

# --- where a search goes ---
mkdir "$T/work/search"
cd "$T/work/search" || exit 99
mksketch . Top
mksketch Top Inner
mksketch Top/src InSrc
mksketch Top/data InData
mksketch src InOtherSrc
mksketch .hidden InHidden
mksketch build InBuild
mksketch node_modules InNode
mksketch cached InCache
printf 'Signature: 8a477f597d28d172789f06886806bc55\n' >cached/CACHEDIR.TAG
mksketch deep/er/and/deeper Down
ln -s ../deep deep/loop
ln -s deep/er/and/deeper/Down linked
mkdir Pde
: >Pde/Pde.pde
selects 'Pde Top Top/Inner deep/er/and/deeper/Down src/InOtherSrc' 'what a search finds'
selects 'build/InBuild' 'what is named is searched all the same' build
selects cached/InCache '… with a CACHEDIR.TAG too' cached
selects Top/src/InSrc '… and a src of a sketch' Top/src/InSrc
selects 'Pde src/InOtherSrc' '--exclude' --exclude 'Top*' --exclude 'deep/*'
selects 'Pde Top deep/er/and/deeper/Down' '… by the name alone' --exclude 'In*'
run boardman sketches --exclude '*'
is "$status $err" "2 boardman: no sketch in '.' but what --exclude leaves out" '… all'

# --- boards ---
mkdir "$T/work/boards"
cd "$T/work/boards" || exit 99
mksketch . S
built_for() { # WANT NAME ARG…
  local want=$1 name=$2
  shift 2
  run boardman compile -n "$@"
  is "$(sed -n 's/^build \(.*\)  S  (.*/\1/p' <<<"$out" | sed 's/^tiny:tiny://' | tr '\n' ' ')" "$want " "$name"
}
built_for 'one two small' 'commas' -b one,tiny:tiny:two,small
built_for 'one two' 'several -b; twice is once' -b one -b two --fqbn one
built_for 'two:speed=fast one' 'an option behind a comma' -b two:speed=slow,speed=fast,one
built_for 'two:speed=fast one' '… to a full name' -b tiny:tiny:two:speed=fast,one
built_for 'two:speed=slow' 'a default that is written out stays' -b two:speed=slow
printf '# the lab\none\n\n  tiny:tiny:two:speed=fast  # quick\n' >boards.txt
built_for 'one two:speed=fast small' '@FILE' -b @boards.txt,small
mkdir -p "$XDG_CONFIG_HOME/boardman"
printf '[defaults]\nboards = @~/boards.txt\n' >"$XDG_CONFIG_HOME/boardman/boardman.conf"
echo small >"$HOME/boards.txt"
built_for small 'boards of the configuration'
built_for one '-b takes their place' -b one
rm "$XDG_CONFIG_HOME/boardman/boardman.conf"
mkdir -p other/hardware/tiny/tiny
cp -R "$TINY/hardware/tiny/tiny/." other/hardware/tiny/tiny
sed -i 's/^version=.*/version=9.9/' other/hardware/tiny/tiny/platform.txt
run boardman compile -b one -n --platforms other/hardware
like "$out" '^tiny:tiny 9\.9 in \.?/?[^ ]*other/hardware.*ignoring 1\.2\.3 in' '--platforms comes first, and says what it beats'

# --- sketch.yaml ---
mkdir "$T/work/yaml"
cd "$T/work/yaml" || exit 99
mksketch . One
mksketch . Two
echo 'default_fqbn: tiny:tiny:one' >One/sketch.yaml
echo 'default_fqbn: tiny:tiny:two:speed=fast' >Two/sketch.yaml
run boardman compile
jobs_are 'one/One=ok two:speed=fast/Two=ok' 'default_fqbn: each sketch for its own board'
run boardman compile -b small
jobs_are 'small/One=ok small/Two=ok' '… -b beats it'
mksketch . Three
run boardman compile
is "$status $err" \
  "2 boardman: no board given, and 'Three' asks for none; cure: -b vendor:arch:id, or default_fqbn in its sketch.yaml" \
  'a sketch that asks for none'
rm -r Three
echo 'default_fqbn: tiny:tiny:nope' >Two/sketch.yaml
run boardman compile
is "$status $err" \
  "2 boardman: sketch.yaml of 'Two': no board 'nope' in tiny:tiny 1.2.3; nearest: tiny:tiny:one; cure: 'boardman boards' lists them" \
  'one that asks for what is not there is named'
profile() { # PLATFORM-VERSION LIBRARY: of Two
  printf 'profiles:\n  lab:\n    fqbn: tiny:tiny:two\n    platforms:\n      - platform: tiny:tiny (%s)\n' "$1"
  printf '    libraries:\n      - %s\ndefault_profile: lab\n' "$2"
}
cp -R "$TINY/libraries/Blinker" "$libraries"
profile 1.2.3 'Blinker (2.1.0)' >Two/sketch.yaml
run boardman compile
jobs_are 'one/One=ok two/Two=ok' 'a profile that fits'
profile 1.2.4 'Blinker (2.1.0)' >Two/sketch.yaml
run boardman compile
jobs_are 'one/One=ok two/Two=skipped' 'a platform that is not installed in that version'
like "$out" $'\nskipped tiny:tiny:two  Two  \\(profile lab wants tiny:tiny 1\\.2\\.4\\)\n' '… is told'
profile 1.2.3 'Blinker (2.0.0)' >Two/sketch.yaml
run boardman compile
like "$out" 'skipped .*\(profile lab wants Blinker 2\.0\.0\)' 'a library that is not'
profile 1.2.3 'Sensor (0.9)' >Two/sketch.yaml
run boardman compile Two
is "$status $err" '2 boardman: all jobs are skipped; cure: install what the profiles in sketch.yaml want' 'nothing is left'
mkdir -p parts/mine
echo '#pragma once' >parts/mine/mine.h
profile 1.2.3 'dir: ../parts/mine' >Two/sketch.yaml
mksketch . Two '#include <mine.h>'
run boardman compile Two
jobs_are two/Two=ok "a profile's own directory"
profile 1.2.3 'dir: ../parts/gone' >Two/sketch.yaml
run boardman compile
is "$status $err" "2 boardman: sketch.yaml of 'Two': library 'parts/gone' is not a directory" '… that is not there'
printf 'default_fqbn: [\n' >Two/sketch.yaml
run boardman compile
like "$status $err" '^2 boardman: Two/sketch\.yaml:[12]: ' 'one that is no YAML: file and line'

# --- rules ---
mkdir "$T/work/rules"
cd "$T/work/rules" || exit 99
printf 'name=Rules\nversion=1\narchitectures=avr, esp32\n' >library.properties
mksketch examples A
run boardman compile -b one
is "$status $err" \
  '2 boardman: all jobs are skipped; cure: --no-filter builds what library.properties and @filter would skip' \
  'architectures of library.properties'
like "$out" "skipped 1 \\(its library's architectures: avr, esp32\\)" '… are told'
run boardman compile -b one --no-filter
ok_status 0 '--no-filter'
sed -i 's/avr, esp32/avr,tiny/' library.properties
run boardman compile -b one
ok_status 0 'one of them fits'
mksketch examples Only $'// @filter: (board is one or small) and not (memory is tiny)\nint o;'
mksketch examples Blocked $'// @filter\n// require:\n//   - board: one\n// @end-filter\nint b;'
mksketch examples Odd $'// @filter: (colour is red)\nint x;'
run boardman compile -b one,two,small
jobs_are 'one/examples/A=ok one/examples/Blocked=ok one/examples/Odd=ok one/examples/Only=ok two/examples/A=ok two/examples/Blocked=skipped two/examples/Odd=ok two/examples/Only=skipped small/examples/A=ok small/examples/Blocked=skipped small/examples/Odd=ok small/examples/Only=skipped' \
  '@filter, of one line and of several'
is "$(grep -c '^warning: examples/Odd: cannot read its @filter' <<<"$err")" 1 'one that cannot be read is told once, and skips nothing'
run boardman compile -b two --no-filter examples/Only
ok_status 0 '--no-filter'

# --- which library ---
cp -R "$lib" "$libraries/MyLibrary"
sed -i 's/^version=.*/version=1.0/' "$libraries/MyLibrary/library.properties"
cd "$lib" || exit 99
run boardman compile -b one
ok_status 0
is "$err" "note: using ./ as My Library 2.0; ignoring ~/Arduino/libraries/MyLibrary (1.0)" "the tree's own library beats the installed one"
is "$(jq -c .libraries boardman-out/current/*/examples+First/done)" '["My Library@2.0"]' '… it is what is built'
mkdir "$T/work/using"
cd "$T/work/using" || exit 99
mksketch . Uses '#include <MyLibrary.h>'
run boardman compile -b one
is "$(jq -c .libraries boardman-out/current/*/Uses/done)" '["My Library@1.0"]' 'elsewhere it is the installed one'
run boardman compile -b one --library "$lib"
is "$(jq -c .libraries boardman-out/current/*/Uses/done)" '["My Library@2.0"]' '--library beats it'
mkdir folder
ln -s "$lib" folder/linked
rm -r "$libraries/MyLibrary"
run boardman compile -b one --libraries folder
is "$(jq -c .libraries boardman-out/current/*/Uses/done)" '["My Library@2.0"]' '--libraries'

# --- why ---
run boardman why -b one,two --library "$lib" Uses
ok_status 0 'why'
is "$out" "tiny:tiny:one  Uses
  built: if something changed since it was ok
  My Library 2.0 in $lib
    for MyLibrary.h, included by Uses/Uses.ino
tiny:tiny:two  Uses
  built: no result yet
  My Library 2.0 in $lib
    for MyLibrary.h, included by Uses/Uses.ino" 'why: the library and the header'
cd "$T/work/rules" || exit 99
run boardman why -b two examples/Only
like "$out" 'skipped: @filter \(board is one or small\) and not \(memory is tiny\)' 'why: the rule'

# --- boards ---
run boardman boards
is "$(grep -c '^  tiny:tiny:' <<<"$out")" 3 'boards lists them'
like "$out" $'\n  tiny:tiny:two +200000 +4000  Tiny Two\n      speed=slow,fast\n' '… with sizes and menus'
run boardman boards TWO
is "$(grep '^  tiny:tiny:' <<<"$out" | awk '{ print $1 }')" tiny:tiny:two '… those with a word'
run boardman boards --json
is "$(jq -c '.boards[] | [.fqbn, .flash, .ram, .menus]' <<<"$out")" '["tiny:tiny:one",100000,2000,{}]
["tiny:tiny:two",200000,4000,{"speed":["slow","fast"]}]
["tiny:tiny:small",1000,100,{}]' '… as JSON'
run boardman boards nosuch
is "$status $err" "2 boardman: no installed board matches; cure: 'boardman boards' lists all" '… none'

# --- help and version ---
run boardman version
like "$status $out" '^0 boardman [^ ]+ \(engine [0-9]+\)$' 'version'
is "$(boardman --version)" "$out" '--version'
run boardman
overview=$out
is "$status" 2 'alone it does nothing'
is "$(boardman help)" "$overview" '… but tell what help tells'
is "$(boardman --help)" "$overview" '… and --help'
verbs=$(sed -n '/^Build many/,/^Start here/s/^  \([a-z]*\)  .*/\1/p' <<<"$overview")
is "$(wc -w <<<"$verbs")" "$(grep -c '^\.It Cm [a-z]*$' <(sed -n '/^\.Ss Verbs/,/^\.El/p' "$srcdir/man/boardman.1"))" \
  'the man page has as many verbs'
for verb in $verbs; do
  like "$(boardman help "$verb")" "^usage: boardman $verb" "help $verb"
  is "$(boardman "$verb" --help)" "$(boardman help "$verb")" "$verb --help is the same"
  ok "the man page knows $verb" grep -qx "\.It Cm $verb" "$srcdir/man/boardman.1"
done
run boardman compile --help
ok 'no line of help is longer than 100 columns' test "$(wc -L <<<"$out")" -le 100

# Options, as "-b" and "--board", one a line.
of_help() {
  for verb in $verbs; do
    boardman help "$verb" | sed -En '/^(What|Where)$/,$p' | grep -E '^ +-' | grep -oE '(^|[ ,])--?[a-zA-Z][a-z-]*' | tr -d ' ,'
  done | sort -u
}
of_man() {
  sed -n '/^\.Ss Options/,/^\.Sh /s/^\.It //p' "$srcdir/man/boardman.1" | grep -oE 'Fl -?[a-zA-Z][a-z-]*' | sed 's/^Fl /-/' | sort -u
}
is "$(diff <(of_help) <(of_man))" '' 'help and the man page have the same options'
ok '… and there are some' test "$(of_help | wc -l)" -gt 40
is "$(sed -n '/^\.Sh EXIT STATUS/,/^\.Sh EXAMPLES/s/^\.It \([0-9]*\).*/\1/p' "$srcdir/man/boardman.1" | sort -n | tr '\n' ' ')" \
  "$(grep -o '^Exit: .*' <<<"$overview" | grep -oE '[0-9]+' | sort -n | tr '\n' ' ')" '… and the same exit statuses'

done_testing
