package apart

import (
	"fmt"
	"testing"

	"ringwall/internal/plan"
)

// TestClaimsOfStandIns: the gateway may pass on that a program which the plan
// covers was started, as a claim, and no more than that.
func TestClaimsOfStandIns(t *testing.T) {
	stub := plan.Control{ID: "isolation.tool:curl", Layer: plan.Isolation, Want: plan.Op{Stub: &plan.Stub{Tool: "curl"}}}
	for name, c := range map[string]struct {
		says string
		good bool
	}{
		"a start":            {claim("isolation", "isolation.tool:curl", "start curl", "claimed", ""), true},
		"what was seen":      {claim("isolation", "isolation.tool:curl", "start curl", "observed", ""), false},
		"another layer":      {claim("network", "isolation.tool:curl", "start curl", "claimed", ""), false},
		"its layer, seen":    {claim("network", "isolation.tool:curl", "start curl", "observed", ""), false},
		"another program":    {claim("isolation", "isolation.tool:nc", "start nc", "claimed", ""), false},
		"another thing":      {claim("isolation", "isolation.tool:curl", "write CLAUDE.md", "claimed", ""), false},
		"the word of a call": {claim("isolation", "isolation.tool:curl", "start curl", "claimed", "EPERM"), false},
	} {
		_, err := newJudge(plan.Plan{Controls: []plan.Control{stub}}).event([]byte(c.says))
		if (err == nil) != c.good {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func claim(layer, control, what, source, errno string) string {
	return fmt.Sprintf(`{"refused":{"layer":%q,"control":%q,"what":%q,"source":%q,"errno":%q,"count":1}}`,
		layer, control, what, source, errno)
}
