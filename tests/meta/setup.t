#!/bin/bash
# build-aux/setup.sh installs what is missing and nothing else, says so first, and explains why it can't. apt is a fake here.
# shellcheck source-path=SCRIPTDIR/../lib
. "${srcdir:?}/tests/lib/e2e.sh"

fake=$T/fake
mkdir -p "$fake"
for tool in sh cat env mktemp rm tail; do
  ln -s "$(command -v "$tool")" "$fake/$tool"
done

fake_tool() { # NAME: the script is on stdin
  rm -f "$fake/$1"
  { echo '#!/bin/sh' && cat; } >"$fake/$1"
  chmod +x "$fake/$1"
}

# A machine: "installed", "known" are lists of packages, "uid" the user.
reset() {
  echo 0 >"$T/uid"
  echo 'gcc make' >"$T/installed"
  echo 'gcc make git simavr' >"$T/known"
  : >"$T/calls"
  fake_tool id <<<"cat '$T/uid'"
  fake_tool dpkg-query <<EOS
for package; do :; done
case " \$(cat '$T/installed') " in *" \$package "*) printf installed ;; *) exit 1 ;; esac
EOS
  fake_tool apt-cache <<EOS
case " \$(cat '$T/known') " in *" \$2 "*) ;; *) exit 100 ;; esac
EOS
  fake_tool apt-get <<EOS
echo "apt-get \$DEBIAN_FRONTEND \$*" >>'$T/calls'
[ "\$(cat '$T/uid')" = 0 ] || { echo 'E: are you root?' >&2; exit 100; }
case " \$* " in *' update '*) echo new >>'$T/known' ;; esac
EOS
  fake_tool sudo <<EOS
[ "\$1" = -n ] && shift
echo "sudo \$*" >>'$T/calls'
echo 0 >'$T/uid'
"\$@"
EOS
  ln -sf "$(command -v true)" "$fake/true"
}

need() { # PACKAGE…
  # shellcheck disable=SC2016
  PATH=$fake run sh -euc '. "$0"; need_packages "$@"' "$srcdir/build-aux/setup.sh" "$@"
}

reset
need gcc make
ok_status 0 'all is there'
is "$out$err$(cat "$T/calls")" '' '… quiet, and apt is not run'

need gcc git simavr
ok_status 0 'installs as root'
like "$out" ': git simavr$' '… says what'
is "$(cat "$T/calls")" \
  'apt-get noninteractive -q -y -o Dpkg::Use-Pty=0 install --no-install-recommends git simavr' \
  '… that, without an update'

reset
need gcc brand-new
like "$(head -n 1 "$T/calls")" ' update$' 'an unknown package brings an update first'

reset
echo 1000 >"$T/uid"
need git
ok_status 0 'installs by sudo'
like "$(cat "$T/calls")" $'^sudo true\nsudo env DEBIAN_FRONTEND=noninteractive apt-get .* git\n' '… and only so'

reset
echo 1000 >"$T/uid"
rm "$fake/sudo"
need git
ok_status 1 'neither root nor sudo'
like "$err" "not root, and sudo does not work; cure: as root, run 'apt-get install git'" '… is told with its cure'
is "$(cat "$T/calls")" '' '… and nothing is tried'

reset
fake_tool sudo <<<'exit 1'
echo 1000 >"$T/uid"
need git
ok_status 1 'a sudo that wants a password'

reset
fake_tool apt-get <<<'echo "E: disk full" >&2; exit 100'
need git
ok_status 1 'apt fails'
like "$err" $'E: disk full\n.*could not install: git$' '… and its message is shown'

reset
rm "$fake/apt-get"
need git
ok_status 1 'another system'
like "$err" 'no Debian system.*cure: .*git$' '… is told what it lacks'

done_testing
