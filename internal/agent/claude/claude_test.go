package claude

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

func TestSettingsGolden(t *testing.T) {
	got, err := Settings([]string{"git", "go", "make", "npm run test"})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "settings.local.json", got)
	golden(t, "settings.json", []byte(Agent{}.Files(agent.Rules{Allow: []string{"git", "go"}})[SettingsPath]))
}

func TestSettingsRefuseWhatWouldWidenARule(t *testing.T) {
	for _, name := range []string{
		"", "*", "git:*", "x)", `a"b`, "a,b", "a\nb", " git", "git ", "a  b", "Bash(rm:*)", strings.Repeat("a", 129), "é",
	} {
		if out, err := Settings([]string{"git", name}); err == nil {
			t.Errorf("Settings(%q) succeeded: %s", name, out)
		}
		inside := Agent{}.Files(agent.Rules{Allow: []string{"git", name}})[SettingsPath]
		if rules := bashRules(t, inside); !slices.Equal(rules, []string{"Bash(git:*)"}) {
			t.Errorf("Files(%q) allows %q", name, rules)
		}
	}
}

func bashRules(t *testing.T, content string) []string {
	t.Helper()
	var s settings
	if err := json.Unmarshal([]byte(content), &s); err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(s.Permissions.Allow, func(r string) bool { return !strings.HasPrefix(r, "Bash") })
}

func TestOwnersWordBeatsDefaultDeny(t *testing.T) {
	with, without := denyRules(agent.Rules{Allow: []string{"curl", "git"}}), denyRules(agent.Rules{Allow: []string{"git"}})
	if slices.Contains(with, "Bash(curl:*)") || !slices.Contains(without, "Bash(curl:*)") {
		t.Error("an allowed command must not be denied, and is denied when not allowed")
	}
	if !slices.Contains(with, "Bash(git push:*)") {
		t.Error("allowing git must not allow git push")
	}
}

// TestOwnersDenialBeatsAll: a denial that could not be written as it is denies
// more, never less.
func TestOwnersDenialBeatsAll(t *testing.T) {
	for entry, want := range map[string]string{
		"git push": "Bash(git push:*)", "npm run x=1": "Bash(npm run x=1:*)", "git *": "Bash(git:*)", "(x)": "Bash", "rm -rf a,b": "Bash(rm -rf:*)",
	} {
		if got := denyRules(agent.Rules{Allow: []string{"git"}, Deny: []string{entry}}); !slices.Contains(got, want) {
			t.Errorf("%q: %q", entry, got[0])
		}
	}
	both := denyRules(agent.Rules{Allow: []string{"curl"}, Deny: []string{"curl"}})
	if !slices.Contains(both, "Bash(curl:*)") {
		t.Error("what is allowed and denied is not denied")
	}
}

func TestServersAndHooksAreOffUnlessListed(t *testing.T) {
	off := Agent{}.Files(agent.Rules{})
	for path, want := range map[string]string{
		SettingsPath: `"disableAllHooks": true`, managedSettings: `"allowManagedHooksOnly": true`,
	} {
		if !strings.Contains(off[path], want) {
			t.Errorf("%s lacks %s", path, want)
		}
	}
	on := Agent{}.Files(agent.Rules{Servers: []string{"db", "a.b"}, Hooks: true})
	golden(t, "managed-inside.json", []byte(on[managedSettings]))
	if strings.Contains(on[SettingsPath], "disableAllHooks") || !strings.Contains(on[SettingsPath], `"mcp__a_b"`) {
		t.Errorf("%s", on[SettingsPath])
	}
	argv := Agent{}.Invocation(agent.Request{Rules: agent.Rules{Servers: []string{"db"}, Hooks: true}})
	if i := slices.Index(argv, "--mcp-config"); i < 0 || argv[i+1] != ".mcp.json" {
		t.Errorf("%q", argv)
	}
	if i := slices.Index(argv, "--setting-sources"); argv[i+1] != "project" {
		t.Errorf("%q", argv)
	}
	golden(t, "managed.json", []byte(Agent{}.Managed(agent.Rules{Allow: []string{"go"}, Deny: []string{"git push"}})[managedSettings]))
}

func TestInvocation(t *testing.T) {
	base := []string{
		"claude", "-p", "--output-format", "stream-json", "--verbose", "--setting-sources", "",
		"--strict-mcp-config", "--settings", SettingsPath, "--permission-mode", "dontAsk", "--no-session-persistence",
	}
	if got := (Agent{}).Invocation(agent.Request{PromptOnStdin: true}); !slices.Equal(got, base) {
		t.Errorf("plain: %q", got)
	}
	got := (Agent{}).Invocation(agent.Request{
		Command: []string{"/opt/claude"}, SettingsPath: "/s", MaxTurns: 7, BudgetUSD: 2.5, Model: "m", ExtraArgs: []string{"--x"},
	})
	want := slices.Clone(base)
	want[0], want[9] = "/opt/claude", "/s"
	want = append(want, "--max-turns", "7", "--max-budget-usd", "2.5", "--model", "m", "--x")
	if !slices.Equal(got, want) {
		t.Errorf("full: %q, want %q", got, want)
	}
}

func TestHomeTrustsTheProjectWhateverItsName(t *testing.T) {
	for _, project := range []string{"/home/a/p", "/x/with space", "/x/quo\"te\nline"} {
		var state struct {
			Onboarded bool `json:"hasCompletedOnboarding"`
			Projects  map[string]struct {
				Trusted bool `json:"hasTrustDialogAccepted"`
			} `json:"projects"`
		}
		if err := json.Unmarshal([]byte(Agent{}.Home(project)[".claude.json"]), &state); err != nil {
			t.Fatal(err)
		}
		if !state.Onboarded || !state.Projects[project].Trusted {
			t.Errorf("%q: %+v", project, state)
		}
	}
}
