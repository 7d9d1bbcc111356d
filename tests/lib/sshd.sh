# shellcheck shell=bash
# Sourced by tests that need machines to log in to: real sshd on loopback, each with its own home and host key, and an ssh
# configuration that knows them. Nothing outside of the lab's directory is read or written; only its own processes are ended.
#
#   sshd_lab DIR N [LINE…]     makes and starts machines m1 … mN; each LINE goes into their sshd_config
#   sshd_add DIR NAME [LINE…]  one more;  sshd_start DIR NAME;  sshd_stop DIR NAME, its sessions too
#   sshd_cut DIR NAME          ends its sessions, whatever runs in them; it goes on to listen
#   sshd_end DIR               stops all, at the test's end
#   sshd_in='ip netns exec N'  where sshd is started
#   sshd_address=A             at which address (127.0.0.1)
#   sshd_env=(A=b)             more variables of those who log in; %m is the machine's directory
#
# DIR/config is for `ssh -F`, and for boardman by $BOARDMAN_SSH_CONFIG; DIR/id is the key they take; DIR/known_hosts; DIR/NAME has home,
# log, sshd_config, port. Without sshd `sshd_missing` is true.

sshd_program=/usr/sbin/sshd
sshd_in=
sshd_address=127.0.0.1
sshd_env=()

sshd_missing() {
  [ ! -x "$sshd_program" ] || ! command -v ssh >/dev/null
}

# All processes beneath a process.
sshd_beneath() { # PID
  local child
  # shellcheck disable=SC2013
  for child in $(cat "/proc/$1/task/"*/children 2>/dev/null); do
    echo "$child"
    sshd_beneath "$child"
  done
}

# Its process, if it runs and is ours.
sshd_pid() { # DIR NAME
  local pid
  pid=$(cat "$1/$2/pid" 2>/dev/null) || return 1
  tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF "$1/$2/sshd_config" || return 1
  echo "$pid"
}

sshd_config() { # DIR NAME PORT [LINE…]
  local dir=$1 name=$2 port=$3
  shift 3
  cat <<EOF
Port $port
ListenAddress $sshd_address
HostKey $dir/$name/host_key
PidFile $dir/$name/pid
AuthorizedKeysFile $dir/authorized_keys
StrictModes no
UsePAM no
UseDNS no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
MaxStartups 500:30:1000
SetEnv HOME=$dir/$name/home ${sshd_env[*]//%m/"$dir/$name"}
EOF
  # The first value of a keyword counts.
  printf '%s\n' "$@" 'MaxSessions 64'
}

# False when the port is taken.
sshd_listen() { # DIR NAME
  local dir=$1/$2 end=$((SECONDS + 20))
  rm -f "$dir/pid"
  : >"$dir/log"
  # shellcheck disable=SC2086
  setsid $sshd_in "$sshd_program" -D -f "$dir/sshd_config" -E "$dir/log" </dev/null >/dev/null 2>&1 &
  disown # its end is no news
  until grep -q 'Server listening' "$dir/log" && [ -s "$dir/pid" ]; do
    if ! kill -0 $! 2>/dev/null || [ "$SECONDS" -ge "$end" ]; then return 1; fi
    sleep 0.01
  done
}

sshd_start() { # DIR NAME
  sshd_listen "$1" "$2" || {
    sed 's/^/# sshd: /' "$1/$2/log" >&2
    return 1
  }
}

sshd_add() { # DIR NAME [LINE…]
  local dir=$1 name=$2 port try
  shift 2
  mkdir -p "$dir/$name/home"
  ssh-keygen -q -t ed25519 -N '' -C '' -f "$dir/$name/host_key"
  for try in 1 2 3 4 5 6 7 8 9 10; do
    port=$((20000 + RANDOM % 12000))
    sshd_config "$dir" "$name" "$port" "$@" >"$dir/$name/sshd_config"
    sshd_listen "$dir" "$name" && break
    [ "$try" -lt 10 ] || return 1
  done
  echo "$port" >"$dir/$name/port"
  echo "[$sshd_address]:$port $(cat "$dir/$name/host_key.pub")" >>"$dir/known_hosts"
  cat >>"$dir/config" <<EOF
Host $name
  HostName $sshd_address
  Port $port
  User $(id -un)
  IdentityFile $dir/id
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile $dir/known_hosts
  GlobalKnownHostsFile none
  StrictHostKeyChecking yes
  LogLevel ERROR
EOF
}

sshd_lab() { # DIR N [LINE…]
  local dir=$1 n=$2 i
  shift 2
  mkdir -p "$dir"
  # sshd wants it, and only root's can make it.
  [ "$(id -u)" != 0 ] || mkdir -p /run/sshd
  [ -f "$dir/id" ] || ssh-keygen -q -t ed25519 -N '' -C '' -f "$dir/id"
  cat "$dir/id.pub" >>"$dir/authorized_keys"
  for ((i = 1; i <= n; i++)); do
    sshd_add "$dir" "m$i" "$@" || return 1
  done
  export BOARDMAN_SSH_CONFIG=$dir/config
}

sshd_cut() { # DIR NAME
  local pid
  pid=$(sshd_pid "$1" "$2") || return 0
  # shellcheck disable=SC2046
  set -- $(sshd_beneath "$pid")
  [ $# = 0 ] || kill -KILL "$@" 2>/dev/null || true
}

sshd_stop() { # DIR NAME
  local pid
  pid=$(sshd_pid "$1" "$2") || return 0
  sshd_cut "$1" "$2"
  kill -KILL "$pid" 2>/dev/null || true
  while kill -0 "$pid" 2>/dev/null && ! grep -q '^State:.Z' "/proc/$pid/status" 2>/dev/null; do
    sleep 0.01
  done
}

sshd_end() { # DIR
  local config
  for config in "$1"/*/sshd_config; do
    [ ! -f "$config" ] || sshd_stop "$1" "$(basename "$(dirname "$config")")"
  done
}
