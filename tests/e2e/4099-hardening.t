#!/bin/bash
# The program carries what compiler and linker have against exploits.
. "${srcdir:?}/tests/lib/e2e.sh"
command -v readelf >/dev/null || skip_all 'readelf is not installed'
case $("$builddir/config.status" --config) in *--disable-hardening*) skip_all 'configured without' ;; esac

program=$builddir/boardman
like "$(readelf -hW "$program")" 'Type: +DYN' 'it lies anywhere in memory (PIE)'
like "$(readelf -lW "$program")" 'GNU_RELRO' 'what the loader has written cannot be written again (RELRO)'
like "$(readelf -dW "$program")" 'BIND_NOW|FLAGS_1.* NOW' '… all of it (now)'
like "$(readelf -lW "$program")" 'GNU_STACK[^'$'\n'']* RW +0x' 'no code on the stack'
like "$(readelf -sW "$program")" '__stack_chk_fail' 'stacks are guarded'
flags=$(sed -n 's/^HARD_CFLAGS = //p' "$builddir/Makefile")
like "$flags" '-fstack-protector-strong' 'every function with an array is'
like "$flags" '-fstack-clash-protection' 'a stack does not jump over its guard page'
if grep -q '^SAN_CFLAGS = .*-f' "$builddir/Makefile"; then
  unlike "$flags" FORTIFY 'the sanitizers see calls as they are written'
else
  like "$(readelf -sW "$program")" '__[a-z]*_chk@' 'calls know the sizes of what they write to (fortify)'
fi

done_testing
