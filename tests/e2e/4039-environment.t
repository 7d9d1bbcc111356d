#!/bin/bash
# Attack 39: what is set where boardman is called does not reach a tool, here or on another machine: neither to be stolen, nor to decide what is built.
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2016
. "${srcdir:?}/tests/lib/e2e.sh"
command -v jq >/dev/null || skip_all 'jq is not installed'
. "$srcdir/tests/lib/lab.sh"

lab ohau
# Each tool writes down what it was given.
bin=$TINY/hardware/tiny/tiny/tools/tiny/bin
mv "$bin" "$bin.real"
mkdir "$bin" "$T/bin"
spy() { # TOOL NAME
  printf '#!/bin/sh\ntr "\\0" "\\n" </proc/$$/environ >>"%s/seen"\nexec "%s" "$@"\n' "$T" "$1" >"$2"
  chmod +x "$2"
}
for tool in "$bin.real"/*; do spy "$tool" "$bin/${tool##*/}"; done
spy "$(command -v arduino-ctags)" "$T/bin/arduino-ctags"
export PATH=$T/bin:$PATH
export BUILD_TOKEN=s3cr3t-token SSH_AUTH_SOCK=$T/agent DISPLAY=:7 LD_LIBRARY_PATH=/nowhere CPATH=/nowhere GCC_EXEC_PREFIX=/nowhere LANG=de_DE.UTF-8
mksketch . Plain 'void setup() { late(1); }
void late(int n) { n++; }'

only_listed() { # NAME
  is "$(cut -d = -f 1 "$T/seen" | sort -u | grep -v -x -E 'PATH|HOME|USER|LOGNAME|TMPDIR|TMP|TZ|SOURCE_DATE_EPOCH|LC_ALL')" '' \
    "attack 39, $1: nothing but what is on the list"
  ok "attack 39, $1: … which tools have" grep -qx 'LC_ALL=C' "$T/seen"
  is "$(grep -c s3cr3t "$T/seen")" 0 "attack 39, $1: … no secret"
  : >"$T/seen"
}
run boardman compile -b one
ok_status 0
only_listed 'here'
run boardman why -b one Plain
only_listed 'why'

missing=$(lab_missing)
if [ -n "$missing" ]; then
  skip "$missing" 'on another machine'
  done_testing
fi
lab_enter ohau "mkfifo '$T/fifo.'\$\$" 'exec 3<&0' "tee -a '$T/heard' <&3 >'$T/fifo.'\$\$ & tee=\$!" \
  "\"\$@\" <'$T/fifo.'\$\$" 'status=$?; kill $tee; exit $status'
dist -b one --no-local -f
ok_status 0
ok 'the machine was spoken to' grep -aq build_sketches "$T/heard"
is "$(grep -a -c -e s3cr3t -e /nowhere -e de_DE "$T/heard")" 0 'attack 39: no variable is told to another machine'
only_listed 'on another machine'

done_testing
