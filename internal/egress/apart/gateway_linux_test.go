package apart

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ringwall/internal/egress/tripwire"
)

// echoKey answers with the key that it got.
func echoKey(w http.ResponseWriter, q *http.Request) {
	io.WriteString(w, "key "+q.Header.Get("x-api-key"))
}

// TestServes: a request goes through the process, with the real key outside and
// none in what comes back, and is in the journal.
func TestServes(t *testing.T) {
	var sent string
	r := newRig(t, func(w http.ResponseWriter, q *http.Request) {
		sent = q.Header.Get("x-api-key")
		echoKey(w, q)
	})
	code, body, err := r.get()
	if err != nil || code != 200 || body != "key "+thePlaceholder || sent != theSecret {
		t.Fatalf("%d %q, the server got %q; %v", code, body, sent, err)
	}
	if s := r.gateway.Stats(); s.Allowed != 1 || s.Received == 0 {
		t.Errorf("stats %+v", s)
	}
	if err := r.gateway.Close(); err != nil {
		t.Error(err)
	}
	r.nothingListens()
	if n := len(r.notes.all()); n != 2 {
		t.Errorf("%d events, not the beginning and the end of one request: %+v", n, r.notes.all())
	}
	if s := r.gateway.Stats(); s.Allowed != 1 {
		t.Errorf("stats after the end: %+v", s)
	}
}

// TestAlarmComesThrough: the process looks for the run's decoys, says so when one
// is on its way, and does not send it.
func TestAlarmComesThrough(t *testing.T) {
	const decoy = "q7Zt0LmX3vRb9KdWs5NpYc1HgFe8JuAo2TiQxBzD"
	reached := false
	r := newRig(t, func(http.ResponseWriter, *http.Request) { reached = true }, func(c *Config) {
		c.Decoys = []tripwire.Value{{Name: "~/key", Kind: tripwire.Decoy, Cores: []string{decoy}}}
	})
	r.url += "?k=" + decoy
	if code, body, err := r.get(); err == nil {
		t.Errorf("an answer: %d %q", code, body)
	}
	if err := r.gateway.Close(); err != nil {
		t.Error(err)
	}
	alarms := 0
	for _, e := range r.notes.all() {
		if e.Alarm != nil && e.Alarm.Value == "~/key" && e.Alarm.Where == "query" {
			alarms++
		}
	}
	if alarms != 1 || reached {
		t.Errorf("reached: %v; %+v", reached, r.notes.all())
	}
}

// TestStartedWhenSomebodyComes: until then there is no process, and closing
// leaves nothing.
func TestStartedWhenSomebodyComes(t *testing.T) {
	r := newRig(t, echoKey)
	time.Sleep(50 * time.Millisecond)
	r.gateway.mu.Lock()
	if r.gateway.session != nil {
		t.Error("there is a process, and nobody came")
	}
	r.gateway.mu.Unlock()
	if err := r.gateway.Close(); err != nil {
		t.Error(err)
	}
	r.nothingListens()
	r = newRig(t, echoKey)
	if _, _, err := r.get(); err != nil {
		t.Fatal(err)
	}
	if r.pid() == 0 {
		t.Error("there is no process, and somebody came")
	}
}

// TestWrongSecretIsFoundBefore: what the gateway would refuse ends the run before
// anything is started.
func TestWrongSecretIsFoundBefore(t *testing.T) {
	cfg := config(tcpAddr(1), 2, &notes{})
	if _, err := New(cfg); err != nil {
		t.Fatal(err)
	}
	cfg.Secrets = map[string]string{"model": "two\nlines"}
	if _, err := New(cfg); err == nil || strings.Contains(err.Error(), "lines") {
		t.Errorf("a secret of two lines: %v", err)
	}
}

// TestRealOneIsLockedIn: the gateway itself, and not only what stands in its
// place in TestConfined, has the locks.
func TestRealOneIsLockedIn(t *testing.T) {
	r := newRig(t, echoKey)
	if _, _, err := r.get(); err != nil {
		t.Fatal(err)
	}
	pid := r.pid()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	status := strings.ReplaceAll(string(b), "\t", " ")
	for _, want := range []string{"NoNewPrivs: 1", "Seccomp: 2", "Seccomp_filters: 2", "CapEff: 0000000000000000",
		"CapPrm: 0000000000000000", "CapBnd: 0000000000000000", "CapAmb: 0000000000000000"} {
		if !strings.Contains(status, want+"\n") {
			t.Errorf("no %q in\n%s", want, status)
		}
	}
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Max file size 0 0", "Max data size 1073741824 1073741824", "Max core file size 1 1"} {
		if !strings.Contains(strings.Join(strings.Fields(string(limits)), " "), want) {
			t.Errorf("no %q in\n%s", want, limits)
		}
	}
	var st unix.Stat_t
	if err := unix.Stat(fmt.Sprintf("/proc/%d/mem", pid), &st); err != nil || st.Uid != 0 {
		t.Errorf("its memory belongs to %d, %v: it is dumpable", st.Uid, err)
	}
	if id := identity(); os.Getuid() == 0 && !strings.Contains(status, fmt.Sprintf("Uid: %d %[1]d %[1]d %[1]d\n", id.HostUID)) {
		t.Errorf("it is not %d:\n%s", id.HostUID, status)
	}
	for _, n := range []string{"user", "mnt", "pid", "ipc", "uts", "cgroup"} {
		if sameNamespace(t, pid, n) {
			t.Errorf("it shares the namespace %s", n)
		}
	}
	if !sameNamespace(t, pid, "net") {
		t.Error("it has another network")
	}
}

func sameNamespace(t *testing.T, pid int, kind string) bool {
	t.Helper()
	own, err := os.Readlink("/proc/self/ns/" + kind)
	if err != nil {
		t.Fatal(err)
	}
	its, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/%s", pid, kind))
	if os.Getuid() != 0 && os.IsPermission(err) {
		return kind == "net" // not dumpable: nobody but root may look
	}
	if err != nil {
		t.Fatal(err)
	}
	return own == its
}
