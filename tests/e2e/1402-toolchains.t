#!/bin/bash
# Machines that would build a board differently, or not at all: whose toolchain counts, who gets no jobs, and what is said.
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2016,SC2317
. "${srcdir:?}/tests/lib/e2e.sh"
command -v jq >/dev/null || skip_all 'jq is not installed'
. "$srcdir/tests/lib/lab.sh"
missing=$(lab_missing)
[ -z "$missing" ] || skip_all "$missing"

platform=$TINY/hardware/tiny/tiny
copy() { # NAME: of the platform
  cp -a "$TINY/hardware" "$T/$1"
}
for i in 1 2 3 4 5 6; do
  mksketch sk "S$i" "// number $i
void setup() {}"
done
ran_on() { built_by | cut -f 4 | sort -u | paste -s -d ' '; }
fresh() { # ARG…
  rm -rf boardman-out
  dist "$@"
}

# --- a compiler that differs by a byte ---
lab ohau moa ruru
copy byte
printf x >>"$T/byte/tiny/tiny/tools/tiny/bin/tiny-gcc"
for t in g++ ar objcopy size; do ln -f "$T/byte/tiny/tiny/tools/tiny/bin/tiny-gcc" "$T/byte/tiny/tiny/tools/tiny/bin/tiny-$t"; done
lab_over ruru "$TINY/hardware" "$T/byte"
fresh -b one --no-local sk
ok_status 0 'fault 17: a machine whose compiler differs by a byte'
is "$(ran_on)" 'moa ohau' '… builds nothing'
is "$(starts_on ruru compile)" 0 '… and starts nothing'
is "$(grep -c ruru <<<"$err")" 1 '… that is told once'
like "$err" 'tiny:tiny:one: tiny-gcc.* of ohau, moa counts; .*no jobs of it: ruru' '… who counts, who does not'
is "$(jq -c '.toolchains[] | [.board, (.machines | join(" "))]' boardman-out/run.json)" '["tiny:tiny:one","ohau moa"]' \
  'run.json has whose toolchain counted'
like "$(jq -r '.toolchains[0].digest' boardman-out/run.json)" '^[0-9a-f]{64}$' '… and its digest'
fresh -b one --no-local --reference ruru sk
ok_status 0 '--reference'
is "$(ran_on)" ruru '… makes it the one that counts'
like "$err" 'of ruru counts; .*ohau.*, moa' '… which is told'
fresh -b one --reference local sk
is "$(ran_on | tr ' ' '\n' | grep -c ruru)" 0 '--reference local: this machine'\''s'
run boardman compile --dist -b one --reference nix sk
ok_status 2 '--reference of a machine that is not in the run'
like "$err" "'nix'" '… is named'
rm -rf boardman-out
for i in 1 2 3 4 5 6; do mksketch wait "W$i" "// tiny: wait $T/go
// number $i"; done
lab_forget
background mixed boardman compile --dist --no-local -b one --allow-mixed-toolchains wait
started_all() { [ "$(starts_on ohau compile W)" -gt 0 ] && [ "$(starts_on moa compile W)" -gt 0 ] && [ "$(starts_on ruru compile W)" -gt 0 ]; }
ok '--allow-mixed-toolchains: all build' eventually 60 started_all
: >"$T/go"
finish mixed "$background_pid"
ok_status 0 '… to the end'
is "$err" '' '… and nothing is told'

# --- a header, a file of the core ---
for f in cores/tiny/wiring.h tools/tiny/include/stdint.h boards.txt; do
  rm -rf "$T/byte"
  copy byte
  echo >>"$T/byte/tiny/tiny/$f"
  fresh -b one --no-local sk
  ok "a machine whose $f differs builds nothing" eval '[ -n "$(ran_on)" ] && [[ $(ran_on) != *ruru* ]]'
done
rm -rf "$T/byte"
copy byte
fresh -b one --no-local wait
is "$err" '' 'a copy of the platform is the same'

# --- machines without the platform ---
lab_enter ruru 'export BOARDMAN_SYSTEM_HARDWARE=/nonexistent'
fresh -b one,two --no-local sk
ok_status 0 'a machine without the platform'
is "$(ran_on)" 'moa ohau' '… builds nothing'
is "$(grep -c 'ruru' <<<"$err")" 1 '… that is told once for all boards'
like "$err" 'ruru: no jobs of tiny:tiny:one, tiny:tiny:two: ' '… which they are'

# --- a board that nobody has ---
installed=$HOME/.arduino15/packages/own/hardware/tiny
mkdir -p "$installed"
cp -a "$platform" "$installed/1.2.3"
fresh -b tiny:tiny:one,own:tiny:one --no-local sk/S1 sk/S2
ok_status 3 'a board that no machine can build'
is "$(built_by | cut -f 1,2,3)" $'tiny:tiny:one\tsk/S1\tok\ntiny:tiny:one\tsk/S2\tok' '… the other is built'
is "$(jq -r '.jobs[] | select(.board == "own:tiny:one") | .verdict' boardman-out/run.json | paste -s -d ' ')" 'infra infra' '… its jobs are infra'
like "$out" 'own:tiny:one.*no machine can build it' '… and are named with the reason'
fresh -b tiny:tiny:one,own:tiny:one sk/S1 sk/S2
ok_status 0 'it is built here where that is allowed'
is "$(built_by | awk -F '\t' '$1 == "own:tiny:one" { print $4 }' | sort -u)" local '… and nowhere else'

done_testing
