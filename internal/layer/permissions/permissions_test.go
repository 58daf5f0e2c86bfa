package permissions

import (
	"slices"
	"strings"
	"testing"

	"ringwall/internal/agent"
	"ringwall/internal/agent/claude"
	"ringwall/internal/agent/copilot"
	"ringwall/internal/agent/generic"
	"ringwall/internal/host"
	"ringwall/internal/plan"
	"ringwall/internal/policy"
	"ringwall/internal/project"
)

func controls(t *testing.T, text string, a agent.Agent) []plan.Control {
	t.Helper()
	p, err := policy.Parse(policy.FileName, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	out, err := Layer{}.Plan(p, host.Facts{}, project.Facts{Agent: a})
	if err != nil {
		t.Fatal(err)
	}
	if err := (plan.Plan{Controls: out}).Check(); err != nil {
		t.Error(err)
	}
	return out
}

func TestPlanForClaude(t *testing.T) {
	out := controls(t, "version = 1\nagent = \"claude\"\n\n[tools]\nallow = [\"git\", \"go\"]\n", claude.Agent{})
	if len(out) != 3 {
		t.Fatalf("%+v", out)
	}
	if c := out[0]; c.ID != "permissions.tools" || c.Status != plan.Enforced || c.From != "ringwall.toml:5" ||
		!slices.Equal(c.Want.Tools.Allow, []string{"git", "go"}) {
		t.Errorf("%+v", c)
	}
	file := out[2]
	if file.ID != "permissions.file:"+claude.SettingsPath || !file.Must || file.Status != plan.Enforced {
		t.Errorf("%+v", file)
	}
	if text := file.Want.AgentFile.Content; !strings.Contains(text, `"Bash(go:*)"`) || !strings.Contains(text, `"Bash(ringwall why:*)"`) || strings.Contains(text, "Bash(make") {
		t.Errorf("the rendered file does not follow the policy:\n%s", text)
	}
}

// TestPlanForAnAgentThatTakesArguments: no file, and not without permissions.
func TestPlanForAnAgentThatTakesArguments(t *testing.T) {
	out := controls(t, "version = 1\nagent = \"copilot\"\n\n[tools]\nallow = [\"git\"]\n", copilot.Agent{})
	if len(out) != 1 || out[0].ID != "permissions.tools" || out[0].Status != plan.Enforced {
		t.Errorf("%+v", out)
	}
}

// TestPlanPassesOnWhatElseThePolicySays: denials, servers and hooks reach the
// plan and the agent's own files.
func TestPlanPassesOnWhatElseThePolicySays(t *testing.T) {
	const head = "version = 1\nagent = \"claude\"\n[tools]\nallow = [\"git\"]\n"
	with := controls(t, head+"deny = [\"git push origin\"]\nservers = [\"db\"]\nhooks = true\n", claude.Agent{})
	without := controls(t, head, claude.Agent{})
	if w := with[0].Want.Tools; !slices.Equal(w.Deny, []string{"git push origin"}) || !slices.Equal(w.Servers, []string{"db"}) || !w.Hooks {
		t.Errorf("%+v", w)
	}
	for _, say := range []string{`"Bash(git push origin:*)"`, `"mcp__db"`} {
		if !strings.Contains(with[2].Want.AgentFile.Content, say) || strings.Contains(without[2].Want.AgentFile.Content, say) {
			t.Errorf("%s is not there because of the policy", say)
		}
	}
	if off := `"disableAllHooks": true`; strings.Contains(with[2].Want.AgentFile.Content, off) || !strings.Contains(without[2].Want.AgentFile.Content, off) {
		t.Error("hooks do not follow the policy")
	}
}

func TestPlanWithoutAnAgentSaysSo(t *testing.T) {
	for name, a := range map[string]agent.Agent{"none": nil, "generic": generic.Agent{}} {
		out := controls(t, "version = 1\ncommand = [\"x\"]\n", a)
		if len(out) != 1 || out[0].ID != "permissions.tools" || out[0].Status != plan.Unavailable || out[0].Must {
			t.Errorf("%s: %+v", name, out)
		}
	}
}

func TestDefaultTools(t *testing.T) {
	got := DefaultTools(project.Facts{Toolchains: []project.Toolchain{
		{Commands: []string{"git"}}, {Commands: []string{"go", "gofmt"}}, {Commands: []string{"make", "go"}},
	}})
	if !slices.Equal(got, []string{"git", "go", "gofmt", "make"}) {
		t.Errorf("%q", got)
	}
	if got := DefaultTools(project.Facts{}); len(got) != 0 {
		t.Errorf("%q", got)
	}
}
