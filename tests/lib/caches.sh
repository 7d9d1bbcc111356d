# shellcheck shell=bash
# Sourced after e2e.sh by the tests of sharing and caches: builds on the tiny platform, what they started, and whether
# their results are those of a build from nothing. $status, $out and $err are e2e.sh's.
# shellcheck disable=SC2034,SC2154

# Each machine has its own part, for homes that several share.
machine_id=$(cat /etc/machine-id 2>/dev/null)
[[ $machine_id =~ ^[0-9a-f]{32}$ ]] || machine_id=$(uname -n | tr -c 'A-Za-z0-9_\n-' _)
cache=$XDG_CACHE_HOME/boardman/$machine_id
core=$TINY/hardware/tiny/tiny/cores/tiny
libraries=$TINY/libraries

# Starts of the tool that makes prototypes count, too.
real_ctags=$(command -v arduino-ctags) || skip_all 'arduino-ctags is not installed'
mkdir "$T/bin"
cat >"$T/bin/arduino-ctags" <<EOF
#!/bin/sh
printf 'ctags\t%s\t0\n' "\$*" >>'$TINY/starts'
exec '$real_ctags' "\$@"
EOF
chmod +x "$T/bin/arduino-ctags"
PATH=$T/bin:$PATH

# Writes a file in place; the text is given, or stands on stdin.
put() { # FILE [TEXT]
  mkdir -p "${1%/*}"
  if [ $# = 1 ]; then
    cat >"$1"
  else
    printf '%s\n' "$2" >"$1"
  fi
}

# Changes a file in place: same inode, whatever the expression does to the size.
edit() { # FILE SED-EXPRESSION
  local text
  text=$(sed -e "$2" "$1" && echo .)
  printf '%s' "${text%.}" >"$1"
}

# A library in $libraries with one source and one header, NAME.cpp and NAME.h.
mklibrary() { # NAME [LINE-FOR-THE-SOURCE]
  put "$libraries/$1/library.properties" "name=$1
version=1.0
author=nobody
maintainer=nobody
sentence=A library.
architectures=*"
  put "$libraries/$1/src/$1.h" "#pragma once
int $1();"
  put "$libraries/$1/src/$1.cpp" "#include \"$1.h\"
#include <Arduino.h>
int $1() { return 1; }
${2:-}"
}

# One run: what it started is counted from here. What was written just before is given time to be older than the run, since
# a file that a compiler may have read while it was being written is not kept.
compile() { # ARG…
  sleep 0.03
  forget_starts
  run boardman compile --libraries "$libraries" "$@"
}

# What was started since, sorted, without questions to the compiler: "compile A.cpp, link A.elf"; of one role: "A.cpp, B.cpp".
started() { # [ROLE]
  awk -F '\t' -v role="${1:-}" '
    $1 != "ask" && (role == "" || $1 == role) {
      n = split($2, part, "/")
      print (role == "" ? $1 " " : "") part[n]
    }' "$TINY/starts" | LC_ALL=C sort | paste -s -d , | sed 's/,/, /g'
}

# The steps that make a firmware of objects, as `started` shows them.
link_steps() { # SKETCH…
  local s
  for s; do printf 'link %s.ino.elf\nobjcopy %s.ino.hex\nsize %s.ino.elf\n' "$s" "$s" "$s"; done |
    paste -s -d , | sed 's/,/, /g'
}

# A build starts just these, in any order; "none" for nothing at all, not even a question.
starts() { # WANT NAME
  if [ "$1" = none ]; then
    is "$(cat "$TINY/starts")" '' "$2"
  else
    is "$(started)" "$(sed 's/, /\n/g' <<<"$1" | LC_ALL=C sort | paste -s -d , | sed 's/,/, /g')" "$2"
  fi
}

# What a build has left: verdicts, firmware and messages, by content. Times and machines are not in it. With a second
# directory: of the jobs that it holds.
results() { # OUTPUT-DIR [OUTPUT-DIR]
  local job
  (cd "${2:-$1}/current" && find . -name 'done' -printf '%h\n') | LC_ALL=C sort | while IFS= read -r job; do
    (cd "$1/current" && grep -o '"verdict":"[a-z]*"' "$job/done" | sed "s,^,$job: ,"
      find "$job" -type f '(' -path '*/firmware/*' -o -name err -o -name log -o -name cmd ')' \
        -exec sha256sum {} + | LC_ALL=C sort -k 2)
  done
}

# The results in boardman-out are those of the same build without any cache, made at the same place. Arguments are those of
# the build.
is_right() { # NAME ARG…
  local name=$1 code=0
  shift
  mv boardman-out boardman-out.kept
  cp "$TINY/starts" "$T/starts.kept"
  XDG_CACHE_HOME=$T/empty boardman compile --libraries "$libraries" "$@" >"$T/fresh.out" 2>&1
  results boardman-out.kept boardman-out >"$T/results.have" 2>&1
  results boardman-out >"$T/results.want" 2>&1
  rm -rf boardman-out "$T/empty"
  mv boardman-out.kept boardman-out
  cp "$T/starts.kept" "$TINY/starts"
  [ -s "$T/results.want" ] && cmp -s "$T/results.have" "$T/results.want" || code=$?
  result "$code" "$name" || note "$(diff "$T/results.have" "$T/results.want")"
}

firmware_of() { # SKETCH [BOARD]
  sha256sum <"boardman-out/current/tiny.tiny.${2:-one}/$1/firmware/${1##*+}.ino.hex"
}

# Puts a script in front of each tool of a directory. They log to $T/tools: "+ STAGE ROLE FILE" at the start, "-" and the
# same at the end. STAGE is "sketch" for what lies in a sketch's build directory, else "framework".
wrap_tools() { # DIR-OF-REAL-TOOLS DIR-OF-SCRIPTS TOOL…
  local real=$1 dir=$2 tool
  shift 2
  mkdir -p "$dir"
  for tool; do
    cat >"$dir/$tool" <<EOF
#!/bin/bash
role=other file=
for arg; do
  case \$arg in
    -c) role=compile ;;
    -E) role=preproc ;;
    -print-* | -dump* | -v | '-###') role=ask ;;
  esac
  case \$arg in
    *.c | *.cpp | *.S | *.elf | *.a) file=\${file:-\$arg} ;;
  esac
done
stage=framework
[[ \$file != */build/* ]] || stage=sketch
echo "+ \$stage \$role \${file##*/}" >>'$T/tools'
'$real/$tool' "\$@"
code=\$?
echo "- \$stage \$role \${file##*/}" >>'$T/tools'
exit \$code
EOF
    chmod +x "$dir/$tool"
  done
  : >"$T/tools"
}

# How many of a stage (all without one) ran at the same time.
most_at_once() { # [STAGE]
  awk -v stage="${1:-}" '
    $3 == "ask" || (stage != "" && $2 != stage) { next }
    { n += $1 == "+" ? 1 : -1; if (n > most) most = n }
    END { print most + 0 }' "$T/tools"
}
