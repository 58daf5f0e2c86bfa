package loop

import (
	"testing"

	"ringwall/internal/plan"
)

// TestChecksGetNothingKept: what an iteration left in its home does not speak
// for its work, and the iteration itself has it.
func TestChecksGetNothingKept(t *testing.T) {
	s := &Session{Plan: plan.Plan{Controls: []plan.Control{
		{ID: "a", Want: plan.Op{Kept: &plan.Kept{}}}, {ID: "b", Want: plan.Op{Tools: &plan.Tools{}}},
	}}}
	if got := s.checkPlan().Controls; len(got) != 1 || got[0].ID != "b" || len(s.Plan.Controls) != 2 {
		t.Errorf("%+v, of %+v", got, s.Plan.Controls)
	}
}
