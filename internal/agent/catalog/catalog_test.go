package catalog

import (
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"ringwall/internal/agent"
)

// TestEveryAgent is the form that each description must have.
func TestEveryAgent(t *testing.T) {
	for _, a := range All() {
		d := a.Describe()
		t.Run(d.Name, func(t *testing.T) {
			if d.Name == "" || d.Title == "" {
				t.Error("no name or title")
			}
			if d.KeyEnv != "" && (strings.Count(d.KeyShape, "%s") != 1 || len(d.KeyShape) < 20 || d.APIHost == "" || d.Header == "") {
				t.Errorf("a key needs a long shape with one %%s, a host and a header: %+v", d)
			}
			for _, g := range d.Guardrails {
				if path.Clean(g.Path) != g.Path || g.Reason == "" || !slices.Contains(agent.GuardrailNames(), g.Path) {
					t.Errorf("guardrail %+v is malformed or not in the common names", g)
				}
			}
			argv := a.Invocation(agent.Request{Command: []string{"prog"}})
			if len(argv) == 0 || argv[0] != "prog" {
				t.Errorf("invocation %q does not start the command", argv)
			}
			for _, flag := range d.BypassFlags {
				if slices.Contains(argv, flag) {
					t.Errorf("%s is in the invocation", flag)
				}
			}
			for p := range maps.Keys(a.Files(agent.Rules{Allow: []string{"git"}})) {
				if !path.IsAbs(p) {
					t.Errorf("file %s is not absolute", p)
				}
			}
			for p := range maps.Keys(a.Home("/p")) {
				if path.IsAbs(p) || path.Clean(p) != p {
					t.Errorf("home file %s is not relative", p)
				}
			}
			if _, err := a.Parse(strings.NewReader("no structure\n")); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestLintersPassWhatTheirAgentWrites: what is rendered for people or for a
// machine has nothing in it that the same agent's linter would report.
func TestLintersPassWhatTheirAgentWrites(t *testing.T) {
	rules := agent.Rules{Allow: []string{"git status"}, Deny: []string{"git push"}}
	for _, a := range All() {
		l, lints := a.(agent.Linter)
		m, manages := a.(agent.ManagedWriter)
		if !lints || !manages {
			continue
		}
		for name, text := range m.Managed(rules) {
			known := slices.ContainsFunc(l.PermissionFiles(), func(f agent.Located) bool { return f.Path == name })
			if found := l.Lint(name, []byte(text)); known && len(found) > 0 {
				t.Errorf("%s: %s: %+v", a.Describe().Name, name, found)
			}
		}
	}
}

func TestNamesAreUniqueAndFound(t *testing.T) {
	names := Names()
	if !slices.Equal(names, []string{"claude", "codex", "gemini", "opencode", "copilot", "cursor", "generic"}) {
		t.Errorf("order: %q", names)
	}
	for _, n := range names {
		if a, ok := Find(n); !ok || a.Describe().Name != n {
			t.Errorf("%s is not found", n)
		}
	}
	if _, ok := Find("none"); ok {
		t.Error("an unknown name was found")
	}
}

// TestAgentsAreDocumented: whoever adds one finds the table of docs/agents.md.
func TestAgentsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../../docs/agents.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range All() {
		d := a.Describe()
		if !strings.Contains(string(text), "| `"+d.Name+"` | ") && !strings.Contains(string(text), "(`"+d.Name+"`) | ") {
			t.Errorf("docs/agents.md has no row for %s", d.Name)
		}
	}
}
