#!/bin/bash
# The runs of all users of a machine together start no more compilers than it has slots: none of them starves, what is
# killed holds nothing, and who waits can be interrupted.
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2317
. "${srcdir:?}/tests/lib/e2e.sh"
. "$srcdir/tests/lib/caches.sh"

export BOARDMAN_SLOTS=2
bin=$TINY/hardware/tiny/tiny/tools/tiny/bin
mv "$bin" "$bin.real"
wrap_tools "$bin.real" "$bin" tiny-gcc tiny-g++ tiny-ar tiny-objcopy tiny-size

# DIR/NAME1 … NAMEn; WORDS say what their compiler does.
mksketches() { # DIR NAME N WORDS
  local i
  for ((i = 1; i <= $3; i++)); do mksketch "$1" "$2$i" "int $2$i; // tiny: $4"; done
}

# A run in the background: $background_pid.
start() { # DIR [SKETCHES-AT-ONCE]
  background "$1" boardman compile -b one -j "${2:-2}" -o "$1.out" "$1"
}

ended() { # NAME: how many such compilers, in the log on stdin
  grep -c "^- sketch compile $1[0-9]*\.ino\.cpp$"
}

runs() { # N NAME: so many such compilers have begun
  [ "$(grep -c "^+ sketch compile $2[0-9]*\.ino\.cpp$" "$T/tools")" -ge "$1" ]
}

all_free() {
  local slot
  for slot in 0 1; do
    flock -n "$BOARDMAN_SLOTS_DIR/$slot" true || return 1
  done
}

# Whoever waits holds a lock that others can share.
somebody_waits() {
  grep -q ":$(stat -c %i "$BOARDMAN_SLOTS_DIR/waiting") " /proc/locks
}

# --- alone ---
mksketches first First 1 'sleep 1'
has_no_file "$BOARDMAN_SLOTS_DIR" 'nobody has built yet'
start first
finish first "$background_pid"
ok_status 0 'one run'
ok '… opens the slots, and leaves them free' all_free
rm -r "$BOARDMAN_SLOTS_DIR"
start first
finish first "$background_pid"
ok_status 0 'a run in which nothing changed'
has_no_file "$BOARDMAN_SLOTS_DIR" '… does not look for them'

# --- two at once ---
mksketches left Left 4 'sleep 50'
mksketches right Right 4 'sleep 50'
: >"$T/tools"
start left
left=$background_pid
start right
finish right "$background_pid"
ok_status 0 'two runs at once: the one'
finish left "$left"
ok_status 0 '… the other'
is "$(most_at_once)" 2 '… never more compilers than slots'
is "$(ended Left <"$T/tools") $(ended Right <"$T/tools")" '4 4' '… each its own sketches'
ok '… and the slots are free' all_free

# --- that count is worth something: with more slots there are more ---
mksketches wide Wide 2 "unless-file $T/go hang"
mksketches broad Broad 2 "unless-file $T/go hang"
: >"$T/tools"
BOARDMAN_SLOTS=4 start wide
wide=$background_pid
BOARDMAN_SLOTS=4 start broad
broad=$background_pid
ok 'with four slots two of one run' eventually 20 runs 2 Wide
ok '… and two of the other' eventually 20 runs 2 Broad
is "$(most_at_once)" 4 '… are four at once'

# --- all held: one waits, and may be interrupted; what needs no compiler goes on ---
mksketches waits Waits 1 'sleep 1'
: >"$T/tools"
start waits
waits=$background_pid
ok 'all slots are held: a run waits' eventually 20 somebody_waits
not_ok '… none is free' all_free
start first
finish first "$background_pid"
ok_status 0 '… one without a compiler does not'
not_ok '… nothing of the first was started' runs 1 Waits
kill -INT "$waits"
finish waits "$waits"
ok_status 130 '… and ends when interrupted'

# --- killed ---
start waits
waits=$background_pid
kill -KILL "$wide" "$broad"
finish waits "$waits"
ok_status 0 'those who hold them are killed: the next takes them'
finish wide "$wide" 2>/dev/null
finish broad "$broad" 2>/dev/null
ok '… and leaves them free' all_free

# --- a newcomer ---
mksketches old Old 16 'sleep 50'
mksketches new New 2 'sleep 1'
: >"$T/tools"
start old 16
old=$background_pid
ok 'a long run has all slots, and always something for them' eventually 20 runs 2 Old
start new
finish new "$background_pid"
ok_status 0 'one that comes later is done'
is "$(ended New <"$T/tools")" 2 '… by compilers of its own'
old_before=$(sed '/^+ sketch compile New/,$d' "$T/tools" | ended Old)
ok "… the first as soon as one of the other's ended, not when all had" test "$old_before" -lt 8
finish old "$old"
ok_status 0 '… which goes on to its end'
is "$(most_at_once)" 2 '… with no more compilers than slots'

done_testing
