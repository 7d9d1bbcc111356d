#!/bin/bash
# A whole other Debian, made by debootstrap, with nothing of this machine's but its kernel: it is sent boardman and builds what this one builds.
# Takes minutes and half a gigabyte: for make soak.
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2016,SC2317
. "${srcdir:?}/tests/lib/e2e.sh"
[ -n "${BOARDMAN_SOAK:-}" ] || skip_all 'it takes minutes: make soak runs it'
[ "$(id -u)" = 0 ] || skip_all 'debootstrap needs root'
for program in debootstrap jq avr-gcc arduino-ctags; do
  command -v "$program" >/dev/null || skip_all "$program is not installed"
done
[ -d /usr/share/arduino/hardware/arduino/avr ] || skip_all 'there is no AVR core'
. "$srcdir/tests/lib/lab.sh"
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | grep -v security | head -n 1)
[ -n "$mirror" ] || skip_all 'apt knows no mirror'

root=$(realpath "${builddir:?}")/bare-debian
if [ ! -e "$root/made" ]; then
  rm -rf "$root"
  debootstrap --variant=minbase --include=git,gcc-avr,binutils-avr,avr-libc,arduino-core-avr bookworm "$root" "$mirror" >"$T/debootstrap.log" 2>&1 ||
    bail "debootstrap: $(tail -n 1 "$T/debootstrap.log")"
  touch "$root/made"
fi

# Its root is all that there is: not by chroot, in which nobody may make namespaces.
cat >"$T/enter" <<END
#!/bin/sh
[ -n "\${INSIDE:-}" ] || INSIDE=1 exec unshare --mount --pid --fork --kill-child "\$0" "\$@"
unset INSIDE
mount --make-rprivate / && mount --bind '$root' '$root' && cd '$root' || exit 9
mount -t proc none proc && mount --rbind /dev dev && mount -t tmpfs none tmp && mkdir -p old && pivot_root . old || exit 9
cd / && umount -l old || exit 9
exec env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin "\$@"
END
chmod +x "$T/enter"
printf '%s\n' '[limits]' 'max_load = 1000' 'min_disk = 1M' 'min_memory = 1M' '[machines]' bare '[machine:bare]' "command = $T/enter" >"$BOARDMAN_CONFIG"
unset BOARDMAN_SYSTEM_HARDWARE

mkdir proj && cd proj || exit 99
mksketch . Prints 'void setup() { Serial.begin(9600); Serial.println(__FILE__); }
void loop() {}'
mksketch . Fails 'void setup() { nonsense; }
void loop() {}'
run boardman compile -b arduino:avr:uno .
ok_status 1 'as here'
mv boardman-out here
run boardman machines -b arduino:avr:uno bare
ok_status 0 'another Debian is a machine'
like "$out" 'arduino:avr:uno: avr-gcc 5\.4\.0' '… with its compiler'
rm -rf boardman-out
run boardman compile -b arduino:avr:uno --dist --no-local .
ok_status 1 'it builds, and what does not compile fails'
is "$(built_by | cut -f 2-4 | paste -s -d ,)" $'Fails\tfailed\tbare,Prints\tok\tbare' '… there'
for file in Prints/firmware/Prints.ino.hex Fails/err; do
  ok "… $file is what it is here" cmp "here/current/arduino.avr.uno/$file" "boardman-out/current/arduino.avr.uno/$file"
done
is "$(find "$root" -path '*/usr/*' -name 'boardman*')" '' '… and nothing is installed on it'

done_testing
