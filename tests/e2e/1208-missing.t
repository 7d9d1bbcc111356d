#!/bin/bash
# What is missing on the machine or wanted by a sketch alone: tools, a directory for temporary files, platforms, libraries. It
# is told once, with the cure; nobody else's sketches suffer.
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2016,SC2317
. "${srcdir:?}/tests/lib/e2e.sh"
command -v jq >/dev/null || skip_all 'jq is not installed'
command -v arduino-ctags >/dev/null || skip_all 'arduino-ctags is not installed'

has_line() { # LINE: on stdout
  grep -qxF -e "$1" <<<"$out"
}

verdicts() { # of run.json: SKETCH=VERDICT…
  jq -r '[.jobs[] | .sketch + "=" + .verdict] | sort | join(" ")' boardman-out/run.json
}

in_new() { # NAME: goes to an empty directory
  mkdir "$T/work/$1"
  cd "$T/work/$1" || exit 99
}

# --- arduino-ctags ---
calls_early='void setup() { later(); }
void loop() {}
void later() {}'
in_new ctags
mksketch . A "$calls_early"
mksketch . B "$calls_early"
mksketch . Plain
mkdir "$T/few"
for tool in /usr/bin/git /bin/sh; do
  ln -s "$tool" "$T/few"
done
PATH=$T/few run "$(command -v boardman)" compile -b one
ok_status 3 'no ctags: the machine is at fault'
is "$(verdicts)" 'A=infra B=infra Plain=ok' '… only where prototypes are needed'
ok '… which is told with the cure' has_line "  no program 'arduino-ctags', which finds the functions that need a prototype;\
 cure: run 'apt install arduino-ctags', or 'arduino-cli core update-index', which brings one"
is "$(grep -c 'arduino-ctags' <<<"$out")" 1 '… once'
ctags=$HOME/.arduino15/packages/builtin/tools/ctags/5.8-arduino11
mkdir -p "$ctags"
PATH=$T/few run "$(command -v boardman)" compile -b one
ok_status 3 "arduino-cli's own directory may be empty"
ln -s "$(command -v arduino-ctags)" "$ctags/ctags"
PATH=$T/few run "$(command -v boardman)" compile -b one
ok_status 0 "arduino-cli's own will do"
is "$(verdicts)" 'A=ok B=ok Plain=ok' '… for all'
rm -r "$HOME/.arduino15"

# --- TMPDIR ---
in_new tmpdir
mksketch . A "$calls_early"
mksketch . B "$calls_early"
mksketch . Plain
cure='cure: unset TMPDIR, or set it to a directory that you may write to'
TMPDIR=$T/gone run boardman compile -b one
ok_status 3 'TMPDIR does not exist: the machine is at fault'
is "$(verdicts)" 'A=infra B=infra Plain=ok' '… only where a tool uses it'
ok '… which is told with the cure' has_line \
  "  'arduino-ctags' needs a temporary file, and TMPDIR '$T/gone' does not exist; $cure"
is "$(grep -c "$T/gone" <<<"$out")" 1 '… once'
TMPDIR=$T/gone run boardman why -b one Plain
is "$status $err" "2 boardman: TMPDIR '$T/gone' does not exist; $cure" '… by why, too'
if [ "$(id -u)" = 0 ] && setpriv --reuid 65534 --regid 65534 --clear-groups true 2>/dev/null; then
  chmod 755 "$T" "$T/work"
  chmod -R a+rwX "$HOME" "$TMPDIR" "$TINY" . && chmod -R go-w "$XDG_CACHE_HOME"
  mkdir -m 755 "$T/locked"
  mkdir -m 777 "$T/other"
  XDG_CACHE_HOME=$T/other TMPDIR=$T/locked run setpriv --reuid 65534 --regid 65534 --clear-groups boardman compile -b one
  ok_status 3 'TMPDIR may not be written to'
  ok '… which is told' has_line \
    "  'arduino-ctags' needs a temporary file, and TMPDIR '$T/locked' cannot be written to; $cure"
else
  skip 'needs root' 'TMPDIR may not be written to'
fi
run boardman compile -b one
ok_status 0 'the cure cures'

# --- libraries of a profile ---
in_new dirs
library() { # DIR VALUE: a library Gear, whose header has that value
  mkdir -p "$1"
  printf 'name=Gear\nversion=%s\narchitectures=*\n' "$2" >"$1/library.properties"
  printf '#pragma once\nint gear_%s;\n' "$2" >"$1/Gear.h"
}
profile() { # SKETCH DIR
  printf 'default_profile: p\nprofiles:\n  p:\n    fqbn: tiny:tiny:one\n    libraries:\n      - dir: %s\n' "$2" \
    >"$1/sketch.yaml"
}
used() { # SKETCH: the library it took
  cut -f 2 "boardman-out/current/tiny.tiny.one/$1/deps" | grep '/Gear\.h$' | sed "s,^$PWD/,,"
}
library parts/one 1
library parts/two 2
for name in A B C D; do
  mksketch . $name '#include <Gear.h>'
done
profile A ../parts/one
profile B ../parts/two
profile C ../parts/one
echo 'default_fqbn: tiny:tiny:one' >D/sketch.yaml
run boardman compile
ok_status 1
is "$(verdicts)" 'A=ok B=ok C=ok D=failed' "a library that one sketch's profile gives is nobody else's"
is "$(used A) $(used B) $(used C)" 'parts/one/Gear.h parts/two/Gear.h parts/one/Gear.h' '… each has its own'
run boardman why D
like "$out" "no library has 'Gear\\.h'" 'why: the same'
run boardman why B
like "$out" '  Gear 2 in parts/two' 'why: from where'
profile B ../parts/one
run boardman compile -q A B C
ok_status 0
is "$(used B)" parts/one/Gear.h 'another directory is another library'
run boardman compile -q A B C
like "$out" '3 jobs: 3 ok \(3 unchanged\)' 'and nothing changed is nothing built'
mkdir parts/none
profile B ../parts/none
run boardman compile
is "$status $err" \
  "2 boardman: sketch.yaml of 'B': 'parts/none' is not a library; cure: name a directory with library.properties or headers" \
  'a directory that is none'
rm -r A B C D

# --- a broken library ---
in_new broken
mksketch Good/examples G
mksketch Bad/examples B
printf 'name=Good\nversion=1\n' >Good/library.properties
printf 'name=Bad\nnonsense\n' >Bad/library.properties
run boardman compile -b one
ok_status 1 "a broken library.properties is its sketches' failure"
is "$(verdicts)" 'Bad/examples/B=failed Good/examples/G=ok' '… and nobody else'"'"'s'
ok '… told with file and line' has_line "  Bad/library.properties:2: no '=' in 'nonsense'; cure: write key=value"
run boardman compile -b one -q
like "$out" '1 ok, 1 failed \(1 unchanged\)' '… anew each time'
run boardman why -b one
like "$status $out" "^2 tiny:tiny:one  Bad/examples/B
  built: [^
]*
  Bad/library\.properties:2: no '=' in 'nonsense'; cure: write key=value
tiny:tiny:one  Good/examples/G
" 'why: the others are explained all the same'

# --- platforms of sketch.yaml ---
in_new platforms
for name in Default Pinned Free Here; do
  mksketch . $name
done
echo 'default_fqbn: acme:rocket:one:stage=2' >Default/sketch.yaml
printf 'default_profile: lab\nprofiles:\n  lab:\n    fqbn: acme:rocket:two\n    platforms:\n      - platform: acme:rocket (3.1.4)\n' \
  >Pinned/sketch.yaml
printf 'default_profile: any\nprofiles:\n  any:\n    fqbn: acme:rocket:one:stage=2\n' >Free/sketch.yaml
echo 'default_fqbn: tiny:tiny:one' >Here/sketch.yaml
default="sketch.yaml wants acme:rocket, which is not installed; cure: run 'arduino-cli core install acme:rocket'"
run boardman compile
ok_status 0 'a platform that is not installed skips its sketches'
is "$(verdicts)" 'Default=skipped Free=skipped Here=ok Pinned=skipped' '… the others go on'
ok '… default_fqbn' has_line "skipped acme:rocket:one:stage=2  Default  ($default)"
ok '… a profile' has_line \
  "skipped acme:rocket:one:stage=2  Free  (${default/sketch.yaml/profile any})"
ok '… a pinned version' has_line "skipped acme:rocket:two  Pinned  (profile lab wants acme:rocket 3.1.4, which is not\
 installed; cure: run 'arduino-cli core install acme:rocket@3.1.4')"
like "$out" $'\n4 jobs: 1 ok, 3 skipped; ' '… counted'
is "$err" '' '… and no error'
run boardman compile -n
ok '-n: the same' has_line "skip acme:rocket:one:stage=2  Default  ($default)"
run boardman why
ok_status 0 'why goes through all'
like "$out" $'acme:rocket:one:stage=2  Default\n  skipped: sketch\\.yaml wants acme:rocket, ' '… with the reason'
run boardman compile Default Pinned
is "$status $err" '2 boardman: all jobs are skipped; cure: install what the profiles in sketch.yaml want' 'all are skipped: 2'
run boardman compile -b one Default Here
ok_status 0 '-b beats default_fqbn'
is "$(verdicts)" 'Default=ok Here=ok' '… for all'
echo 'default_fqbn: tiny:tiny:noe' >Default/sketch.yaml
run boardman compile
like "$status $err" "^2 boardman: sketch\\.yaml of 'Default': no board 'noe' in tiny:tiny 1\\.2\\.3; nearest: tiny:tiny:one; " \
  'a misspelt board of an installed platform is an error'

done_testing
