#!/bin/bash
# Machines on a network of their own whose cables are pulled: nobody hears an RST. The silence is noticed, the work goes on elsewhere, and
# with nobody left it waits until a machine is back.
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2016,SC2317
. "${srcdir:?}/tests/lib/e2e.sh"
. "$srcdir/tests/lib/sshd.sh"
. "$srcdir/tests/lib/netlab.sh"
. "$srcdir/tests/lib/lab.sh"
sshd_missing && skip_all 'sshd is not installed'
command -v jq >/dev/null || skip_all 'jq is not installed'
missing=$(net_missing)
[ -z "$missing" ] || skip_all "$missing"

S=$T/ssh
trap 'net_end "$S"; cleanup' EXIT
# Silence 1.8 s, a lost machine is tried again after 0.4, 1, 3 and then every 6 s, a worker without its boss ends after 6 s.
export BOARDMAN_TIME_DIVISOR=5
sshd_env=("BOARDMAN_SLOTS_DIR=%m/slots" "BOARDMAN_SYSTEM_HARDWARE=$BOARDMAN_SYSTEM_HARDWARE"
  "BOARDMAN_TIME_DIVISOR=$BOARDMAN_TIME_DIVISOR" "BOARDMAN_DATADIR=$BOARDMAN_DATADIR")
net_lab "$S" 4 || bail 'the network does not come up'
printf '%s\n' '[limits]' 'max_load = 1000' 'min_disk = 1M' 'min_memory = 1M' '[defaults]' "machines-boardman-path = $boardman_path" \
  '[machines]' m1 m2 m3 m4 >"$BOARDMAN_CONFIG"

on_network() { ip netns exec "$net_boss" "$@"; }
dist() { on_network boardman compile --dist --no-local -b one,two "$@"; }
waiting() { # NAME: sketches that wait for $T/go
  rm -rf "$T/go" wait boardman-out
  for i in 1 2 3 4 5 6 7 8; do
    mksketch wait "$1$i" "// tiny: wait $T/go
// $1 number $i
void setup() {}"
  done
}
builds() { grep -q "\[$1\] << started" boardman-out/boss.log 2>/dev/null; } # MACHINE
lost() { grep -qE "$1: (nothing heard for|the connection to .* was lost)" "$T/$2.err" 2>/dev/null; } # MACHINE RUN
verdicts() { built_by | cut -f 3 | sort | uniq -c | sed 's/^ *//' | paste -s -d ,; }
hosts() { built_by | cut -f 4 | sort -u | paste -s -d ' '; }
gone() { # MACHINE: its workers and all that they started
  local p
  for p in /proc/[0-9]*; do
    [[ $(readlink "$p/exe") == "$boardman_path"* || $(readlink "$p/exe") == "$TINY"/* ]] || continue
    ! grep -qzsF "HOME=$S/$1/home" "$p/environ" || return 1
  done
}
back() { [ "$(grep -cE "$1: (here|back)" "$T/$2.err")" -ge "${3:-1}" ]; } # MACHINE RUN [TIMES]

mkdir proj && cd proj || exit 99

# --- as here ---
waiting plain
: >"$T/go"
run boardman compile -b one,two wait
mv boardman-out here
run dist wait
ok_status 0 'four machines with addresses of their own'
same_trees here boardman-out '… the tree is that of a run here'
rm -rf here

# --- fault 3: one cable ---
waiting one
background one dist wait
ok 'fault 3: m1 builds' eventually 60 builds m1
net_off m1
ok 'fault 3: a pulled cable is noticed' eventually 30 lost m1 one
: >"$T/go"
ok 'fault 3: … its worker ends on its own' eventually 30 gone m1
finish one "$background_pid"
ok_status 0 'fault 3: … all is built'
is "$(verdicts) by $(hosts)" '16 ok by m2 m3 m4' 'fault 3: … by the others'

# --- one cable, and in again ---
net_on m1
waiting again
background again dist wait
ok 'm1 builds' eventually 60 builds m1
net_off m1
ok 'a link is down' eventually 30 lost m1 again
net_on m1
ok '… and up: the machine is back' eventually 60 back m1 again
: >"$T/go"
finish again "$background_pid"
ok_status 0 '… all is built'
is "$(verdicts)" '16 ok' '… once each'

# --- all cables, for 20 s ---
waiting all
background all dist wait
for m in m1 m2 m3 m4; do ok "$m builds" eventually 60 builds $m; done
for m in m1 m2 m3 m4; do net_off $m; done
for m in m1 m2 m3 m4; do ok "all links are down: $m's is told" eventually 30 lost $m all; done
sleep 4 # 20 s
for m in m1 m2 m3 m4; do net_on $m; done
: >"$T/go"
finish all "$background_pid"
ok_status 0 '… and up: all is built'
is "$(verdicts)" '16 ok' '… once each'
for m in m1 m2 m3 m4; do ok "… $m's own processes are gone" eventually 30 gone $m; done

done_testing
