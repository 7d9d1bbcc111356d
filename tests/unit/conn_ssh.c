/* Tests of boss/link/conn_ssh, against real sshd (tests/lib/sshd.sh). */
#include "boss/link/conn_ssh.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/socket.h>

#include "boss/link/ssh_config.h"
#include "common/error.h"
#include "common/fs.h"
#include "common/proc.h"
#include "conn_case.h"

static struct procs *ps;
static struct ssh_pace *pace;
static char lab[4200];

/* Runs a piece of bash with the functions of sshd.sh; $lab is the lab. False when it fails. */
__attribute__((format(printf, 1, 2))) static bool sh(const char *fmt, ...)
{
	struct buf command = BUF_INIT, script = BUF_INIT;
	char text[8192];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	buf_addf(&script, "set -u; lab=%s; . \"${srcdir:?}/tests/lib/sshd.sh\"\n%s", lab, text);
	buf_addstr(&command, "exec bash -c ");
	shell_quote(&command, script.data);
	int status = system(command.data);
	buf_release(&command);
	buf_release(&script);
	return status == 0;
}

static void end_lab(void)
{
	/* A namespace stays for a while after its end, with its sockets. */
	sh("sshd_end \"$lab\"; { ip link del bmt$PPID; ip netns del bmt$PPID; } 2>/dev/null; [ ! "
	   "-f \"$lab/agent.pid\" ] || kill \"$(cat \"$lab/agent.pid\")\"");
}

static struct conn *new_conn(const char *target, const char *config)
{
	char file[4300];
	snprintf(file, sizeof file, "%s/%s", lab, config ? config : "");
	struct conn_ssh_config cc = {.loop = &loop,
		.procs = ps,
		.pace = pace,
		.target = target,
		.config_file = config ? file : NULL};
	return conn_ssh_new(&cc);
}

/* Opens and frees it; what was seen. */
static struct seen_conn attempt(const char *target, const char *config)
{
	struct seen_conn s = {0};
	struct conn *c = new_conn(target, config);
	open_conn(c, &s);
	wait_for(&s.told, 1);
	free_conn(c, &s);
	return s;
}

static void opens(const char *target, const char *config, const char *name)
{
	struct seen_conn s = attempt(target, config);
	if (!ok(s.opened == 1 && !s.failed, "%s", name))
		diag("%s; cure: %s", s.why, s.cure);
}

static void fails(const char *target, const char *config, enum conn_fault fault, const char *why,
	const char *cure, const char *name)
{
	struct seen_conn s = attempt(target, config);
	if (!ok(!s.opened && s.failed == 1 && s.fault == fault && strstr(s.why, why) &&
			    strstr(s.cure, cure),
		    "%s", name))
		diag("opened %d, fault %d: %s; cure: %s", s.opened, (int)s.fault, s.why, s.cure);
}

static struct conn *open_machine(const char *target, struct seen_conn *s)
{
	struct conn *c = new_conn(target, NULL);
	*s = (struct seen_conn){0};
	open_conn(c, s);
	wait_for(&s->told, 1);
	return c;
}

static void test_targets(void)
{
	const char *bad[] = {"-oProxyCommand=touch$IFS/tmp/x", "a b", "a;b", "x@-y", "-x@y", "a\nb",
		"", "@a", "a@", "a'b", "$(x)", "a/b", "[x]"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ok(!ssh_target_is_sane(bad[i]), "no machine's name: %s", bad[i]);
	ok(ssh_target_is_sane("ohau") && ssh_target_is_sane("ci@build-1.example.com") &&
			ssh_target_is_sane("fe80::1%eth0"),
		"names");
	fails("-oProxyCommand=x", NULL, CONN_UNREACHABLE, "cannot be a machine's name", "",
		"a bad name is never given to ssh");
}

/* A socket that blocks would stop the loop when a link is cut. */
static bool sockets_are_nonblocking(void)
{
	int tcp = 0, blocking = 0;
	for (int fd = 3; fd < 100; fd++) {
		struct sockaddr_in peer;
		socklen_t len = sizeof peer;
		if (getpeername(fd, (struct sockaddr *)&peer, &len) < 0 ||
			peer.sin_family != AF_INET)
			continue;
		tcp++;
		blocking += !(fcntl(fd, F_GETFL) & O_NONBLOCK);
	}
	return tcp && !blocking;
}

static void test_channels(void)
{
	struct seen_conn sc;
	struct conn *c = open_machine("m1", &sc);
	if (!ok(sc.opened == 1, "a machine opens"))
		diag("%s", sc.why);
	ok(sockets_are_nonblocking(), "and its socket doesn't block");
	test_status(c);
	test_input(c);
	test_big(c, (size_t)20 << 20);
	test_many(c, 30);
	test_pause(c);
	free_conn(c, &sc);
	ok(!sc.failed && sc.closed == 1, "and closes");
}

static bool appears(const char *name)
{
	char path[4400];
	snprintf(path, sizeof path, "%s/m1/home/%s", lab, name);
	for (int i = 0; i < 1000 && !fs_is_file(path); i++)
		run_for(10);
	return fs_is_file(path);
}

static void test_close(void)
{
	struct seen_conn sc;
	struct seen s = {0};
	struct conn *c = open_machine("m1", &sc);
	exec_on(c, "cd; echo go; cat; echo >closed", &s);
	while (!s.out.len)
		uv_run(&loop, UV_RUN_ONCE);
	channel_close(s.ch);
	ok(appears("closed"), "a command sees the end of its stdin when its channel is closed");
	ok(!s.ended, "which has no more events");
	forget(&s);
	exec_on(c, "echo never", &s);
	channel_close(s.ch);
	exec_on(c, "sleep 20 & echo left; exit 3", &s);
	ok(wait_at_most(15000, &s.ended, 1) && s.status == 3,
		"a command that leaves a child with its pipes ends");
	is_str(buf_str(&s.out), "left\n",
		"with its output, and a channel that was closed at once has none");
	forget(&s);
	exec_on(c, "cat >/dev/null; cd; echo >freed", &s);
	run_for(50);
	free_conn(c, &sc);
	ok(appears("freed"), "a command sees the end of its stdin when its conn is freed");
	forget(&s);
}

/* m2 takes two sessions a connection, and has a banner. */
static void test_max_sessions(void)
{
	struct seen_conn sc;
	struct seen s[3] = {0};
	struct conn *c = open_machine("m2", &sc);
	ok(sc.opened == 1, "a machine with a banner opens");
	for (int i = 0; i < 3; i++)
		exec_on(c, "read x; exit 5", &s[i]);
	ok(wait_for(&s[2].ended, 1) && s[2].status == -1 && s[2].why[0],
		"a session too many is refused");
	diag("%s", s[2].why);
	ok(!s[0].ended && !sc.failed, "the others go on");
	channel_end_input(s[0].ch);
	channel_end_input(s[1].ch);
	wait_for(&s[0].ended, 1);
	wait_for(&s[1].ended, 1);
	ok(s[0].status == 5 && s[1].status == 5, "to their ends");
	/* sshd counts a session for a moment after its end. */
	for (int i = 0; i < 50 && s[0].status != 6; i++) {
		forget(&s[0]);
		exec_on(c, "exit 6", &s[0]);
		wait_for(&s[0].ended, 1);
	}
	int good = 0;
	for (int i = 0; i < 10; i++) {
		forget(&s[0]);
		exec_on(c, "exit 7", &s[0]);
		good += wait_for(&s[0].ended, 1) && s[0].status == 7;
	}
	is_int(good, 10, "sessions that ended make room for others");
	for (int i = 0; i < 3; i++)
		forget(&s[i]);
	free_conn(c, &sc);
}

static void test_host_keys(void)
{
	sh("cd $lab; port=$(cat m1/port)"
	   "; : >kh_none; ssh-keygen -q -t ed25519 -N '' -f other; ssh-keygen -q -t rsa -b 2048 -N "
	   "'' -f rsa"
	   "; echo \"[127.0.0.1]:$port $(cat other.pub)\" >kh_changed"
	   "; echo \"[127.0.0.1]:$port $(cat rsa.pub)\" >kh_rsa"
	   "; { echo \"@revoked * $(cat m1/host_key.pub)\"; cat known_hosts; } >kh_revoked"
	   "; cp known_hosts kh_hashed; ssh-keygen -q -H -f kh_hashed >/dev/null 2>&1"
	   "; echo \"127.0.0.1 $(cat m1/host_key.pub)\" >kh_bare"
	   "; echo \"the-alias $(cat m1/host_key.pub)\" >kh_alias"
	   "; for k in none changed rsa revoked hashed bare alias; do sed "
	   "\"s,$lab/known_hosts,$lab/kh_none $lab/kh_$k,\" config >c_$k; done"
	   "; { echo HostKeyAlias the-alias; cat c_alias; } >c; mv c c_alias");
	fails("m1", "c_none", CONN_KEY_UNKNOWN, "host key unknown", "once and accept it",
		"an unknown host key is refused");
	fails("m1", "c_rsa", CONN_KEY_UNKNOWN, "host key unknown", "m1 true",
		"one of which only another type is known, too");
	fails("m1", "c_changed", CONN_KEY_CHANGED, "host key changed",
		"ssh-keygen -R '[127.0.0.1]:", "a changed host key is refused");
	fails("m1", "c_revoked", CONN_KEY_CHANGED, "host key revoked", "new key",
		"a revoked host key is refused");
	opens("m1", "c_hashed", "hashed names are found");
	opens("m1", "c_bare", "a key that is known without its port is good");
	opens("m1", "c_alias", "HostKeyAlias");
}

static void test_login(void)
{
	sh("cd $lab; sed \"s,$lab/id,$lab/other,\" config >c_wrong"
	   "; ssh-keygen -q -t ed25519 -N secret -f locked; cat locked.pub >>authorized_keys"
	   "; sed \"s,$lab/id,$lab/locked,\" config >c_locked"
	   "; ssh-keygen -q -t ecdsa -m PEM -N secret -f locked_pem; sed "
	   "\"s,$lab/id,$lab/locked_pem,\" config >c_locked_pem"
	   "; sed \"s,$lab/id,$lab/no-such-file,\" config >c_missing"
	   "; sed \"s,$lab/id,$lab/rsa_id,\" config >c_rsa_id; ssh-keygen -q -t rsa -m PEM -N '' "
	   "-f rsa_id; cat rsa_id.pub >>authorized_keys");
	fails("m1", "c_wrong", CONN_NO_AUTH, "none of our 1 keys", "ssh m1 true",
		"a key that isn't taken");
	fails("m1", "c_locked", CONN_NO_AUTH, "has a passphrase", "ssh-add",
		"a key with a passphrase");
	fails("m1", "c_locked_pem", CONN_NO_AUTH, "has a passphrase", "ssh-add",
		"one in the old format, without a question on the terminal");
	fails("m1", "c_missing", CONN_NO_AUTH, "no key to log in with", "ssh m1 true",
		"no key at all");
	opens("m1", "c_rsa_id", "an RSA key");
}

static void test_agent(void)
{
	if (!ok(sh("cd $lab; eval \"$(ssh-agent -a $lab/agent)\" >/dev/null; echo $SSH_AGENT_PID "
		   ">agent.pid"
		   "; for i in 1 2 3 4 5 6 7; do ssh-keygen -q -t ed25519 -N '' -f wrong$i; "
		   "ssh-add -q wrong$i; done"
		   "; ssh-keygen -q -t ed25519 -N '' -f held; cat held.pub >>authorized_keys; "
		   "ssh-add -q held; mv held gone"
		   "; sed \"s,IdentityAgent none,IdentityAgent $lab/agent,; s,$lab/id,$lab/held,\" "
		   "config >c_agent"
		   "; sed 's/IdentitiesOnly yes/IdentitiesOnly no/' c_agent >c_agent_all"
		   "; sed \"s,$lab/held,$lab/held.pub,\" c_agent >c_agent_pub"
		   "; sed \"s,$lab/held,$lab/other,\" c_agent_all >c_agent_wrong"),
		    "an agent with many keys"))
		return;
	opens("m1", "c_agent", "of the agent's keys the one that is named");
	opens("m1", "c_agent_pub", "or whose public half is named");
	opens("m1", "c_agent_all", "it is the first one when all count");
	fails("m1", "c_agent_wrong", CONN_NO_AUTH, "would see no more", "IdentitiesOnly",
		"too many wrong keys");
	setenv("SSH_AUTH_SOCK", "/nonexistent/socket", 1);
	sh("sed '/IdentityAgent/d' $lab/config >$lab/c_dead_agent");
	opens("m1", "c_dead_agent", "an agent that is gone is no obstacle");
	unsetenv("SSH_AUTH_SOCK");
}

/* A port of loopback where nobody answers: its queue is full. */
static int deaf_port(int fds[4])
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof at;
	fds[0] = socket(AF_INET, SOCK_STREAM, 0);
	(void)bind(fds[0], (struct sockaddr *)&at, sizeof at);
	listen(fds[0], 0);
	getsockname(fds[0], (struct sockaddr *)&at, &len);
	for (int i = 1; i < 4; i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(fds[i], (struct sockaddr *)&at, sizeof at);
	}
	return ntohs(at.sin_port);
}

static void test_unreachable(void)
{
	int fds[4], mute = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof at;
	(void)bind(mute, (struct sockaddr *)&at, sizeof at);
	getsockname(mute, (struct sockaddr *)&at, &len);
	int deaf = deaf_port(fds);
	sh("cd $lab; for p in %d %d; do sed \"s/Port $(cat m1/port)/Port $p/\" config >c_$p; done; "
	   "mv c_%d c_dead; mv c_%d c_deaf"
	   "; sed 's/HostName .*/HostName no-such-host.invalid/' config >c_nowhere; echo 'Host m1 "
	   "nonsense-option' >c_broken",
		ntohs(at.sin_port), deaf, ntohs(at.sin_port), deaf);
	fails("m1", "c_dead", CONN_UNREACHABLE, "Connection refused", "ssh m1 true",
		"a port where nobody listens");
	fails("m1", "c_nowhere", CONN_UNREACHABLE, "cannot resolve 'no-such-host.invalid'",
		"ssh m1 true", "a name that isn't known");
	setenv("BOARDMAN_TIME_DIVISOR", "20", 1);
	fails("m1", "c_deaf", CONN_TIMEOUT, "while connecting", "ssh m1 true",
		"an address that swallows all");
	listen(mute, 8);
	fails("m1", "c_dead", CONN_TIMEOUT, "while shaking hands", "ssh m1 true",
		"a server that says nothing");
	unsetenv("BOARDMAN_TIME_DIVISOR");
	close(mute);
	for (int i = 0; i < 4; i++)
		close(fds[i]);
	fails("m1", "no-such-config", CONN_UNREACHABLE, "cannot read the ssh configuration", "",
		"a configuration that isn't there");
}

static void test_proxies(void)
{
	sh("cd $lab; { echo Host direct; echo HostName m1-by-command; echo ProxyCommand "
	   "/usr/sbin/sshd -i -f $lab/m1/sshd_config"
	   "; echo HostKeyAlias the-alias; echo UserKnownHostsFile $lab/kh_alias"
	   "; echo Host far; echo HostName 127.0.0.1; echo Port $(cat m1/port); echo ProxyJump m2"
	   "; echo Host farther; echo HostName 127.0.0.1; echo Port $(cat m1/port); echo ProxyJump "
	   "m1,m2"
	   "; echo Host sick; echo 'ProxyCommand sh -c \"echo first >&2; echo it is ill >&2; exit "
	   "1\"'"
	   "; echo 'Host *'; echo User $(id -un); echo IdentityFile $lab/id; echo IdentitiesOnly "
	   "yes; echo IdentityAgent none"
	   "; echo UserKnownHostsFile $lab/known_hosts; cat config; } >c_proxy");
	opens("direct", "c_proxy", "a proxy command");
	opens("far", "c_proxy", "a jump host");
	opens("farther", "c_proxy", "two jump hosts");
	fails("sick", "c_proxy", CONN_UNREACHABLE, "it is ill", "ssh sick true",
		"a proxy that fails has the last word");
}

/* What a user of a conn sees when the machine goes away in the middle. */
static void test_lost(void)
{
	struct seen_conn sc;
	struct seen s = {0};
	struct buf data = BUF_INIT;
	struct conn *c = open_machine("m1", &sc);
	fill(&data, 40 << 20);
	exec_on(c, "cat", &s);
	channel_write(s.ch, data.data, data.len);
	while (s.out.len < (1 << 20))
		uv_run(&loop, UV_RUN_ONCE);
	ok(sh("sshd_cut $lab m1"), "a session is killed in the middle of a transfer");
	ok(wait_for(&sc.failed, 1) && sc.fault == CONN_LOST, "which is told");
	ok(!s.ended && s.out.len < data.len, "in the name of all channels");
	ok(!memcmp(s.out.data, data.data, s.out.len), "what came is right");
	channel_write(s.ch, "x", 1);
	channel_close(s.ch);
	free_conn(c, &sc);
	forget(&s);
	buf_release(&data);
	opens("m1", NULL, "and the machine opens again");
}

/* A machine in a network of its own, which can be cut off. */
static bool make_network(void)
{
	return sh("ns=bmt$PPID; net=10.$((PPID %% 200 + 20)).$((PPID / 200 %% 250))"
		  "; ip -n $ns link set lo up && ip link add $ns type veth peer name far netns $ns"
		  " && ip addr add $net.1/30 dev $ns && ip link set $ns up"
		  " && ip -n $ns addr add $net.2/30 dev far && ip -n $ns link set far up"
		  " && sshd_in=\"ip netns exec $ns\" && sshd_add $lab m3 \"ListenAddress $net.2\""
		  " && echo \"[$net.2]:$(cat $lab/m3/port) $(cat $lab/m3/host_key.pub)\" "
		  ">>$lab/known_hosts"
		  " && sed -i \"/^Host m3/,\\$s/HostName.*/HostName $net.2/\" $lab/config");
}

static uint64_t last_beat, largest_gap;

static void on_beat(uv_timer_t *t)
{
	uint64_t now = uv_hrtime();
	(void)t;
	if (last_beat && now - last_beat > largest_gap)
		largest_gap = now - last_beat;
	last_beat = now;
}

static void test_cut(void)
{
	struct seen_conn sc;
	struct seen s = {0};
	struct buf data = BUF_INIT;
	uv_timer_t beat;
	if (!sh("ip netns add bmt$PPID 2>/dev/null")) {
		diag("skipped: to cut a link takes root and network namespaces");
		return;
	}
	if (!ok(make_network(), "a network of its own"))
		return;
	struct conn *c = open_machine("m3", &sc);
	if (!ok(sc.opened == 1, "a machine there opens"))
		diag("%s", sc.why);
	exec_on(c, "cat >/dev/null", &s);
	channel_write(s.ch, "x", 1);
	wait_for(&s.drained, 1);
	fill(&data, 8 << 20);
	ok(sh("ip -n bmt$PPID link set far down"), "its link is cut");
	channel_write(s.ch, data.data, data.len);
	uv_timer_init(&loop, &beat);
	uv_timer_start(&beat, on_beat, 0, 50);
	ok(wait_at_most(10000, &sc.failed, 1) && sc.fault == CONN_LOST,
		"which is noticed in ten seconds");
	ok(largest_gap < 3000000000, "and nothing stands still until then");
	diag("%s; largest gap %d ms", sc.why, (int)(largest_gap / 1000000));
	uv_close((uv_handle_t *)&beat, NULL);
	free_conn(c, &sc);
	forget(&s);
	c = open_machine("m3", &sc);
	ok(sc.failed && (sc.fault == CONN_TIMEOUT || sc.fault == CONN_UNREACHABLE),
		"and it doesn't open again");
	free_conn(c, &sc);
	buf_release(&data);
}

/* At every stage, and several at once. */
static void test_free_early(void)
{
	struct seen_conn sc[24] = {0};
	struct conn *c[24];
	for (int i = 0; i < 24; i++) {
		c[i] = new_conn(i % 3 ? "m1" : "far", i % 3 ? NULL : "c_proxy");
		if (i)
			open_conn(c[i], &sc[i]);
		run_for((unsigned)i % 8);
	}
	for (int i = 0; i < 24; i++)
		conn_free(c[i], case_on_closed, &sc[i]);
	int closed = 0;
	for (int i = 0; i < 24; i++)
		closed += wait_for(&sc[i].closed, 1);
	is_int(closed, 24, "conns are freed whatever they do");
}

static struct conn *to_free;
static struct seen_conn freed_there;

static void free_all(void *ctx, const char *data, size_t len)
{
	(void)data;
	(void)len;
	++*(int *)ctx;
	conn_free(to_free, case_on_closed, &freed_there);
}

static void free_on_open(void *ctx)
{
	conn_free(to_free, case_on_closed, ctx);
}

static void free_on_failure(void *ctx, enum conn_fault fault, const char *why, const char *cure)
{
	(void)fault;
	(void)why;
	(void)cure;
	conn_free(to_free, case_on_closed, ctx);
}

static void test_free_within(void)
{
	struct seen_conn sc;
	int calls = 0;
	to_free = open_machine("m1", &sc);
	struct channel_events ev = {.out = free_all, .ctx = &calls};
	conn_exec(to_free, "head -c 1000000 /dev/zero", &ev);
	conn_exec(to_free, "head -c 1000000 /dev/zero", &ev);
	ok(wait_for(&freed_there.closed, 1) && calls == 1,
		"a conn is freed from within an event of a channel");
	const char *configs[] = {NULL, "c_dead", "c_none", "c_wrong", "no-such-config"};
	for (int i = 0; i < 5; i++) {
		struct conn_events cev = {free_on_open, free_on_failure, &sc};
		sc.closed = 0;
		to_free = new_conn("m1", configs[i]);
		conn_open(to_free, &cev);
		ok(wait_for(&sc.closed, 1), "from within its own: %s",
			configs[i] ? configs[i] : "open");
	}
}

/* How many of 40 connections to two machines open, all asked for at once. */
static int open_many(const char *one, const char *other)
{
	enum { N = 40 };
	struct seen_conn sc[N] = {0};
	struct conn *c[N];
	int opened = 0;
	for (int i = 0; i < N; i++) {
		c[i] = new_conn(i % 2 ? one : other, NULL);
		open_conn(c[i], &sc[i]);
	}
	for (int i = 0; i < N; i++) {
		wait_for(&sc[i].told, 1);
		opened += sc[i].opened;
	}
	for (int i = 0; i < N; i++)
		free_conn(c[i], &sc[i]);
	return opened;
}

static void test_pace(void)
{
	is_int(open_many("m1", "m2"), 40, "many connections, some at a time");
	struct ssh_pace *few = pace;
	pace = ssh_pace_new(16);
	if (!ok(sh("sshd_add $lab stock 'MaxStartups 10:30:100' && "
		   "printf '%%s\\n' 'Host inner*' ' ProxyJump stock' >>$lab/config && "
		   "sed -n '/^Host m1$/,/^Host m2$/p' $lab/config | grep -v '^Host' | "
		   "{ echo 'Host inner*'; cat; } >>$lab/config"),
		    "a machine whose sshd refuses when ten have not logged in"))
		return;
	is_int(open_many("stock", "stock"), 40, "fault 21: it lets in many names of one machine");
	is_int(open_many("inner1", "inner2"), 40, "fault 21: … and many machines behind it");
	ssh_pace_free(pace);
	pace = few;
}

static bool make_lab(void)
{
	snprintf(lab, sizeof lab, "%s/lab", test_tmpdir());
	if (!sh("! sshd_missing"))
		return false;
	atexit(end_lab);
	char config[4300];
	snprintf(config, sizeof config, "%s/config", lab);
	setenv("BOARDMAN_SSH_CONFIG", config, 1);
	return ok(sh("mkdir -p $lab; yes 'welcome, stranger' | head -n 200 >$lab/banner; sshd_lab "
		     "$lab 1"
		     "&& sshd_add $lab m2 'MaxSessions 2' \"Banner $lab/banner\""),
		"two machines");
}

int main(void)
{
	struct error err = ERROR_INIT;
	if (!make_lab()) {
		if (!tap.count)
			printf("1..0 # SKIP no /usr/sbin/sshd or ssh here; cure: install "
			       "openssh-server\n");
		return tap.count != 0;
	}
	signal(SIGPIPE, SIG_IGN);
	unsetenv("SSH_AUTH_SOCK");
	uv_loop_init(&loop);
	ps = procs_new(&loop, &err);
	pace = ssh_pace_new(4);
	test_targets();
	test_channels();
	test_close();
	test_max_sessions();
	test_host_keys();
	test_login();
	test_agent();
	test_unreachable();
	test_proxies();
	test_lost();
	test_cut();
	test_free_early();
	test_free_within();
	test_pace();
	procs_free(ps);
	ssh_pace_free(pace);
	uv_run(&loop, UV_RUN_DEFAULT);
	is_int(uv_loop_close(&loop), 0, "nothing is left in the loop");
	return done_testing();
}
