#!/bin/bash
# What did not change costs nothing: no process for an unchanged job, ok or failed; none for a changed comment; one compile
# and one link for a changed statement. The options that rebuild do so, and rebuild no more than they say.
# shellcheck source-path=SCRIPTDIR/../lib
. "${srcdir:?}/tests/lib/e2e.sh"
. "$srcdir/tests/lib/caches.sh"

stage1='compile main.cpp, compile start.S, compile wiring.c, ar core.a, compile Blinker.cpp, compile Timer.cpp'

mksketch s Plain 'int n = 1; // first
void setup() { n++; }
void loop() {} /* last */'
mksketch s User '#include <Blinker.h>
int n = 1; // first
void setup() { n++; }
void loop() {}'
mksketch s Proto 'void setup()
{
  late(1); // first
}
void loop() {}
void late(int n)
{
  n++;
}'
mksketch s Multi '#include "part.h"
void setup() {}
void loop() {}'
put s/Multi/tab.ino 'int tab = 1; // first'
put s/Multi/part.h 'int part(); // first'
put s/Multi/part.cpp '#include "part.h"
int part() { return 1; } // first'
put s/Multi/src/deep/deep.c 'int deep; // first'
mksketch bad Syntax 'void setup() {}
void loop() {} // tiny: fail no such thing'
mksketch bad Symbol 'void setup() {}
void loop() {} // tiny: needs Nothing'
mksketch bad Header '#include <Nowhere.h>
void setup() {}
void loop() {}'
mksketch bad Two 'void setup() {}'
put bad/Two/extra.cpp 'int extra; // tiny: fail in the second file'

verdicts() { # the jobs of a kind: one line each, without times
  grep -Eo "^$1 [^(]*" <<<"$out" | sed 's/ *$//' | sort
}

# --- nothing changed ---
compile -b one s
ok_status 0 'a first run'
before=$(find boardman-out/current -type f -printf '%p %T@ %C@\n' | sort)
compile -b one s
ok_status 0 'a second run'
starts none '… starts nothing'
is "$(grep -c '^ok .*unchanged' <<<"$out")" 4 '… says so'
like "$out" '4 jobs: 4 ok \(4 unchanged\)' '… and counts them'
is "$(find boardman-out/current -type f -printf '%p %T@ %C@\n' | sort)" "$before" '… leaves all results as they are'
is_right '… which are right' -b one s

rm -r boardman-out
compile -b one s
ok_status 0 'without the results of before'
starts none '… they come from the cache'
is_right '… and are right' -b one s
rm boardman-out/current/tiny.tiny.one/s+Plain/firmware/Plain.ino.hex
compile -b one s
starts none 'a lost file of the firmware comes back'
has_file boardman-out/current/tiny.tiny.one/s+Plain/firmware/Plain.ino.hex
rm boardman-out/current/tiny.tiny.one/s+Plain/deps
compile -b one s
ok_status 0
starts none 'a lost deps file, too'
has_file boardman-out/current/tiny.tiny.one/s+Plain/deps

# --- comments ---
edit s/Plain/Plain.ino 's/first/other words/; s/last/the end/'
compile -b one s
ok_status 0
starts none 'a changed comment starts nothing'
edit s/Proto/Proto.ino 's/first/other words, longer/'
compile -b one s
starts none '… nor where there are prototypes'
edit s/Multi/tab.ino 's/first/other/'
compile -b one s
starts none '… nor in a tab'
edit s/User/User.ino 's,int n = 1; // first,int n = 1;,'
compile -b one s
starts none '… nor when it goes'
edit s/Multi/part.cpp 's/first/other/'
compile -b one s
starts 'compile part.cpp' 'in a .cpp it is compiled, but not linked'
edit s/Multi/part.h 's/first/other/'
compile -b one s
starts 'compile Multi.ino.cpp, compile part.cpp' 'so in a header'
is_right 'all these are right' -b one s
edit s/Plain/Plain.ino '1s,^,// a line more\n,'
compile -b one s
starts 'compile Plain.ino.cpp' 'a comment that moves lines is compiled, not linked'
is_right '… and right' -b one s

edit s/Plain/Plain.ino 's,void loop.*,& // tiny: warn take care,; s/n = 1/n = 2/'
compile --warnings default -b one s
compile --warnings default -b one s
starts none 'a warning does not hinder'
edit s/Plain/Plain.ino 's/a line more/a line  more/'
compile --warnings default -b one s
starts 'compile Plain.ino.cpp' 'with a warning a comment is compiled: it may be what the warning shows'
like "$(cat boardman-out/current/tiny.tiny.one/s+Plain/err)" 'Plain.ino:4:[0-9]+: warning: take care' '… which is shown'
compile -b one s

# --- statements ---
edit s/Plain/Plain.ino 's/n++/n--/'
compile -b one s
ok_status 0
starts "compile Plain.ino.cpp, $(link_steps Plain)" 'a changed statement: one compile, one link'
edit s/Multi/part.cpp 's/return 1/return 2/'
compile -b one s
starts "compile part.cpp, $(link_steps Multi)" '… in one of several files: of that file'
edit s/Multi/src/deep/deep.c 's/int/long/'
compile -b one s
starts "compile deep.c, $(link_steps Multi)" '… below src/'
edit s/Multi/tab.ino 's/tab = 1/tab = 2/'
compile -b one s
starts "compile Multi.ino.cpp, $(link_steps Multi)" '… in a tab'
edit s/Proto/Proto.ino 's/n++/n--/'
compile -b one s
starts "compile Proto.ino.cpp, $(link_steps Proto)" 'prototypes are made anew for new functions only'
edit s/Proto/Proto.ino 's/late/later/g'
compile -b one s
ok 'as here' test "$(count_starts ctags)" = 1
is_right 'all these are right' -b one s
edit s/Proto/Proto.ino 's/later/late/g; s/n--/n++/'
compile -b one s
starts none 'what it was before is still known'
is_right '… and right' -b one s

# --- failures ---
compile -b one s bad
ok_status 1 'failures'
first=$out
is "$(verdicts FAIL | sort -u | wc -l)" 4 '… are shown'
before=$(results boardman-out)
compile -b one s bad
ok_status 1 'a second time: they count'
starts none '… start nothing'
is "$(verdicts FAIL)" "$(verdicts FAIL <<<"$first")" '… and are shown'
is "$(grep '^FAIL.*unchanged' <<<"$out" | sort -u | wc -l)" 4 '… as unchanged'
is "$(results boardman-out)" "$before" '… with the same words'
edit bad/Syntax/Syntax.ino 's/setup() {}/setup() {;}/'
compile -b one bad
ok 'a change tries the failed one again' test "$(started compile)" = Syntax.ino.cpp
like "$(verdicts 'FAIL')" 'bad/Syntax' '… which fails'
edit bad/Syntax/Syntax.ino 's/tiny: fail.*//; s/loop() {}/loop() {;}/'
compile -b one bad
starts "compile Syntax.ino.cpp, $(link_steps Syntax)" 'cured, it is built'
like "$(verdicts ok)" 'bad/Syntax' '… and is ok'
put bad/Header/Nowhere.h 'int nowhere;'
edit bad/Header/Header.ino 's/<Nowhere.h>/"Nowhere.h"/'
compile -b one bad
like "$(verdicts ok)" 'bad/Header' 'a header that was missing cures its sketch'
is_right 'these are right' -b one bad

# --- a unit that fails is tried again ---
mksketch blocked Blocked '#include <Broken.h>
void setup() {}
void loop() {}'
mklibrary Broken "// tiny: unless-file $T/cured fail broken library"
compile -b one blocked
ok_status 1 'a library that does not compile'
like "$out" 'Broken.cpp:[0-9]*:1: error: broken library' '… is told'
compile -b one blocked
ok_status 1
is "$(count_starts compile Broken.cpp)" 1 '… and tried again by the next run'
: >"$T/cured"
compile -b one blocked
ok_status 0 '… so that it may come to compile'
rm -r blocked

# --- options that rebuild ---
compile -F -b one s bad
ok_status 1 '-F'
is "$(started compile)" 'extra.cpp' '-F compiles what failed to compile'
ok '… links what failed to link' test "$(count_starts link)" = "$(count_starts link Symbol)"
ok '… once' test "$(count_starts link)" = 1

compile -f -b one s
ok_status 0 '-f'
is "$(started compile)" 'Multi.ino.cpp, Plain.ino.cpp, Proto.ino.cpp, User.ino.cpp, deep.c, part.cpp' '-f compiles all of the sketches'
is "$(count_starts link)" 4 '… and links them'
is "$(count_starts ctags)" 1 '… and makes prototypes'
is "$(count_starts ar)" 0 '… but not stage 1'
compile -b one s
starts none '… and what it made stands'
edit s/Plain/Plain.ino 's/n--/n -= 3/'
edit s/Multi/part.h 's/other/another/'
compile -f -b one s
rm -r boardman-out
compile -b one s
starts none '… is in the cache, too'

compile -m -b one s
ok_status 0 '-m'
starts none '-m rebuilds stage 1 for what is built, and nothing is'
edit s/User/User.ino 's/n++/n--/'
compile -m -b one s
starts "compile User.ino.cpp, $(link_steps User), $stage1" '-m compiles stage 1 of what is built'
compile -fm -b one s
is "$(started compile)" \
  'Blinker.cpp, Multi.ino.cpp, Plain.ino.cpp, Proto.ino.cpp, Timer.cpp, User.ino.cpp, deep.c, main.cpp, part.cpp, start.S, wiring.c' \
  '-f -m compile everything once'
is_right '… rightly' -b one s

# --- a stage 1 that was wrong: by what no key can know ---
mksketch odd Odd '#include <Odd.h>
void setup() {}
void loop() {}'
mksketch odd Even
mklibrary Odd "// tiny: unless-file $T/there needs Nothing"
compile -b one odd
ok_status 1
: >"$T/there"
compile -F -b one odd
ok_status 1 'a kept library that is wrong fails its sketch'
starts 'link Odd.ino.elf' '… as long as it is kept'
compile -F --fallback-mrproper -b one odd
ok_status 0 '--fallback-mrproper compiles it again'
ok '… once' test "$(count_starts compile Odd.cpp)" = 1
is "$(count_starts link)" 2 '… and links again'
compile -b one odd
starts none '… which stands'
rm "$T/there"
edit odd/Odd/Odd.ino 's/setup() {}/setup() { Nothing(); }/'
put odd/Odd/fail.cpp '// tiny: needs Nothing'
compile --fallback-mrproper -b one odd
ok_status 1 'what fails for good'
is "$(count_starts compile Odd.cpp) $(count_starts link)" '1 2' '… is tried twice'
is "$(grep -c 'undefined reference' boardman-out/current/tiny.tiny.one/odd+Odd/err)" 2 '… and told as the last try has it'

done_testing
