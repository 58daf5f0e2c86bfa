package native

import (
	"net"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ringwall/internal/backend/backendtest"
)

// families opens a socket of each family that there is, and of each protocol of
// netlink: with other words of the filter, the words are the answer.
func families(t *testing.T, tg backendtest.Target) {
	want, words := map[string]string{}, map[string]string{}
	for family := range unix.AF_MAX + 3 {
		if a := "socket:" + itoa(family) + "|2|0"; !slices.Contains([]int{unix.AF_UNIX, unix.AF_INET, unix.AF_INET6, unix.AF_NETLINK}, family) {
			want[a], words[a] = "EAFNOSUPPORT", mark
		}
	}
	for protocol := 1; protocol < 23; protocol++ {
		a := "socket:16|3|" + itoa(protocol)
		want[a], words[a] = "EPROTONOSUPPORT", mark
	}
	for _, protocol := range []int{1, 33, 58, 115, 132, 136, 256, 262} {
		for _, family := range []string{"2", "10"} {
			a := "socket:" + family + "|2|" + itoa(protocol)
			want[a], words[a] = "EPROTONOSUPPORT", mark
		}
	}
	b := backendtest.NewBox(t, tg)
	b.Expect(b.Attack(sorted(want)...), want)
	other := backendtest.NewBox(t, weaker(tg, marked)).Add("isolation.syscalls", quietly)
	other.Expect(other.Attack(sorted(words)...), words)
}

// nobodyComes: what listens inside is reached from inside and not from the
// host. The same program without a sandbox is reached.
func nobodyComes(t *testing.T, tg backendtest.Target) {
	port := freePort(t)
	b := backendtest.NewBox(t, tg)
	ready := filepath.Join(b.IterDir, "upper", "ready")
	knocked := knock(t, ready, port)
	if got := b.Attack("serve:" + port + "|ready").Report("serve:" + port + "|ready"); got.Errno != "ok" || got.Value != "nobody came" {
		t.Errorf("inside: %+v", got)
	}
	if <-knocked {
		t.Error("the host reached what listens inside")
	}
	outside := filepath.Join(t.TempDir(), "ready")
	knocked = knock(t, outside, port)
	attempt := "serve:" + port + "|" + outside
	if got := backendtest.Outside(t, tg, attempt).Report(attempt); got.Value != "somebody came" || !<-knocked {
		t.Errorf("without a sandbox: %+v", got)
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// knock connects once the file is there, and tells whether it could.
func knock(t *testing.T, ready, port string) chan bool {
	t.Helper()
	out := make(chan bool, 1)
	go func() {
		for range 2000 {
			if unix.Access(ready, unix.F_OK) == nil {
				c, err := net.DialTimeout("tcp4", "127.0.0.1:"+port, time.Second)
				if err == nil {
					c.Close()
				}
				out <- err == nil
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
		out <- false
	}()
	return out
}
