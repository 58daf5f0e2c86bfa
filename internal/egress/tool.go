package egress

import (
	"fmt"
	"strings"

	"ringwall/internal/evidence"
	"ringwall/internal/plan"
)

// toolSuffix is below a name that never exists (RFC 6761). What stands in a
// refused program's place asks for the program's name there: it has no other
// way to tell.
const toolSuffix = ".tool.ringwall.invalid"

// ToolQuery is the name that the stand-in of a program asks for.
func ToolQuery(tool string) string { return tool + toolSuffix }

// ToolRefused is what the report says was tried.
func ToolRefused(tool string) string { return "start " + tool }

// toolRefusals counts the starts of each program that the plan has a stand-in
// for, by its name in lower case. Anything inside can ask for such a name, so
// it is a claim, and no claim is taken of a program that the plan does not name.
func toolRefusals(p plan.Plan, r evidence.Recorder) map[string]*refusals {
	out := map[string]*refusals{}
	for _, c := range p.Controls {
		if s := c.Want.Stub; s != nil {
			counted := newRefusals(c.ID, r)
			counted.layer, counted.source = c.Layer, evidence.Claimed
			out[strings.ToLower(s.Tool)] = counted
		}
	}
	return out
}

// toldTool reports whether a name that was refused is the word of a program's
// stand-in, and records it: as something that is needed in a run that learns,
// else as a refusal.
func (g *Gateway) toldTool(name string) bool {
	name, ok := strings.CutSuffix(strings.ToLower(strings.TrimSuffix(name, ".")), toolSuffix)
	if !ok {
		return false
	}
	for _, c := range g.cfg.Plan.Controls {
		s := c.Want.Stub
		switch {
		case s == nil || !strings.EqualFold(s.Tool, name):
		case g.policy.learn:
			g.needed(evidence.Needed{Proto: "tool", Tool: s.Tool})
		default:
			g.toolRefused(s)
			return true
		}
	}
	return g.policy.learn
}

func (g *Gateway) toolRefused(s *plan.Stub) {
	err := g.tools[strings.ToLower(s.Tool)].add(ToolRefused(s.Tool), "not in tools.allow: "+s.Reason)
	if err != nil {
		g.fail(fmt.Errorf("gateway: record: %w", err))
	}
}
