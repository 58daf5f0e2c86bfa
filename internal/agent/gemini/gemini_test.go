package gemini

import (
	"encoding/json"
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"

	"ringwall/internal/agent"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := "testdata/" + name
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run with -update and read the change:\n%s", name, got)
	}
}

func TestGolden(t *testing.T) {
	r := agent.Rules{Allow: []string{"git", "go", "npm run test", "g++", "git push"}, Deny: []string{"go generate"}}
	golden(t, "policy.toml", Agent{}.Files(r)[PolicyPath])
	golden(t, "home.json", Agent{}.Home("/p")[".gemini/settings.json"])
	managed := Agent{}.Managed(r)
	golden(t, "managed.toml", managed[systemPolicies+"/ringwall.toml"])
	golden(t, "managed.json", managed[systemSettings])
}

type policyRule struct {
	ToolName      any    `toml:"toolName"`
	ArgsPattern   string `toml:"argsPattern"`
	CommandPrefix []string
	Decision      string
	Priority      int
}

func rules(t *testing.T, text string) []policyRule {
	t.Helper()
	var file struct{ Rule []policyRule }
	if err := toml.Unmarshal([]byte(text), &file); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return file.Rule
}

// allowedCommands are the patterns of rules that let a command run.
func allowedCommands(t *testing.T, text string) []*regexp.Regexp {
	t.Helper()
	var out []*regexp.Regexp
	for _, r := range rules(t, text) {
		if r.ToolName == "run_shell_command" && r.Decision == "allow" {
			out = append(out, regexp.MustCompile(r.ArgsPattern))
		}
	}
	return out
}

func TestRulesRefuseWhatWouldWidenThem(t *testing.T) {
	for _, name := range []string{
		"", "*", "git:*", "x)", `a"b`, "a,b", "a\nb", " git", "git ", "a  b", "a'b", ".*", "a|b", strings.Repeat("a", 129), "é", "A=b c",
	} {
		text := Agent{}.Files(agent.Rules{Allow: []string{"git", name}})[PolicyPath]
		if got := allowedCommands(t, text); len(got) != 1 {
			t.Errorf("%q: %v", name, got)
		}
	}
}

// TestPatternsFitTheCommandOnly uses the form in which the tool holds a call's
// arguments: its own names have a zero byte before them.
func TestPatternsFitTheCommandOnly(t *testing.T) {
	text := Agent{}.Files(agent.Rules{Allow: []string{"git", "g++", "npm run"}})[PolicyPath]
	fits := func(call string) bool {
		return slices.ContainsFunc(allowedCommands(t, text), func(p *regexp.Regexp) bool { return p.MatchString(call) })
	}
	for call, want := range map[string]bool{
		"{\x00\"command\":\"git\"\x00}":                                      true,
		"{\x00\"command\":\"git status\"\x00,\x00\"description\":\"x\"\x00}": true,
		"{\x00\"command\":\"g++ a.cc\"\x00}":                                 true,
		"{\x00\"command\":\"npm run x\"\x00}":                                true,
		"{\x00\"command\":\"npm install\"\x00}":                              false,
		"{\x00\"command\":\"gitx\"\x00}":                                     false,
		"{\x00\"command\":\"ggg a.cc\"\x00}":                                 false,
		"{\x00\"command\":\"id\"\x00,\x00\"x\":{\"command\":\"git \"}\x00}":  false,
		"{\x00\"command\":\"id\"\x00,\x00\"x\":[\"command\",\"git \"]\x00}":  false,
	} {
		if fits(call) != want {
			t.Errorf("%q: %v", call, !want)
		}
	}
}

func TestEverythingElseIsDenied(t *testing.T) {
	inside := rules(t, Agent{}.Files(agent.Rules{})[PolicyPath])
	last := func(r policyRule) bool {
		tools, _ := r.ToolName.([]any)
		return len(tools) == 1 && tools[0] == "*" && r.Decision == "deny" && r.Priority == 0
	}
	if !slices.ContainsFunc(inside, last) {
		t.Error("nothing denies the rest inside")
	}
	if slices.ContainsFunc(rules(t, Agent{}.Managed(agent.Rules{})[systemPolicies+"/ringwall.toml"]), last) {
		t.Error("a person at the keyboard could not be asked any more")
	}
}

func TestOwnersWordBeatsDefaultDeny(t *testing.T) {
	denies := func(r agent.Rules) []string {
		var out []string
		for _, x := range rules(t, Agent{}.Files(r)[PolicyPath]) {
			out = append(out, x.CommandPrefix...)
		}
		return out
	}
	with, without := denies(agent.Rules{Allow: []string{"curl", "git"}}), denies(agent.Rules{Allow: []string{"git"}, Deny: []string{"git add"}})
	if slices.Contains(with, "curl") || !slices.Contains(without, "curl") || !slices.Contains(with, "git push") {
		t.Errorf("%q %q", with, without)
	}
	if !slices.Contains(without, "git add") {
		t.Errorf("the owner's own deny is missing: %q", without)
	}
}

func TestInvocation(t *testing.T) {
	base := []string{"gemini", "--output-format", "stream-json", "--skip-trust", "--approval-mode", "default", "--admin-policy", PolicyPath}
	if got := (Agent{}).Invocation(agent.Request{PromptOnStdin: true}); !slices.Equal(got, base) {
		t.Errorf("plain: %q", got)
	}
	got := (Agent{}).Invocation(agent.Request{Command: []string{"/opt/g"}, SettingsPath: "/s", Model: "m", ExtraArgs: []string{"--x"}})
	want := append(slices.Clone(base), "--model", "m", "--x")
	want[0], want[7] = "/opt/g", "/s"
	if !slices.Equal(got, want) {
		t.Errorf("full: %q, want %q", got, want)
	}
}

// TestTheFolderIsNotTrusted: a server of the project was seen to start where the
// agent's home had a list of trusted folders, and not with the variable.
func TestTheFolderIsNotTrusted(t *testing.T) {
	if got := (Agent{}).Describe().Env["GEMINI_CLI_TRUST_WORKSPACE"]; got != "false" {
		t.Errorf("%q", got)
	}
	if got := (Agent{}).Invocation(agent.Request{}); !slices.Contains(got, "--skip-trust") {
		t.Errorf("it would end with 55: %q", got)
	}
}

// TestManagedFilesAreDescribed: who writes one has to know that it may be
// skipped.
func TestManagedFilesAreDescribed(t *testing.T) {
	for path := range (Agent{}).Managed(agent.Rules{}) {
		if !slices.ContainsFunc((Agent{}).Describe().Machine, func(m agent.MachineFile) bool { return m.Path == path && m.Opens }) {
			t.Errorf("%s is not described", path)
		}
	}
}

func TestManagedServersAndHooks(t *testing.T) {
	var s struct {
		Hooks struct{ Enabled bool } `json:"hooksConfig"`
		MCP   struct{ Allowed []string }
	}
	for _, c := range []struct {
		rules   agent.Rules
		hooks   bool
		allowed int
	}{{agent.Rules{}, false, 1}, {agent.Rules{Hooks: true, Servers: []string{"a", "b"}}, true, 2}} {
		if err := json.Unmarshal([]byte(Agent{}.Managed(c.rules)[systemSettings]), &s); err != nil {
			t.Fatal(err)
		}
		// An empty list of servers would allow all.
		if s.Hooks.Enabled != c.hooks || len(s.MCP.Allowed) != c.allowed {
			t.Errorf("%+v: %+v", c.rules, s)
		}
	}
}
