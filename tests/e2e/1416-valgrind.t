#!/bin/bash
# A run over a lab under valgrind, boss and workers: no wrong access, nothing lost. Takes a program without sanitizers: make valgrind runs it.
# shellcheck source-path=SCRIPTDIR/../lib
. "${srcdir:?}/tests/lib/e2e.sh"
[ -n "${BOARDMAN_VALGRIND:-}" ] || skip_all 'make valgrind runs it, in soak'
for program in valgrind jq; do
  command -v "$program" >/dev/null || skip_all "$program is not installed"
done
real=$(command -v boardman)-lab
mkdir "$T/bin" "$T/valgrind"
# The libssh2 of libgit2 begins OpenSSL, whose error state it forgets.
cat >"$T/known" <<END
{
   libssh2
   Memcheck:Leak
   ...
   fun:OPENSSL_init_crypto
   ...
   fun:libssh2_init
}
END
cat >"$T/bin/boardman" <<END
#!/bin/sh
exec valgrind -q --log-file='$T/valgrind/%p' --suppressions='$T/known' --leak-check=full --errors-for-leak-kinds=definite '$real' "\$@"
END
chmod +x "$T/bin/boardman"
PATH=$T/bin:$PATH
. "$srcdir/tests/lib/lab.sh"
missing=$(lab_missing)
[ -z "$missing" ] || skip_all "$missing"
lab ohau moa

# What valgrind has to say, of all processes since: boss and workers, and what they became before they were others.
is_clean() { # NAME
  eventually 60 nothing_left
  ok "$1: under valgrind" test "$(find "$T/valgrind" -type f | wc -l)" -ge 3
  is "$(find "$T/valgrind" -type f -exec cat {} + | head -n 40)" '' "$1: nothing is wrong"
  rm -f "$T/valgrind"/*
}

mksketch . Blink '#include <Blinker.h>'
for i in 1 2 3 4 5 6; do mksketch . "Plain$i" "int p$i;"; done
mksketch . Fails 'int f; // tiny: fail no such thing'
mksketch . Dies 'int d; // tiny: die KILL'
dist --no-local -b one,two --libraries "$TINY/libraries"
ok_status 1
is "$(built_by | cut -f 3 | sort | uniq -c | tr -s ' ' | paste -s -d ,)" ' 2 failed, 2 infra, 14 ok' 'two machines build all'
is_clean 'a run'
dist --no-local -b one,two --libraries "$TINY/libraries"
ok_status 1
is_clean 'one that finds most of it done'
run boardman machines -b one
ok_status 0
is_clean 'machines'
run boardman machines --kill-workers
ok_status 0
is_clean '--kill-workers'

done_testing
