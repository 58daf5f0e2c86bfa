package loop

import (
	"context"
	"strings"
	"testing"
	"time"

	"ringwall/internal/backend"
	"ringwall/internal/evidence"
	"ringwall/internal/host"
	"ringwall/internal/plan"
)

// spender is a backend whose gateway reads answers of models.
type spender struct {
	used []evidence.ModelUsage
	wait bool // then for the end from outside
}

func (s spender) Probe(host.Facts) backend.Support { return backend.Support{OK: true} }

func (s spender) Run(ctx context.Context, _ plan.Plan, rec evidence.Recorder) (backend.Result, error) {
	for _, u := range s.used {
		if err := rec.Record(evidence.Event{ModelUsage: &u}); err != nil {
			return backend.Result{}, err
		}
	}
	if !s.wait {
		return backend.Result{Reason: backend.Exited}, nil
	}
	select {
	case <-ctx.Done():
		return backend.Result{Reason: backend.Interrupted}, nil
	case <-time.After(10 * time.Second):
		return backend.Result{Reason: backend.Exited}, nil
	}
}

// spends makes a loop whose iterations all take the same.
func spends(t *testing.T, wait bool, used ...evidence.ModelUsage) *rig {
	r := newRig(t, nil)
	r.Backend = func(string, IO) backend.Backend {
		r.runs++
		return spender{used, wait}
	}
	return r
}

func priced(usd float64) evidence.ModelUsage {
	return evidence.ModelUsage{Host: "h", Model: "m", Input: 600, Output: 400, CostUSD: &usd}
}

// TestTheGatewaysCountEndsTheLoop: what the gateway read counts, whatever the
// agent says; without the limit the same loop goes on.
func TestTheGatewaysCountEndsTheLoop(t *testing.T) {
	limit := 1.0
	r := spends(t, false, priced(0.3), priced(0.3))
	r.MaxCostUSD = &limit
	if end := r.run(t); end.Outcome != Limit || end.Iterations != 2 || !strings.Contains(end.Reason, "1.20 USD spent") {
		t.Errorf("%+v", end)
	}
	r = spends(t, false, priced(0.3), priced(0.3))
	if end := r.run(t); end.Outcome != Cap {
		t.Errorf("without a limit: %+v", end)
	}
	r = spends(t, false, priced(0.1))
	r.MaxTokens = 2500
	if end := r.run(t); end.Outcome != Limit || end.Iterations != 3 || !strings.Contains(end.Reason, "3000 taken") {
		t.Errorf("%+v", end)
	}
}

// TestTooMuchEndsTheIteration: the command is ended when the limit is passed, and
// what it made is settled as after any other limit.
func TestTooMuchEndsTheIteration(t *testing.T) {
	limit := 1.0
	r := spends(t, true, priced(1.5))
	r.MaxCostUSD = &limit
	began := time.Now()
	if end := r.run(t); end.Outcome != Limit || end.Iterations != 1 || time.Since(began) > 9*time.Second {
		t.Errorf("%+v", end)
	}
	var reached *evidence.LimitReached
	var ended *evidence.IterationEnded
	for _, e := range r.memory.Events() {
		if e.LimitReached != nil {
			reached = e.LimitReached
		}
		if e.IterationEnded != nil {
			ended = e.IterationEnded
		}
	}
	if reached == nil || reached.Resource != "cost" || reached.Value != 150 || !reached.Ended {
		t.Errorf("%+v", reached)
	}
	if ended == nil || ended.Reason != backend.OverCost {
		t.Errorf("%+v", ended)
	}
}

// TestUnknownAnswersAreNotZero: an answer whose cost is not known ends a loop
// that has a limit, unless the agent says what it took.
func TestUnknownAnswersAreNotZero(t *testing.T) {
	limit := 1.0
	for _, u := range []evidence.ModelUsage{{Host: "h", Model: "new", Input: 1, Output: 1}, {Host: "h", Unknown: true}} {
		r := spends(t, false, priced(0.01), u)
		r.MaxCostUSD = &limit
		if end := r.run(t); end.Outcome != Limit || end.Iterations != 1 {
			t.Errorf("%+v: %+v", u, end)
		}
		r = spends(t, false, priced(0.01), u)
		if end := r.run(t); end.Outcome != Cap {
			t.Errorf("without a limit: %+v", end)
		}
	}
	r := spends(t, false, evidence.ModelUsage{Host: "h", Unknown: true})
	r.MaxTokens = 1000
	if end := r.run(t); end.Outcome != Limit || end.Iterations != 1 {
		t.Errorf("tokens: %+v", end)
	}
}

// TestClaimFillsTheGap: where the gateway's figure is whole, a claim changes
// nothing; where it is not, the claim stands for it and never makes it less.
func TestClaimFillsTheGap(t *testing.T) {
	usd := func(f float64) *float64 { return &f }
	for _, c := range []struct {
		name  string
		used  []evidence.ModelUsage
		claim *float64
		want  float64
		known bool
	}{
		{"the gateway's", []evidence.ModelUsage{priced(2)}, usd(0.01), 2, true},
		{"the gateway's, though less", []evidence.ModelUsage{priced(2)}, usd(5), 2, true},
		{"the claim", nil, usd(5), 5, true},
		{"the claim for a part", []evidence.ModelUsage{priced(2), {Unknown: true}}, usd(5), 5, true},
		{"a claim that is too small", []evidence.ModelUsage{priced(2), {Unknown: true}}, usd(1), 2, true},
		{"neither", []evidence.ModelUsage{priced(2), {Unknown: true}}, nil, 2, false},
		{"nothing", nil, nil, 0, false},
	} {
		s := &spending{to: new(evidence.Memory)}
		for range 2 { // each iteration by itself
			for _, u := range c.used {
				s.Record(evidence.Event{ModelUsage: &u})
			}
			if _, known := s.settle(c.claim); known != c.known {
				t.Errorf("%s: known %v", c.name, known)
			}
		}
		if s.usd != 2*c.want {
			t.Errorf("%s: %v USD, want %v", c.name, s.usd, 2*c.want)
		}
	}
}
