#!/bin/bash
# A changed tool makes anew what that tool makes, and what follows from it; put back, it takes the old results. Here with
# the tiny tools, wherever they lie.
# shellcheck source-path=SCRIPTDIR/../lib
. "${srcdir:?}/tests/lib/e2e.sh"
. "$srcdir/tests/lib/caches.sh"

mksketch s User '#include <Blinker.h>
#include <Sensor.h>
void setup() {}
void loop() {}'
mksketch s Proto 'void setup() { late(1); }
void loop() {}
void late(int n) { n++; }'
bin=$TINY/hardware/tiny/tiny/tools/tiny/bin
cxx='Blinker.cpp, Proto.ino.cpp, Sensor.cpp, Timer.cpp, User.ino.cpp, Wire.cpp, main.cpp'
roles='compile preproc ctags ar link objcopy size'

how_many() { # of each role
  local role all=''
  for role in $roles; do all+=" $role $(count_starts "$role")"; done
  echo "${all# }"
}
changes=0
changed_tool() { # TOOL COMPILES HOW-MANY
  changes=$((changes + 1))
  local file=$bin/$1
  [ "$1" != arduino-ctags ] || file=$T/bin/$1
  cp "$file" "$T/$1.before"
  echo "# $changes" >>"$file"
  compile -b one s
  ok_status 0 "a byte of $1"
  is "$(started compile)" "$2" "… compiles"
  is "$(how_many)" "$3" '… starts'
  is_right '… is right' -b one s
  compile -b one s
  starts none '… and is known then'
  cat "$T/$1.before" >"$file"
  compile -b one s
  starts '' '… as it was before, once it is back'
  is_right '… rightly' -b one s
}
each_tool() {
  compile -b one s
  ok_status 0 "tools in ${bin#"$T"/}"
  changed_tool tiny-g++ "$cxx" 'compile 7 preproc 1 ctags 1 ar 0 link 0 objcopy 0 size 0'
  changed_tool tiny-gcc 'bits.c, start.S, wiring.c' 'compile 3 preproc 0 ctags 0 ar 0 link 2 objcopy 2 size 2'
  changed_tool tiny-ar '' 'compile 0 preproc 0 ctags 0 ar 1 link 0 objcopy 0 size 0'
  changed_tool tiny-objcopy '' 'compile 0 preproc 0 ctags 0 ar 0 link 2 objcopy 2 size 2'
  changed_tool tiny-size '' 'compile 0 preproc 0 ctags 0 ar 0 link 2 objcopy 2 size 2'
  changed_tool arduino-ctags '' 'compile 0 preproc 1 ctags 1 ar 0 link 0 objcopy 0 size 0'
}

# They are one file under several names; here each is its own.
for tool in gcc g++ ar objcopy size; do
  cp "$bin/tiny-$tool" "$T/tool"
  rm "$bin/tiny-$tool"
  cp "$T/tool" "$bin/tiny-$tool"
done
each_tool

# Most platforms have their tools elsewhere.
mkdir -p "$T/tools"
mv "$TINY/hardware/tiny/tiny/tools/tiny" "$T/tools/tiny"
bin=$T/tools/tiny/bin
echo "compiler.path=$bin/" >"$TINY/hardware/tiny/tiny/platform.local.txt"
each_tool

# --- a tool that does what none did before ---
mv "$bin/tiny-g++" "$bin/tiny-g++.real"
cat >"$bin/tiny-g++" <<EOF
#!/bin/sh
exec '$bin/tiny-g++.real' -DWRAPPED "\$@"
EOF
chmod +x "$bin/tiny-g++"
compile -b one s
is "$(started compile)" "$cxx" 'a script in the place of a compiler'
is_right '… is right' -b one s
edit "$bin/tiny-g++" 's/-DWRAPPED/-DPACKED/'
compile -b one s
is "$(started compile)" "$cxx" '… that is changed'
is_right '… is right' -b one s
rm "$bin/tiny-g++"
compile -b one s
isnt "$status" 0 'a compiler that is gone'
like "$out$err" "'$bin/tiny-g\+\+' is not there; cure: " '… is named'
mv "$bin/tiny-g++.real" "$bin/tiny-g++"
compile -b one s
ok_status 0 '… and back'
is "$(started compile)" '' '… with what it made'

# A tool found through PATH.
echo "compiler.path=" >"$TINY/hardware/tiny/tiny/platform.local.txt"
PATH=$bin:$PATH compile -b one s
ok_status 0 'tools in PATH'
cp -r "$bin" "$T/tools/tiny/newer"
echo other >>"$T/tools/tiny/newer/tiny-g++"
PATH=$T/tools/tiny/newer:$bin:$PATH compile -b one s
is "$(started compile)" "$cxx" '… another one before them'

done_testing
