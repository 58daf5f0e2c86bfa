package native

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ringwall/internal/backend/backendtest"
)

func TestSupervisorRows(t *testing.T) { tryRows(t, target(t), supervisorRows()) }

func supervisorRows() []row {
	return []row{
		{id: "SUP-02", what: "malformed output of the agent", by: []string{"FuzzParse", "TestParse", "TestFloodIsBounded", "FuzzVerify", "script loop-flood"}},
		{id: "SUP-03", what: "the agent forges the supervisor's messages", test: noChannel,
			inside: map[string]string{"descriptor": "EBADF", "getfd:1": "EPERM", "ls:/proc/1/fd": "EACCES EPERM", "write:/proc/1/fd/4": "EACCES EPERM ENOENT", "ptrace-attach:1": "EPERM"},
			by:     []string{"TestDescriptorsTravelClosedOnExec", "FuzzDecode", "TestOnlyTheTokenAloneOnTheLastLineEnds", "TestStderrEndsNothing"}},
		{id: "SUP-04", what: "the supervisor's program is overwritten (CVE-2019-5736)", test: sealedProgram,
			inside: map[string]string{"write:/proc/1/exe": "EACCES EPERM", "trunc:/proc/1/exe": "EACCES EPERM", "read:/proc/1/exe": "EACCES EPERM", "write:/proc/self/exe": "EROFS ETXTBSY EACCES"},
			by:     []string{"suite: files of the host"}},
		{id: "SUP-06", what: "a hostile environment", test: hostileEnvironment, by: []string{"TestEnvironmentIsAnAllowlist", "TestKilledSupervisor", "script run-identity"}},
		{id: "SUP-07", what: "the record is changed", test: noRecord, by: []string{"TestVerifyFindsTheLine", "TestEveryByteCounts", "TestTailNeedsTheHead"}},
	}
}

// noChannel: of the three descriptors that are open each is a pipe or empty.
// Without a sandbox one that was forgotten is found.
func noChannel(t *testing.T, tg backendtest.Target) {
	fd, err := unix.Open("/dev/null", unix.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Dup3(fd, 41, 0); err != nil {
		t.Fatal(err)
	}
	unix.Close(fd)
	defer unix.Close(41)
	b := backendtest.NewBox(t, tg)
	b.Expect(b.Attack("descriptor"), map[string]string{"descriptor": "EBADF"})
	r := b.Command("/bin/sh", "-c", "for n in 0 1 2; do readlink /proc/self/fd/$n; done >&2")
	for line := range strings.Lines(r.Stderr) {
		if l := strings.TrimSpace(line); l != "/dev/null" && !strings.HasPrefix(l, "pipe:") {
			t.Errorf("a standard stream is %s", l)
		}
	}
	out := backendtest.Outside(t, tg, "descriptor").Report("descriptor")
	if !strings.Contains(out.Value, "41 ok") {
		t.Errorf("outside, a forgotten descriptor is not found either: %+v", out)
	}
}

// sealedProgram tries, from the host, to change the program of a first process
// that runs.
func sealedProgram(t *testing.T, tg backendtest.Target) {
	b := backendtest.NewBox(t, tg)
	ctx, cancel := context.WithCancel(context.Background())
	b.Context = ctx
	ended := make(chan backendtest.Ran)
	go func() { ended <- b.Attack("file:alive") }()
	await(t, filepath.Join(b.IterDir, "upper", "alive"))
	tried := 0
	for _, pid := range descendants(os.Getpid()) {
		if !strings.HasPrefix(read(t, fmt.Sprintf("/proc/%d/cmdline", pid)), "ringwall-init") {
			continue
		}
		tried++
		exe := fmt.Sprintf("/proc/%d/exe", pid)
		for _, flags := range []int{unix.O_WRONLY, unix.O_RDWR, unix.O_WRONLY | unix.O_TRUNC} {
			fd, err := unix.Open(exe, flags, 0)
			unix.Close(fd)
			if !errors.Is(err, unix.ETXTBSY) && !errors.Is(err, unix.EACCES) && !errors.Is(err, unix.EPERM) {
				t.Errorf("open %s with %#x: %v", exe, flags, err)
			}
		}
		sealed(t, exe)
	}
	cancel()
	<-ended
	if tried == 0 {
		t.Error("there is no first process")
	}
}

// sealed looks at the seals, which hold also when the program no longer runs.
func sealed(t *testing.T, exe string) {
	t.Helper()
	fd, err := unix.Open(exe, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.EACCES) {
		return // it is hidden even from its own user
	}
	if err != nil {
		t.Error(err)
		return
	}
	defer unix.Close(fd)
	const all = unix.F_SEAL_WRITE | unix.F_SEAL_GROW | unix.F_SEAL_SHRINK | unix.F_SEAL_SEAL
	if seals, err := unix.FcntlInt(uintptr(fd), unix.F_GET_SEALS, 0); err != nil || seals&all != all {
		t.Errorf("the seals are %#x, %v", seals, err)
	}
}

// hostile is what a caller could have set; nothing of it may act on ringwall's
// own processes or reach the agent.
var hostile = map[string]string{"LD_PRELOAD": "/tmp/evil.so", "LD_LIBRARY_PATH": "/tmp/evil", "LD_AUDIT": "/tmp/evil.so", "GODEBUG": "execerrdot=0,netdns=cgo,inittrace=1",
	"GOTRACEBACK": "crash", "GOMAXPROCS": "1", "GLIBC_TUNABLES": "glibc.malloc.check=3", "BASH_ENV": "/tmp/evil.sh", "ENV": "/tmp/evil.sh", "PYTHONSTARTUP": "/tmp/evil.py",
	"PYTHONPATH": "/tmp/evil", "NODE_OPTIONS": "--require /tmp/evil.js", "PERL5OPT": "-Mevil", "JAVA_TOOL_OPTIONS": "-javaagent:/tmp/evil.jar", "GIT_DIR": "/tmp/evil",
	"GIT_SSH_COMMAND": "/tmp/evil", "IFS": "x", "TMPDIR": "/tmp/evil", "SSH_AUTH_SOCK": "/tmp/evil"}

// hostileEnvironment starts a supervisor of its own with such variables. What
// it runs has the plan's variables and no others.
func hostileEnvironment(t *testing.T, tg backendtest.Target) {
	b := backendtest.NewBox(t, tg)
	b.Plan.Command = []string{"/bin/sh", "-c", "env >seen; tr '\\000' '\\n' </proc/self/environ >>seen"}
	data, err := json.Marshal(order{Plan: b.Plan, Job: backendtest.Job{Host: tg.Host, Name: fmt.Sprintf("ringwall-test-env-%d", os.Getpid()),
		IterDir: b.IterDir, Owner: [2]int{os.Getuid(), os.Getgid()}}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "order.json")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/proc/self/exe", "supervise", file)
	cmd.Env = []string{"PATH=/tmp/evil:/usr/bin"}
	for k, v := range hostile {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	seen := read(t, filepath.Join(b.IterDir, "upper", "seen"))
	if !strings.Contains(seen, "HOME="+backendtest.Home) {
		t.Errorf("the command said %q", seen)
	}
	for k, v := range hostile {
		if strings.Contains(seen, k+"=") && k != "PWD" || strings.Contains(seen, v) && len(v) > 4 {
			t.Errorf("%s reached the command:\n%s", k, seen)
		}
	}
}

// noRecord: where ringwall keeps its records there is nothing to be seen.
func noRecord(t *testing.T, tg backendtest.Target) {
	b := backendtest.NewBox(t, tg)
	journal := filepath.Join(b.IterDir, "journal.jsonl")
	if err := os.WriteFile(journal, []byte("{}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for _, path := range []string{tg.Host.StateDir, b.IterDir, journal, filepath.Join(b.IterDir, "upper")} {
		want["stat:"+path], want["write:"+path], want["ls:"+path] = "ENOENT", "ENOENT", "ENOENT"
	}
	b.Expect(b.Attack(sorted(want)...), want)
	out := map[string]string{"write:" + journal: "ok", "stat:" + tg.Host.StateDir: "ok"}
	b.Expect(backendtest.Outside(t, tg, sorted(out)...), out)
}
