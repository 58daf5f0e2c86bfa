package native

import (
	"errors"
	"strings"
	"testing"

	"ringwall/internal/backend"
	"ringwall/internal/backend/backendtest"
	"ringwall/internal/evidence"
	"ringwall/internal/plan"
)

func observed(t *testing.T) backendtest.Target {
	t.Helper()
	tg := target(t)
	if !tg.Host.Observe.OK {
		t.Skip("refused calls cannot be seen here: " + tg.Host.Observe.Why)
	}
	return tg
}

func railed(t *testing.T, tg backendtest.Target) *backendtest.Box {
	t.Helper()
	b := backendtest.NewBox(t, tg)
	b.File("CLAUDE.md", "be good\n")
	b.File("mine", "mine\n")
	b.Add("isolation.guardrail:CLAUDE.md", plan.Op{Guardrail: &plan.Guardrail{Path: "CLAUDE.md", Present: true}})
	return b
}

func TestRefusalsAreRecorded(t *testing.T) {
	b := railed(t, observed(t))
	r := b.Attack("write:CLAUDE.md", "write:CLAUDE.md", "write:"+b.Project+"/./x/../CLAUDE.md", "rename:mine|CLAUDE.md", "call:ptrace",
		"unix:/var/run/docker.sock", "connect:192.0.2.1:4433", "write:mine", "read:CLAUDE.md")
	if r.Err != nil {
		t.Fatal(r.Err)
	}
	for _, want := range []struct {
		control, what string
		count         int
	}{
		{"isolation.guardrail:CLAUDE.md", "write CLAUDE.md", 3}, {"isolation.guardrail:CLAUDE.md", "rename CLAUDE.md", 1},
		{"isolation.syscalls", "ptrace", 1}, {"isolation.namespaces", "connect /var/run/docker.sock", 1},
		{"network.gateway", "connect 192.0.2.1:4433", 1},
	} {
		if got := b.Refusals(want.control)[want.what]; got != want.count {
			t.Errorf("%s: %q was recorded %d times, want %d", want.control, want.what, got, want.count)
		}
	}
	events := b.Recorder.Of(evidence.KindRefused)
	for _, e := range events {
		if x := e.Refused; x.Source != evidence.Observed || x.Why == "" || x.Count < 1 || x.PID == 0 || x.Program == "" {
			t.Errorf("recorded without the circumstances: %+v", x)
		}
		if strings.Contains(e.Refused.What, "mine") {
			t.Errorf("an ordinary write was recorded: %+v", e.Refused)
		}
	}
	if r.Counts.Attempts != 7 {
		t.Errorf("%d attempts were counted, want 7", r.Counts.Attempts)
	}
}

// TestAttemptsByOtherNames: a guardrail can be named from many places. What is
// not seen is refused all the same; limit 12 of the threat model names it.
func TestAttemptsByOtherNames(t *testing.T) {
	b := railed(t, observed(t))
	b.File(".git/hooks/sub/deep", "")
	b.File("sub/file", "")
	b.Add("isolation.guardrail:.git/hooks", plan.Op{Guardrail: &plan.Guardrail{Path: ".git/hooks", Dir: true, Present: true}})
	const memory, hooks = "isolation.guardrail:CLAUDE.md", "isolation.guardrail:.git/hooks"
	r := b.Attack("symlink:.|here", "symlink:.git/hooks|other", "symlink:CLAUDE.md|innocent")
	if r.Err != nil {
		t.Fatal(r.Err)
	}
	for _, c := range []struct{ attempt, errno, control, what string }{
		{"from:.git/hooks|at:.|new", "EROFS", hooks, "write .git/hooks/new"},
		{"at:.git/hooks|new", "EROFS", hooks, "write .git/hooks/new"},
		{"at:.git/hooks/sub|new", "EROFS", hooks, "write .git/hooks/sub/new"},
		{"at:sub|../CLAUDE.md", "EROFS", memory, "write CLAUDE.md"},
		{"from:.git/hooks|write:sub/deep", "EROFS", hooks, "write .git/hooks/sub/deep"},
		{"from:.git/hooks/sub|create:../new", "EROFS", hooks, "write .git/hooks/new"},
		{"from:.git/hooks/sub|rename:deep|../deep", "EROFS", hooks, "rename .git/hooks/sub/deep"},
		{"from:sub|write:../CLAUDE.md", "EROFS", memory, "write CLAUDE.md"},
		{"write:here/CLAUDE.md", "EROFS", memory, "write CLAUDE.md"},
		{"write:here/here/./CLAUDE.md", "EROFS", memory, "write CLAUDE.md"},
		{"openat2:CLAUDE.md|w", "EROFS", memory, "write CLAUDE.md"},
		{"openat2:CLAUDE.md|r", "ok", memory, ""},
		// Limit 12: a name that is no guardrail's, led by a link.
		{"write:innocent", "EROFS", memory, ""},
		{"create:other/new", "EROFS", hooks, ""},
		// Nothing of a guardrail's.
		{"from:sub|write:file", "ok", memory, ""},
		{"at:sub|file", "ok", hooks, ""},
	} {
		b.Recorder = evidence.Memory{}
		r := b.Attack(c.attempt)
		b.Expect(r, map[string]string{c.attempt: c.errno})
		if got := b.Refusals(c.control); c.what == "" && len(got) != 0 || c.what != "" && got[c.what] != 1 {
			t.Errorf("%s: recorded %v, want %q", c.attempt, got, c.what)
		}
	}
}

// TestHostileArguments: what the observer reads was put there to harm it. The
// calls go on, and so does the run.
func TestHostileArguments(t *testing.T) {
	b := railed(t, observed(t))
	r := b.Attack("garbage", "call:keyctl", "create:after")
	b.Expect(r, map[string]string{"garbage": "ok", "call:keyctl": "EPERM", "create:after": "ok"})
}

// TestRefusalsAreBounded: an agent cannot fill the journal with refusals.
func TestRefusalsAreBounded(t *testing.T) {
	b := railed(t, observed(t))
	r := b.Attack("refusals:3000")
	if r.Err != nil || r.ExitCode != 0 {
		t.Fatalf("%+v, %v", r.Result, r.Err)
	}
	if n := len(b.Recorder.Events()); n > 2*maxDistinct+50 {
		t.Errorf("%d events were recorded", n)
	}
	if r.Counts.Attempts != 6000 {
		t.Errorf("%d attempts were counted, want 6000", r.Counts.Attempts)
	}
	total := b.Refusals("isolation.syscalls")["keyctl"]
	for _, n := range b.Refusals("isolation.guardrail:CLAUDE.md") {
		total += n
	}
	if total != 6000 {
		t.Errorf("%d attempts were recorded, want 6000", total)
	}
}

// TestLostRecorder: what cannot be recorded must not go on, at whatever moment
// it turns out.
func TestLostRecorder(t *testing.T) {
	for kind, attempts := range map[evidence.Kind][]string{
		evidence.KindRefused: {"call:keyctl"}, evidence.KindLimitReached: {"forks:60", "sleep:500"},
	} {
		for range 8 { // which of two endings is seen first is left to chance
			b := railed(t, observed(t)).Limit("pids", 30)
			b.Recorder.Fail = func(e evidence.Event) error {
				if e.Kind() == kind {
					return errors.New("disk full")
				}
				return nil
			}
			if r := b.Attack(attempts...); r.Reason != backend.Lost {
				t.Errorf("%s cannot be recorded: the run ended with %+v, %v", kind, r.Result, r.Err)
			}
		}
	}
	lostAtTheEnd(t)
	b := railed(t, observed(t))
	b.Recorder.Fail = func(evidence.Event) error { return errors.New("disk full") }
	if r := b.Attack("create:ran"); r.Err == nil || len(r.Reports) != 0 {
		t.Errorf("the limits cannot be recorded, and the command ran: %+v, %v", r.Result, r.Err)
	}
}

// lostAtTheEnd: the control group is asked once more when all is over, and the
// answer cannot be recorded.
func lostAtTheEnd(t *testing.T) {
	t.Helper()
	tg := observed(t)
	if tg.Host.Cgroups.Dirs["pids"] == "" {
		return // nobody is asked
	}
	b := railed(t, tg).Limit("pids", 30)
	b.Recorder.Fail = func(e evidence.Event) error {
		if e.Kind() == evidence.KindLimitReached {
			return errors.New("disk full")
		}
		return nil
	}
	if r := b.Attack("forks:60"); r.Reason != backend.Lost {
		t.Errorf("the last look cannot be recorded: the run ended with %+v, %v", r.Result, r.Err)
	}
}

func TestDecoy(t *testing.T) {
	b := backendtest.NewBox(t, target(t))
	path := backendtest.Home + "/.ssh/id_rsa"
	b.Add("isolation.decoy:~/.ssh/id_rsa", plan.Op{Decoy: &plan.Decoy{Path: path, Shape: "key %s\n"}})
	r := b.Attack("read:"+path, "sleep:300")
	if v := r.Report("read:" + path).Value; !strings.HasPrefix(v, "key ") || len(v) != len("key ")+40+1 {
		t.Errorf("the decoy reads %q, %v", v, r.Err)
	}
	if n := b.Refusals("isolation.decoy:~/.ssh/id_rsa")["read ~/.ssh/id_rsa"]; n != 1 {
		t.Errorf("the reading was recorded %d times", n)
	}
	idle := backendtest.NewBox(t, target(t))
	idle.Add("isolation.decoy:~/.ssh/id_rsa", plan.Op{Decoy: &plan.Decoy{Path: path, Shape: "key %s\n"}})
	idle.Attack("stat:"+path, "sleep:300")
	if n := len(idle.Recorder.Of(evidence.KindRefused)); n != 0 {
		t.Errorf("%d events for a decoy that nobody read", n)
	}
}
