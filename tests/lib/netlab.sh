# shellcheck shell=bash
# Sourced after sshd.sh by tests that need machines with cables to pull: each has a network namespace with an address of its own, and
# so has the boss. Nothing is sent on any other network; all of it goes with net_end.
#
#   net_missing                 why there can be none, or nothing
#   net_lab DIR N               machines m1 … mN, each with its sshd, on cables to $net_boss
#   net_off NAME, net_on NAME   pulls its cable and puts it in again: no packet, no RST comes through meanwhile
#   net_end DIR

net_prefix=bm$$
net_boss=$net_prefix-boss
net_names=()

net_missing() {
  command -v ip >/dev/null || { echo 'ip(8) is not installed' && return; }
  if ip netns add "$net_prefix-try" 2>/dev/null; then
    ip netns del "$net_prefix-try"
  else
    echo 'this machine lets us make no network namespace'
  fi
}

net_machine() { # DIR NUMBER
  local space=$net_prefix-m$2
  ip netns add "$space" && net_names+=("$space") || return 1
  ip -n "$net_boss" link add "m$2" type veth peer name cable netns "$space"
  ip -n "$net_boss" addr add "10.99.$2.1/30" dev "m$2"
  ip -n "$net_boss" link set "m$2" up
  ip -n "$space" addr add "10.99.$2.2/30" dev cable
  ip -n "$space" link set lo up
  ip -n "$space" link set cable up || return 1
  # shellcheck disable=SC2034
  sshd_in="ip netns exec $space" sshd_address=10.99.$2.2
  sshd_add "$1" "m$2"
}

net_lab() { # DIR N
  local i
  ip netns add "$net_boss" && net_names=("$net_boss") && ip -n "$net_boss" link set lo up || return 1
  sshd_lab "$1" 0 || return 1
  for ((i = 1; i <= $2; i++)); do
    net_machine "$1" "$i" || return 1
  done
}

net_off() { ip -n "$net_prefix-$1" link set cable down; }
net_on() { ip -n "$net_prefix-$1" link set cable up; }

net_end() { # DIR
  local space
  sshd_end "$1"
  for space in "${net_names[@]}"; do
    ip netns del "$space" 2>/dev/null
  done
}
