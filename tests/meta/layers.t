#!/bin/bash
# The rooms keep to themselves, and check-layers would tell if they did not.
set -u

check=${srcdir:?}/build-aux/check-layers
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
tests=0

report() { # STATUS NAME
  tests=$((tests + 1))
  if [ "$1" = 0 ]; then echo "ok $tests - $2"; else echo "not ok $tests - $2"; fi
}

# allowed FILE INCLUDE, refused FILE INCLUDE: what the script says of a tree with that one line
verdict() {
  rm -rf "$tree/src"
  mkdir -p "$tree/src/$(dirname "$1")"
  printf '/* a file */\n#include %s\n' "$2" >"$tree/src/$1"
  said=$("$check" "$tree" 2>&1)
}
allowed() {
  verdict "$1" "$2"
  report "$?" "$1 may include $2${said:+ ($said)}"
}
refused() {
  verdict "$1" "$2"
  [ $? = 1 ] && [[ $said == "src/$1:2: "* ]]
  report "$?" "$1 must not include $2"
}

"$check" "$srcdir" | sed 's/^/# /'
report "${PIPESTATUS[0]}" "this tree keeps the layers"

allowed common/fs.c '"common/buf.h"'
allowed common/fs.c '"config.h"'
allowed common/fs.c '<stdio.h>'
refused common/fs.c '"wire/job.h"'
refused common/fs.c '"sketch/props.h"'
refused common/fs.c '"cli/cmd.h"'
refused common/fs.c '"buf.h"'
refused common/fs.c '"../wire/job.h"'
refused common/fs.c '<common/buf.h>'
allowed wire/job.c '"common/buf.h"'
refused wire/job.c '"sketch/engine.h"'
refused wire/job.c '"git/pack.h"'
refused wire/job.c '<uv.h>'
allowed git/pack.c '<git2.h>'
allowed git/pack.c '<git2/sys/repository.h>'
refused git/pack.c '"wire/job.h"'
refused worker/checkout.c '<git2.h>'
refused sketch/a.c '<git2/oid.h>'
allowed sketch/engine.c '<uv.h>'
refused sketch/engine.c '"common/../wire/job.h"'
refused sketch/engine.c '"wire/job.h"'
refused sketch/engine.c '"worker/session.h"'
refused sketch/engine.h '"boss/sched.h"'
allowed worker/session.c '"sketch/engine.h"'
refused worker/session.c '"boss/sched.h"'
allowed boss/campaign.c '"boss/report/table.h"'
allowed boss/campaign.c '"git/pack.h"'
refused boss/campaign.c '"sketch/engine.h"'
refused boss/campaign.c '"worker/session.h"'
allowed boss/report/table.c '"boss/report/row.h"'
allowed boss/report/table.c '"wire/job.h"'
refused boss/report/table.c '"boss/sched.h"'
refused boss/report/table.c '"git/pack.h"'
refused boss/link/ssh.c '"boss/sched.h"'
allowed cli/main.c '"boss/sched.h"'
allowed cli/main.c '"worker/session.h"'
refused boss/sched.c '"cli/cmd.h"'
allowed common/json.c '<cjson/cJSON.h>'
refused common/json.h '<cjson/cJSON.h>'
refused wire/job.c '"cJSON.h"'
allowed common/proc.c '<uv.h>'
allowed common/proc.h '<uv.h>'
refused common/fs.c '<uv.h>'
refused common/fs.c '"uv.h"'

echo "1..$tests"
