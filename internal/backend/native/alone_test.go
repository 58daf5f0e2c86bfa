package native

import (
	"context"
	"testing"

	"ringwall/internal/backend"
	"ringwall/internal/backend/backendtest"
	"ringwall/internal/evidence"
	"ringwall/internal/plan"
)

// TestAlone: the first process says whether the command left anything running.
// Only where it did not are its changes read before the sandbox is taken down.
func TestAlone(t *testing.T) {
	for script, alone := range map[string]bool{
		"exit 0":                           true,
		"sleep 0.01 & wait":                true,
		"sleep 600 & exit 0":               false,
		"(sleep 600 & sleep 600 &) & wait": false, // whose parents are gone
		"setsid sleep 600 & sleep 0.1":     false,
	} {
		b := backendtest.NewBox(t, target(t))
		said := &ends{}
		b.Target.New = func(j backendtest.Job) backend.Backend { said.Native = backendOf(j); return said }
		if r := b.Command("/bin/sh", "-c", script); r.Err != nil || r.ExitCode != 0 {
			t.Fatalf("%s: %+v %v", script, r.Result, r.Err)
		}
		if said.alone != alone {
			t.Errorf("%s: alone is %v", script, said.alone)
		}
	}
}

// ends is a Native that keeps what the first process said last.
type ends struct {
	*Native
	alone bool
}

func (e *ends) Run(ctx context.Context, p plan.Plan, rec evidence.Recorder) (backend.Result, error) {
	r := newRun(e.Native, p, rec)
	e.Dir = p.Project
	if err := r.prepare(); err != nil {
		return backend.Result{}, err
	}
	defer r.release()
	if err := r.launch(); err != nil {
		return backend.Result{}, err
	}
	end := r.result()
	e.alone = end.alone
	r.kill()
	r.meter.unused()
	return backend.Result{Reason: backend.Exited, ExitCode: end.status.ExitStatus()}, end.err
}
