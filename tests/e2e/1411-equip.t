#!/bin/bash
# boardman sends itself: a machine that has no boardman and none of its libraries builds as this one does, and is sent it once. What is sent
# is named by its content, survives two bosses and a cut, and changes nothing for a compiler. Where it cannot be sent, that is told.
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2016,SC2317
. "${srcdir:?}/tests/lib/e2e.sh"
command -v jq >/dev/null || skip_all 'jq is not installed'
. "$srcdir/tests/lib/lab.sh"
missing=$(lab_missing)
[ -z "$missing" ] || skip_all "$missing"
command -v arduino-ctags >/dev/null || skip_all 'arduino-ctags is not installed'

# --- a machine without ---
libraries_of() { ldd "$1" | grep -o '/[^ ]*' | LC_ALL=C sort -u; } # PROGRAM
# What git and the test's compiler need must stay, and glibc, which is not sent.
lab_program=$builddir/boardman-lab
libraries_of "$lab_program" >"$T/all"
for program in git sh unshare mount find "$TINY/hardware/tiny/tiny/tools/tiny/bin/tiny-gcc"; do
  libraries_of "$(command -v "$program")"
done | LC_ALL=C sort -u >"$T/kept"
LC_ALL=C comm -23 "$T/all" "$T/kept" | grep -v '/lib\(c\|m\|dl\|rt\|resolv\|pthread\|util\)\.so' >"$T/hidden"
printf '%s\n' "$boardman_path" "$lab_program" "$(command -v arduino-ctags)" >>"$T/hidden"
: >"$T/nothing"
chmod 644 "$T/nothing"

# Enters it with those files empty.
bare() { # NAME [LINE…]
  local name=$1
  shift
  lab_enter "$name" \
    "[ -n \"\${BARE:-}\" ] || BARE=1 exec unshare --user --map-root-user --mount \"\$0\" \"\$@\"" \
    "while read -r file; do mount --bind '$T/nothing' \"\$file\" || exit 9; done <'$T/hidden'" \
    "$@"
}

lab ohau moa ruru
for m in ohau moa ruru; do
  : >"$LAB/$m/conf"
  bare "$m"
done
lab_conf

bundles() { (cd "$(lab_cache "$1")/boardman" 2>/dev/null && ls); } # MACHINE
# All that is there, with its times.
stock() { (cd "$(lab_cache "$1")" && find boardman git/objects -type f -printf '%p %s %T@\n' | LC_ALL=C sort); } # MACHINE

ok 'the libraries of boardman are hidden' grep -q libgit2 "$T/hidden"
run "$LAB/ohau/enter" "$boardman_path" version
isnt "$status" 0 '… so that it does not run there'
run "$LAB/ohau/enter" arduino-ctags --version
isnt "$status" 0 '… nor does arduino-ctags'

run boardman machines ohau
ok_status 0 'a machine without boardman is equipped'
like "$out" 'ohau.* ok' '… and well'
like "$(bundles ohau)" '^[0-9a-f]{40}$' '… with one boardman, named by its content'
id=$(bundles ohau)
sent=$(stock ohau)
run boardman machines ohau
ok_status 0 'again'
is "$(stock ohau)" "$sent" '… nothing is sent'

# --- it builds ---
mkdir proj && cd proj || exit 99
git init -q .
mksketch examples Forward 'void setup() { later(3); }
void loop() {}
void later(int n) { (void)n; }'
mksketch examples Plain
run boardman compile -b one examples
ok_status 0 'a run here'
mv boardman-out here
dist -b one --no-local --use-machines ohau examples
ok_status 0 'a run there'
same_trees here boardman-out '… makes the same, though one needs prototypes'
is "$(starts_on ohau compile Forward)" 1 '… compiled there'
is "$(bundles ohau)" "$id" '… by the same boardman'

mksketch wait Wait "// tiny: wait $T/go
void setup() {}"
waits_on() { [ "$(starts_on "$1" compile Wait)" -gt 0 ]; }
lab_forget
background wait boardman compile --dist --no-local --use-machines ohau -b one wait
ok 'a compiler runs there' eventually 60 waits_on ohau
pid=$(awk -F '\t' '$1 == "compile" && /Wait/ { print $3 }' "$LAB/ohau/home/tiny.starts")
tr '\0' '\n' <"/proc/$pid/environ" >"$T/environ"
ok '… its environment can be seen' grep -q ^PATH= "$T/environ"
is "$(grep -c '^LD_' "$T/environ")" 0 '… and has no word for the loader'
: >"$T/go"
finish wait "$background_pid"
ok_status 0 '… it ends'

# --- what it keeps does not grow for ever ---
git_there=$(lab_cache ohau)/git
like "$(cat "$git_there/written")" '^[0-9]+ [0-9]+' 'a machine notes how much it was sent'
refs_there() { git --git-dir="$git_there" for-each-ref --format='%(refname)' refs/bm | grep -c -v boardman; }
is "$(refs_there)" 2 '… and keeps the snapshots of two runs'
echo 'void more() {}' >>examples/Plain/Plain.ino
echo '3000000000 1000' >>"$git_there/written"
dist -b one --no-local --use-machines ohau examples
ok_status 0 'a repository that has grown too large'
unlike "$(cat "$git_there/written")" 3000000000 '… is begun anew'
is "$(refs_there)" 1 '… with the snapshot of this run'
is "$(bundles ohau)" "$id" '… and boardman stays'
mkdir "$(lab_cache ohau)/boardman/old" && touch -d '15 days ago' "$(lab_cache ohau)/boardman/old"
run boardman machines ohau
is "$(bundles ohau)" "$id" 'a boardman that nobody has used for two weeks goes'

# --- two bosses at once ---
background one boardman machines moa
one=$background_pid
background two boardman machines moa
two=$background_pid
finish one "$one"
ok_status 0 'two bosses equip a machine at once'
finish two "$two"
ok_status 0 '… both'
is "$(bundles moa)" "$id" '… with one boardman'
rm -rf "$(lab_cache moa)"

# --- half sent ---
mkdir -p "$T/halfway"
cat >"$T/halfway/git" <<END
#!/bin/bash
case "\$*" in
  *receive-pack*)
    mkfifo '$T/pipe'
    '$(command -v git)' "\$@" <'$T/pipe' &
    { head -c 1000000 && : >'$T/half' && cat '$T/gate'; } >'$T/pipe'
    wait ;;
  *) exec '$(command -v git)' "\$@" ;;
esac
END
chmod +x "$T/halfway/git"
mkfifo "$T/gate"
bare moa "PATH='$T/halfway':\$PATH"
background half boardman machines moa
ok 'boardman is sent half' eventually 100 test -e "$T/half"
kill -KILL "$background_pid"
finish half "$background_pid"
eventually 10 bash -c ": >'$T/gate'" || true
is "$(bundles moa)" '' '… and the boss is killed: nothing is there'
bare moa
run boardman machines moa
ok_status 0 '… the next one sends it again'
is "$(bundles moa)" "$id" '… all of it'
rm "$(lab_cache moa)/boardman/$id/bin/boardman"
run boardman machines moa
ok_status 0 'one that somebody has damaged is made anew'

# --- one that is there ---
lab_more="[machine:ruru]
boardman_path = $boardman_path"
lab_conf
lab_enter ruru
run boardman machines ruru
ok_status 0 'boardman_path'
is "$(bundles ruru)" '' '… nothing is sent'
lab_more=''
lab_conf
run boardman machines --machines-boardman-path "$boardman_path" ruru
ok_status 0 '--machines-boardman-path'
is "$(bundles ruru)" '' '… nothing is sent'

# --- where it cannot be ---
told() { # REGEX NAME ARG…: `machines` says so, and what helps on the line after it
  local regex=$1 name=$2
  shift 2
  run boardman machines "$@"
  ok_status 3 "$name"
  like "$out" "  ${regex}[^"$'\n'"]*"$'\n'"    ruru: cure: [^ ]" '… is told, with the cure'
}
bare ruru
told 'this boardman is not there' '--no-send-worker' --no-send-worker ruru
told "no boardman at '/nowhere/boardman' there" 'a wrong --machines-boardman-path' --machines-boardman-path /nowhere/boardman ruru
told "cannot run '/etc/passwd' there" 'one that is no program' --machines-boardman-path /etc/passwd ruru
mkdir "$T/fake"
printf '#!/bin/sh\n[ "$1" = -m ] && echo aarch64 || exec %s "$@"\n' "$(command -v uname)" >"$T/fake/uname"
chmod +x "$T/fake/uname"
bare ruru "PATH='$T/fake':\$PATH"
told 'other architecture: aarch64, here it is [^ ]*' 'another architecture' ruru
rm "$T/fake/uname"
printf '#!/bin/sh\necho glibc 2.17\n' >"$T/fake/getconf"
chmod +x "$T/fake/getconf"
told 'glibc 2.17 is older than the 2.[0-9]* that this boardman needs' 'an older glibc' ruru
rm "$T/fake/getconf"
printf '#!/bin/sh\nexit 127\n' >"$T/fake/git"
chmod +x "$T/fake/git"
told 'no git' 'no git' ruru
rm "$T/fake/git"
: >"$T/file"
bare ruru "export HOME='$T/file'"
told "cannot write to '$T/file/[^']*' there" 'a home that cannot be written to' ruru
bare ruru "mount -t tmpfs -o size=2m none '$LAB/ruru/home' || exit 8"
if "$LAB/ruru/enter" true; then
  told 'disk full: [012] MB left' 'a full disk' ruru
  # shellcheck disable=SC2028
  printf '#!/bin/sh\nprintf "x\\nx 1 1 99999999 1%%\\n"\n' >"$T/fake/df"
  chmod +x "$T/fake/df"
  bare ruru "mount -t tmpfs -o size=2m none '$LAB/ruru/home' || exit 8" "PATH='$T/fake':\$PATH"
  told 'git there says: .*No space' 'one that fills' ruru
else
  skip 'no tmpfs can be mounted' 'a full disk'
fi

done_testing
