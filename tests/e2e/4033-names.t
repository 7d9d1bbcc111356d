#!/bin/bash
# Attack 33: a machine's name or address that ssh or a shell would take for more than that is refused before it is used. Attack 35: what looks like
# shell in paths, defines and directories is never run, here or on another machine.
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2016
. "${srcdir:?}/tests/lib/e2e.sh"
command -v jq >/dev/null || skip_all 'jq is not installed'
. "$srcdir/tests/lib/lab.sh"
cd "$T" || exit 99

# Whoever starts ssh, or a shell with one of these, leaves a trace.
mkdir "$T/bin"
printf '#!/bin/sh\necho "$@" >>"%s/ssh-calls"\nexit 255\n' "$T" >"$T/bin/ssh"
chmod +x "$T/bin/ssh"
traces() { find "$T" -type f '(' -name 'pwned*' -o -name ssh-calls ')'; }
refused() { # WORDS LINE…
  local words=$1
  shift
  printf '%s\n' "$@" >"$BOARDMAN_CONFIG"
  PATH=$T/bin:$PATH run boardman machines
  like "$status $err" '^2 boardman: [^:]*boardman.conf:[0-9]+: .*; cure: ' "attack 33, $words: refused"
}
for name in '-oProxyCommand=touch pwned' '-F/dev/null' '$(touch pwned)' 'a;touch pwned' 'a|b' '../up' 'a/b' '.' '' "it's" $'a\tb' $'a\vb' 'é' \
  'a b'; do
  refused "the name '$name'" "[machine:$name]" 'command = touch pwned'
done
for name in '-oProxyCommand=x' '$(touch pwned)' 'a;b' '../up' '`x`'; do
  refused "the listed name '$name'" '[machines]' "$name"
done
for address in '-oProxyCommand=touch pwned' '-oProxyCommand=touch${IFS}pwned' 'u@-oProxyCommand=x' '$(touch pwned)' 'a;touch' 'a b' '`x`' 'a/b' \
  "it's" '"' 'a\b' $'a\x01b' '~' '*'; do
  refused "the address '$address'" '[machines]' "ohau = $address"
done
printf '[machines]\nohau\nmoa\n' >"$BOARDMAN_CONFIG"
PATH=$T/bin:$PATH run boardman machines -- -oProxyCommand=x
like "$status $err" "^2 .*no machine '-oProxyCommand=x'" 'attack 33: a name on the command line is one of the configured'
PATH=$T/bin:$PATH run boardman compile -b one --use-machines $'ohau\n-oProxyCommand=x' --no-local
ok_status 2 '… with a newline, too'
is "$(traces)" '' 'attack 33: nothing was started'

# --- 35 ---
missing=$(lab_missing)
if [ -n "$missing" ]; then
  skip "$missing" 'attack 35'
  done_testing
fi
evil="it's \$(touch $T/pwned1) \`touch $T/pwned2\` \"; touch pwned3;"
proj=$T/work/$evil
lib="$T/lib $evil"
mkdir -p "$proj" "$lib/Odd"
cd "$proj" || exit 99
git init -q .
printf 'name=Odd\nversion=1\n' >"$lib/Odd/library.properties"
printf 'int odd();\n' >"$lib/Odd/Odd.h"
printf '#include "Odd.h"\nint odd() { return 1; }\n' >"$lib/Odd/a;touch pwned4;.cpp"
mksketch . Sk '#include <Odd.h>
void setup() {}'
args=(-b one --libraries "$lib" -o "$proj/out \$(touch pwned5)" --build-property 'build.extra_flags=-DA=$(touch${IFS}pwned6) "-DB=; touch pwned7;" -DC=`touch${IFS}pwned8` '"'-DD=|touch pwned9'")
run boardman compile "${args[@]}"
ok_status 0 'attack 35: paths, libraries, defines that look like shell'
is "$(grep -c -F -- '-DA=$(touch${IFS}pwned6)' "$proj/out \$(touch pwned5)/current/tiny.tiny.one/Sk/cmd")" 1 '… reach the compiler as they are'
# A machine whose home, and whose boardman, are called like that.
lab ohau
mkdir -p "$LAB/ohau/$evil"
home=$LAB/ohau/$evil
printf '#!/bin/sh\nexec "%s" "$@"\n' "$boardman_path" >"$home/board man"
chmod +x "$home/board man"
printf 'boardman_path = %s\n' "$home/board man" >"$LAB/ohau/conf"
printf '%s' "$home" >"$LAB/ohau/where"
lab_enter ohau "HOME=\$(cat '$LAB/ohau/where')"
lab_conf
rm -rf "$proj/out"*
dist --no-local "${args[@]}"
ok_status 0 'attack 35: … to a machine whose directories look like it'
is "$(jq -r '.jobs[].machine' "$proj/out \$(touch pwned5)/run.json")" ohau '… which has built it'
ok '… in its own home' test -d "$home/.cache/boardman"
is "$(traces)" '' 'attack 35: nothing was run'

done_testing
