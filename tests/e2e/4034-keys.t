#!/bin/bash
# Attack 34: a machine whose host key is unknown, another one, or revoked is not spoken to, whatever ssh is told to do about it; and a machine that is
# gets neither the agent nor the display. (Each kind of key and of agent: tests/unit/conn_ssh.c)
# shellcheck source-path=SCRIPTDIR/../lib disable=SC2016
. "${srcdir:?}/tests/lib/e2e.sh"
. "$srcdir/tests/lib/sshd.sh"
. "$srcdir/tests/lib/lab.sh"
sshd_missing && skip_all 'sshd is not installed'

S=$T/ssh
trap 'sshd_end "$S"; cleanup' EXIT
sshd_env=("BOARDMAN_SLOTS_DIR=%m/slots")
sshd_lab "$S" 1 'X11Forwarding yes' 'AllowAgentForwarding yes' || bail 'sshd does not start'
printf '#!/bin/sh\nenv >"%s/seen"\nexec "%s" "$@"\n' "$T" "$boardman_path" >"$T/there"
chmod +x "$T/there"
printf '[limits]\nmax_load = 1000\nmin_disk = 1M\nmin_memory = 1M\n[machines]\nm1\n[machine:m1]\nboardman_path = %s\n' "$T/there" >"$BOARDMAN_CONFIG"

# --- a key that is good ---
cp "$S/config" "$T/config"
printf 'ForwardAgent yes\nForwardX11 yes\nForwardX11Trusted yes\nSendEnv *\n' >>"$S/config"
sed -i 's/^  IdentityAgent none$/  ForwardAgent yes\n  ForwardX11 yes/' "$S/config"
if command -v ssh-agent >/dev/null; then
  # shellcheck disable=SC2046
  export $(ssh-agent -a "$T/agent" | grep -o '^SSH_[A-Z_]*=[^;]*')
  test_pids+=("$SSH_AGENT_PID")
fi
export DISPLAY=:77 BUILD_TOKEN=s3cr3t
run boardman machines m1
ok_status 0 'a known key'
is "$(grep -E '^(SSH_AUTH_SOCK|DISPLAY|BUILD_TOKEN)=' "$T/seen")" '' 'attack 34: no agent, no display, no variable goes there'
cp "$T/config" "$S/config"

# --- keys that are not ---
: >"$S/m1/log"
refused() { # WORDS WHY: nobody logs in
  rm -f "$T/seen"
  run boardman machines m1
  like "$status $out" "^3 .*m1 .*$2"$'\n'' *m1: cure: ' "attack 34, $1: refused, with the cure"
  is "$(cat "$T/seen" 2>/dev/null)$(grep -c '^Accepted' "$S/m1/log")" 0 '… nobody logs in'
}
cp "$S/known_hosts" "$T/known_hosts"
for checking in yes no accept-new; do
  sed -i "s/StrictHostKeyChecking .*/StrictHostKeyChecking $checking/" "$S/config"
  : >"$S/known_hosts"
  refused "an unknown key, StrictHostKeyChecking $checking" 'host key unknown'
  is "$(cat "$S/known_hosts")" '' '… and it is not learnt'
done
ssh-keygen -q -t ed25519 -N '' -C '' -f "$T/other"
sed "s,ssh-ed25519 .*,$(cat "$T/other.pub")," "$T/known_hosts" >"$S/known_hosts"
refused 'another key' 'host key changed'
{ cat "$T/known_hosts" && sed 's/^/@revoked /' "$T/known_hosts"; } >"$S/known_hosts"
refused 'a revoked key' 'host key revoked'

done_testing
