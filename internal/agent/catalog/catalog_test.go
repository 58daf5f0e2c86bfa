package catalog

import (
	"maps"
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

func TestNamesAreUniqueAndFound(t *testing.T) {
	names := Names()
	if !slices.Equal(names, []string{"claude", "gemini", "generic"}) {
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
