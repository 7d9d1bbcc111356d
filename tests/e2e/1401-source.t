#!/bin/bash
# What machines are sent: the source as it is now, all of it that counts and nothing that does not, shown at the paths that it
# has here. The machines of this test cannot see the boss's directories.
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2016,SC2317
. "${srcdir:?}/tests/lib/e2e.sh"
command -v jq >/dev/null || skip_all 'jq is not installed'
. "$srcdir/tests/lib/lab.sh"
missing=$(lab_missing)
[ -z "$missing" ] || skip_all "$missing"

lab ohau moa
for m in ohau moa; do lab_blind "$m" "$T/work" "$HOME"; done
boards=one,two
put() { # FILE TEXT
  [[ $1 != */* ]] || mkdir -p "${1%/*}"
  printf '%s\n' "$2" >"$1"
}
mklib() { # DIR NAME [TEXT]: a flat library
  put "$1/library.properties" "name=$2
version=1.0
architectures=*"
  put "$1/$2.h" "#pragma once
int $2();"
  put "$1/$2.cpp" "#include \"$2.h\"
${3:-}
int $2() { return 1; }"
}
sent() { # MACHINE NAME: the files of that name in what it has checked out
  find "$(lab_cache "$1")/trees" -name "$2" | grep -v '/\.git/'
}

# --- a work tree as it is ---
mkdir repo && cd repo || exit 99
git init -q .
mksketch sk Dirty '#include "tab.h"
#include "untracked.h"
void setup() {}'
put sk/Dirty/tab.h '// tiny: fail this is the committed one'
put sk/Dirty/gone.cpp '// tiny: fail this was deleted'
put sk/Dirty/run.sh '#!/bin/sh'
put data/secret.txt 'ignored, and nobody needs it'
put .gitignore '*.gen.h
data
out
lib/Flat/Flat.cpp
lib/Flat/build'
git add -A && git commit -qm 1
put sk/Dirty/tab.h '#pragma once
// tiny: bytes 10'
put sk/Dirty/untracked.h '// tiny: bytes 100'
put sk/Dirty/staged.cpp '// tiny: bytes 1000'
git add sk/Dirty/staged.cpp
rm sk/Dirty/gone.cpp
chmod +x sk/Dirty/run.sh
mksketch sk Ignored '#include "made.gen.h"
void setup() {}'
put sk/Ignored/made.gen.h '// tiny: bytes 7'
mklib lib/Flat Flat '// tiny: bytes 3'
put lib/Flat/build/huge.o 'not needed'
mksketch sk UsesFlat '#include <Flat.h>
void setup() {}'
state() { (cd "$1" && find . -type f -exec stat -c '%n %s %Y %Z' {} + | LC_ALL=C sort && find . -type f -exec sha256sum {} + | LC_ALL=C sort -k 2); }
state .git >"$T/git.before"
alike 'fault 20: changed, untracked, staged, deleted, ignored but needed files' -b $boards --libraries lib sk
ok_status 0
is "$(jq .sizes.flash boardman-out/current/tiny.tiny.one/sk+Dirty/done)" 1610 '… they are in the firmware'
state .git >"$T/git.after"
ok 'the user'\''s repository is as it was' cmp "$T/git.before" "$T/git.after"
is "$(sent moa secret.txt)$(sent moa huge.o)" '' 'what is ignored and not needed stays here'
isnt "$(sent moa Flat.cpp)" '' '… but not an ignored source of a library'
is "$(sent moa run.sh | head -n 1 | xargs stat -c %A)" -rwxr-xr-x 'an exec bit survives'

# --- more than one repository ---
mkdir ../sub && (cd ../sub && git init -q . && mklib . Subbed '// tiny: bytes 3' && git add -A && git commit -qm 1)
git -c protocol.file.allow=always submodule -q add "$T/work/sub" lib/Subbed
put lib/Subbed/Subbed.cpp '#include "Subbed.h"
// tiny: bytes 44'
git init -q lib/Nested
mklib lib/Nested Nested '// tiny: bytes 5'
mksketch sk UsesOthers '#include <Subbed.h>
#include <Nested.h>
void setup() {}'
alike 'a submodule that was changed, a nested repository' -b $boards --libraries lib sk/UsesOthers
ok_status 0

# --- names and links ---
mkdir shared
put shared/common.h '// tiny: bytes 9'
mksketch sk Linked '#include "common.h"
void setup() {}'
ln -s ../../shared/common.h sk/Linked/common.h
odd="it's \$(touch $T/ran) \"q\" & é"
mksketch "sk/$odd" Plain
mksketch sk "Odd \$(x) 'name" '#include "a b.h"
void setup() {}'
put "sk/Odd \$(x) 'name/a b.h" '// tiny: bytes 2'
ln -s sk/Dirty Shortcut
ln -s "$T/work/repo/sk" "$T/work/way"
alike 'fault 20: a symlink in a sketch' -b $boards sk/Linked
ok_status 0
alike 'fault 20: odd names' -b $boards "sk/$odd/Plain" "sk/Odd \$(x) 'name"
ok_status 0
has_no_file "$T/ran" '… are not run'
alike 'a sketch that is named through a symlink in the tree' -b $boards Shortcut
ok_status 0
alike '… and outside of it' -b $boards ../way/Dirty
ok_status 0
mksketch newline $'New\nline'
run boardman compile -b one newline/$'New\nline'
here=$status
dist -b one --no-local newline/$'New\nline'
is "$status" "$here" 'a newline in a name: as here'
rm -rf newline

# --- bytes ---
mksketch sk Crlf
printf '#include "unix.h"\r\nvoid setup() {}\r\n' >sk/Crlf/Crlf.ino
printf '// tiny: bytes 4\n' >sk/Crlf/unix.h
put .gitattributes "*.ino text eol=lf
*.h text eol=crlf
*.filtered filter=spy"
git config core.autocrlf input
mkdir -p "$T/spied"
for m in ohau moa; do
  printf '[filter "spy"]\n\tsmudge = touch %s/smudge; cat\n\tclean = touch %s/clean; cat\n\trequired = true\n[core]\n\thooksPath = %s/hooks\n' \
    "$T/spied" "$T/spied" "$T" >"$LAB/$m/home/.gitconfig"
done
git config filter.spy.clean "touch $T/spied/boss; cat"
git config filter.spy.smudge "touch $T/spied/boss; cat"
git config core.fsmonitor "touch $T/spied/monitor"
mkdir -p "$T/hooks"
for h in post-checkout post-index-change pre-receive update post-receive reference-transaction; do
  printf '#!/bin/sh\ntouch %s/%s\nexit 1\n' "$T/spied" "$h" >"$T/hooks/$h"
  cp "$T/hooks/$h" .git/hooks/
  chmod +x "$T/hooks/$h" ".git/hooks/$h"
done
printf 'low' >sk/Crlf/l.filtered
alike 'line ends stay, whatever .gitattributes says' -b $boards sk/Crlf
ok_status 0
is "$(ls "$T/spied")" '' 'no filter and no hook runs, here or there'

# --- libraries from outside ---
for m in ohau moa; do
  for lib in Outside Book Folder Missing; do
    mklib "$LAB/$m/home/Arduino/libraries/$lib" $lib '// tiny: fail this is the machine'\''s own'
  done
done
mklib "$T/work/Outside" Outside '// tiny: bytes 1'
mklib "$HOME/Arduino/libraries/Book" Book '// tiny: bytes 2'
mklib "$T/work/folder/Folder" Folder '// tiny: bytes 3'
put "$T/work/folder/Unused/library.properties" 'name=Unused'
put "$T/work/folder/Unused/Unused.h" ''
mksketch sk Libs '#include <Outside.h>
#include <Book.h>
#include <Folder.h>
void setup() {}'
mksketch sk Misses '#include <Missing.h>
void setup() {}'
alike 'libraries from outside: --library, --libraries, the sketchbook' -b $boards --library ../Outside --libraries ../folder sk/Libs
ok_status 0
is "$(sent ohau Unused.h)" '' '… and no other of the folder'
libs=(-b "$boards" --library ../Outside --libraries ../folder sk/Libs)
dist --no-local "${libs[@]}"
like "$out" '2 unchanged' '… the results stand the next time'
is "$(count_starts)" 0 '… and nothing is started'
run boardman compile "${libs[@]}"
like "$out" '2 unchanged' '… and for a run here'
mklib "$T/work/folder/Another" Another
dist "${libs[@]}"
unlike "$out" 'unchanged' '… but not when a library has come'
is "$err" '' 'this machine has libraries that others need not have: that makes no other toolchain'
rm -rf "$T/work/folder/Another"
alike 'a library that only the machines have is missing' -b one sk/Misses
ok_status 1

mkdir "$T/work/Flat2" && git -C "$T/work/Flat2" init -q
mklib "$T/work/Flat2" Flat2
put "$T/work/Flat2/.gitignore" build
put "$T/work/Flat2/build/x" x
mkdir "$T/work/Flat2/empty"
mksketch "$T/work/Flat2/examples" Ex '#include <Flat2.h>
void setup() {}'
cd "$T/work/Flat2" || exit 99
alike 'a library at the top of a work tree, with what is not sent' -b one
dist --no-local -b one
like "$out" '1 unchanged' '… its results stand'
rm -r build empty
dist --no-local -b one
unlike "$out" 'unchanged' '… until its directory changes'

# --- no repository ---
mkdir -p "$T/work/loose"
cd "$T/work/loose" || exit 99
mksketch . Loose '#include "tab.h"
void setup() {}'
put Loose/tab.h '// tiny: bytes 8'
alike 'a sketch outside of any repository' -b $boards Loose
ok_status 0
cd "$T/work/repo" || exit 99

# --- a platform that is worked on ---
hardware=$HOME/Arduino/hardware
mkdir -p "$hardware/own" "$T/work/given/more" "$T/work/dev"
for dir in "$hardware/own/tiny" "$T/work/given/more/tiny" "$T/work/dev/tiny"; do
  cp -R "$TINY/hardware/tiny/tiny" "$dir"
done
mkdir "$hardware/linked" && ln -s "$T/work/dev/tiny" "$hardware/linked/tiny"
put "$hardware/own/tiny/cores/tiny/new.c" '// tiny: bytes 5000'
mksketch sk Plain 'void setup() {}'
alike 'a platform of the sketchbook' -b own:tiny:one sk/Plain
ok_status 0
is "$(jq .sizes.flash boardman-out/current/own.tiny.one/sk+Plain/done)" 5500 '… as it is now'
put "$hardware/own/tiny/cores/tiny/new.c" '// tiny: bytes 6000'
dist --no-local -b own:tiny:one sk/Plain
is "$(jq .sizes.flash boardman-out/current/own.tiny.one/sk+Plain/done)" 6500 '… and after an edit'
alike '… and one that is linked into it' -b linked:tiny:one sk/Plain
ok_status 0
alike '… and one of --platforms' --platforms ../given -b more:tiny:one sk/Plain
ok_status 0
run boardman machines -b own:tiny:one
is "$(grep -c '^    own:tiny:one: its platform goes there with the sources' <<<"$out")" 2 '… which machines tells'
rm -r "$hardware"

# --- where results go ---
dist --no-local -b $boards sk/Dirty -o out/deep
ok_status 0 'OUT in the tree'
dist --no-local -b $boards sk/Dirty -o out/deep -f
ok_status 0 '… again'
is "$(sent ohau 'Dirty.ino.hex')" '' '… is not sent'
dist --no-local -b $boards sk/Dirty -o "$T/outside"
ok_status 0 'OUT elsewhere'
ok '… has what the other has' cmp out/deep/current/tiny.tiny.one/sk+Dirty/deps "$T/outside/current/tiny.tiny.one/sk+Dirty/deps"
rm -rf out "$T/outside"

# --- an edit while it runs ---
rm -rf boardman-out
for i in 1 2 3 4 5; do
  mksketch edit "E$i" "#include \"common.h\"
// tiny: wait $T/go
// number $i"
  put "edit/E$i/common.h" '// tiny: bytes 20'
done
background edit boardman compile --dist --no-local -b one edit
started() { [ "$(count_starts compile E)" -gt 0 ]; }
lab_forget
eventually 60 started
for i in 1 2 3 4; do
  put "edit/E$i/E$i.ino" '// tiny: fail edited'
  put "edit/E$i/common.h" '// tiny: fail edited'
done
put edit/E5/added.cpp '// tiny: fail added'
: >"$T/go"
finish edit "$background_pid"
ok_status 0 'an edit while it runs'
is "$(jq .sizes.flash boardman-out/current/tiny.tiny.one/edit+E*/done | sort -u)" 420 '… is in none of its results'
dist --no-local -b one edit
ok_status 1 '… but in all of the next run'
is "$(built_by | grep -c failed)" 5 '… which takes none of these results'


# --- names of files in the firmware ---
[ -f /usr/share/arduino/hardware/arduino/avr/boards.txt ] && command -v avr-gcc >/dev/null || done_testing
mkdir "$T/work/names" && cd "$T/work/names" && git init -q . || exit 99
mksketch sk Names '#include "tab.h"
#include <Names.h>
const char *volatile a, *volatile b, *volatile c;
void setup() { a = __FILE__; b = __BASE_FILE__; c = in_tab(); in_cpp(); in_library(); Serial.begin(9600); }
void loop() {}'
put sk/Names/tab.h 'inline const char *in_tab() { return __FILE__; }
void in_cpp();'
put sk/Names/more.cpp '#include <Arduino.h>
void in_cpp() { static const char *volatile x; x = __FILE__; x = __BASE_FILE__; }'
put lib/Names/Names.h 'void in_library();
inline const char *in_header() { return __FILE__; }'
put lib/Names/Names.cpp '#include <Arduino.h>
#include "Names.h"
void in_library() { static const char *volatile x; x = __FILE__; x = in_header(); x = __BASE_FILE__; }'
export BOARDMAN_SYSTEM_HARDWARE=/usr/share/arduino/hardware
for m in ohau moa; do
  rm -rf boardman-out here
  run boardman compile -b arduino:avr:uno --libraries lib sk -k
  mv boardman-out here
  dist --no-local -b arduino:avr:uno --libraries lib sk -k --use-machines "$m"
  ok_status 0 "sources that tell their names, built on $m"
  ok '… the firmware is that of here, byte for byte' cmp {here,boardman-out}/current/arduino.avr.uno/sk+Names/firmware/Names.ino.hex
  ok '… it has the paths of here' grep -q "$T/work/names/lib/Names/Names.cpp" boardman-out/current/arduino.avr.uno/sk+Names/firmware/Names.ino.elf
done

done_testing
