#!/bin/bash
# A boss that lacks a platform or its compiler: machines that have it tell what they know of its boards and build them; a board is unknown when
# nobody has it.
# shellcheck source-path=SCRIPTDIR/../lib
. "${srcdir:?}/tests/lib/e2e.sh"
command -v jq >/dev/null || skip_all 'jq is not installed'
. "$srcdir/tests/lib/lab.sh"
missing=$(lab_missing)
[ -z "$missing" ] || skip_all "$missing"

there=$TINY/hardware none=$T/none
mkdir "$none"
has() { # NAME HARDWARE [LINE]
  lab_enter "$1" "export BOARDMAN_SYSTEM_HARDWARE='$2'" "${3:-}"
}
we_have() { # HARDWARE
  export BOARDMAN_SYSTEM_HARDWARE=$1
}
fresh() { # ARG…
  rm -rf boardman-out
  dist "$@"
}
planned() { # ARG…
  run boardman compile --dist -n "$@"
}
builders() { built_by | cut -f 1,4 | sort -u | paste -s -d ' ' | tr '\t' '@'; }

for i in 1 2 3; do
  mksketch sk "S$i" "// number $i
#include <Wire.h>
void setup() {}"
done
mksketch rules Board '// @filter: (board is TINY_ONE)
void setup() {}'
mksketch rules Chip '// @filter: (target is tiny2)
void setup() {}'
mksketch rules Define '// @filter: not (target is -DARDUINO_TINY_SMALL)
void setup() {}'
mksketch rules Memory '// @filter: (memory is low)
void setup() {}'
mksketch own Own
printf 'default_fqbn: tiny:tiny:two:speed=fast\n' >own/Own/sketch.yaml
mksketch pins Old
printf 'profiles:\n  p:\n    fqbn: tiny:tiny:one\n    platforms:\n      - platform: tiny:tiny (1.0.0)\ndefault_profile: p\n' >pins/Old/sketch.yaml

# --- what it is where the platform is here ---
lab ohau moa ruru
has ohau "$there"
has moa "$there"
has ruru "$none"
run boardman compile -b tiny:tiny:one,two:speed=fast sk
ok_status 0 'a boss with the platform'
mv boardman-out "$T/with"
planned --json -b one,two,small rules
with=$out

# --- and where it is not ---
we_have "$none"
run boardman compile -b tiny:tiny:one sk
ok_status 2 'a boss without the platform, alone'
like "$err" "no platform 'tiny:tiny'" '… knows no such board'
fresh -b tiny:tiny:one,tiny:tiny:two:speed=fast sk
ok_status 0 'with machines that have it'
is $(($(built_on ohau) + $(built_on moa))) 6 '… they build it'
same_trees "$T/with" boardman-out '… the same as here'
has_file boardman-out/current/tiny.tiny.one/sk+S1/firmware/S1.ino.hex
like "$out" 'tiny:tiny 1\.2\.3 on [a-z, ]* \(tiny-gcc' 'it is told who has the platform'
is "$(jq -r '.platforms[]' boardman-out/run.json)" "$(head -n 1 <<<"$out")" '… and in run.json'
is "$(jq -r '.toolchains[].board' boardman-out/run.json | paste -s -d ' ')" 'tiny:tiny:one tiny:tiny:two:speed=fast' '… with the toolchains that counted'
like "$err" 'not here: tiny:tiny:one and 1 more; asking the machines' '… that they were asked'
is "$(starts_on ruru)" 0 'one that lacks it gets no jobs'

# --- plans ---
planned --json -b one,two,small rules
ok_status 0 'a plan'
is "$out" "$with" '… has the same ids and rules as where the platform is'
planned own pins
ok_status 0 'boards that sketches ask for'
like "$out" 'build tiny:tiny:two:speed=fast  own/Own' '… are known'
like "$out" 'skip tiny:tiny:one  pins/Old  \(profile p wants tiny:tiny 1\.0\.0\)' '… and so are the versions of their platforms'
run boardman why own
ok_status 0 'why'
like "$out" 'not installed' '… which asks nobody, says that it is not here'

# --- what nobody knows ---
rm -rf boardman-out
planned -b tiny:tiny:on sk
ok_status 2 'a board that no machine has'
like "$err" "unknown board 'tiny:tiny:on', here and on ohau, moa, ruru: ohau: no board 'on'.*nearest: tiny:tiny:one" '… and which is near'
fresh -b tiny:tiny:two:speed=odd sk
ok_status 2 'an option'
like "$err" "unknown board.*'odd'" '… that no machine has'
planned -b nix:avr:uno,tiny:tiny:one sk
ok_status 2 'a platform'
like "$err" "unknown board 'nix:avr:uno'.*: no platform 'nix:avr'" '… that no machine has'
planned -b 'tiny:tiny' sk
ok_status 2 'what is no board'
like "$err" "^boardman: 'tiny:tiny' is not a board" '… is not asked for'
has_no_file boardman-out 'nothing is made'

# --- machines that cannot be asked ---
has moa "$there" 'exit 1'
fresh -b one --wait 0 sk/S1
ok_status 0 'a machine that is away'
is "$(builders)" 'tiny:tiny:one@ohau' '… holds nobody up'
planned -b nix:avr:uno sk
like "$err" "here and on ohau, ruru \(moa could not be asked\)" '… and is told where it could matter'
has ohau "$there" 'exit 1'
has ruru "$there" 'exit 1'
fresh -b tiny:tiny:one sk
ok_status 3 'machines that are all away'
like "$err" "board 'tiny:tiny:one' is not known here, and no machine can be asked; ohau: " '… are to blame'
has_no_file boardman-out

# --- a platform without its compiler ---
cp -a "$there" "$T/bare"
rm -r "$T/bare/tiny/tiny/tools/tiny/bin"
we_have "$T/bare"
has ohau "$there"
has moa "$T/bare"
has ruru "$none"
fresh -b one sk/S1
ok_status 0 'a boss without the compiler'
is "$(builders)" 'tiny:tiny:one@ohau' '… has it built where one is'
has ohau "$T/bare"
fresh -b tiny:tiny:one sk/S1
ok_status 3 'where nobody has the compiler'
is "$(jq -r '.jobs[] | .verdict' boardman-out/run.json)" infra '… the job is infra'
like "$out" 'no machine can build it; local: .*ohau: .*moa: .*ruru: no platform' '… with the reason of each'

# --- some here, some there ---
mkdir -p "$T/mine/own" "$T/yours/tiny"
cp -a "$there/tiny/tiny" "$T/mine/own/tiny"
cp -a "$there/tiny/tiny" "$T/yours/tiny/tiny"
we_have "$T/mine"
has ohau "$T/yours"
has moa "$none"
fresh -b tiny:tiny:one,own:tiny:one sk
ok_status 0 'a board that is here and one that is there'
is "$(builders)" 'own:tiny:one@local tiny:tiny:one@ohau' '… each is built where it is'
is "$(jq -r '.boards[]' boardman-out/run.json | paste -s -d ' ')" 'tiny:tiny:one own:tiny:one' '… and stays in its place'
we_have "$none"
has moa "$T/mine"
planned -b one sk
ok_status 2 'an id that is in several platforms'
like "$err" "board 'one' is in 2 platforms of the machines; cure: write one of tiny:tiny:one, own:tiny:one" '… must be told apart'

done_testing
