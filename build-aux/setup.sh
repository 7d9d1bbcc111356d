# shellcheck shell=sh
# Sourced by ./quickstart and ./check: the Debian packages that building, running and testing need, and how to get the ones
# that are missing. It tells what it will install before it does, and does nothing when nothing is missing.

# shellcheck disable=SC2034
build_packages='gcc libc6-dev make autoconf automake pkg-config libuv1-dev libcjson-dev libyaml-dev
  nettle-dev libelf-dev libpcre2-dev libgit2-dev libssh-dev uthash-dev'
# shellcheck disable=SC2034
run_packages='git openssh-client arduino-ctags gcc-avr binutils-avr avr-libc arduino-core-avr'
# shellcheck disable=SC2034
test_packages='arduino-builder simavr jq openssh-server clang clang-format clang-tidy shellcheck mandoc
  valgrind libc6-dbg libclang-rt-dev iproute2 fish csh debootstrap'

say() {
  printf '%s: %s\n' "${0##*/}" "$*"
}

fail() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# The names of those packages that are not installed, a space before each.
missing_packages() { # PACKAGE...
  for package; do
    case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) in
      installed) ;;
      *) printf ' %s' "$package" ;;
    esac
  done
}

# Sets as_root to what makes a command run as root: nothing, or sudo. False when there is no way.
find_root() {
  as_root=
  [ "$(id -u)" = 0 ] && return 0
  as_root=sudo
  command -v sudo >/dev/null || return 1
  # Without a terminal nobody can give a password.
  if [ -t 0 ]; then sudo -v; else sudo -n true 2>/dev/null; fi
}

# Its output is shown only when it fails.
apt_get() { # ARGUMENT...
  # shellcheck disable=SC2086
  run_quietly $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 "$@"
}

all_known() { # PACKAGE...
  for package; do
    apt-cache show "$package" >/dev/null 2>&1 || return 1
  done
}

# Brings the package lists up to date when apt does not know a package, or knows a version that is gone.
install_packages() { # PACKAGE...
  all_known "$@" || apt_get update || return 1
  apt_get install --no-install-recommends "$@" 2>/dev/null && return 0
  apt_get update && apt_get install --no-install-recommends "$@"
}

need_packages() { # PACKAGE...
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    fail "this is no Debian system: no apt-get here; cure: install what these packages hold, then run \
./autogen.sh, ./configure, make: $*"
  fi
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  say "installs these Debian packages:$missing"
  find_root || fail "cannot install them: not root, and sudo does not work; cure: as root, run \
'apt-get install$missing', then $0 again"
  # shellcheck disable=SC2086
  install_packages $missing || fail "apt-get could not install:$missing"
}

# Makes ./configure when it is missing or older than what it is made from.
need_configure() { # TOP
  if [ -x "$1/configure" ] && [ -z "$(find "$1/configure.ac" "$1/m4" "$1/Makefile.am" "$1"/*/Makefile.inc \
    "$1"/src/*/Makefile.inc -newer "$1/configure")" ]; then
    return 0
  fi
  run_or_fail "$1/autogen.sh"
}

# Sets $examples to a directory with Debian's Arduino example sketches, unpacked there the first time. Their package is not
# installed: it would bring a whole Java.
need_examples() {
  examples=${XDG_CACHE_HOME:-$HOME/.cache}/boardman/examples
  [ ! -d "$examples/01.Basics" ] || return 0
  say "unpacks Debian's example sketches in $examples"
  work=$(mktemp -d)
  chmod 755 "$work"
  if ! (cd "$work" && download_examples); then
    rm -rf "$work"
    fail "cannot download Debian's package 'arduino'; cure: see apt's message above"
  fi
  mkdir -p "$examples"
  cp -R "$work/tree/usr/share/doc/arduino/examples/." "$examples"
  rm -rf "$work"
}

download_examples() {
  if ! apt-get -q download arduino >/dev/null 2>&1; then
    if find_root; then apt_get update || return 1; fi
    run_quietly apt-get -q download arduino || return 1
  fi
  dpkg -x arduino_*.deb tree
}

# Runs a command; its output is shown only when it fails.
run_quietly() { # COMMAND...
  log=$(mktemp)
  run_status=0
  "$@" >"$log" 2>&1 || run_status=$?
  [ "$run_status" = 0 ] || tail -n 60 "$log" >&2
  rm -f "$log"
  return "$run_status"
}

# The same, and the script ends when the command fails.
run_or_fail() { # COMMAND...
  run_quietly "$@" || fail "failed: $*"
}
