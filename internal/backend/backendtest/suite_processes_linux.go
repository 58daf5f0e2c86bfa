package backendtest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync/atomic"
	"testing"
)

// testHostProcesses: a process of the host's cannot be seen, signalled, traced
// or read; the first process inside neither.
func testHostProcesses(t *testing.T, target Target) {
	victim := exec.Command("/bin/sleep", "300")
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { victim.Wait(); close(ended) }()
	t.Cleanup(func() { victim.Process.Kill(); <-ended })
	pid := strconv.Itoa(victim.Process.Pid)
	want := map[string]string{"kill:" + pid + "|0": "ESRCH", "kill:" + pid + "|9": "ESRCH", "stat:/proc/" + pid: "ENOENT",
		"ptrace-attach:1": "EPERM", "ptrace-seize:1": "EPERM", "vm-read:1": "EPERM", "getfd:1": "EPERM",
		"setns:/proc/self/ns/net": "EPERM", "setns:/proc/1/ns/user": "EACCES EPERM", "kill:-1|0": "ESRCH"}
	b := NewBox(t, target)
	b.Expect(b.Attack(keys(want)...), want)
	select {
	case <-ended:
		t.Error("the host's process is gone")
	default:
	}
	if got := Outside(t, target, "kill:"+pid+"|0").Report("kill:" + pid + "|0"); got.Errno != "ok" {
		t.Errorf("the host's process cannot be signalled from outside either: %+v", got)
	}
	testSignals(t, target)
}

// testSignals: no signal from inside ends the first process; what it started
// goes on.
func testSignals(t *testing.T, target Target) {
	b := NewBox(t, target)
	r := b.Attack("kill:1|15", "kill:1|9", "kill:1|2", "kill:1|19", "kill-many:1", "kill-child", "create:after", "run:/bin/true")
	b.Expect(r, map[string]string{"kill-many:1": "ok", "kill-child": "ESRCH", "create:after": "ok", "run:/bin/true": "ok"})
	if r.ExitCode != 0 || r.Reason != "exited" {
		t.Errorf("the run ended with %+v, %v", r.Result, r.Err)
	}
}

// testQueuedSignals: nor does one that is sent with data, to the process or to
// its thread: such a one can look like a fault of its own (SI_QUEUE).
func testQueuedSignals(t *testing.T, target Target) {
	b := NewBox(t, target)
	r := b.Attack("queue-many:1", "create:after", "run:/bin/true")
	b.Expect(r, map[string]string{"queue-many:1": "ok", "create:after": "ok", "run:/bin/true": "ok"})
	if r.ExitCode != 0 || r.Reason != "exited" {
		t.Errorf("the run ended with %+v, %v", r.Result, r.Err)
	}
}

// testNetwork: without a gateway nothing is reached: no loopback of the
// host's, no abstract socket, no address at all.
func testNetwork(t *testing.T, target Target) {
	var seen atomic.Int64
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serve(t, l, &seen)
	abstract := fmt.Sprintf("@ringwall-test-%d", os.Getpid())
	a, err := net.Listen("unix", abstract)
	if err != nil {
		t.Fatal(err)
	}
	serve(t, a, &seen)
	u, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { u.Close() })
	tcp, pkt := "connect:"+l.Addr().String(), "udp:"+u.LocalAddr().String()
	want := map[string]string{tcp: "ECONNREFUSED", "unix:" + abstract: "ECONNREFUSED EPERM", "connect:192.0.2.1:443": "ENETUNREACH ECONNREFUSED",
		"connect:[2001:db8::1]:443": "ENETUNREACH ECONNREFUSED EADDRNOTAVAIL", "connect:169.254.169.254:80": "ENETUNREACH ECONNREFUSED",
		"socket:17|3|0": "EAFNOSUPPORT", "socket:2|3|1": "EPERM", "socket:10|3|58": "EPERM", "socket:40|1|0": "EAFNOSUPPORT", "socket:38|5|0": "EAFNOSUPPORT",
		"socket:2|2|1": "EPROTONOSUPPORT", "socket:2|1|132": "EPROTONOSUPPORT", "socket:2|1|262": "EPROTONOSUPPORT",
		"socket:16|3|15": "EPROTONOSUPPORT", "socket:2|1|0": "ok", "socket:10|2|17": "ok", "socket:16|3|0": "ok"}
	b := NewBox(t, target)
	b.Expect(b.Attack(append(keys(want), pkt)...), want)
	if n := seen.Load(); n != 0 {
		t.Errorf("the host's listeners saw %d connections", n)
	}
	out := Outside(t, target, tcp, "unix:"+abstract)
	if out.Report(tcp).Errno != "ok" || out.Report("unix:"+abstract).Errno != "ok" || seen.Load() != 2 {
		t.Errorf("from outside the listeners are not reached either: %+v, %d", out.Reports, seen.Load())
	}
}

func serve(t *testing.T, l net.Listener, seen *atomic.Int64) {
	t.Helper()
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			seen.Add(1)
			c.Close()
		}
	}()
}
