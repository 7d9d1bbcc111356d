#!/bin/bash
# Attack 36: nothing that a work tree says about git is done, here or on another machine: no hook, no filter, no submodule, no program of its
# configuration. (Filters and hooks beside the bytes that are sent: 1401-source.t)
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2016
. "${srcdir:?}/tests/lib/e2e.sh"
command -v jq >/dev/null || skip_all 'jq is not installed'
. "$srcdir/tests/lib/lab.sh"
missing=$(lab_missing)
[ -z "$missing" ] || skip_all "$missing"

lab ohau
lab_blind ohau "$T/work"
mkdir repo "$T/ran" && cd repo || exit 99
git init -q .
mksketch sk Plain '#include "made.h"
void setup() {}'
printf '// tiny: bytes 7\n' >sk/Plain/made.h
printf 'low' >sk/Plain/low.filtered

# What git would run, each leaving a file named after it; on the machine, too.
trap_of() { echo "touch $T/ran/$1; false"; } # NAME
hooks() { # DIRECTORY
  local hook
  mkdir -p "$1"
  for hook in post-checkout post-index-change pre-receive update post-receive post-update reference-transaction proc-receive pre-push fsmonitor-watchman; do
    printf '#!/bin/sh\n%s\n' "$(trap_of "$hook")" >"$1/$hook"
    chmod +x "$1/$hook"
  done
}
settings() { # GIT-CONFIG-FILE
  local key
  for key in filter.spy.clean filter.spy.smudge filter.spy.process core.fsmonitor core.sshCommand core.pager core.editor core.askPass diff.spy.command \
    diff.spy.textconv merge.spy.driver gpg.program uploadpack.packObjectsHook; do
    git config -f "$1" "$key" "$(trap_of "$key")"
  done
  for key in credential.helper submodule.Sub.update alias.checkout; do
    git config -f "$1" "$key" "!$(trap_of "$key")"
  done
  git config -f "$1" filter.spy.required true
  git config -f "$1" core.hooksPath "$T/hooks"
  git config -f "$1" init.templateDir "$T/template"
  git config -f "$1" receive.fsckObjects false
}
hooks "$T/hooks"
hooks "$T/template/hooks"
git add -A && git commit -qm 1
mkdir ../sub && (cd ../sub && git init -q . && echo '// sub' >sub.h && git add -A && git commit -qm 1)
git -c protocol.file.allow=always submodule -q add "$T/work/sub" sk/Plain/Sub
cat >.gitmodules <<END
[submodule "Sub"]
	path = sk/Plain/Sub
	url = ext::sh -c touch% $T/ran/ext%
	update = !touch $T/ran/update
[submodule "-u./payload"]
	path = sk/Plain/-Sub
	url = --upload-pack=touch $T/ran/upload
END
printf '* filter=spy diff=spy merge=spy text eol=crlf ident\n' >.gitattributes
hooks hooks
hooks .git/hooks
settings .git/config
settings "$LAB/ohau/home/.gitconfig"
mkdir -p sk/Plain/nested && git init -q --bare sk/Plain/nested/bare.git
settings sk/Plain/nested/bare.git/config
hooks sk/Plain/nested/bare.git/hooks

run boardman compile -b one sk/Plain
ok_status 0 'attack 36, here: it builds'
is "$(ls "$T/ran")" '' 'attack 36, here: nothing that git would run is run'
mv boardman-out here
dist -b one --no-local sk/Plain
ok_status 0 'attack 36, on another machine: it builds'
is "$(ls "$T/ran")" '' 'attack 36, on another machine: nothing that git would run is run'
ok '… and the bytes are those of here' cmp {here,boardman-out}/current/tiny.tiny.one/sk+Plain/firmware/Plain.ino.hex
is "$(jq -r '.jobs[].machine' boardman-out/run.json)" ohau '… built there'
is "$(find "$(lab_cache ohau)/git/hooks" -type f ! -name '*.sample')" '' '… whose repository has no hook'

git add -A >/dev/null 2>&1
isnt "$(ls "$T/ran")" '' 'git itself would run some of it'

done_testing
