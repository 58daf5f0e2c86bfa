package egress

import (
	"testing"

	"ringwall/internal/evidence"
	"ringwall/internal/plan"
)

// TestRefusedToolsAreTold: a stand-in's word becomes a refusal of its layer, as
// a claim; that of a program which the plan does not name is a name like any
// other.
func TestRefusedToolsAreTold(t *testing.T) {
	stub := plan.Control{ID: "isolation.tool:curl", Layer: plan.Isolation,
		Want: plan.Op{Stub: &plan.Stub{Tool: "curl", Reason: "moves data"}}}
	r := newRig(t, nobody(t), stub).start(t)
	for _, name := range []string{"curl", "CURL"} {
		if !r.toldTool(ToolQuery(name) + ".") {
			t.Errorf("%s is no word of a stand-in", name)
		}
	}
	for _, name := range []string{ToolQuery("wget"), "curl.example", "curl"} {
		if r.toldTool(name) {
			t.Errorf("%s is a stand-in's word", name)
		}
	}
	r.Close()
	count := 0
	for _, e := range r.journal.refused() {
		count += e.Count
		e.Count = 0
		if want := (evidence.Refused{Layer: "isolation", Control: "isolation.tool:curl", What: "start curl",
			Source: evidence.Claimed, Why: "not in tools.allow: moves data"}); e != want {
			t.Errorf("%+v\nwant %+v", e, want)
		}
	}
	if count != 2 || len(r.journal.learned()) != 0 {
		t.Errorf("%d refusals, learned %+v", count, r.journal.learned())
	}
}
