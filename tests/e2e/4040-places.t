#!/bin/bash
# Attack 40: a place to work that another user made or may change, or a symlink, is not used, here or on another machine. Attack 42: only processes
# that a worker's own record names are ended. Attack 43: a repository cannot name machines or commands. (41, a changed byte in the cache: 1110-damage.t)
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2016
. "${srcdir:?}/tests/lib/e2e.sh"
command -v jq >/dev/null || skip_all 'jq is not installed'
. "$srcdir/tests/lib/lab.sh"

mkdir proj && cd proj || exit 99
git init -q .
mksketch . Plain
lab ohau

# --- 40 ---
place=
made() { # NAME: what stands where nothing of ours may be
  local mode=755
  rm -rf "$place" "$T/elsewhere"
  mkdir -p "$place" "$T/elsewhere"
  case $1 in
    *symlink*) rmdir "$place" && ln -s "$T/elsewhere" "$place" ;;
    *user*) chown 65534 "$place" 2>/dev/null || return 1 ;;
    *everybody*) mode=777 ;;
    file) rmdir "$place" && : >"$place" ;;
  esac
  [ -L "$place" ] || chmod "$mode" "$place"
}
nothing_there() {
  [ -z "$(find -H "$place" "$T/elsewhere" -mindepth 1)" ]
}
for what in 'is a symlink' 'belongs to another user' 'can be changed by everybody'; do
  for at in "$XDG_CACHE_HOME/boardman" "$XDG_CACHE_HOME/boardman/$machine_id"; do
    place=$at
    rm -rf "$XDG_CACHE_HOME/boardman"
    if ! made "$what"; then
      skip 'only root can make it' "attack 40: one that $what"
      continue
    fi
    for verb in 'compile -b one' 'cache clear'; do
      # shellcheck disable=SC2086
      run boardman $verb
      is "$status $err" "2 boardman: '$place' $what; cure: remove it, or set XDG_CACHE_HOME to a directory of yours" \
        "attack 40, $verb: a directory that $what is not used"
    done
    ok '… nor written to' nothing_there
  done
done
rm -rf "$XDG_CACHE_HOME/boardman"
for what in 'a symlink' "another user's" "everybody's"; do
  for at in .cache/boardman ".cache/boardman/$machine_id"; do
    place=$LAB/ohau/home/$at
    rm -rf "$LAB/ohau/home/.cache"
    if ! made "$what"; then
      skip 'only root can make it' "attack 40: one that is $what"
      continue
    fi
    run boardman machines ohau
    like "$status $out" '^3 .*its ~/.cache/boardman is a symlink, another user'\''s, or everybody'\''s to change, and so not ours'$'\n'' *ohau: cure: ' \
      "attack 40, on another machine: a directory that is $what is not used"
    ok '… nor written to' nothing_there
  done
done
rm -rf "$LAB/ohau/home/.cache"
# Whatever is made is for the user alone.
(umask 0 && boardman compile -b one -o out >/dev/null 2>&1 && boardman machines ohau >/dev/null 2>&1)
is "$(stat -c %a "$XDG_CACHE_HOME/boardman" "$XDG_CACHE_HOME/boardman/$machine_id" "$LAB/ohau/home/.cache/boardman" "$(lab_cache ohau)" |
  paste -s -d ' ')" '700 700 700 700' 'attack 40: with any umask both are made for the user alone'

# --- 42 ---
sleep 1000 &
stranger=$!
test_pids+=("$stranger")
workers=$(lab_cache ohau)/workers
mkdir -p "$workers"
printf '{"pid":%d,"start":12345}' "$stranger" >"$workers/$stranger"
printf '{"pid":%d,"start":%s}' "$stranger" "$(cut -d ' ' -f 22 "/proc/$stranger/stat")" >"$workers/77"
printf '{"pid":-1,"start":0}' >"$workers/-1"
printf '{"pid":1,"start":%s}' "$(cut -d ' ' -f 22 /proc/1/stat)" >"$workers/1"
printf '{"pid":0,"start":0}' >"$workers/0"
printf 'nonsense' >"$workers/x"
run boardman machines --kill-workers --force ohau
ok 'attack 42: whom no record of its own names lives on' kill -0 "$stranger"
unlike "$err" 'ended:' '… and nobody is called ended'

# --- 43 ---
mkdir "$T/repo" && cd "$T/repo" || exit 99
git init -q .
mksketch . Plain
evil="[defaults]
dist = yes
machines-boardman-path = $T/pwned.sh
[machines]
evil
[machine:evil]
command = touch $T/pwned"
for file in boardman.conf .boardman.conf .boardman/boardman.conf .config/boardman/boardman.conf boardman/boardman.conf Plain/boardman.conf \
  boardman-out/boardman.conf; do
  mkdir -p "$(dirname "$file")"
  printf '%s\n' "$evil" >"$file"
done
rm -r boardman-out
printf 'default_fqbn: tiny:tiny:one\nmachines: [evil]\ncommand: touch %s/pwned\n' "$T" >Plain/sketch.yaml
git config boardman.command "touch $T/pwned"
git config boardman.machines evil
printf '[machines]\n' >"$BOARDMAN_CONFIG"
run boardman compile --dist
is "$status $err" "2 boardman: no machine is configured; cure: list some in [machines] of $BOARDMAN_CONFIG" \
  'attack 43: machines stand in the configuration of the user alone'
unset BOARDMAN_CONFIG
run boardman machines
like "$status $err" '^2 .*no machine is configured' '… where there is none, too'
run boardman compile
ok_status 0 '… a run here goes on as ever'
is "$(find "$T" -name 'pwned*')" '' 'attack 43: no command of the repository is run'

done_testing
