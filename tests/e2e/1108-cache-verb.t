#!/bin/bash
# boardman cache: what it holds, what goes and what stays, and that nothing goes that is in use or is not its own.
# shellcheck source-path=SCRIPTDIR/../lib
. "${srcdir:?}/tests/lib/e2e.sh"
. "$srcdir/tests/lib/caches.sh"

entries() { find "$cache"/{objects,manifests,bundles,texts} -type f | sort; }
count() { entries | wc -l; }
bytes() { find "$cache"/{objects,manifests,bundles,texts,fileindex,toolchains} -type f -printf '%s\n' 2>/dev/null | awk '{ n += $1 } END { print n + 0 }'; }

run boardman cache
ok_status 0 'no cache yet'
is "$out" "$cache: 0 bytes in 0 entries" '… is an empty one'
has_no_file "$cache" '… and is not made'
run boardman cache prune
is "$status $out" '0 removed 0 bytes in 0 entries' 'nothing to prune'
run boardman cache clear
is "$status $out" '0 removed 0 bytes in 0 entries' 'nothing to clear'

mksketch s User '#include <Blinker.h>
void setup() {}
void loop() {}'
mksketch s Plain
compile -b one s
run boardman cache
ok_status 0
like "$out" "^$cache: [0-9.]+ KiB in $(count) entries$" 'it tells how much there is'
run boardman cache show
like "$out" "^$cache: [0-9.]+ KiB in $(count) entries$" '… also by name'

# --- age ---
run boardman cache prune --older-than 1h
is "$status $out" '0 removed 0 bytes in 0 entries' 'nothing is older than an hour'
objects=("$cache"/objects/*/*.o)
touch -d '-3 days' "${objects[0]}" "${objects[1]}"
run boardman cache prune --older-than 4d
is "$out" 'removed 0 bytes in 0 entries' '… than four days'
run boardman cache prune --older-than 2d
like "$out" '^removed [0-9]+ bytes in 2 entries$' 'two are older than two'
has_no_file "${objects[0]}" '… they are gone'
has_file "${objects[2]}" '… others not'
rm -rf boardman-out
compile -b one s
ok_status 0
is "$(count_starts compile)" 2 'what is gone is made again'
is_right '… rightly' -b one s

# What is used counts as new.
find "$cache"/{objects,manifests,bundles} -type f -exec touch -d '-3 days' {} +
rm -rf boardman-out
compile -b one s/Plain
starts none 'the use of old entries'
before=$(count)
run boardman cache prune --older-than 2d
ok 'prunes some' test "$(count)" -lt "$before"
rm -rf boardman-out
compile -b one s/Plain
starts none '… but none of those'
compile -b one s/User
ok '… but others' test "$(count_starts compile)" -gt 0
is_right '… rightly' -b one s/User

# --- size ---
compile -b one s
total=$(bytes)
run boardman cache prune --max-size "$total"
like "$out" '^removed 0 bytes' 'at most as much as there is'
oldest=$(entries | head -n 1)
touch -d '-1 day' "$oldest"
run boardman cache prune --max-size $((total - 1))
like "$out" '^removed .* in 1 entries$' 'a byte less'
has_no_file "$oldest" '… the least recently used goes'
# What is known of files and tools always stays.
known=$(cat "$cache"/{fileindex,toolchains} 2>/dev/null | wc -c)
limit=$((known / 1024 + 2))
ok 'there is more' test "$(bytes)" -gt $((limit * 1024))
run boardman cache prune --max-size ${limit}K
ok "at most $limit KiB" test "$(bytes)" -le $((limit * 1024))
rm -rf boardman-out
compile -b one s
is_right '… and builds go on' -b one s
run boardman cache prune --max-size 0
is "$(count)" 0 'nothing may stay'

# --- words that are wrong ---
for arguments in 'prune --max-size lots' 'prune --older-than never' 'show --max-size 1G' 'destroy' 'show all'; do
  # shellcheck disable=SC2086
  run boardman cache $arguments
  is "$status" 2 "cache $arguments is refused"
  like "$err" '^boardman: .+' '… with a reason'
done

# --- only its own ---
compile -b one s
put "$cache/notes.txt" 'mine'
put "$cache/objects.mine/ab/x" 'mine'
put "$T/outside" 'mine'
ln -s "$T/outside" "$cache/manifests/link"
mkdir -p "$T/outside.d/ab"
put "$T/outside.d/ab/x" 'mine'
ln -s "$T/outside.d" "$cache/objects/zz"
run boardman cache prune --max-size 0
ok_status 0
run boardman cache clear
ok_status 0
like "$(boardman cache)" ': 0 bytes in 0 entries$' 'cleared'
has_file "$cache/notes.txt" 'what is not its own stays'
has_file "$cache/objects.mine/ab/x" '… nor a directory of another name'
has_file "$T/outside" '… nor where a link leads'
has_file "$T/outside.d/ab/x" '… of a directory, too'
ok 'results are no cache' test -f boardman-out/current/tiny.tiny.one/s+User/done
compile -b one s
starts '' 'a cleared cache takes no results away'

# --- beside a build ---
edit "$libraries/Blinker/src/Blinker.cpp" "\$a // tiny: touch $T/at
\$a // tiny: wait $T/go"
beside() { # NAME ARG…: while a library is compiled
  local name=$1
  shift
  rm -rf "$cache" boardman-out "$T/at" "$T/go"
  sleep 0.03
  background run boardman compile -j 2 -b one --libraries "$libraries" s
  ok 'a build has come to its library' eventually 10 test -e "$T/at"
  ok '… with a sketch done' eventually 10 test -e boardman-out/current/tiny.tiny.one/s+Plain/done
  run boardman cache "$@"
  ok_status 0 "cache $*"
  : >"$T/go"
  finish run "$background_pid"
  ok_status 0 "$name: the build goes on"
  is_right "$name: and is right" -b one s
}
beside 'prune' prune --max-size 0
beside 'clear' clear

# --- by itself, at a run's end ---
edit "$libraries/Blinker/src/Blinker.cpp" '/tiny: touch/d; /tiny: wait/d'
put "$XDG_CONFIG_HOME/boardman/boardman.conf" '[limits]
cache_max = 8K'
rm -rf "$cache" boardman-out
compile -b one s
ok_status 0
ok 'a run keeps to cache_max' test "$(bytes)" -le 8192
is_right '… and is right' -b one s
run boardman cache prune --max-size 1G
rm "$XDG_CONFIG_HOME/boardman/boardman.conf" "$cache/last-prune"
compile -f -b one s
ok '… or keeps all' test "$(bytes)" -gt 8192

done_testing
