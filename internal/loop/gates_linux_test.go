package loop

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringwall/internal/backend"
	"ringwall/internal/evidence"
	"ringwall/internal/plan"
)

// gated makes a rig whose agent writes work.txt and whose plan has these gates.
// Checks are answered by check, with what it prints.
func gated(t *testing.T, check func(io IO) backend.Result, gates ...plan.Gate) *rig {
	r := newRig(t, func(n int, upper string, s IO) backend.Result {
		os.WriteFile(filepath.Join(upper, "work.txt"), []byte("x\n"), 0o644)
		io.WriteString(s.Stdout, "working\n")
		return backend.Result{}
	})
	for i := range gates {
		r.Plan.Controls = append(r.Plan.Controls, plan.Control{ID: gates[i].Name, Want: plan.Op{Gate: &gates[i]}})
	}
	r.Over = func(dir string, s IO) backend.Backend {
		return script{filepath.Join(dir, "check"), s, func(_ context.Context, command []string, upper string, s IO) backend.Result {
			if _, err := os.Lstat(filepath.Join(dir, "kept.json")); err != nil {
				t.Errorf("cut short in a check, the work would be lost: %v", err)
			}
			if _, err := os.Lstat(filepath.Join(dir, "upper", "work.txt")); err != nil || command[0] != "/bin/sh" {
				t.Errorf("a check %q without the work: %v", command, err)
			}
			os.WriteFile(filepath.Join(upper, "by-check"), []byte("x"), 0o644)
			return check(s)
		}}
	}
	return r
}

func (r *rig) applied() bool {
	_, err := os.Lstat(filepath.Join(r.Plan.Project, "work.txt"))
	return err == nil
}

func ends(res backend.Result) func(IO) backend.Result {
	return func(s IO) backend.Result {
		io.WriteString(s.Stdout, "what it says\x1b[2J\n")
		return res
	}
}

// TestChecksBeforeApplying: only a check that succeeds lets the work through;
// one that was cut short says nothing, and then the work is kept even where
// failures drop it.
func TestChecksBeforeApplying(t *testing.T) {
	for _, c := range []struct {
		name             string
		res              backend.Result
		action           string
		applied, dropped bool
		outcome          string
	}{
		{"passes", backend.Result{}, hold, true, false, Cap},
		{"fails", backend.Result{ExitCode: 1}, hold, false, false, Held},
		{"fails, drop", backend.Result{ExitCode: 1}, drop, false, true, Cap},
		{"a limit, drop", backend.Result{Reason: backend.TimedOut}, drop, false, true, Cap},
		{"interrupted, drop", backend.Result{Reason: backend.Interrupted}, drop, false, false, Held},
		{"a key, drop", backend.Result{ExitCode: 130, Signal: "SIGINT"}, drop, false, false, Held},
		{"lost, drop", backend.Result{Reason: backend.Lost}, drop, false, false, Held},
		{"an alarm, drop", backend.Result{Reason: backend.Alarmed, Alarm: &evidence.Alarm{Value: "x"}}, drop, false, false, Tampered},
	} {
		r := gated(t, ends(c.res), plan.Gate{Name: plan.GateVerify, Action: c.action, Command: "make test"})
		r.Max = 1
		end := r.run(t)
		_, kept := os.Lstat(filepath.Join(r.IterDir(1), "upper", "work.txt"))
		if end.Outcome != c.outcome || r.applied() != c.applied || (kept == nil) != (!c.applied && !c.dropped) {
			t.Errorf("%s: %+v, applied %v, kept %v", c.name, end, r.applied(), kept == nil)
		}
		if _, err := os.Lstat(filepath.Join(r.Plan.Project, "by-check")); err == nil {
			t.Errorf("%s: what the check wrote is in the project", c.name)
		}
		if _, err := os.Lstat(filepath.Join(r.IterDir(1), "check")); err == nil {
			t.Errorf("%s: the check's folder is left", c.name)
		}
		_, marked := os.Lstat(filepath.Join(r.IterDir(1), "kept.json"))
		if (marked == nil) != (!c.applied && !c.dropped) {
			t.Errorf("%s: marked as kept: %v", c.name, marked == nil)
		}
		if n := len(r.memory.Of(evidence.KindNotApplied)); (n == 1) != !c.applied {
			t.Errorf("%s: %d events", c.name, n)
		}
	}
}

// TestDroppedWorkIsTold: the next prompt has what failed, harmless, and a word of
// the agent's does not end the loop.
func TestDroppedWorkIsTold(t *testing.T) {
	r := gated(t, ends(backend.Result{ExitCode: 2}), plan.Gate{Name: plan.GateVerify, Action: drop, Command: "make test"})
	var prompts []string
	r.Compose = func(_ int, last string) string { prompts = append(prompts, last); return "" }
	r.Max, r.Done = 2, "working"
	if end := r.run(t); end.Outcome != Cap {
		t.Errorf("%+v", end)
	}
	for _, want := range []string{"All changes of the last iteration were dropped", `the check "make test" failed (exit 2)`, `what it says\x1b[2J`} {
		if len(prompts) != 2 || !strings.Contains(prompts[1], want) {
			t.Errorf("the prompt lacks %q: %q", want, prompts)
		}
	}
}

// TestNothingPassesUnchecked: a workspace that cannot be checked, and a journal
// that takes no findings, let nothing through.
func TestNothingPassesUnchecked(t *testing.T) {
	verify := plan.Gate{Name: plan.GateVerify, Action: hold, Command: "make test"}
	for name, spoil := range map[string]func(*rig){
		"no way to check": func(r *rig) { r.Over = nil },
		"no journal": func(r *rig) {
			r.memory.Fail = func(e evidence.Event) error {
				if e.Finding != nil || e.NotApplied != nil {
					return errors.New("disk full")
				}
				return nil
			}
		},
	} {
		r := gated(t, ends(backend.Result{ExitCode: 1}), verify)
		spoil(r)
		_, err := Run(context.Background(), r.Config)
		if err == nil || r.applied() {
			t.Errorf("%s: %v, applied %v", name, err, r.applied())
		}
		if _, err := os.Lstat(filepath.Join(r.IterDir(1), "upper", "work.txt")); err != nil {
			t.Errorf("%s: the work is lost", name)
		}
	}
}

// TestTooLargeAsAWhole: a bound of the policy keeps or drops all of it; without
// one the same is applied.
func TestTooLargeAsAWhole(t *testing.T) {
	for _, c := range []struct {
		gate    plan.Gate
		applied bool
	}{
		{plan.Gate{Name: plan.GateLines, Action: hold, Most: 0}, true},
		{plan.Gate{Name: plan.GateLines, Action: hold, Most: 1}, true},
		{plan.Gate{Name: plan.GateFiles, Action: hold, Most: 1}, true},
	} {
		r := gated(t, nil, c.gate)
		r.Max = 1
		if end := r.run(t); end.Outcome != Cap || r.applied() != c.applied {
			t.Errorf("%+v: %+v", c.gate, end)
		}
	}
	for _, gate := range []plan.Gate{{Name: plan.GateFiles, Action: hold, Most: 1}, {Name: plan.GateLines, Action: drop, Most: 1}} {
		r := gated(t, nil, gate)
		r.Backend = func(dir string, s IO) backend.Backend {
			return script{dir, s, func(_ context.Context, _ []string, upper string, _ IO) backend.Result {
				os.WriteFile(filepath.Join(upper, "work.txt"), []byte("x\n"), 0o644)
				os.WriteFile(filepath.Join(upper, "more.txt"), []byte("x\n"), 0o644)
				return backend.Result{}
			}}
		}
		r.Max = 1
		want := map[string]string{hold: Held, drop: Cap}[gate.Action]
		if end := r.run(t); end.Outcome != want || r.applied() {
			t.Errorf("%+v: %+v, applied %v", gate, end, r.applied())
		}
	}
}
