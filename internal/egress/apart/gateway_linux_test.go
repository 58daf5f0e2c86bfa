package apart

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/launch"
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

// endless answers until the client is gone.
func endless(w http.ResponseWriter, q *http.Request) {
	for q.Context().Err() == nil {
		if _, err := w.Write(make([]byte, 64<<10)); err != nil {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// download begins one, and returns what is left of it.
func (r *rig) download() io.ReadCloser {
	r.t.Helper()
	req, err := http.NewRequest(http.MethodGet, r.url, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { resp.Body.Close() })
	if _, err := io.CopyN(io.Discard, resp.Body, 1<<20); err != nil {
		r.t.Fatal(err)
	}
	return resp.Body
}

// TestKilledGateway: with the gateway its connections go, nothing listens any
// more, and a fault ends the run. Without the kill the same download goes on.
func TestKilledGateway(t *testing.T) {
	for _, kill := range []bool{true, false} {
		r := newRig(t, endless)
		body := r.download()
		if kill {
			if err := unix.Kill(r.pid(), unix.SIGKILL); err != nil {
				t.Fatal(err)
			}
		}
		_, err := io.CopyN(io.Discard, body, 64<<20)
		if kill != (err != nil) {
			t.Errorf("killed: %v; the rest of the download: %v", kill, err)
		}
		if !kill {
			continue
		}
		if err := r.fault(); !strings.Contains(err.Error(), "SIGKILL") {
			t.Errorf("the fault is %q", err)
		}
		r.nothingListens()
		if _, _, err := r.get(); err == nil {
			t.Error("a request got an answer after the gateway's end")
		}
	}
}

// TestFullJournal: what cannot be written down does not happen, and ends the
// run. With room the same request does happen.
func TestFullJournal(t *testing.T) {
	asked := make(chan bool, 9)
	r := newRig(t, func(w http.ResponseWriter, q *http.Request) { asked <- true; echoKey(w, q) })
	if _, _, err := r.get(); err != nil {
		t.Fatal(err)
	}
	<-asked
	r.notes.fill()
	if code, body, err := r.get(); err == nil {
		t.Errorf("an answer that is in no journal: %d %q", code, body)
	}
	if err := r.fault(); !strings.Contains(err.Error(), "no space left") {
		t.Errorf("the fault is %q", err)
	}
	if len(asked) > 0 {
		t.Error("the upstream was asked")
	}
	r.nothingListens()
}

// TestDeadUpstream: a server that is not there is told to the client; the
// gateway goes on.
func TestDeadUpstream(t *testing.T) {
	dead := newRig(t, echoKey, func(c *Config) { c.Plan.Controls[1].Want.Credential.Port = 1 })
	for range 2 {
		if code, _, err := dead.get(); err != nil || code != http.StatusBadGateway {
			t.Fatalf("%d %v", code, err)
		}
	}
	if s := dead.gateway.Stats(); s.Allowed != 2 {
		t.Errorf("%+v", s)
	}
}

// TestNoStart: where the process cannot be had, the connection ends, and so does
// the run.
func TestNoStart(t *testing.T) {
	r := newRig(t, echoKey, func(c *Config) {
		c.weaken = func(s *launch.Spec) { s.Argv = []string{"/nothing"} }
	})
	if _, _, err := r.get(); err == nil {
		t.Error("somebody answered")
	}
	if err := r.fault(); !strings.Contains(err.Error(), "/nothing") {
		t.Errorf("the fault is %q", err)
	}
	r.nothingListens()
}

// supervisorOf is a supervisor that a test kills: it tells the number of its
// gateway's process and waits.
func supervisorOf() int {
	r, end, err := openRig(echoKey)
	defer end()
	if err == nil {
		_, _, err = r.get()
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("gateway", r.pid())
	time.Sleep(time.Minute)
	return 0
}

// TestEndsWithItsSupervisor: the gateway does not outlive whoever writes its journal.
func TestEndsWithItsSupervisor(t *testing.T) {
	needUserNamespaces(t)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "supervisor")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	var pid int
	if _, err := fmt.Fscanf(out, "gateway %d\n", &pid); err != nil {
		t.Fatal(err)
	}
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		t.Fatalf("the gateway is gone before its supervisor is: %v", err)
	}
	defer unix.Close(fd)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	polls := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, err := unix.Poll(polls, 20000)
	for err == unix.EINTR {
		n, err = unix.Poll(polls, 20000)
	}
	if n != 1 || err != nil {
		t.Errorf("the gateway is still there: %d %v", n, err)
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
