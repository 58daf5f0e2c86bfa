package copilot

import (
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"ringwall/internal/agent"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := "testdata/" + name
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s differs; run with -update and read the change:\n%s", name, got)
	}
}

func rules() agent.Rules {
	return agent.Rules{Allow: []string{"git", "go test", "npm"}, Deny: []string{"npm audit"}}
}

func TestGolden(t *testing.T) {
	golden(t, "managed-settings.json", []byte(Agent{}.Managed(rules())[ManagedPath]))
	golden(t, "arguments.txt", []byte(strings.Join(Agent{}.Invocation(agent.Request{Rules: rules(), Model: "m"}), "\n")+"\n"))
}

func TestRulesThatWouldWidenAreLeftOut(t *testing.T) {
	for _, name := range []string{
		"", "*", "git:*", "x)", `a"b`, "a,b", "a\nb", " git", "git ", "a  b", "shell(rm:*)", strings.Repeat("a", 129), "é",
	} {
		r := agent.Rules{Allow: []string{"git", name}, Deny: []string{name}, Servers: []string{name}}
		if got, want := (Agent{}).Arguments(r), (Agent{}).Arguments(agent.Rules{Allow: []string{"git"}}); !slices.Equal(got, want) {
			t.Errorf("%q: %q", name, got)
		}
		if got, want := render(r), render(agent.Rules{Allow: []string{"git"}}); string(got) != string(want) {
			t.Errorf("%q: %s", name, got)
		}
	}
}

func TestOwnersWordBeatsDefaultDenyAndTheOwnersDenyBeatsBoth(t *testing.T) {
	has := func(r agent.Rules) bool {
		return slices.Contains(strings.Split(strings.TrimPrefix(Agent{}.Arguments(r)[1], "--deny-tool="), ","), "shell(curl:*)")
	}
	if !has(agent.Rules{}) || has(agent.Rules{Allow: []string{"curl"}}) || !has(agent.Rules{Allow: []string{"curl"}, Deny: []string{"curl"}}) {
		t.Error("curl")
	}
	if got := (Agent{}).Arguments(agent.Rules{Allow: []string{"git"}})[1]; !strings.Contains(got, "shell(git push:*)") {
		t.Error("allowing git must not allow git push")
	}
}

// TestManagedOpensOnlyWhatTheOwnerLists: servers by name, hooks as a whole.
func TestManagedOpensOnlyWhatTheOwnerLists(t *testing.T) {
	parsed := func(r agent.Rules) (m managed) {
		if err := json.Unmarshal(render(r), &m); err != nil {
			t.Fatal(err)
		}
		return m
	}
	shut := parsed(agent.Rules{})
	if !slices.Equal(shut.Locked, []string{"skills", "agents", "hooks", "mcp"}) || !shut.ManagedHooksOnly || len(shut.AllowedServers) != 0 ||
		shut.Permissions.DisableBypass != "disable" || shut.Marketplaces == nil {
		t.Errorf("%+v", shut)
	}
	open := parsed(agent.Rules{Servers: []string{"db"}, Hooks: true})
	if !slices.Equal(open.Locked, []string{"skills", "agents"}) || open.ManagedHooksOnly || open.ManagedMCPOnly || !slices.Equal(open.AllowedServers, []server{{"db"}}) ||
		!slices.Contains(open.Permissions.Allow, "Mcp(db)") {
		t.Errorf("%+v", open)
	}
}

func TestInvocation(t *testing.T) {
	got := Agent{}.Invocation(agent.Request{Command: []string{"/opt/copilot"}, ExtraArgs: []string{"--x"}})
	if got[0] != "/opt/copilot" || got[len(got)-1] != "--x" || !slices.Contains(got, "--no-ask-user") {
		t.Errorf("%q", got)
	}
	for _, arg := range got {
		if name, _, _ := strings.Cut(arg, "="); slices.Contains(Agent{}.Describe().BypassFlags, name) {
			t.Errorf("%s is in the invocation", arg)
		}
	}
}

func TestHomeDoesNotTrustTheProject(t *testing.T) {
	home := Agent{}.Home("/home/a/p")
	if text := home[".copilot/settings.json"]; !json.Valid([]byte(text)) || strings.Contains(text, "/home/a/p") || len(home) != 1 {
		t.Errorf("%q", home)
	}
}
