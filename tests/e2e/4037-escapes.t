#!/bin/bash
# Attack 37: what a compiler says, and with it whoever wrote the source, is shown and not obeyed: not by a terminal, not by a CI service. The files
# of the output tree keep it as it was.
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2016
. "${srcdir:?}/tests/lib/e2e.sh"

evil=(
  '::error file=a.ino,line=1::obeyed, an error: of mine'
  $'\t ::stop-commands::obeyed, an error: of mine'
  $'\u00a0::set-output name=x::obeyed, an error: of mine'
  'in the middle ##[add-mask]obeyed, an error: of mine'
  '##vso[task.setvariable variable=x]obeyed, an error: of mine'
  $'\e]0;title\a\e[2J\e[1A obeyed, an error: of mine'
  $'\xc2\x9b2J \x9b2J \x90q obeyed, an error: of mine'
  $'an error: of mine\r::warning::obeyed\rok'
)
printf '%s\n' "${evil[@]}" >"$T/evil"
bin=$TINY/hardware/tiny/tiny/tools/tiny/bin
mkdir "$T/real"
mv "$bin/tiny-g++" "$T/real"
cat >"$bin/tiny-g++" <<END
#!/bin/sh
case " \$* " in *' -c '*.ino.cpp*) cat '$T/evil' >&2 ;; esac
exec '$T/real/tiny-g++' "\$@"
END
chmod +x "$bin/tiny-g++"
mksketch . Good
mksketch . Fails '// tiny: fail no'

# Lines that somebody would obey.
obeyed() { # TEXT
  LC_ALL=C grep -a -E -e $'^([ \t]|[\x80-\xff])*::' -e '##(vso|teamcity)?\[' -e $'[\x01-\x08\x0b-\x1f\x7f]' -e $'\xc2[\x80-\x9f]' <<<"$1"
}
is "$(obeyed "$(<"$T/evil")" | wc -l)" "${#evil[@]}" 'each line of these is one that somebody obeys'

harmless() { # NAME TEXT
  is "$(obeyed "$2")" '' "attack 37, $1: nothing is obeyed"
  like "$2" '\\x3a:error file=a.ino,line=1::obeyed.*\\x1b\[2J' "attack 37, $1: … but all is shown"
  like "$2" 'FAIL tiny:tiny:one  Fails.*\\x3a:error' "attack 37, $1: … of the failure, too"
}
run boardman compile -b one --warnings all
ok_status 1
harmless 'in a file' "$out"
raw() { # SKETCH
  LC_ALL=C eval '[[ $(<boardman-out/current/tiny.tiny.one/$1/err) == *"$(<"$T/evil")"* ]]'
}
ok 'attack 37: the output tree keeps it as it was' raw Good
ok '… of the failure, too' raw Fails
GITHUB_ACTIONS=true CI=true run boardman compile -b one --warnings all -f
harmless 'in CI' "$out"
run boardman compile -b one --warnings all -f --json-lines
is "$(obeyed "$out$err")" '' 'attack 37, with JSON: nothing is obeyed'
if command -v script >/dev/null && script -qec true /dev/null </dev/null >/dev/null 2>&1; then
  screen=$(TERM=xterm script -qec 'boardman compile -b one --warnings all -f' /dev/null </dev/null | tr -d '\r' | sed -E $'s/\e\\[(K|[0-9;]*m)//g')
  harmless 'on a terminal' "$screen"
else
  skip 'script(1) does not work here' 'on a terminal'
fi

# --- words that a library brings along ---
mkdir -p lib/Bad
printf 'name=Bad\e[2J\nversion=1::error::x\n' >lib/Bad/library.properties
: >lib/Bad/Bad.h
mv "$T/real/tiny-g++" "$bin"
mksketch . Uses '#include <Bad.h>'
run boardman why -b one --libraries lib Uses
is "$(obeyed "$out$err")" '' 'attack 37, in a library: nothing is obeyed'
like "$out" 'Bad\\x1b\[2J' '… but shown'

done_testing
