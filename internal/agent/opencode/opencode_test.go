package opencode

import (
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"ringwall/internal/agent"
	"ringwall/internal/agent/jsonedit"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestFilesGolden(t *testing.T) {
	files := Agent{}.Files(agent.Rules{Allow: []string{"git", "go", "npm test"}, Deny: []string{"git clean", "~/bin/x"}})
	if !json.Valid([]byte(files[firstPath])) || len(files) != 2 {
		t.Errorf("%q", files)
	}
	got := files[ConfigPath]
	if *update {
		if err := os.WriteFile("testdata/opencode.json", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/opencode.json")
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("differs; run with -update and read the change:\n%s", got)
	}
}

// decide is opencode's own decision: the last rule that fits.
func decide(t *testing.T, text, tool, what string) string {
	t.Helper()
	l := linter{}
	var out string
	for _, r := range rulesOf(t, &l, text) {
		if match(tool, r.tool) && match(what, r.pattern) {
			out = r.action
		}
	}
	if len(l.out) > 0 {
		t.Errorf("%+v", l.out)
	}
	return out
}

func TestRulesDecide(t *testing.T) {
	text := Agent{}.Files(agent.Rules{Allow: []string{"git", "go", "npm test", "gh"}, Deny: []string{"go get", "~/bin/x"}})[ConfigPath]
	for _, c := range []struct{ tool, what, want string }{
		{"bash", "git", allow}, {"bash", "git status", allow}, {"bash", "gitk", deny},
		{"bash", "git push", deny}, {"bash", "git push origin", deny}, {"bash", "git config x y", deny},
		{"bash", "go test ./...", allow}, {"bash", "go get x", deny}, {"bash", "~/bin/x", deny},
		{"bash", "npm test", allow}, {"bash", "npm publish", deny}, {"bash", "npm run x", deny},
		{"bash", "gh pr list", allow}, // the owner's word beats the list of what nobody needs
		{"bash", "curl x", deny}, {"bash", "rm -rf ~", deny}, {"bash", "touch x", deny},
		{"read", "a.go", allow}, {"read", ".env", deny}, {"read", "a/.env.local", deny}, {"read", ".env.example", allow},
		{"edit", "a.go", allow}, {"edit", "opencode.json", deny}, {"edit", "sub/.opencode/plugin/x.js", deny}, {"edit", "AGENTS.md", deny},
		{"webfetch", "https://x", deny}, {"websearch", "x", deny}, {"skill", "x", deny}, {"question", "*", deny},
		{"server_tool", "*", deny}, {"external_directory", "/etc/*", deny}, {"external_directory", "/tmp/*", allow}, {"task", "general", allow},
	} {
		if got := decide(t, text, c.tool, c.what); got != c.want {
			t.Errorf("%s %q: %s, want %s", c.tool, c.what, got, c.want)
		}
	}
}

func TestManagedAsksAPerson(t *testing.T) {
	text := Agent{}.Managed(agent.Rules{Allow: []string{"git"}, Deny: []string{"git clean"}})[firstPath]
	for _, c := range []struct{ tool, what, want string }{
		{"bash", "git status", allow}, {"bash", "make", ask}, {"bash", "git clean -x", deny}, {"bash", "curl x", deny},
		{"webfetch", "https://x", ask}, {"edit", "opencode.json", deny},
	} {
		if got := decide(t, text, c.tool, c.what); got != c.want {
			t.Errorf("%s %q: %s, want %s", c.tool, c.what, got, c.want)
		}
	}
	if strings.Contains(text, "{env:") {
		t.Error("a person's own addresses and model are not ringwall's to choose")
	}
	if got := (Agent{}).Lint(firstPath, []byte(text)); len(got) != 1 && len(got) != 2 {
		t.Errorf("%+v", got)
	}
}

// What would widen a rule is left out of what is allowed, and stays in what is
// denied.
func TestRulesLeaveOutWhatWouldWidenThem(t *testing.T) {
	for _, name := range []string{"", "*", "git*", "g?t", "a\nb", " git", "a  b", "~", "$HOME/x", "git; curl", "é", strings.Repeat("a", 129)} {
		text := Agent{}.Files(agent.Rules{Allow: []string{"go", name}})[ConfigPath]
		if got := decide(t, text, "bash", "unknown"); got != deny {
			t.Errorf("%q allows: %s", name, got)
		}
		l := linter{}
		for _, r := range rulesOf(t, &l, text) {
			if r.tool == "bash" && r.action == allow && r.pattern != "go *" {
				t.Errorf("%q became %+v", name, r)
			}
		}
	}
	text := Agent{}.Files(agent.Rules{Allow: []string{"go"}, Deny: []string{"go g*"}})[ConfigPath]
	if decide(t, text, "bash", "go generate x") != deny || decide(t, text, "bash", "go test") != allow {
		t.Error("a denial with a star")
	}
}

func TestInvocation(t *testing.T) {
	base := []string{"opencode", "run", "--format", "json", "--pure", "--agent", "build"}
	if got := (Agent{}).Invocation(agent.Request{PromptOnStdin: true, MaxTurns: 3, BudgetUSD: 1}); !slices.Equal(got, base) {
		t.Errorf("plain: %q", got)
	}
	got := (Agent{}).Invocation(agent.Request{Command: []string{"/opt/opencode"}, Model: "a/b", ExtraArgs: []string{"--x"}})
	want := append(append([]string{"/opt/opencode"}, base[1:]...), "--model", "a/b", "--x")
	if !slices.Equal(got, want) {
		t.Errorf("full: %q, want %q", got, want)
	}
}

// Both addresses that the configuration names have a value in any case, for
// opencode puts an empty text in the place of a variable that is not set.
func TestAddressesAreSet(t *testing.T) {
	text := Agent{}.Files(agent.Rules{})[ConfigPath]
	for _, name := range []string{"ANTHROPIC_BASE_URL", "OPENAI_BASE_URL"} {
		if !strings.Contains(text, "{env:"+name+"}") || !strings.HasPrefix(env()[name], "https://") {
			t.Errorf("%s: %q", name, env()[name])
		}
	}
	if _, set := env()[modelEnv]; set {
		t.Error("a model is the owner's choice")
	}
}

// rulesOf flattens the rules of the agent that a run starts, in order.
func rulesOf(t *testing.T, l *linter, text string) []rule {
	t.Helper()
	doc, err := jsonedit.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	out := l.read("", doc.Root.Get("permission"))
	return append(out, l.read("", doc.Root.Get("agent", agentName, "permission"))...)
}
