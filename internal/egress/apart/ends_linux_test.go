package apart

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/launch"
)

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

// replaced is how a supervisor runs whose program's file is gone.
const replaced = "replaced"

// supervisorOf is a supervisor that a test kills: it tells the number of its
// gateway's process and waits.
func supervisorOf(how string) int {
	if how == replaced {
		if err := os.Remove(os.Args[0]); err != nil {
			fmt.Println(err)
			return 1
		}
	}
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

// supervise starts such a supervisor, which ends with the test, and gives the
// number of its gateway's process.
func supervise(t *testing.T, program, how string) (*exec.Cmd, int) {
	t.Helper()
	needUserNamespaces(t)
	cmd := exec.Command(program, "supervisor", how)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	var pid int
	if _, err2 := fmt.Sscanf(line, "gateway %d\n", &pid); err != nil || err2 != nil {
		t.Fatalf("%q %v", line, err)
	}
	return cmd, pid
}

// TestEndsWithItsSupervisor: the gateway does not outlive whoever writes its
// journal.
func TestEndsWithItsSupervisor(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd, pid := supervise(t, exe, "")
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

// TestProgramThatIsNotShown: the gateway runs also where the program's file was
// removed since the start, as an upgrade does it, or is nobody else's to run.
func TestProgramThatIsNotShown(t *testing.T) {
	exe, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	for how, mode := range map[string]os.FileMode{replaced: 0o755, "closed": 0o700} {
		own := filepath.Join(t.TempDir(), "program")
		if err := os.WriteFile(own, exe, mode); err != nil {
			t.Fatal(err)
		}
		supervise(t, own, how)
	}
}
