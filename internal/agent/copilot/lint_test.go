package copilot

import (
	"strings"
	"testing"

	"ringwall/internal/agent"
)

// TestLintFlaggedAndNear: each rule with an entry that it flags, and a near one
// that no rule does.
func TestLintFlaggedAndNear(t *testing.T) {
	allow := func(rule string) string { return `{"permissions": {"allow": ["` + rule + `"]}}` }
	const project, mcp = ".github/copilot/settings.json", ".copilot/mcp-config.json"
	for _, c := range []struct{ file, flagged, problem, near string }{
		{ManagedPath, allow("Shell"), agent.TooBroad, allow("Shell(ls)")},
		{ManagedPath, allow("Shell(*)"), agent.TooBroad, allow("Shell(git status:*)")},
		{ManagedPath, allow("Shell(make:*)"), agent.Executes, allow("Shell(make test:*)")},
		{ManagedPath, allow("bash(npm run *)"), agent.Executes, allow("bash(npm test *)")},
		{ManagedPath, allow("Shell(rm -rf:*)"), agent.Destroys, allow("Shell(rmdir build)")},
		{ManagedPath, allow("Edit(.copilot/**)"), agent.Widens, allow("Edit(.github/workflows/x.yml)")},
		{ManagedPath, allow("Edit(~/**)"), agent.TooBroad, allow("Edit(src/**)")},
		{ManagedPath, allow("Write(.mcp.json)"), agent.Widens, allow("Write")},
		{ManagedPath, allow("Domain(*)"), agent.TooBroad, allow("Domain(*.example.com)")},
		{ManagedPath, allow("Shell(git"), agent.Malformed, allow("Shell(git status)")},
		{ManagedPath, allow("Nonsense(x)"), agent.Malformed, allow("Read(x)")},
		{ManagedPath, allow("Mcp"), agent.Malformed, allow("Mcp(server)")},
		{ManagedPath, `{"permissions": {"allow": [""]}}`, agent.Malformed, `{"permissions": {"allow": []}}`},
		{ManagedPath, `{"permissions": {"deny": "Shell(x)"}}`, agent.Malformed, `{"permissions": {"deny": ["Shell(x)"]}}`},
		{ManagedPath, `{"permissions": {}} // why`, agent.Malformed, `{"permissions": {}}`},
		{ManagedPath, `{`, agent.Malformed, `{}`},
		{ManagedPath, `[]`, agent.Malformed, `{}`},
		{ManagedPath, `{"permissions": {"allow": ["Read"], "deny": ["read"]}}`, agent.Shadowed, `{"permissions": {"allow": ["Read"], "deny": ["Read(.env)"]}}`},
		{ManagedPath, `{"permissions": {"allow": ["Read", "Read"]}}`, agent.Duplicate, `{"permissions": {"allow": ["Read", "Edit"]}}`},
		{ManagedPath, `{"permissions": {"defaultMode": "allow-all"}}`, agent.Bypasses, `{"permissions": {"defaultMode": "manual"}}`},
		{ManagedPath, `{"policyHelper": {"path": "/x"}}`, agent.Executes, `{"policyHelperFailureMode": "ignore"}`},
		{ManagedPath, `{"telemetry": {"endpoint": "https://x.example"}}`, agent.Redirects, `{"telemetry": {"enabled": false}}`},
		{ManagedPath, `{"model": "a", "model": "b"}`, agent.Duplicate, `{"model": "a"}`},
		{project, `{"hooks": {"sessionStart": [{"bash": "x"}]}}`, agent.Executes, `{"hooks": {}}`},
		{project, `{"statusLine": {"command": "x"}}`, agent.Executes, `{"statusLine": {"padding": 1}}`},
		{project, `{"bashEnv": true}`, agent.Executes, `{"bashEnv": false}`},
		{project, `{"enabledPlugins": {"a@b": true}}`, agent.Executes, `{"enabledPlugins": {}}`},
		{project, `{"defaultPermissionMode": "allow-all"}`, agent.Bypasses, `{"defaultPermissionMode": "manual"}`},
		{project, `{"defaultPermissionMode": "assisted"}`, agent.Bypasses, `{"defaultMode": "plan"}`},
		{project, `{"sandbox": {"allowBypass": true}}`, agent.Bypasses, `{"sandbox": {"enabled": true}}`},
		{project, `{"copilotUrl": "https://x.example"}`, agent.Redirects, `{"theme": "dim"}`},
		{project, `{"proxyUrl": "http://x.example"}`, agent.Redirects, `{"logLevel": "all"}`},
		{project, `{"permissions": {"allow": ["Read"]}}`, agent.Ineffective, `{"memory": false}`},
		{project, `{"allowedUrls": ["*"]}`, agent.TooBroad, `{"allowedUrls": ["*.github.com"]}`},
		{project, `{"allowedUrls": ["a.example"], "deniedUrls": ["a.example"]}`, agent.Shadowed, `{"allowedUrls": ["a.example"], "deniedUrls": ["b.example"]}`},
		{project, `nonsense`, agent.Malformed, `{} // a comment is fine`},
		{".copilot/config.json", `{"trustedFolders": ["/home/me"]}`, agent.TooBroad, `{"trustedFolders": ["/home/me/src/project"]}`},
		{".copilot/settings.json", `{"trustedFolders": ["/"]}`, agent.TooBroad, `{"trustedFolders": []}`},
		{mcp, `{"mcpServers": {"a": {"command": "npx", "args": ["-y", "@a/b"]}}}`, agent.Executes, `{"mcpServers": {"a": {"command": "npx", "args": ["-y", "@a/b@1.0.0"]}}}`},
		{mcp, `{"mcpServers": {"a": {"command": "uvx", "args": ["b"]}}}`, agent.Executes, `{"mcpServers": {"a": {"command": "b", "args": ["--stdio"]}}}`},
		{mcp, `{"mcpServers": {"a": {"url": "http://x.example/mcp"}}}`, agent.Redirects, `{"mcpServers": {"a": {"url": "http://127.0.0.1:9/mcp"}}}`},
		{project, `{"enabledPlugins": {"one@shop": false, "two@shop": true}}`, agent.Executes, `{"enabledPlugins": {"one@shop": false}}`},
		{".mcp.json", `{"mcpServers": {"a": {"tools": ["*"]}}}`, agent.TooBroad, `{"mcpServers": {"a": {"tools": ["read"]}}}`},
	} {
		got := Agent{}.Lint(c.file, []byte(c.flagged))
		if len(got) != 1 || got[0].Problem != c.problem || got[0].Line != 1 || got[0].Why == "" || got[0].File != c.file {
			t.Errorf("%s: %s\nwant %s, got %+v", c.file, c.flagged, c.problem, got)
		}
		if got := (Agent{}).Lint(c.file, []byte(c.near)); len(got) != 0 {
			t.Errorf("%s: %s\nis flagged: %+v", c.file, c.near, got)
		}
	}
}

// TestLintPassesWhatIsRendered: the allowed commands are the owner's own choice;
// the rest of the rendered file is without a finding.
func TestLintPassesWhatIsRendered(t *testing.T) {
	for _, f := range (Agent{}).Lint(ManagedPath, render(agent.Rules{Allow: []string{"go test", "ls"}, Servers: []string{"db"}})) {
		t.Errorf("%+v", f)
	}
}

func TestLintTellsTheLine(t *testing.T) {
	got := Agent{}.Lint(ManagedPath, []byte("{\n \"permissions\": {\n  \"allow\": [\n   \"Read\",\n   \"Shell(make:*)\"\n  ]\n }\n}"))
	if len(got) != 1 || got[0].Line != 5 || got[0].Layer != "isolation" || !strings.Contains(got[0].Better, "Shell(") {
		t.Errorf("%+v", got)
	}
}

func TestLintKeepsTheOrderOfTheFile(t *testing.T) {
	got := Agent{}.Lint(".github/copilot/settings.json", []byte("{\n\"extraKnownMarketplaces\": {\"m\": {}},\n\"enabledPlugins\": {\"p@m\": true}}"))
	if len(got) != 2 || got[0].Line != 2 || got[1].Line != 3 {
		t.Errorf("%+v", got)
	}
}

func FuzzLint(f *testing.F) {
	f.Add(ManagedPath, []byte(`{"permissions": {"allow": ["Shell(a | b)", 3, null], "ask": {}}}`))
	f.Add(".mcp.json", []byte(`{"mcpServers": {"a": {"command": "npx", "args": ["-y", 1], "url": "http://[::1", "tools": "*"}}}`))
	f.Add(".copilot/settings.json", []byte(`{"allowedUrls": ["/", 1], "trustedFolders": [""], "hooks": [1]}`))
	f.Fuzz(func(t *testing.T, name string, text []byte) {
		got := Agent{}.Lint(name, text)
		for _, finding := range got {
			if finding.Why == "" || len(finding.Entry) > maxEntry || len(finding.Better) > maxEntry {
				t.Errorf("%+v", finding)
			}
		}
		if len(got) > agent.MaxFindings+1 {
			t.Errorf("%d findings", len(got))
		}
	})
}
