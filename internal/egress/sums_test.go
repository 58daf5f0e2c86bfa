package egress

import (
	"errors"
	"testing"

	"ringwall/internal/evidence"
)

// Beyond the burst there are few events, and their numbers add up.
func TestRequestsAreSummedUp(t *testing.T) {
	j := &journal{}
	g, err := New(Config{Plan: planOf(gatewayControl(80)), Recorder: j})
	if err != nil {
		t.Fatal(err)
	}
	const n = 5000
	for i := range n {
		x, ok := g.begin(evidence.Request{Proto: "http", Host: "a.example", Port: 80, Rule: "r"})
		if !ok {
			t.Fatal("refused")
		}
		x.end(200+300*(i%2), 10, 100)
	}
	if x, ok := g.begin(evidence.Request{Host: "b.example", Rule: "another"}); !ok || !x.own {
		t.Error("the first of a rule is not recorded at once")
	}
	g.Close()
	var began, ended, failed, sent int
	for _, r := range j.requests() {
		c := max(1, r.Count)
		switch {
		case r.Rule != "r":
		case !r.Ended:
			began += c
		default:
			ended, sent = ended+c, sent+int(r.Sent)
			if r.Status >= 400 {
				failed += c
			}
		}
	}
	if began != n || ended != n || failed != n/2 || sent != 10*n {
		t.Errorf("%d began, %d ended, %d failed, %d bytes", began, ended, failed, sent)
	}
	if events := len(j.requests()); events > 3*sumBurst {
		t.Errorf("%d events", events)
	}
}

// Also what would only be summed up does not happen once the journal failed.
func TestNothingIsSummedUpUnrecorded(t *testing.T) {
	for _, fails := range []bool{false, true} {
		j := &journal{}
		g, err := New(Config{Plan: planOf(gatewayControl(80)), Recorder: j})
		if err != nil {
			t.Fatal(err)
		}
		req := evidence.Request{Proto: "http", Host: "a.example", Port: 80, Rule: "r"}
		for range 2 * sumBurst {
			g.begin(req)
		}
		if fails {
			j.mu.Lock()
			j.err = errors.New("disk full")
			j.mu.Unlock()
			g.sums.tell()
		}
		if _, ok := g.begin(req); ok == fails {
			t.Errorf("the journal fails %v: a request begins %v", fails, ok)
		}
		g.Close()
	}
}
