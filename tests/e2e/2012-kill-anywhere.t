#!/bin/bash
# Fault 29: the boss or a worker is killed just before any of its system calls that change something. Whatever was left, the next run ends it, and the
# tree is that of a run that nobody disturbed. The calls are drawn: $BOARDMAN_KILLS of them (default 20), from the seed $BOARDMAN_SEED (default 1).
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2317
. "${srcdir:?}/tests/lib/e2e.sh"
. "${srcdir:?}/tests/lib/faults.sh"

# Nothing here waits for a deadline, and no machine that is merely slow may count as silent.
export BOARDMAN_TIME_DIVISOR=1
# Leaks are not looked for in a process that is traced.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
killat=${builddir:?}/tests/lib/killat
seed=${BOARDMAN_SEED:-1}
kills=${BOARDMAN_KILLS:-20}
RANDOM=$seed
args=(--dist --no-local -b two --libraries ../lib)

# A worker that is killed where its machine's file `kill-at` says, once.
cat >"$T/bin/worker" <<EOF
#!/bin/sh
at=0
[ ! -e "\$HOME/kill-at" ] || { read -r at <"\$HOME/kill-at"; rm "\$HOME/kill-at"; }
exec '$killat' "\$at" "\$HOME/changes" boardman "\$@"
EOF
chmod +x "$T/bin/worker"

# --- what is built: two boards, sketches with and without libraries, some that fail ---
cp -R "$TINY/libraries" ../lib
for i in {1..15}; do
  mksketch s "Plain$i" "int p$i;"
  mksketch s "Blinks$i" "#include <Blinker.h>"$'\n'"int b$i;"
done
mksketch s Fails 'int f; // tiny: fail no such thing'
mksketch s FailsToLink 'int l; // tiny: link fail too large'
lab m1="$T/bin/worker" m2="$T/bin/worker" m3="$T/bin/worker"

# The boss, killed before its Nth change.
compile_until() { # N
  run "$killat" "$1" "$T/changes" boardman compile -b one -o out "${args[@]}"
}

# Nothing that was built is known to anybody.
from_nothing() {
  local place
  rm -rf out
  for place in "$XDG_CACHE_HOME/boardman/$machine_id" "$(place_of m1)" "$(place_of m2)" "$(place_of m3)"; do
    rm -rf "$place"/{objects,bundles,manifests}
  done
  forget_starts
}

# $drawn, from 1 to N; one $RANDOM has 15 bits.
draw() { # N
  drawn=$(((RANDOM << 15 | RANDOM) % $1 + 1))
}

# --- undisturbed: the tree, and how many changes each makes on the way ---
declare -A changes
compile_until 0
ok_status 1 'undisturbed: exit status 1'
one_verdict_each 'undisturbed' 64
undisturbed -b two --libraries ../lib
same_as_undisturbed 'undisturbed'
from_nothing
compile_until 0
changes[boss]=$(<"$T/changes")
for m in m1 m2 m3; do
  eventually 20 has_no_worker "$m"
  changes[$m]=$(<"$machines/$m/changes")
done
note "seed $seed; changes: boss ${changes[boss]}, m1 ${changes[m1]}, m2 ${changes[m2]}, m3 ${changes[m3]}"

# --- the kills ---
victims=(boss boss boss m1 m2 m3)
for ((n = 1; n <= kills; n++)); do
  draw ${#victims[@]}
  victim=${victims[drawn - 1]}
  draw "${changes[$victim]}"
  words="fault 29, kill $n: $victim before change $drawn of ${changes[$victim]}"
  from_nothing
  if [ "$victim" = boss ]; then
    compile_until "$drawn"
    compile "${args[@]}"
  else
    echo "$drawn" >"$machines/$victim/kill-at"
    compile "${args[@]}"
    rm -f "$machines/$victim/kill-at"
  fi
  ok_status 1 "$words: the run ends"
  same_as_undisturbed "$words"
  if [ "$victim" != boss ] && [ -n "$(git_locks)" ]; then
    # The others were done before it came back: its next worker removes them.
    from_nothing
    compile "${args[@]}" --use-machines "$victim"
  fi
  is "$(git_locks)$(find . -name incoming)" '' "$words: no lock is left, nothing is in transit"
  ok "$words: no process is left" eventually 20 none_far
done

done_testing
