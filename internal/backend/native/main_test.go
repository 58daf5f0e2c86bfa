package native

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"

	"ringwall/internal/backend"
	"ringwall/internal/backend/backendtest"
	"ringwall/internal/evidence"
	"ringwall/internal/host"
	"ringwall/internal/kernel/initprog"
	"ringwall/internal/kernel/kerneltest"
	"ringwall/internal/kernel/launch"
	"ringwall/internal/plan"
)

// TestMain: this program is also the attacker inside, the supervisor that a
// test kills, and the helper beside the agents' account.
func TestMain(m *testing.M) {
	if code, is := Helper(os.Args); is {
		os.Exit(code)
	}
	switch {
	case len(os.Args) > 1 && os.Args[1] == "attack":
		backendtest.Attack(os.Args[2:])
		os.Exit(0)
	case len(os.Args) > 2 && os.Args[1] == "get":
		if err := get(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	case len(os.Args) > 1 && os.Args[1] == "supervise":
		os.Exit(superviseFor(os.Args[2:]))
	}
	code := m.Run()
	kerneltest.Clean()
	os.Exit(code)
}

// target is the native backend on this host; a test that needs it ends where
// the host cannot run it.
func target(t *testing.T) backendtest.Target {
	t.Helper()
	program, err := attacker()
	if err != nil {
		t.Fatal(err)
	}
	if !initprog.Embedded() && raced {
		t.Skip("the first process is not built in (scripts/build does), and this program, with the race detector in it, cannot stand in for it")
	}
	h := facts(t)
	if s := (*Native)(nil).Probe(h); !s.OK {
		t.Skipf("this host cannot run the native backend: %s", s.Why)
	}
	return backendtest.Target{Host: h, Program: program, New: func(j backendtest.Job) backend.Backend { return backendOf(j) }}
}

// attacker is this program, unless it has the race detector in it, which takes
// more than a sandbox gives.
func attacker() (string, error) {
	if raced {
		return kerneltest.Static()
	}
	return os.Executable()
}

func facts(t *testing.T) host.Facts {
	t.Helper()
	env := append(os.Environ(), "XDG_STATE_HOME="+t.TempDir())
	h, err := host.Probe(env)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func backendOf(j backendtest.Job) *Native {
	return &Native{Host: j.Host, Name: j.Name, IterDir: j.IterDir, Layers: j.Layers, ProjectOwner: j.Owner,
		Stdin: j.Stdin, Stdout: j.Stdout, Stderr: j.Stderr}
}

// weaker is the native backend with one control left out of what the first
// process is told. No plan can say this: it exists for tests only.
func weaker(target backendtest.Target, leaveOut func(*launch.Spec)) backendtest.Target {
	target.New = func(j backendtest.Job) backend.Backend { return &weakened{backendOf(j), leaveOut} }
	return target
}

type weakened struct {
	*Native
	leaveOut func(*launch.Spec)
}

// Run does what Native.Run does, with the change in the middle.
func (w *weakened) Run(ctx context.Context, p plan.Plan, rec evidence.Recorder) (backend.Result, error) {
	r := newRun(w.Native, p, rec)
	w.Dir = p.Project
	if err := r.prepare(); err != nil {
		return backend.Result{}, err
	}
	defer r.release()
	spec, files, err := r.translate()
	if err != nil {
		return backend.Result{}, err
	}
	defer closeAll(files)
	w.leaveOut(spec)
	if err := r.start(spec, files); err != nil {
		return backend.Result{}, err
	}
	return r.supervise(ctx)
}

func noFilter(s *launch.Spec)   { s.Filter, s.Observe = nil, false }
func noLandlock(s *launch.Spec) { s.Landlock, s.Write = 0, nil }

// noLocks leaves the mounts alone to hold.
func noLocks(s *launch.Spec) { noFilter(s); noLandlock(s) }

// without leaves out the steps of one kind.
func without(ops ...launch.Op) func(*launch.Spec) {
	return func(s *launch.Spec) {
		n := len(s.Steps)
		s.Steps = slices.DeleteFunc(s.Steps, func(st launch.Step) bool { return slices.Contains(ops, st.Op) })
		if len(s.Steps) == n {
			panic(fmt.Sprintf("there are no steps %v to leave out", ops))
		}
	}
}
