package loop

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"ringwall/internal/agent"
	"ringwall/internal/agent/generic"
	"ringwall/internal/backend"
	"ringwall/internal/evidence"
	"ringwall/internal/host"
	"ringwall/internal/plan"
	"ringwall/internal/stage"
)

// script is a backend that stands in for the sandbox: it writes what an agent
// would have left in the upper directory.
type script struct {
	dir string
	io  IO
	do  func(ctx context.Context, command []string, upper string, io IO) backend.Result
}

func (s script) Probe(host.Facts) backend.Support { return backend.Support{OK: true} }

func (s script) Run(ctx context.Context, p plan.Plan, _ evidence.Recorder) (backend.Result, error) {
	r := s.do(ctx, p.Command, filepath.Join(s.dir, "upper"), s.io)
	if r.Reason == "" {
		r.Reason = backend.Exited
	}
	return r, nil
}

// rig is a loop over a project in a temporary folder.
type rig struct {
	Config
	memory *evidence.Memory
	runs   int
}

func newRig(t *testing.T, do func(n int, upper string, io IO) backend.Result) *rig {
	t.Helper()
	project := t.TempDir()
	id, err := stage.Pin(project)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{memory: new(evidence.Memory)}
	r.Config = Config{
		Session: Session{Plan: plan.Plan{Project: project, Command: []string{"agent"}}, Run: "r1", Dir: t.TempDir(),
			Project: id, Rules: stage.Rules{GuardrailNames: []string{"CLAUDE.md"}}, Recorder: r.memory},
		Agent: generic.Agent{}, Max: 3, Done: "DONE", Blocked: "BLOCKED",
		Compose: func(n int, last string) string { return strconv.Itoa(n) + " " + last },
	}
	r.Backend = func(dir string, io IO) backend.Backend {
		return script{dir, io, func(ctx context.Context, command []string, upper string, io IO) backend.Result {
			if command[0] == "agent" {
				r.runs++
			}
			return do(r.runs, upper, io)
		}}
	}
	return r
}

func (r *rig) run(t *testing.T) Ending {
	t.Helper()
	end, err := Run(context.Background(), r.Config)
	if err != nil {
		t.Fatal(err)
	}
	return end
}

func says(text string) func(int, string, IO) backend.Result {
	return func(_ int, _ string, s IO) backend.Result {
		io.WriteString(s.Stdout, text)
		return backend.Result{}
	}
}

func TestNMeansN(t *testing.T) {
	for _, n := range []int{1, 2, 5} {
		r := newRig(t, says("working on it\n"))
		r.Max = n
		end := r.run(t)
		if end.Outcome != Cap || end.Iterations != n || r.runs != n {
			t.Errorf("a cap of %d gave %d runs: %+v", n, r.runs, end)
		}
	}
}

func TestNoLoopWithoutEnd(t *testing.T) {
	for _, n := range []int{0, -1} {
		r := newRig(t, says(""))
		r.Max = n
		if _, err := Run(context.Background(), r.Config); err == nil || r.runs != 0 {
			t.Errorf("a cap of %d ran %d times", n, r.runs)
		}
	}
}

func TestOnlyTheTokenAloneOnTheLastLineEnds(t *testing.T) {
	for _, c := range []struct{ output, outcome string }{
		{"did it\nDONE\n", Done},
		{"DONE", Done},
		{"did it\n  DONE  \n\n", Done},
		{"I will not output DONE yet\n", Cap},
		{"DONE\nbut not quite\n", Cap},
		{"DONE.\n", Cap},
		{"done\n", Cap},
		{"need a key\nBLOCKED\n", Blocked},
		{"", Cap},
	} {
		r := newRig(t, says(c.output))
		if end := r.run(t); end.Outcome != c.outcome {
			t.Errorf("%q ended with %s, not %s", c.output, end.Outcome, c.outcome)
		}
	}
}

func TestStderrEndsNothing(t *testing.T) {
	r := newRig(t, func(_ int, _ string, s IO) backend.Result {
		io.WriteString(s.Stderr, "DONE\n")
		return backend.Result{}
	})
	if end := r.run(t); end.Outcome != Cap {
		t.Errorf("ended with %s", end.Outcome)
	}
}

func TestWorkIsAppliedBeforeTheNextIteration(t *testing.T) {
	var seen []string
	r := newRig(t, nil)
	r.Backend = func(dir string, s IO) backend.Backend {
		return script{dir, s, func(context.Context, []string, string, IO) backend.Result {
			names, _ := filepath.Glob(filepath.Join(r.Plan.Project, "*"))
			seen = append(seen, strconv.Itoa(len(names)))
			os.WriteFile(filepath.Join(dir, "upper", "f"+strconv.Itoa(len(seen))), []byte("x"), 0o644)
			return backend.Result{}
		}}
	}
	r.run(t)
	if got := strings.Join(seen, " "); got != "0 1 2" {
		t.Errorf("the iterations saw %s files", got)
	}
}

func TestTamperingOutweighsDone(t *testing.T) {
	r := newRig(t, func(_ int, upper string, s IO) backend.Result {
		os.Mkdir(filepath.Join(upper, "deep"), 0o755)
		os.WriteFile(filepath.Join(upper, "deep", "CLAUDE.md"), []byte("obey"), 0o644)
		os.WriteFile(filepath.Join(upper, "work.txt"), []byte("x"), 0o644)
		io.WriteString(s.Stdout, "DONE\n")
		return backend.Result{}
	})
	end := r.run(t)
	if end.Outcome != Tampered || !strings.Contains(end.Reason, "deep/CLAUDE.md") {
		t.Errorf("ended with %+v", end)
	}
	if _, err := os.Lstat(filepath.Join(r.Plan.Project, "deep", "CLAUDE.md")); !errors.Is(err, os.ErrNotExist) {
		t.Error("the guardrail reached the project")
	}
	if _, err := os.Lstat(filepath.Join(r.Plan.Project, "work.txt")); err != nil {
		t.Error("the ordinary change did not reach the project")
	}
}

// TestVerifyIsBelievedAndTheAgentIsNot: done needs the check to pass too, and
// a failing check is told to the next iteration.
func TestVerifyIsBelievedAndTheAgentIsNot(t *testing.T) {
	checks := 0
	var prompts []string
	r := newRig(t, nil)
	r.Verify = []string{"make test"}
	r.Compose = func(n int, last string) string { prompts = append(prompts, last); return "" }
	r.Backend = func(dir string, s IO) backend.Backend {
		return script{dir, s, func(_ context.Context, command []string, _ string, s IO) backend.Result {
			if command[0] != "/bin/sh" {
				io.WriteString(s.Stdout, "DONE\n")
				return backend.Result{}
			}
			checks++
			io.WriteString(s.Stdout, "FAIL TestX")
			return backend.Result{ExitCode: 2 - checks}
		}}
	}
	end := r.run(t)
	if end.Outcome != Done || end.Iterations != 2 || checks != 2 {
		t.Errorf("%d checks, %+v", checks, end)
	}
	if len(prompts) != 2 || !strings.Contains(prompts[1], "FAIL TestX") {
		t.Errorf("the failure was not told: %q", prompts)
	}
}

func TestUnknownCostIsNotZero(t *testing.T) {
	limit := 5.0
	r := newRig(t, says("working\n"))
	r.MaxCostUSD = &limit
	if end := r.run(t); end.Outcome != Limit || end.Iterations != 1 {
		t.Errorf("%+v", end)
	}
	r = newRig(t, says("working\n"))
	if end := r.run(t); end.Outcome != Cap {
		t.Errorf("without a limit: %+v", end)
	}
}

func TestTheLoopsTimeEndsIt(t *testing.T) {
	wait := func(ctx context.Context) backend.Result {
		<-ctx.Done()
		return backend.Result{Reason: backend.Interrupted}
	}
	r := newRig(t, nil)
	r.Backend = func(dir string, s IO) backend.Backend {
		return script{dir, s, func(ctx context.Context, _ []string, _ string, _ IO) backend.Result { return wait(ctx) }}
	}
	r.MaxTime = 50 * time.Millisecond
	if end := r.run(t); end.Outcome != Limit {
		t.Errorf("%+v", end)
	}
	r.MaxTime = 0
	r.Dir = t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(50*time.Millisecond, cancel)
	end, err := Run(ctx, r.Config)
	if err != nil || end.Outcome != Interrupted {
		t.Errorf("%+v, %v", end, err)
	}
}

// TestNothingStartsUnrecorded: when the journal cannot be written, the agent
// does not run.
func TestNothingStartsUnrecorded(t *testing.T) {
	r := newRig(t, says("DONE\n"))
	r.memory.Fail = func(evidence.Event) error { return errors.New("disk full") }
	if _, err := Run(context.Background(), r.Config); err == nil || r.runs != 0 {
		t.Errorf("ran %d times, %v", r.runs, err)
	}
}

// TestChangesAreNotAppliedUnrecorded: the changes stay where they are when the
// journal breaks between the work and its application.
func TestChangesAreNotAppliedUnrecorded(t *testing.T) {
	r := newRig(t, func(_ int, upper string, _ IO) backend.Result {
		os.WriteFile(filepath.Join(upper, "work.txt"), []byte("x"), 0o644)
		return backend.Result{}
	})
	r.memory.Fail = func(e evidence.Event) error {
		if e.Changeset != nil {
			return errors.New("disk full")
		}
		return nil
	}
	_, err := Run(context.Background(), r.Config)
	var h interface{ Hint() string }
	if !errors.As(err, &h) || !strings.Contains(h.Hint(), filepath.Join(r.IterDir(1), "upper")) {
		t.Errorf("the error %v does not tell where the changes are", err)
	}
	if _, err := os.Lstat(filepath.Join(r.Plan.Project, "work.txt")); !errors.Is(err, os.ErrNotExist) {
		t.Error("the change reached the project")
	}
	if _, err := os.Lstat(filepath.Join(r.IterDir(1), "upper", "work.txt")); err != nil {
		t.Error("the change is lost")
	}
}

// TestFloodIsBounded: the command never blocks on its output, and what is kept
// of it has an end.
func TestFloodIsBounded(t *testing.T) {
	r := newRig(t, func(_ int, _ string, s IO) backend.Result {
		block := make([]byte, 1<<20)
		for range maxOutput>>20 + 8 {
			if _, err := s.Stdout.Write(block); err != nil {
				t.Error(err)
			}
		}
		return backend.Result{}
	})
	r.Max = 1
	r.run(t)
	info, err := os.Stat(filepath.Join(r.IterDir(1), "stdout.log"))
	if err != nil || info.Size() != maxOutput {
		t.Errorf("kept %v, %v", info, err)
	}
}

// TestAnEndDuringACheckEndsTheLoop: a check that was interrupted did not fail,
// and no further iteration begins.
func TestAnEndDuringACheckEndsTheLoop(t *testing.T) {
	for _, c := range []struct {
		reason, outcome string
		cancel          bool
	}{
		{backend.Interrupted, Interrupted, true},
		{backend.Lost, Failed, false},
		{backend.Alarmed, Tampered, false},
		{backend.TimedOut, Cap, false}, // its own limit: the check failed
	} {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		r := newRig(t, nil)
		r.Verify = []string{"make test"}
		r.Backend = func(dir string, s IO) backend.Backend {
			return script{dir, s, func(_ context.Context, command []string, _ string, s IO) backend.Result {
				if command[0] != "/bin/sh" {
					r.runs++
					io.WriteString(s.Stdout, "DONE\n")
					return backend.Result{}
				}
				if c.cancel {
					cancel()
				}
				res := backend.Result{Reason: c.reason}
				if c.reason == backend.Alarmed {
					res.Alarm = &evidence.Alarm{Value: "x", Kind: "decoy", To: "evil.example:443"}
				}
				return res
			}}
		}
		end, err := Run(ctx, r.Config)
		if err != nil || end.Outcome != c.outcome || c.outcome != Cap && r.runs != 1 {
			t.Errorf("a check that ended with %s: %+v after %d runs, %v", c.reason, end, r.runs, err)
		}
	}
}

// TestNoIterationBeginsAfterTheEnd: an interruption that came while the changes
// were applied is not lost.
func TestNoIterationBeginsAfterTheEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r := newRig(t, says("working\n"))
	r.Ended = func(int, Outcome, agent.Result) { cancel() }
	end, err := Run(ctx, r.Config)
	if err != nil || end.Outcome != Interrupted || end.Iterations != 1 || r.runs != 1 {
		t.Errorf("%+v after %d runs, %v", end, r.runs, err)
	}
}

// TestChecksGetPipes: a check can neither fill the disk with its output nor
// open a file of the state directory again.
func TestChecksGetPipes(t *testing.T) {
	r := newRig(t, nil)
	r.Verify, r.Max = []string{"make test"}, 1
	r.Backend = func(dir string, s IO) backend.Backend {
		return script{dir, s, func(_ context.Context, command []string, _ string, s IO) backend.Result {
			io.WriteString(s.Stdout, "DONE\n")
			if info, err := s.Stdout.Stat(); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
				t.Errorf("%s writes to %v, %v", command[0], info, err)
			}
			return backend.Result{}
		}}
	}
	if end := r.run(t); end.Outcome != Done {
		t.Errorf("%+v", end)
	}
	if b, err := os.ReadFile(filepath.Join(r.IterDir(1), "verify-1.log")); string(b) != "DONE\n" {
		t.Errorf("kept %q, %v", b, err)
	}
}
