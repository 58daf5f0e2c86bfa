package isolation

import (
	"path"
	"strings"
	"testing"

	"ringwall/internal/agent/claude"
	"ringwall/internal/host"
	"ringwall/internal/plan"
)

func keptOf(project, name string) plan.Control {
	in := &compiler{host: host.Facts{StateDir: "/s"}}
	in.project.Path, in.project.Agent = project, claude.Agent{}
	in.policy.Workspace.Home = []string{name}
	in.kept()
	return in.controls[0]
}

// TestKeptSteers: what the next start acts by is told.
func TestKeptSteers(t *testing.T) {
	for name, want := range map[string]plan.Status{
		".claude/todos": plan.Enforced, ".claude/todos/a": plan.Enforced, ".cache/x": plan.Enforced,
		".claude/projects": plan.Downgraded, ".claude": plan.Downgraded, ".claude/shell-snapshots/x": plan.Downgraded, ".claude/hooks": plan.Downgraded,
	} {
		if got := keptOf("/p", name); got.Status != want || got.Must || (got.Why != "") != (want == plan.Downgraded) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestKeptApart: each project and each path has a folder of its own, directly in
// the project's.
func TestKeptApart(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range []plan.Control{keptOf("/p", "a"), keptOf("/p", "a/b"), keptOf("/p", "a-b"), keptOf("/q", "a")} {
		at := c.Want.Kept.Source
		if seen[at] || path.Dir(path.Dir(at)) != "/s/"+HomesDir || strings.Contains(path.Base(at), "a") && len(path.Base(at)) < 2 {
			t.Errorf("%s", at)
		}
		seen[at] = true
	}
}
