#!/bin/bash
# What is said when something is wrong: one line that names what was wrong and the cure, the right exit status, and
# nothing lost or made.
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2016,SC2317
. "${srcdir:?}/tests/lib/e2e.sh"

platform=$TINY/hardware/tiny/tiny
libraries=$HOME/Arduino/libraries
proj=$T/work/proj
mkdir "$proj"
cd "$proj" || exit 99
mksketch . Blink

# A run that is refused: its status, its one line on stderr, and no output directory.
refused() { # STATUS LINE NAME COMMAND…
  local want=$1 line=$2 name=$3
  shift 3
  run "$@"
  is "$status $err" "$want boardman: $line" "$name"
  has_no_file "$proj/boardman-out" "$name: nothing is made"
}

compile() {
  boardman compile "$@"
}

# --- the command line ---
refused 2 "unknown verb 'bords'; cure: did you mean 'boards'?" 'verb' boardman bords
refused 2 "unknown verb 'frobnicate'; cure: see 'boardman help'" 'verb, nothing near' boardman frobnicate
refused 2 "the verb comes first; cure: boardman VERB [OPTION…] [ARG…], see 'boardman help'" 'option before the verb' \
  boardman -C Blink compile
refused 2 "unknown option '--colour'; cure: did you mean '--color'?" 'option' compile --colour=always
refused 2 "unknown option '--frobnicate'; cure: see --help" 'option, nothing near' compile --frobnicate
refused 2 "unknown option '-z'; cure: see --help" 'letter' compile -fz
refused 2 "--color 'alwys' is none of auto|always|never" 'value' compile -b one --color alwys
refused 2 "--jobs 'x' is not a whole number from 1 on" 'number' compile -b one -j x
refused 2 "--jobs '0' is not a whole number from 1 on" 'number too small' compile -b one -j0
refused 2 "--max-failures '99999999999' is not a whole number from 0 on" 'number too large' \
  compile -b one --max-failures 99999999999
refused 2 "--timeout '-1' is not a number of seconds" 'seconds' compile -b one --timeout -1
refused 2 "option '-b' needs a value; cure: -b B" 'no value' compile -b
refused 2 "option '--quiet' takes no value" 'one value too many' compile --quiet=yes
refused 2 "--output-dir is empty" 'empty value' compile -b one -o ''
refused 2 "cannot work in 'gone': No such file or directory" '-C' compile -C gone
refused 2 "--library 'gone' is not a directory" '--library' compile -b one --library gone
refused 2 "--library: 'Blink' is not a library; cure: name a directory with library.properties or headers" \
  '--library, another directory' compile -b one --library Blink
refused 2 "--libraries 'Blink/Blink.ino' is not a directory" '--libraries' compile -b one --libraries Blink/Blink.ino

refused 2 "--libraries '$TINY/libraries/Blinker' is a library itself; cure: name it with --library" '--libraries, a library' \
  compile -b one --libraries "$TINY/libraries/Blinker"
refused 2 "--platforms 'Blink' holds no platform; cure: name the folder that has VENDOR/ARCH/boards.txt in it" \
  '--platforms, another directory' compile -b one --platforms Blink
refused 2 "--platforms '$platform' holds no platform; cure: name the folder that has VENDOR/ARCH/boards.txt in it" \
  '--platforms, a platform itself' boardman boards --platforms "$platform"
refused 2 "'2' is one word too many; cure: 'boardman version' alone" 'version' boardman version 2

# --- boards ---
lists="cure: 'boardman boards' lists them"
refused 2 "no board given, and 'Blink' asks for none; cure: -b vendor:arch:id, or default_fqbn in its sketch.yaml" \
  'no board' compile
refused 2 "no board 'onee' in any installed platform; nearest: tiny:tiny:one; $lists" 'board' compile -b onee
refused 2 "no board 'twp' in tiny:tiny 1.2.3; nearest: tiny:tiny:two; $lists" 'full name' compile -b tiny:tiny:twp
refused 2 "no platform 'tiny:tnyi'; installed: tiny:tiny; cure: run 'arduino-cli core install tiny:tnyi', or name its folder with --platforms" \
  'platform' compile -b tiny:tnyi:one
refused 2 "board 'tiny:tiny:two' has no option 'sped'; cure: use one of speed" 'menu' compile -b two:sped=fast
refused 2 "board 'tiny:tiny:two': option 'speed' has no value 'fats'; cure: use one of slow, fast" 'menu value' \
  compile -b two:speed=fats
refused 2 "'tiny:tiny' is not a board; cure: write vendor:arch:id[:option=value,…], such as arduino:avr:uno" \
  'half a name' compile -b tiny:tiny
refused 2 "cannot open 'boards.txt': No such file or directory" '@FILE' compile -b @boards.txt
printf 'two\n# and\none,onne  # sic\n' >"$T/list"
refused 2 "$T/list: no board 'onne' in any installed platform; nearest: tiny:tiny:one; $lists" 'a board of @FILE' \
  compile -b one,two -b "@$T/list"
refused 2 "no such file or directory: 'two'; cure: -b two, if the board is meant" 'a board without its -b' \
  compile two Blink
refused 2 "no such file or directory: 'tow'" '… but not any word' compile tow Blink
refused 2 "no board 'three' in any installed platform; $lists" 'one of several is wrong: none is built' \
  compile -b one,two,three
BOARDMAN_SYSTEM_HARDWARE=$T/nowhere refused 2 \
  "no Arduino platform is installed; cure: run 'arduino-cli core install arduino:avr', or name a folder with --platforms" \
  'no platform at all' compile -b one
mv "$platform/tools/tiny/bin/tiny-g++" "$T/compiler"
refused 2 "board 'tiny:tiny:one': its compiler '$platform/tools/tiny/bin/tiny-g++' is not there; cure: run 'arduino-cli core install tiny:tiny'" \
  'a platform without its compiler' compile -b one
run boardman boards
ok_status 0 '… its boards are listed all the same'
like "$out" 'cannot be built: .*tiny-g\+\+' '… and why they cannot be built'
mv "$T/compiler" "$platform/tools/tiny/bin/tiny-g++"
sed -i 's/^recipe\.cpp\.o/#&/' "$platform/platform.txt"
no_recipe() { # KEY
  echo "board 'tiny:tiny:one': '$platform/platform.txt' has no $1; cure: install tiny:tiny again, or add it in platform.local.txt beside that file"
}
refused 2 "$(no_recipe recipe.cpp.o.pattern)" \
  'a platform without a recipe' compile -b one
sed -i -e 's/^#recipe\.cpp\.o/recipe.cpp.o/' -e 's/^recipe\.c\.combine/#&/' "$platform/platform.txt"
refused 2 "$(no_recipe recipe.c.combine.pattern)" '… without another' compile -b one
sed -i 's/^#recipe\.c\.combine/recipe.c.combine/' "$platform/platform.txt"
refused 2 "board 'tiny:tiny:one': recipe.objcopy.hex.pattern of '$platform/platform.txt' is no command: no closing \" in '\"a b'; \
cure: close the quote there, or in the property that put it in" \
  'a recipe that is no command' compile -b one --build-property 'recipe.objcopy.hex.pattern=x "a b'

BOARDMAN_DATADIR=$T/nowhere run boardman compile -n -b one
is "$err" "note: '$T/nowhere/platform-fixes.ini' is not there: known faults of packaged platforms are not cured;\
 cure: install boardman, or set BOARDMAN_DATADIR" 'boardman without its data'

# --- sketches ---
mkdir empty Foo
echo >Foo/Bar.ino
refused 2 "no such file or directory: 'gone'" 'no such sketch' compile -b one gone
refused 2 "no sketch in 'empty'; cure: name a sketch, or a directory to search" 'no .ino' compile -b one empty
refused 2 "no sketch in 'empty'; cure: name a sketch, or a directory to search" '… nor to list' boardman sketches empty
refused 2 "'Foo' has Bar.ino but no Foo.ino: not a sketch; cure: rename one of them" 'Bar.ino in Foo, named' \
  compile -b one Foo
refused 2 "'Foo/Bar.ino' has Bar.ino but no Foo.ino: not a sketch; cure: rename one of them" 'Bar.ino itself' \
  compile -b one Foo/Bar.ino
echo text >notes.txt
refused 2 "'notes.txt' is not a sketch; cure: name its directory or its .ino file" 'another file' \
  compile -b one notes.txt
run boardman sketches
is "$status $out" '0 Blink' 'Bar.ino in Foo, found: the others go on'
is "$err" 'warning: Foo has Bar.ino but no Foo.ino: not a sketch' '… with a warning'
rm -r Foo
mkdir Both
: >Both/Both.ino
: >Both/Both.pde
run boardman compile -b one Both
is "$status $err" "2 boardman: 'Both' has two main files, 'Both.ino' and 'Both.pde'; cure: remove one" 'two main files'
rm -r Both

# --- what may not be read or written ---
if [ "$(id -u)" = 0 ]; then
  mkdir -m 777 "$T/other"
  other=(setpriv --reuid 65534 --regid 65534 --clear-groups -- env "XDG_CACHE_HOME=$T/other")
  chmod 755 "$T" "$T/work" "$proj" && chmod -R a+rwX "$HOME" "$TMPDIR" "$TINY"
else
  other=()
fi
if "${other[@]}" true 2>/dev/null; then
  mksketch . Secret
  chmod 0 Secret/Secret.ino
  mkdir -m 777 out
  run "${other[@]}" boardman compile -b one -o out
  ok_status 1 'a file that may not be read fails its sketch'
  like "$out" $'\n'"  cannot open 'Secret/Secret\.ino': Permission denied"$'\n' '… and is named'
  like "$out" '2 jobs: 1 ok, 1 failed' '… the others go on'
  chmod 644 Secret/Secret.ino
  run "${other[@]}" boardman compile -b one -o out
  ok_status 0 '… and when it may be read it is'
  chmod 700 Secret
  [ "$(id -u)" = 0 ] || chmod 0 Secret
  run "${other[@]}" boardman sketches
  is "$status $out" '0 Blink' 'a directory that may not be read'
  is "$err" "warning: cannot list 'Secret': Permission denied" '… is named'
  chmod 755 Secret
  rm -r Secret out
  mkdir -m 555 locked
  [ "$(id -u)" = 0 ] || chmod 555 .
  cure='cure: name another directory with --output-dir'
  refused 2 "cannot make directory 'boardman-out': Permission denied; $cure" 'read-only directory' \
    "${other[@]}" boardman compile -b one
  refused 2 "cannot write 'locked/CACHEDIR.TAG': Permission denied; $cure" 'read-only output directory' \
    "${other[@]}" boardman compile -b one -o locked
  chmod 755 .
  rmdir locked
else
  skip 'cannot become another user' 'what may not be read or written'
fi

# --- the output directory ---
mkdir theirs
echo precious >theirs/file
refused 2 "'theirs' is not empty and was not made by boardman; cure: name another directory with --output-dir" \
  "somebody else's directory" compile -b one -o theirs
is "$(ls -A theirs) $(cat theirs/file)" 'file precious' '… is left as it was'
refused 2 "'notes.txt' is not a directory; cure: name another directory with --output-dir" 'a file for a directory' \
  compile -b one -o notes.txt
is "$(cat notes.txt)" text '… is left as it was'

mkdir busy
mksketch busy Wait "int x; // tiny: touch $T/began
// tiny: wait $T/go"
background first boardman compile -b one -o out busy/Wait
ok 'a run goes on' eventually 20 test -e "$T/began"
refused 2 "'out' is in use by another run, process $background_pid; cure: wait for it, or name another directory with --output-dir" \
  'a second run on the same directory' compile -b one -o out Blink
run boardman compile -b one -o out2 Blink
ok_status 0 '… the cure cures'
: >"$T/go"
finish first "$background_pid"
ok_status 0 '… and the first run ends well'
run boardman compile -b one -o out Blink
ok_status 0 '… after which the directory is free'
rm -r out out2 busy

# --- a full disk ---
mkdir disk
for i in 1 2 3 4 5 6 7 8 9; do
  mksketch many S$i "int s$i; // tiny: bytes 2"
done
cat >"$T/fill" <<'EOS'
mount -t tmpfs -o size=2m none disk || exit 77
mkdir disk/out
boardman compile -b one -o disk/out many/S1 >/dev/null || exit 78
head -c 4m /dev/zero >disk/filler 2>/dev/null
boardman compile -b one -o disk/out many
echo $? >"$T/first"
find disk/out/current -name done | wc -l >"$T/kept"
grep -l '"verdict":"failed"' -r disk/out/current >"$T/blamed"
rm disk/filler
boardman compile -b one -o disk/out many >"$T/second" 2>&1
echo $? >>"$T/second"
EOS
export T
run unshare -m bash "$T/fill"
if [ "$status" = 77 ] || [ ! -e "$T/second" ]; then
  skip 'cannot mount' 'a full disk'
else
  is "$(cat "$T/first")" 3 'full disk: not all was built'
  like "$err" '(No space left on device|the disk of .disk/out. is full); cure: make room and run again: what was built is kept' \
    '… which is told with the cure'
  like "$out" 'not run: [1-9] jobs? \(disk full\)' '… and counted'
  is "$(cat "$T/blamed")" '' '… no sketch is blamed'
  ok '… what was built is kept' test "$(cat "$T/kept")" -ge 1
  is "$(tail -n 1 "$T/second")" 0 'with room again all is built'
  like "$(cat "$T/second")" '9 jobs: 9 ok \([1-9] unchanged\)' '… and only the rest of it'
fi
rm -r many

# --- a library that is missing ---
mkdir -p "$libraries"
cp -R "$TINY/libraries/Sensor" "$libraries"
mv "$platform/libraries/Wire" "$T/Wire"
run boardman compile -b one -o out "$libraries/Sensor/examples/Read"
ok_status 1 'a library wants one that is missing'
like "$out" $'/Sensor\.h:5:10: fatal error: Wire\.h: No such file or directory\n  no library has .Wire\.h.; cure: arduino-cli lib install "Wire"\n' \
  '… what depends= names is the cure'
run boardman why -b one "$libraries/Sensor/examples/Read"
like "$out" "no library has 'Wire\.h'; cure: " 'why: says the same'
mksketch up Leaves '#include "../../shared.h"'
touch shared.h
run boardman compile -b one -o out up/Leaves
like "$out" $'\n  .\.\./\.\./shared\.h. is not beside the copy of the sketch that is compiled; cure: put it in the sketch.s folder' \
  'a header outside of the sketch, which no copy of it has'
rm -r up shared.h
mkdir -p lib/examples
printf 'name=Mine\nversion=1\ndepends=Adafruit BusIO (>=1.0), Other Thing\n' >lib/library.properties
mksketch lib/examples Demo '#include <bus.h>'
run boardman compile -b one -o out lib/examples/Demo
like "$out" 'cure: arduino-cli lib install "Adafruit BusIO" "Other Thing"' \
  "several: all that are missing, from the tree's own library"
mv "$T/Wire" "$platform/libraries/Wire"
run boardman compile -b one -o out "$libraries/Sensor/examples/Read"
ok_status 0 'with the library there it is built'
rm -r lib out

# --- the configuration ---
conf() { # LINE NAME TEXT…
  local line=$1 name=$2
  shift 2
  printf '%s\n' "$@" >"$T/conf"
  refused 2 "$T/conf:$line" "$name" compile --config "$T/conf"
}
conf "3: --jobs 'x' is not a whole number from 1 on" 'config: value' '[defaults]' 'boards = one' 'jobs = x'
conf "2: unknown key 'timout' in [defaults]; cure: did you mean 'timeout'?" 'config: key' '[defaults]' 'timout = 3'
conf "2: unknown key 'min_dsk' in [limits]; cure: did you mean 'min_disk'?" 'config: limit' '[limits]' 'min_dsk = 3'
conf "1: unknown section [foo]; cure: one of defaults, limits, machines, machine:NAME" 'config: section' '[foo]'
conf "1: 'a' stands before any [section]" 'config: no section' 'a = b'
conf "2: 'quiet' has no '='" 'config: no =' '[defaults]' 'quiet'
conf "2: '9x' is no load; cure: a number as 0.8" 'config: load' '[limits]' 'max_load = 9x'
conf "2: 'maybe' is neither yes nor no" 'config: flag' '[defaults]' 'quiet = maybe'
refused 2 "cannot open '$T/none': No such file or directory" 'config: no file' compile -b one --config "$T/none"
BOARDMAN_CONFIG=$T/none refused 2 "cannot open '$T/none': No such file or directory" 'config: $BOARDMAN_CONFIG' \
  compile -b one
printf '[machine:local]\nmax_sketches = 0\n' >"$T/conf"
refused 2 '[machine:local] max_sketches = 0: nothing may be built here; cure: raise it, or --dist' 'nothing may be built here' \
  compile -b one --config "$T/conf"
printf '[machines]\nohau\n' >"$T/conf"
refused 2 "'local' is this machine, which is there anyway; cure: name others" 'this machine among others' \
  compile -b one --config "$T/conf" --use-machines local
refused 2 "no machine 'oahu'; cure: list it in [machines] of $T/conf" 'no such machine' \
  compile -b one --config "$T/conf" --use-machines ohau,oahu
refused 2 "--reference: no machine 'oahu' in this run; cure: one that is used, or 'local', for this one, where it may build" 'no such reference' \
  compile -b one --config "$T/conf" --dist --reference oahu
mkdir -p "$XDG_CONFIG_HOME/boardman"
printf '[defaults]\nboards = one  # the usual\ntimeout = x\n' >"$XDG_CONFIG_HOME/boardman/boardman.conf"
run boardman compile
is "$status $err" "2 boardman: $XDG_CONFIG_HOME/boardman/boardman.conf:3: --timeout 'x' is not a number of seconds" \
  "the user's own file"
rm -r "$XDG_CONFIG_HOME/boardman"
echo 'jobs = x' >boardman.conf
run boardman compile -n -b one
ok_status 0 'a file in the working directory is not read'
rm boardman.conf

# --- a dry run ---
forget_starts
run boardman compile -b one,two -n
ok_status 0 '-n'
is "$out" "tiny:tiny 1.2.3 in $TINY/hardware
build tiny:tiny:one  Blink  (no result yet)
build tiny:tiny:two  Blink  (no result yet)
2 jobs, 0 skipped" '… says what would be built'
has_no_file boardman-out '… makes nothing'
is "$(count_starts '')" 0 '… and starts nothing'
run boardman compile -b one
run boardman compile -b one,two -n
like "$out" 'build tiny:tiny:one  Blink  \(if something changed since it was ok\)' '… and why'
run boardman compile -b one -f -n
like "$out" '\(--clean\)' '… as with other options'
run boardman compile -b three -n
ok_status 2 '-n of nonsense is nonsense'

done_testing
