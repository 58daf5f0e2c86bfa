package gemini

import (
	"fmt"
	"strings"
	"testing"

	"ringwall/internal/agent"
)

const (
	projectFile = ".gemini/settings.json"
	rulesFile   = ".gemini/policies/auto-saved.toml"
)

// problems are the findings of a text: "LINE PROBLEM", one after the other.
func problems(file, text string) string {
	var out []string
	for _, f := range (Agent{}).Lint(file, []byte(text)) {
		out = append(out, fmt.Sprintf("%d %s", f.Line, f.Problem))
	}
	return strings.Join(out, ", ")
}

// TestLintEntries: for each rule an entry that is flagged, and a near one that
// is not.
func TestLintEntries(t *testing.T) {
	for _, c := range []struct{ list, bad, problem, near string }{
		{"allowed", "run_shell_command", agent.TooBroad, "run_shell_command(git status)"},
		{"allowed", "ShellTool", agent.TooBroad, "ShellTool(git status)"},
		{"core", "run_shell_command", agent.TooBroad, "run_shell_command(go test)"},
		{"allowed", "*", agent.TooBroad, "glob"},
		{"core", "*", agent.Ineffective, "glob"},
		{"allowed", "mcp_*", agent.TooBroad, "mcp_local_search"},
		{"allowed", "mcp_local_*", agent.TooBroad, "mcp_local_get"},
		{"allowed", "run_shell_command(make)", agent.Executes, "run_shell_command(make test)"},
		{"allowed", "run_shell_command(npm run)", agent.Executes, "run_shell_command(npm run test)"},
		{"core", "run_shell_command(python)", agent.Executes, "run_shell_command(python -m pytest)"},
		{"core", "run_shell_command(rm -rf)", agent.Destroys, "run_shell_command(mkdir -p)"},
		{"core", "run_shell_command(git status:*)", agent.Ineffective, "run_shell_command(git status)"},
		{"core", "run_shell_command()", agent.Ineffective, "run_shell_command(ls)"},
		{"core", "Bash(git status)", agent.Ineffective, "list_directory"},
		{"core", "ReadFile", agent.Ineffective, "ReadFileTool"},
		{"core", "bash", agent.Ineffective, "my_own_agent"},
		{"core", "read_file(src/**)", agent.TooBroad, "read_file"},
		{"exclude", "run_shell_command(rm)", agent.Ineffective, "run_shell_command"},
		{"exclude", "WebFetch", agent.Ineffective, "web_fetch"},
	} {
		text := func(entry string) string { return "{\"tools\": {\n\"" + c.list + "\": [\n\"" + entry + "\"]}}" }
		if got := problems(projectFile, text(c.bad)); got != "3 "+c.problem {
			t.Errorf("%s %s: %q, want %s", c.list, c.bad, got, c.problem)
		}
		if got := problems(projectFile, text(c.near)); got != "" {
			t.Errorf("%s %s: %q", c.list, c.near, got)
		}
	}
}

func TestLintListsAsAWhole(t *testing.T) {
	for text, want := range map[string]string{
		`{"tools": {"core": ["glob", "glob"]}}`:                                                      "1 duplicate",
		`{"tools": {"core": ["run_shell_command(git diff)", "run_shell_command(git diff --stat)"]}}`: "1 shadowed",
		`{"tools": {"core": ["run_shell_command(git diff)", "run_shell_command(git difftool-x)"]}}`:  "",
		`{"tools": {"core": "glob"}}`:                                                                "1 malformed",
		`{"tools": {"core": [1]}}`:                                                                   "1 malformed",
		`{"tools": {"core": [` + strings.Repeat(`"mcp_a_b",`, 1) + `"glob"]}}`:                       "",
		"{\"tools\": {\"core\": [" + strings.Repeat(`"mcp_a_b", `, maxEntries) + "\n\"glob\"]}}":     strings.Repeat("1 duplicate, ", maxEntries-1) + "2 malformed",
		`{"tools": {"core": ["glob"]}, "tools": {"core": ["glob"]}}`:                                 "1 duplicate",
	} {
		if got := problems(projectFile, text); got != want {
			t.Errorf("%.80s: %.120q, want %.120q", text, got, want)
		}
	}
}

// TestLintKeys: the same for single settings.
func TestLintKeys(t *testing.T) {
	for _, c := range []struct{ bad, problem, near string }{
		{`"general": {"defaultApprovalMode": "auto_edit"}`, agent.TooBroad, `"general": {"defaultApprovalMode": "plan"}`},
		{`"general": {"defaultApprovalMode": "yolo"}`, agent.Ineffective, `"general": {"defaultApprovalMode": "default"}`},
		{`"security": {"disableYoloMode": false}`, agent.Bypasses, `"security": {"disableYoloMode": true}`},
		{`"security": {"disableYoloMode": "true"}`, agent.Malformed, `"security": {}`},
		{`"security": {"folderTrust": {"enabled": false}}`, agent.Widens, `"security": {"folderTrust": {"enabled": true}}`},
		{`"security": {"enablePermanentToolApproval": true}`, agent.Widens, `"security": {"enablePermanentToolApproval": false}`},
		{`"security": {"autoAddToPolicyByDefault": true}`, agent.Widens, `"security": {"autoAddToPolicyByDefault": false}`},
		{`"mcp": {"autoAllowInHeadless": true}`, agent.Bypasses, `"mcp": {"allowed": ["docs"]}`},
		{`"mcp": {"serverCommand": "x"}`, agent.Executes, `"mcp": {"serverCommand": ""}`},
		{`"tools": {"discoveryCommand": "x"}`, agent.Executes, `"tools": {"useRipgrep": true}`},
		{`"tools": {"callCommand": "x"}`, agent.Executes, `"tools": {"callCommand": ""}`},
		{`"adminPolicyPaths": ["p"]`, agent.Widens, `"adminPolicyPaths": []`},
		{`"policyPaths": ["p"]`, agent.Widens, `"policyPaths": []`},
		{`"telemetry": {"otlpEndpoint": "http://x"}`, agent.Redirects, `"telemetry": {"otlpEndpoint": "http://localhost:4317"}`},
		{`"experimental": {"extensionRegistryURI": "http://x"}`, agent.Redirects, `"experimental": {}`},
		{`"mcpServers": {"a": {"command": "x"}}`, agent.Executes, `"mcpServers": {"a": {"httpUrl": "https://x"}}`},
		{`"mcpServers": {"a": {"httpUrl": "https://x", "trust": true}}`, agent.Bypasses, `"mcpServers": {"a": {"httpUrl": "https://x", "trust": false}}`},
		{`"hooks": {"BeforeTool": [{"hooks": [{"command": "x"}]}]}`, agent.Executes, `"hooks": {"BeforeTool": []}`},
	} {
		if got := problems(projectFile, "{\n"+c.bad+"}"); got != "2 "+c.problem {
			t.Errorf("%s: %q, want %s", c.bad, got, c.problem)
		}
		if got := problems(projectFile, "{\n"+c.near+"}"); got != "" {
			t.Errorf("%s: %q", c.near, got)
		}
	}
}

// TestLintMalformed: each of these was seen to end the tool's start.
func TestLintMalformed(t *testing.T) {
	for text, want := range map[string]string{
		"{\n":                              "2 malformed",
		"":                                 "1 malformed",
		"[]":                               "1 malformed",
		"{\n\"a\": 1,\n}":                  "2 malformed",
		"{\n\"a\": 1 // a comment\n}":      "",
		"{\n\"a\": \"// no\" /* yes */\n}": "",
		"{/**/}":                           "",
	} {
		if got := problems(projectFile, text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := problems(projectFile, strings.Repeat(" ", maxFile+1)); got != "0 malformed" {
		t.Errorf("too long: %q", got)
	}
	if got := problems(rulesFile, strings.Repeat(" ", maxPolicy+1)); got != "0 malformed" {
		t.Errorf("too long: %q", got)
	}
}

func TestAnAdministratorsOwnWill(t *testing.T) {
	const text = `{"adminPolicyPaths": ["/etc/p"], "hooks": {"BeforeTool": [{"hooks": [{"command": "x"}]}]}, "mcpServers": {"a": {"command": "x"}}}`
	if got := problems(systemSettings, text); got != "" {
		t.Errorf("%q", got)
	}
	if got := problems(projectFile, text); strings.Count(got, "1 ") != 3 {
		t.Errorf("%q", got)
	}
}

// TestOwnFilesAreClean: what ringwall writes has no fault that it would find.
func TestOwnFilesAreClean(t *testing.T) {
	r := agent.Rules{Allow: []string{"git status", "go test"}}
	files := Agent{}.Managed(r)
	files[rulesFile] = Agent{}.Files(r)[PolicyPath]
	files[projectFile] = Agent{}.Home("/p")[projectFile]
	for name, text := range files {
		for _, f := range (Agent{}).Lint(name, []byte(text)) {
			t.Errorf("%+v", f)
		}
	}
}

func FuzzLint(f *testing.F) {
	f.Add(true, []byte(`{"tools": {"core": ["run_shell_command(git)", "Bash(x)"]}, "mcpServers": {"a": {"trust": true}} /* c */}`))
	f.Add(false, []byte("[[rule]]\ntoolName = \"run_shell_command\"\ncommandRegex = \"a|b\"\ndecision = \"allow\"\npriority = 1\n"))
	f.Add(false, []byte("rule = [{toolName = ['*']}]\n[[rules]]\na.b = 1\n"))
	f.Fuzz(func(t *testing.T, settings bool, text []byte) {
		name := rulesFile
		if settings {
			name = projectFile
		}
		lines := strings.Count(string(text), "\n") + 1
		for _, x := range (Agent{}).Lint(name, text) {
			if x.Line < 0 || x.Line > lines || x.Why == "" || x.Problem == "" || len(x.Entry) > maxEntry {
				t.Errorf("%+v of %d lines", x, lines)
			}
		}
	})
}
