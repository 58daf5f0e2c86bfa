package cli

import (
	"fmt"
	"strings"

	"ringwall/internal/plan"
)

// gates shows what becomes of changes before they reach the project, the
// strictest first.
func (v view) gates() {
	v.head("Gates")
	t := table{v.w, 16}
	for _, action := range []string{"reject", "hold", "report", "apply"} {
		if names := v.names(func(c plan.Control) string {
			if g := c.Want.Gate; g != nil && g.Action == action && g.Command == "" && g.Most == 0 {
				return strings.ReplaceAll(g.Name, "_", " ")
			}
			return ""
		}); len(names) > 0 {
			t.row("  "+action, list(names, 20))
		}
	}
	for _, c := range v.plan.Controls {
		g := c.Want.Gate
		switch {
		case g == nil || c.Status == plan.Unavailable:
		case g.Command != "":
			t.row("  must pass", g.Command+", else all is "+pastOf(g.Action))
		case g.Most > 0:
			t.row("  at most", fmt.Sprintf("%d %s, else all is %s", g.Most, strings.TrimPrefix(g.Name, "max_"), pastOf(g.Action)))
		}
	}
}

func pastOf(action string) string {
	if action == "drop" {
		return "dropped"
	}
	return "held"
}

// loosened says which gates let pass what no honest work contains.
func loosened(p plan.Plan) []string {
	what := map[string]string{
		"guardrail": "files that steer agents or run by themselves on this machine",
		"secret":    "files in the place of those that are hidden",
		"escape":    "links out of the project, set-ID bits and misleading names",
	}
	var out []string
	for _, c := range p.Controls {
		if g := c.Want.Gate; g != nil && g.Action == "apply" && what[g.Name] != "" {
			out = append(out, fmt.Sprintf("What the agent makes of %s reaches the project: gates.%s is \"apply\" (%s).", what[g.Name], g.Name, c.From))
		}
	}
	return out
}
