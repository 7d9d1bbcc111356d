#!/bin/bash
# boardman machines: each bad state in its own words with the cure on the next line, the table and the document, and its errands: workers are
# ended, caches pruned. Machines are commands; sshd is there only for what SSH itself says.
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2016,SC2317
. "${srcdir:?}/tests/lib/e2e.sh"
command -v jq >/dev/null || skip_all 'jq is not installed'
. "$srcdir/tests/lib/sshd.sh"
. "$srcdir/tests/lib/lab.sh"
missing=$(lab_missing)
[ -z "$missing" ] || skip_all "$missing"

# --- a lab in which each machine has a trouble of its own ---
put_program() { # FILE LINE…
  mkdir -p "${1%/*}"
  printf '#!/bin/sh\n' >"$1"
  printf '%s\n' "${@:2}" >>"$1"
  chmod +x "$1"
}
with_mount() { # NAME COMMAND: of mount, before the machine is entered
  lab_enter "$1" "[ -n \"\$MOUNTED\" ] || MOUNTED=1 exec unshare --user --map-root-user --mount sh -c '$2 && exec \"\$@\"' sh \"\$0\" \"\$@\""
}

lab_limits='min_disk = 150M
min_memory = 8M'
lab fine bare busy small full nogit other aged gone once wordless talker
lab_enter bare 'export BOARDMAN_SYSTEM_HARDWARE=/nonexistent'
put_program "$T/loaded" "'$boardman_path' \"\$@\" | sed -u 's/\"load\":[0-9.e+-]*/\"load\":5000/'"
echo "boardman_path = $T/loaded" >"$LAB/busy/conf"
printf 'MemTotal: 4096 kB\nMemAvailable: 4096 kB\n' >"$T/meminfo"
with_mount small "mount --bind $T/meminfo /proc/meminfo"
with_mount full "mount -t tmpfs -o size=100m none $LAB/full/home"
put_program "$T/no-git/git" 'exit 127'
lab_enter nogit "PATH='$T/no-git':\$PATH"
put_program "$T/other/uname" "[ \"\$1\" = -m ] && echo s390 || exec '$(command -v uname)' \"\$@\""
lab_enter other "PATH='$T/other':\$PATH"
put_program "$T/aged/getconf" 'echo glibc 2.17'
lab_enter aged "PATH='$T/aged':\$PATH"
: >"$LAB/other/conf"
: >"$LAB/aged/conf"
put_program "$LAB/once/enter" 'exec no-such-program "$@"'
put_program "$LAB/wordless/enter" 'exit 126'
put_program "$LAB/talker/enter" "echo 'BM>GO'; echo system Linux"
rm "$LAB/gone/enter"

S=$T/ssh
trap 'sshd_end "$S"; cleanup' EXIT
ssh_machines=()
if ! sshd_missing; then
  sshd_env=("BOARDMAN_SLOTS_DIR=%m/slots" "BOARDMAN_SYSTEM_HARDWARE=$BOARDMAN_SYSTEM_HARDWARE" "BOARDMAN_DATADIR=$BOARDMAN_DATADIR")
  sshd_lab "$S" 1 || bail 'sshd does not start'
  sshd_add "$S" stranger && sshd_add "$S" changed || bail 'sshd does not start'
  sed -i "/:$(cat "$S/stranger/port") /d; s|^\(.*:$(cat "$S/changed/port") [^ ]* \).*|\1$(cut -d ' ' -f 2 "$S/m1/host_key.pub")|" "$S/known_hosts"
  # No name server is asked for a name that is none.
  nowhere=$(printf 'n%.0s' {1..70})
  printf 'Host refused\n  HostName 127.0.0.1\n  Port 1\nHost nowhere\n  HostName %s\n' "$nowhere" >>"$S/config"
  ssh_machines=(m1 stranger changed refused nowhere)
  lab_more="[machine:m1]
boardman_path = $boardman_path
[machines]
$(printf '%s\n' "${ssh_machines[@]}")"
fi
lab_conf

# A machine's lines of the table.
rows() { # NAME
  awk -v name="$1" '/^[^ ]/ { ours = $1 == name } ours' <<<"$out"
}
told() { # NAME PROBLEM CURE: regexes
  like "$(rows "$1")" "^$1 .*  $2"$'\n'"    $1: cure: $3"'($|'$'\n'')' "$1: $2"
}

run boardman machines -b one,nix --no-send-worker
ok_status 0 'some can be used'
is "$err" '' '… nothing is told beside the table'
names="local ${lab_names[*]}${ssh_machines[*]:+ ${ssh_machines[*]}}"
is "$(awk '/^[^ ]/ && NR > 1 { print $1 }' <<<"$out" | paste -s -d ' ')" "$names" 'all are shown, as configured, after this one'
for m in local fine ${ssh_machines[0]:-}; do
  like "$(rows "$m")" "^$m .* ok"$'\n'"    tiny:tiny 1\.2\.3"$'\n'"    tiny:tiny:one: tiny-gcc [^ ]*\([0-9a-f]{12}\)"$'\n'"    nix: [^"$'\n'"]*'nix'[^"$'\n'"]*\$" \
    "$m is well: platforms and toolchains"
done
like "$(rows bare)" '^bare .* ok'$'\n''    one: no Arduino platform is installed; cure: [^ ]' 'no platform: the board cannot be built there'
told busy 'busy: load 5000\.0, over 1000 x [0-9]+ threads' 'wait, or raise max_load'
told small 'low memory: 4 MB left' 'wait, or lower min_memory'
told full 'low disk: (99|100) MB left' 'make room, or lower min_disk'
for m in busy small full; do
  like "$(rows "$m")" $'\n'"    tiny:tiny 1\.2\.3"$'\n'"    tiny:tiny:one: tiny-gcc" "… $m: platforms and toolchains all the same"
done
told nogit 'no git' 'install git there'
told gone "cannot run '$LAB/gone/enter': [^;]*" "install it, or correct the machine's 'command'"
told once 'its shell cannot be run: status 127: [^;]*no-such-program[^;]*' "install a POSIX 'sh' there, or correct the machine's 'command'"
told wordless 'its shell cannot be run: status 126' "install a POSIX 'sh' there, or correct the machine's 'command'"
told talker 'its shell did not answer as a POSIX shell does' "'sh' must be one there"
if [ ${#ssh_machines[@]} -gt 0 ]; then
  told stranger 'host key unknown[^;]*' "run 'ssh [^']*stranger true' once and accept it"
  told changed 'host key [^;]*changed[^;]*' "[^"$'\n'"]*ssh-keygen -R [^"$'\n'"]*"
  told refused "cannot connect to '127\.0\.0\.1'[^;]*refused" "see what 'ssh refused true' says"
  told nowhere "[^;]*'$nowhere'[^;]*" "see what 'ssh nowhere true' says"
fi
put_program "$LAB/talker/enter" 'exec cat'
BOARDMAN_TIME_DIVISOR=50 run boardman machines --no-send-worker talker
told talker 'no answer while looking at it' 'log in by hand: its shell must not wait for anybody'
run boardman machines other aged
ok_status 3 'none can be used'
told other 'other architecture: s390, here it is [^;]*' 'install boardman there and name it by boardman_path'
told aged 'glibc 2\.17 is older than the [^;]* that this boardman needs' 'install boardman there and name it by boardman_path'

# --- how it looks ---
lab_more="$lab_more
[machines]
a-machine-of-a-long-name = somebody@a-host-of-a-long-name.example.com
[machine:a-machine-of-a-long-name]
command = $LAB/fine/enter
boardman_path = $boardman_path
max_sketches = 1
[defaults]
no-send-worker = yes"
lab_conf
run boardman machines a-machine-of-a-long-name wordless fine
ok_status 0 'those that are named'
is "$(awk '/^[^ ]/ { print $1 }' <<<"$out" | paste -s -d ' ')" 'name a-machine-of-a-long-name wordless fine' '… in that order'
is "$(LC_ALL=C awk 'NR == 1 { at = index($0, "status"); next } /^[^ ]/ { print substr($0, at - 2, 2) "|" (substr($0, at, 1) == " ") }' <<<"$out" |
  sort -u)" '  |0' '… the columns stand one below the other'
like "$(rows a-machine-of-a-long-name)" ' 1  ok' '… with their limits'
run boardman machines fine nix
is "$status $out" '2 ' 'a name that is not configured'
like "$err" "^boardman: no machine 'nix'; cure: " '… is told'
BOARDMAN_CONFIG=/dev/null run boardman machines
is "$status $err" '2 boardman: no machine is configured; cure: list some in [machines] of ~/.config/boardman/boardman.conf' 'an empty configuration'

# --- for programs ---
lab_enter fine 'echo a banner >&2'
run boardman machines --json -b one,nix fine busy once
ok_status 0 '--json'
is "$err" '' '… is alone'
is "$(jq -r '[.schema, (.machines | map(.name) | join(" "))] | join(" ")' <<<"$out")" 'boardman-machines/1 fine busy once' '… has its version'
is "$(jq -c '.machines[0] | [.host, .usable, .trouble, (.arch | type), (.boardman | type), .threads > 0, .cap == .threads, (.load | type),
  .memory > 0, .disk > 0, (.held | type)]' <<<"$out")" \
  '["(command)",true,null,"string","string",true,true,"number",true,true,"object"]' '… each field of one that is well'
is "$(jq -c '.machines[0] | [(.platforms[] | .id, .version, (.dir | startswith("/"))), (.boards[] | .board, .fqbn, (.toolchain | type),
  (.digest | type), (.trouble | type))]' <<<"$out")" \
  '["tiny:tiny","1.2.3",true,"one","tiny:tiny:one","string","string","null","nix",null,"null","null","string"]' '… its platforms and boards'
is "$(jq -c '.machines[1] | [.usable, (.trouble | test("^busy: .*; cure: ")), .load, .boards[0].fqbn]' <<<"$out")" '[false,true,5000,"tiny:tiny:one"]' '… one that is busy'
is "$(jq -c '.machines[2] | [.usable, (.trouble | test("cure: ")), has("threads")]' <<<"$out")" '[false,true,false]' '… one that was not reached'

# --- pruning ---
lab_more='[defaults]
no-send-worker = yes'
lab fine far
mksketch sk Plain
objects() { find "$(lab_cache "$1")/objects" -type f 2>/dev/null | wc -l; }   # NAME
sources() { find "$(lab_cache "$1")"/trees/*/src -type f 2>/dev/null | wc -l; } # NAME
refs() { git --git-dir="$(lab_cache "$1")/git" for-each-ref refs/bm 2>/dev/null | wc -l; } # NAME
fresh() { # what a build gives, on that machine
  rm -rf boardman-out
  dist -b one --no-local --use-machines "$1" sk
}
fresh fine
mv boardman-out first
is "$(($(objects fine) > 0)) $(sources fine) $(refs fine)" '1 1 1' 'a machine that has built keeps results and sources'
run boardman machines --prune --older-than 1d
is "$status $(sort <<<"$out")" '0 far: removed 0 bytes in 0 entries'$'\n''fine: removed 0 bytes in 0 entries' '--prune: nothing is that old'
find "$(lab_cache fine)"/{objects,manifests,bundles,trees,git} -exec touch -h -d '-3 days' {} +
run boardman machines --prune --older-than 4d fine
is "$out" 'fine: removed 0 bytes in 0 entries' '… nor is this'
# A process of the number that a dead run had may live for a moment.
all_goes() { # ARG…
  run boardman machines --prune "$@" fine
  [ "$(objects fine) $(sources fine) $(refs fine)" = '0 0 0' ]
}
run boardman machines --prune --older-than 2d fine
like "$out" '^fine: removed [0-9.]+ KiB in [0-9]+ entries$' '… but this is'
ok '… results, sources and refs are gone' eventually 20 all_goes --older-than 2d
fresh fine
ok_status 0 '… it builds again'
same_trees first boardman-out '… the same'
run boardman machines --prune fine
is "$out" 'fine: removed 0 bytes in 0 entries' 'without a limit: what the configuration allows'
bytes() { (cd "$(lab_cache "$1")" && find "${@:2}" -type f -printf '%s\n' | awk '{ n += $1 } END { print n + 0 }'); } # NAME PART…
run boardman machines --prune --max-size "$(bytes fine objects manifests bundles texts fileindex toolchains)" fine
is "$(($(objects fine) > 0)) $(sources fine) $(refs fine)" '1 0 0' '--max-size: sources go first'
ok '… then all' eventually 20 all_goes --max-size 0
run boardman machines --prune --max-size 0 fine
is "$out" 'fine: removed 0 bytes in 0 entries' '… and then nothing is left'

mksketch wait Wait "// tiny: wait $T/go"
lab_forget
background held boardman compile --dist --no-local --use-machines fine -b one wait
at_work() { [ "$(starts_on "$1" compile Wait)" -gt 0 ]; } # NAME
ok 'a machine builds' eventually 60 at_work fine
put_program "$LAB/far/enter" 'exit 1'
run boardman machines --prune --max-size 0
ok_status 3 '--prune: a machine is not there'
like "$err" '^boardman: far: its shell cannot be run: status 1; cure: ' '… that is told'
like "$out" '^fine: removed ' '… the others are pruned'
is "$(sources fine) $(refs fine)" '1 1' '… but for what is in use'
: >"$T/go"
finish held "$background_pid"
ok_status 0 '… the build goes on'
for args in '--older-than 5' '--max-size much' '--kill-workers'; do
  # shellcheck disable=SC2086
  run boardman machines --prune $args
  is "$status $out" '2 ' "--prune $args is refused"
done
run boardman machines --max-size 0
is "$status $out" '2 ' '--max-size without --prune, too'
run boardman machines --force
is "$status $out" '2 ' '--force without --kill-workers, too'

# --- workers over SSH ---
if [ ${#ssh_machines[@]} -gt 0 ]; then
  lab_names=()
  lab_more="[machines]
m1
[machine:m1]
boardman_path = $boardman_path"
  lab_conf
  rm "$T/go"
  forget_starts
  background held boardman compile --dist --no-local -b one wait -f
  waits() { [ "$(count_starts compile Wait)" -gt 0 ]; }
  ok 'a machine builds, over SSH' eventually 60 waits
  run boardman machines --kill-workers
  ok_status 3 '--kill-workers over SSH: a worker with a boss'
  like "$out" '^m1: left alone: worker [0-9]+ of [^ ]+@' '… is left alone'
  like "$err" '^boardman: m1: .*; cure: --force ends them all the same$' '… with the cure'
  run boardman machines --kill-workers --force
  is "$status ${out//[0-9]/N}" "0 ${out//[0-9]/N}" '--force ends it'
  like "$out" '^m1: ended: worker [0-9]+ of ' '… and tells'
  : >"$T/go"
  finish held "$background_pid"
  ok_status 0 '… the run goes on with another one'
  nobody() { [ "$(boardman machines --kill-workers 2>&1)" = 'm1: no worker of yours' ]; }
  ok 'nobody is left' eventually 60 nobody
else
  skip 'sshd is not installed' 'workers over SSH'
fi

done_testing
