# shellcheck shell=bash
# Sourced after e2e.sh by the tests of the lab: "machines" on this one, each with a home, a cache, slots and a log of its tools'
# starts of its own, reached by a command instead of SSH. They have this boardman, so that nothing is sent.
#
# $LAB/NAME is a machine: home/ (its $HOME), enter (the command: a script with variables and then `exec "$@"`; tests
# rewrite it), conf (more lines for its section of the configuration). $T/boardman.conf is the configuration.
# shellcheck disable=SC2034,SC2154

LAB=$T/lab
export BOARDMAN_CONFIG=$T/boardman.conf
boardman_path=$(command -v boardman) || bail 'there is no boardman in PATH'
machine_id=$(cat /etc/machine-id 2>/dev/null)
[[ $machine_id =~ ^[0-9a-f]{32}$ ]] || machine_id=$(uname -n | tr -c 'A-Za-z0-9_\n-' _)

# A machine's own view of files needs namespaces of its own.
lab_missing() {
  command -v unshare >/dev/null || { echo 'unshare(1) is not installed' && return; }
  unshare --user --map-root-user --mount true 2>/dev/null || echo 'this machine lets no process have mounts of its own'
}

# The configuration's [machines] are all that there are, in this order.
lab_conf() {
  local name
  {
    printf '[limits]\nmax_load = 1000\nmin_disk = 1M\nmin_memory = 1M\n%s\n[machines]\n' "${lab_limits:-}"
    printf '%s\n' "${lab_names[@]}"
    for name in "${lab_names[@]}"; do
      printf '[machine:%s]\ncommand = %s\n' "$name" "$LAB/$name/enter"
      cat "$LAB/$name/conf"
    done
    printf '%s\n' "${lab_more:-}"
  } >"$BOARDMAN_CONFIG"
}

# The lab has these machines, new ones.
lab() { # NAME…
  local name
  lab_names=("$@")
  for name; do
    mkdir -p "$LAB/$name/home" "$LAB/$name/tmp"
    : >"$LAB/$name/home/tiny.starts"
    printf 'boardman_path = %s\n' "$boardman_path" >"$LAB/$name/conf"
    lab_enter "$name"
  done
  lab_conf
}

# How a machine is entered: with more variables, or other lines of shell, before the command.
lab_enter() { # NAME [LINE…]
  local name=$1
  shift
  cat >"$LAB/$name/enter.new" <<END
#!/bin/sh
unset XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME BOARDMAN_CONFIG
export HOME='$LAB/$name/home' TMPDIR='$LAB/$name/tmp' BOARDMAN_SLOTS_DIR='$LAB/$name/slots'
$(printf '%s\n' "$@")
exec "\$@"
END
  chmod +x "$LAB/$name/enter.new"
  mv "$LAB/$name/enter.new" "$LAB/$name/enter"
}

lab_cache() { # NAME: a machine's directory for boardman
  echo "$LAB/$1/home/.cache/boardman/$machine_id"
}

# The processes of a machine's workers.
lab_workers() { # NAME
  local f
  for f in "$(lab_cache "$1")/workers/"[0-9]*; do
    [ -e "$f" ] && kill -0 "${f##*/}" 2>/dev/null && echo "${f##*/}"
  done
  return 0
}

# How many tools a machine has started since lab_forget, as count_starts.
starts_on() { # NAME [ROLE [PART]]
  awk -F '\t' -v role="${2:-}" -v part="${3:-}" '
    (role == "" || $1 == role) && (part == "" || index($2, part)) { n++ }
    END { print n + 0 }' "$LAB/$1/home/tiny.starts"
}

lab_forget() {
  local name
  forget_starts
  for name in "${lab_names[@]}"; do : >"$LAB/$name/home/tiny.starts"; done
}

# One run, whose starts are counted.
dist() { # ARG…
  sleep 0.03
  lab_forget
  run boardman compile --dist "$@"
}

# The jobs of an output tree, sorted: board, sketch, verdict, machine.
built_by() { # [OUT]
  find "${1:-boardman-out}/current" -name 'done' -exec jq -r '[.board, .sketch, .verdict, .host] | @tsv' {} + | LC_ALL=C sort
}

# How many jobs a machine has built.
built_on() { # NAME [OUT]
  built_by "${2:-boardman-out}" | awk -F '\t' -v m="$1" '$4 == m { n++ } END { print n + 0 }'
}

# What a tree holds, by content, but for what differs between machines and runs: of `done` its host, boot and times.
tree_of() { # OUT
  (cd "$1/current" && find . -type f -not -name 'done' -exec sha256sum {} + | LC_ALL=C sort -k 2
    find . -name 'done' | LC_ALL=C sort | while IFS= read -r f; do
      printf '%s ' "$f"
      jq -S -c 'del(.host, .boot, .times, .ended)' "$f"
    done)
}

# Both trees hold the same.
same_trees() { # OUT OUT NAME
  local code=0
  tree_of "$1" >"$T/tree.1"
  tree_of "$2" >"$T/tree.2"
  [ -s "$T/tree.1" ] && cmp -s "$T/tree.1" "$T/tree.2" || code=1
  result "$code" "$3" || note "$(diff "$T/tree.1" "$T/tree.2" | cut -c 1-300 | head -n 20)"
}

# Every file that a `done` names has its digest.
digests_hold() { # OUT
  local f name sum
  find "$1/current" -name 'done' >"$T/done.list"
  while IFS= read -r f; do
    while IFS=$'\t' read -r name sum; do
      echo "$sum  ${f%/done}/firmware/$name" | sha256sum --status -c - || return 1
    done < <(jq -r '.artifacts[] | [.name, .sha256] | @tsv' "$f")
  done <"$T/done.list"
  [ -s "$T/done.list" ]
}

# The processes that still run of the test's own programs or in its directory, but for this shell.
leftovers() {
  local p exe
  for p in /proc/[0-9]*; do
    exe=$(readlink "$p/exe" 2>/dev/null) || continue
    case $exe in
      "$T"/*) echo "${p#/proc/} $exe" ;;
      "$boardman_path" | "$boardman_path-lab") grep -qzF "HOME=$T" "$p/environ" 2>/dev/null && echo "${p#/proc/} $exe $(tr '\0' ' ' <"$p/cmdline")" ;;
    esac
  done
  return 0
}

nothing_left() { [ -z "$(leftovers)" ]; }

# Whether all slots of all machines can be had.
locks_free() {
  local f
  for f in "$LAB"/*/slots/* "$BOARDMAN_SLOTS_DIR"/*; do
    [ -f "$f" ] || continue
    flock -n "$f" true || return 1
  done
}

# A machine on which directories of this one are empty: it has nothing of the boss's but what it is sent.
lab_blind() { # NAME DIR…
  local name=$1
  shift
  lab_enter "$name" \
    "[ -n \"\$BLIND\" ] || BLIND=1 exec unshare --user --map-root-user --mount sh -c '" \
    "$(printf 'mount -t tmpfs none "%s" && ' "$@")exec \"\$@\"' sh \"\$0\" \"\$@\""
}

# Both trees of a build here and one on the other machines are the same. $status is that of the latter.
alike() { # NAME ARG…
  local name=$1
  shift
  rm -rf boardman-out "$T/here"
  run boardman compile "$@"
  mv boardman-out "$T/here"
  dist --no-local "$@"
  same_trees "$T/here" boardman-out "$name" || show_run
}

# A machine that has another directory's content at a directory's path.
lab_over() { # NAME DIR CONTENT
  lab_enter "$1" \
    "[ -n \"\$OVER\" ] || OVER=1 exec unshare --user --map-root-user --mount sh -c '" \
    "mount --bind \"$3\" \"$2\" && exec \"\$@\"' sh \"\$0\" \"\$@\""
}
