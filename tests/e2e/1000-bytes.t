#!/bin/bash
# Debian's example sketches and those of the AVR core's libraries: the firmware is the reference's, byte for byte, and
# what the reference refuses is not called ok.
# shellcheck source-path=SCRIPTDIR/../lib
. "${srcdir:?}/tests/lib/e2e.sh"
. "$srcdir/tests/lib/avr.sh"
need_examples
need_reference

library_examples=("$core_libraries"/{EEPROM,SPI,SoftwareSerial,Wire}/examples)

sketches_in() { # DIR…
  find "$@" -name '*.ino' -printf '%h\n' | sort -u | while IFS= read -r dir; do
    [ ! -f "$dir/${dir##*/}.ino" ] || printf '%s\n' "$dir"
  done
}

# Of the sketches on stdin: how many the reference built, and on stderr those that it did not.
built() { # REFERENCE-DIR
  local sketch n=0
  while IFS= read -r sketch; do
    if [ -f "$(reference_dir "$1" "$sketch")/${sketch##*/}.ino.hex" ]; then
      n=$((n + 1))
    else
      printf '%s\n' "$sketch" >&2
    fi
  done
  echo "$n"
}

# The sketches on stdin that are not as they should be, with the reason.
differing() { # REFERENCE-DIR
  local sketch theirs ours ext
  while IFS= read -r sketch; do
    theirs=$(reference_dir "$1" "$sketch")/${sketch##*/}.ino
    ours=${result_dir[$sketch]:-$T/none}
    if [ ! -f "$theirs.hex" ]; then
      [ "${verdict[$sketch]:-}" = failed ] || echo "$sketch: verdict '${verdict[$sketch]:-}', the reference fails"
    elif [ "${verdict[$sketch]:-}" != ok ]; then
      echo "$sketch: verdict '${verdict[$sketch]:-}', the reference builds it"
    else
      for ext in hex eep; do
        cmp -s "$theirs.$ext" "$ours/firmware/${sketch##*/}.ino.$ext" || echo "$sketch: another .$ext"
      done
    fi
  done
}

sketches_in "$examples" >examples.list
sketches_in "${library_examples[@]}" >libraries.list
cat examples.list libraries.list >all.list

for board in arduino:avr:uno arduino:avr:mega:cpu=atmega2560 arduino:avr:leonardo; do
  theirs=$T/reference/$board
  reference_all "$theirs" "$board" <all.list
  n=$(built "$theirs" <examples.list 2>/dev/null)
  ok "$board: the reference builds at least 40 of Debian's examples ($n)" test "$n" -ge 40
  is "$(built "$theirs" <libraries.list 2>&1)" "$(wc -l <libraries.list)" \
    "$board: the reference builds all examples of the core's libraries"

  # Status 1: the sketches for other boards fail.
  run boardman compile -q -b "$board" --build-property "$compat" -o "$T/results" "$examples" "${library_examples[@]}"
  ok_status 1 "$board: boardman's exit status"
  find_results "$T/results" "${board//:/.}"
  is "${#result_dir[@]}" "$(wc -l <all.list)" "$board: a result for each sketch"
  is "$(differing "$theirs" <all.list)" '' "$board: every firmware is the reference's"
done

done_testing
