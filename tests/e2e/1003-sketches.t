#!/bin/bash
# The shapes that sketches come in: each is built as the reference builds it, or refused where it refuses.
# shellcheck source-path=SCRIPTDIR/../lib
. "${srcdir:?}/tests/lib/e2e.sh"
. "$srcdir/tests/lib/avr.sh"
need_reference

board=arduino:avr:uno
names=()
declare -A title wanted

# One sketch for the comparison at the end, its main file on stdin. Further files are the caller's.
sketch() { # NAME VERDICT TITLE
  names+=("$1")
  wanted[$1]=$2
  title[$1]=$3
  mkdir -p "shapes/$1"
  cat >"shapes/$1/$1.ino"
}

tab() { # FILE, in shapes; its text on stdin
  mkdir -p "shapes/$(dirname "$1")"
  cat >"shapes/$1"
}

# --- files ---
sketch Tabs ok 'several tabs, in the order of their names'
tab Tabs/Tabs.ino <<'END'
void setup() { PORTB = first() + second(1); }
void loop() { }
END
tab Tabs/b.ino <<<'int second(int n) { return first() + n + LAST; }'
tab Tabs/A.ino <<'END'
#define LAST 9
int third = 3;
int first() { return digitalRead(third); }
END
printf 'int unended() { return 1; }' >shapes/Tabs/z.ino
tab Tabs/old.pde <<<'int from_pde() { return unended(); }'

sketch Pde ok 'a main file that ends in .pde'
rm shapes/Pde/Pde.ino
tab Pde/Pde.pde <<<'void setup() { PORTB = f(2); } void loop() { }'
tab Pde/more.pde <<<'int f(int n) { return n * analogRead(0); }'

sketch Src ok 'files in src and below'
tab Src/Src.ino <<'END'
#include "src/one.h"
#include "src/deep/two.h"
void setup() { PORTB = one() + two(); }
void loop() { }
END
tab Src/src/one.h <<<'int one();'
tab Src/src/one.cpp <<<$'#include "one.h"\n#include "deep/two.h"\nint one() { return two() + 1; }'
tab Src/src/deep/two.h <<<'int two();'
tab Src/src/deep/two.cpp <<<$'#include "two.h"\n#include <Arduino.h>\nint two() { return analogRead(2); }'
tab Src/data/broken.cpp <<<'this is no source'
tab Src/.hidden/broken.cpp <<<'this is no source'
tab Src/src/.git/broken.cpp <<<'this is no source'

sketch Languages ok '.c, .cpp, .S, .h and .hpp beside the sketch'
tab Languages/Languages.ino <<'END'
#include "all.h"
#include "more.hpp"
void setup() { PORTB = in_c(1) + in_s(2) + more(3); }
void loop() { }
END
tab Languages/all.h <<'END'
#ifdef __cplusplus
extern "C" {
#endif
int in_c(int), in_s(int);
#ifdef __cplusplus
}
#endif
END
tab Languages/more.hpp <<<$'#include <Arduino.h>\ntemplate <typename T> T more(T t) { return t + PINB; }'
tab Languages/c.c <<<$'#include <Arduino.h>\n#include "all.h"\nint in_c(int n) { int new = n; return new + digitalRead(new); }'
tab Languages/s.S <<<$'#define ONE 1\n.global in_s\nin_s:\n\tadiw r24, ONE\n\tret'
tab Languages/cpp.cpp <<<$'#include "all.h"\n#include "more.hpp"\n#include <Arduino.h>\nint unused() { return more(in_c(3)); }'

sketch Own_main ok 'a main of its own'
tab Own_main/Own_main.ino <<'END'
int main() { init(); run(); return 0; }
void run() { for (;;) PORTB = PINB; }
END

# --- line ends and byte order marks ---
sketch Crlf ok 'CR LF'
tab Crlf/Crlf.ino <<'END'
#define SUM(a, b) \
  ((a) + \
   (b))
// a comment that goes on \
int lost() { return 1; }
void setup() { Serial.print(SUM(f(1), __LINE__)); Serial.print("a\
b"); }
void loop() { }
int f(int n) { return n; }
END
tab Crlf/tab.ino <<<$'int g()\n{\n  return f(2);\n}'
sed -i 's/$/\r/' shapes/Crlf/*.ino

sketch Utf8 ok 'text that is not ASCII' <<'END'
void setup() { Serial.print("Grüße, 世界"); /* ½ */ say('\xb0'); }
void loop() { }
void say(char c) { Serial.print(c); Serial.print("°"); }
END

# --- the preprocessor ---
sketch Define ok '#define before #include'
tab Define/Define.ino <<'END'
#define WIDTH 3
#define USE_TWO
#include "config.h"
#include <Arduino.h>
#ifdef TWO
int two() { return one() + WIDTH; }
#else
int two(long) { return 0; }
#endif
#if 0
int never(undefined_type x) { return 0; }
#endif
void setup() { PORTB = two(); }
void loop() { }
int one() { return PINB; }
END
tab Define/config.h <<<$'#ifdef USE_TWO\n#define TWO\n#endif'

sketch Macros ok 'functions that macros make'
tab Macros/Macros.ino <<'END'
#define MAKE(name, n) int name() { return n + PINB; }
#define HANDLER void
MAKE(one, 1)
MAKE(two, 2)
HANDLER setup() { PORTB = one() + two() + later(); }
HANDLER loop() { }
#define LATER int later()
LATER { return 4; }
int last() { return later(); }
END

sketch Lines ok '__LINE__ and __FILE__'
tab Lines/Lines.ino <<'END'
// one

void setup() { say(__FILE__, __LINE__); }
void loop() { tabbed(); }
void say(const char *file, int line) { Serial.print(file); Serial.print(line); }
END
tab Lines/tab.ino <<<$'\n\nvoid tabbed() { say(__FILE__, __LINE__); }'

sketch Interrupt ok 'interrupt handlers'
tab Interrupt/Interrupt.ino <<'END'
volatile int n;
ISR(TIMER1_COMPA_vect) { n += step(); }
ISR(ADC_vect, ISR_NAKED) { reti(); }
void setup() { attachInterrupt(1, handler, RISING); }
void loop() { PORTB = n; }
int step() { return 2; }
void handler() { n = 0; }
END

# --- prototypes ---
sketch Templates ok 'templates'
tab Templates/Templates.ino <<'END'
template <typename T> struct Box {
  T value;
  T get() { return value; }
};
template <typename T> T largest(T a, T b) { return a > b ? a : b; }
template <class T, int N>
int count(const T (&array)[N])
{
  return N + plain(array[0]);
}
void setup() {
  int v[] = {1, 2, 3};
  Box<long> b = {4};
  PORTB = largest(count(v), 2) + b.get() + boxed(b);
}
void loop() { }
int plain(int n) { return n + PINB; }
long boxed(Box<long> b) { return b.get(); }
END

sketch Defaults ok 'default arguments'
tab Defaults/Defaults.ino <<'END'
int declared(int a, int b = 5);
int early(int a, int b = 2, const char *s = "a,b") { return a + b + s[0]; }
int later(int a, int b = 7) { return a * b; }
void setup() { PORTB = declared(1) + early(1) + early(1, 2) + later(3, 4); }
void loop() { }
int declared(int a, int b) { return a + b + PINB; }
END

sketch Pointers ok 'function pointers'
tab Pointers/Pointers.ino <<'END'
typedef int (*operation)(int);
operation table[] = {twice, &thrice};
void setup() { PORTB = table[PINB & 1](3) + apply(twice, 4) + chosen(1)(2); }
void loop() { }
int twice(int n) { return 2 * n; }
int thrice(int n) { return 3 * n; }
int apply(int (*f)(int), int n) { return f(n); }
operation chosen(int n) { return n ? twice : thrice; }
END

sketch Raw ok 'raw strings'
tab Raw/Raw.ino <<'END'
const char page[] = R"page(
<a href="x">)" // not the end
int fake() { return "; }
#include <nothing.h>
)page";
const char plain[] = "\"quoted\" // no comment \\";
int after(char a, char b) { return a + b; }
void setup() { Serial.print(page); Serial.print(plain); Serial.print(R"(")"); Serial.print(after('"', '\'')); }
void loop() { }
END

sketch Types ok "prototypes with the sketch's own types"
tab Types/Types.ino <<'END'
#include "types.h"
struct point { int x, y; };
enum color { RED, GREEN };
typedef struct { long v; } wrapped;
class Thing {
public:
  Thing(int n) : n(n) {}
  int get() const { return n + helper(n); }
  static int helper(int n) { return n; }
private:
  int n;
};
namespace inner { int deep() { return 1; } }
void setup() {
  point p = {1, 2};
  wrapped w = {3};
  PORTB = norm(p) + paint(GREEN) + unwrap(&w) + look(Thing(4)) + from_header(tabled()) + *pointer(&p) + inner::deep();
}
void loop() { }
int norm(const point &p) { return p.x + p.y + PINB; }
int paint(enum color c) { return c; }
long unwrap(wrapped *w) { return w->v; }
int look(const Thing &t) { return t.get(); }
int from_header(header_type h) { return h.n; }
int *pointer(struct point *p) { return &p->x; }
header_type tabled() { return header_type{PIND}; }
END
tab Types/types.h <<<'struct header_type { int n; };'

sketch Heads ok 'heads of functions in many forms'
tab Heads/Heads.ino <<'END'
static int counter = 0;
struct op { int v; };
op operator+(const op &x, const op &y) { return op{x.v + y.v}; }
unsigned
long
c(int n, // a comment, with )
  const char *s /* another ( */)
{
  return n + s[0];
}
int d(int n) __attribute__((noinline));
int d(int n) { return n * PINB; }
void setup() { PORTB = a(1) + b() + c(2, "x") + d(3) + e() + (int)f(nullptr) + g() + h(3) + i(1) + i(2L) + j(4) + k(); }
void loop() { }
static int a(int n) { return n + counter; }
inline int b() { return PINB; }
extern "C" int e(void) { return 5; }
const char *f(const char *s) { return s; }
__attribute__((noinline)) int g() { return counter++; }
constexpr int h(int n) { return n * 2; }
int i(int n) { return n; }
int i(long n) { return n + 1; }
int j(int n) { struct local { int f(int m) { return m; } } l; auto m = [](int x) { return x + 1; }; return l.f(n) + m(n); }
bool k() { if (PINB) { return true; } else if (PINC) { return false; } return PIND; }
END

# --- what the reference refuses ---
sketch Unknown failed "a prototype that needs a type from below"
tab Unknown/Unknown.ino <<'END'
void setup() { }
void loop() { }
struct below { int x; };
int norm(below b) { return b.x; }
END
sketch Undeclared failed 'a function that is nowhere' <<<'void setup() { nowhere(); } void loop() { }'
sketch Missing failed 'a header that is nowhere' <<<$'#include <Nowhere.h>\nvoid setup() { } void loop() { }'
sketch Broken failed 'a file beside the sketch that does not compile' <<<'void setup() { } void loop() { }'
tab Broken/other.c <<<'int x = ;'
sketch No_setup failed 'no setup' <<<'void loop() { }'
sketch Loop failed 'a loop that does not compile' <<<'void setup() { } void loop() { return 1 +; }'
sketch Large failed 'more than fits' <<<$'const char big[31000] PROGMEM = {1};\nvoid setup() { for (unsigned i = 0; i < 31000; i++) Serial.print(pgm_read_byte(big + i)); Serial.print(1.5); } void loop() { }'

for name in "${names[@]}"; do
  printf '%s\n' "$PWD/shapes/$name"
done >list
reference_all "$T/theirs" "$board" <list
run boardman compile -q -b "$board" --build-property "$compat" -o "$T/results" shapes
ok_status 1 'boardman has built them all, and some fail'
find_results "$T/results"
for name in "${names[@]}"; do
  reference=$(reference_dir "$T/theirs" "$PWD/shapes/$name")
  ours=${result_dir[$PWD/shapes/$name]:-none}
  got=${verdict[$PWD/shapes/$name]:-}
  hex=$(firmware "$reference" hex)
  if [ "${wanted[$name]}" = ok ] && [ ! -f "$hex" ]; then
    result 1 "${title[$name]}" || note "the reference fails: $(head -n 20 "$reference/log")"
  elif [ "${wanted[$name]}" != ok ] && [ -f "$hex" ]; then
    result 1 "${title[$name]}" || note 'the reference builds it'
  elif [ "${wanted[$name]}" != ok ] || [ "$got" != ok ]; then
    is "$got" "${wanted[$name]}" "${title[$name]}"
    [ "$got" = "${wanted[$name]}" ] || note "$(cat "$ours/err")"
  else
    same_files "${title[$name]}" "$hex" "$ours/firmware/${hex##*/}"
  fi
done

run boardman compile -q -b "$board" -o "$T/default" shapes
find_results "$T/default"
verdicts=''
for name in "${names[@]}"; do
  got=${verdict[$PWD/shapes/$name]:-}
  [ "$got" = "${wanted[$name]}" ] || verdicts+=" $name:$got"
done
is "$verdicts" '' "the verdicts are the same by arduino-cli's rules"

# --- byte order marks, which the reference does not take off ---
write_marked() { # SKETCH MARK
  mkdir -p "$1"
  printf '%s#include "h.h"\nvoid setup() { PORTB = f() + g(); }\nvoid loop() { }\n' "$2" >"$1/${1##*/}.ino"
  printf '%s#include "h.h"\nint f() { return analogRead(1); }\n' "$2" >"$1/tab.ino"
  printf '%s#include <Arduino.h>\nint g() { return analogRead(2); }\n' "$2" >"$1/other.cpp"
  printf '%sint g();\n' "$2" >"$1/h.h"
}
write_marked marks/Plain ''
write_marked marks/Marked $'\xef\xbb\xbf'
build "$board" marks
ok_status 0 'files with byte order marks are built'
find_results "$output/out"
same_files '… as if there were none' "$(firmware "${result_dir[$PWD/marks/Plain]}/firmware" hex)" \
  "$(firmware "${result_dir[$PWD/marks/Marked]}/firmware" hex)"

# --- names ---
# All hold the same text, so that their firmware is the same, whatever they are called.
same_text() { # DIR
  mkdir -p "$1/src"
  cat >"$1/${1##*/}.ino" <<'END'
#include "src/deep er.h"
void setup() { PORTB = below(1) + deeper() + one(); }
void loop() { }
int below(int n) { return n + PINB; }
END
  echo 'int one() { return deeper(); }' >"$1/one more.ino"
  echo 'int deeper();' >"$1/src/deep er.h"
  printf '#include "deep er.h"\n#include <Arduino.h>\nint deeper() { return analogRead(A0); }\n' >"$1/src/it's.cpp"
}
# shellcheck disable=SC2016
odd=('with space' "it's" '"quoted"' '$(touch x)' '`id`' '-dash' 'Grüße' '50%' 'a;b&c' 'star*' 'back\slash' '#hash' \
  '@at' '=' 'a,b' "'" '~tilde' '(paren' 'a:b' '!bang' '%20' '--version')
same_text names/plain
# shellcheck disable=SC2016
for name in "${odd[@]}"; do
  same_text "names/below \$(touch x) \"it's\"/$name"
done
same_as_reference 'a plain name' "$board" "$PWD/names/plain"
cp "$(firmware "$results/firmware" hex)" plain.hex
same_text "$PWD/names/one space"
same_as_reference 'a name with a space' "$board" "$PWD/names/one space"
run boardman compile -q -b "$board" -o "$T/names.out" names
ok_status 0 'sketches with odd names, in an odd directory, are built'
count=0
while IFS= read -r hex; do
  cmp -s plain.hex "$hex" && count=$((count + 1))
done < <(find "$T/names.out/current" -name '*.hex' ! -name '*with_bootloader*')
is "$count" $((${#odd[@]} + 2)) '… and all give the same firmware'
has_no_file x 'no shell has seen the names'
has_no_file "names/below \$(touch x) \"it's\"/x" '… anywhere'
run boardman compile -q -b "$board" -o "$T/dash.out" -C "names/below \$(touch x) \"it's\"" -- -dash --version
ok_status 0 'names that begin with a dash can be given'

done_testing
