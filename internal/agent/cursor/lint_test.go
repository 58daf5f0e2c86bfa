package cursor

import (
	"testing"

	"ringwall/internal/agent"
)

// TestLintFlaggedAndNear: each rule with an entry that it flags, and a near one
// that no rule does.
func TestLintFlaggedAndNear(t *testing.T) {
	allow := func(rule string) string { return `{"permissions": {"allow": ["` + rule + `"]}}` }
	const cli, config, etc = ".cursor/cli.json", ".cursor/cli-config.json", "/etc/cursor/hooks.json"
	for _, c := range []struct{ file, flagged, problem, near string }{
		{cli, allow("Shell(*)"), agent.TooBroad, allow("Shell(ls)")},
		{cli, allow("Shell(make)"), agent.Executes, allow("Shell(make:test)")},
		{cli, allow("Shell(npm:run *)"), agent.Executes, allow("Shell(npm:test *)")},
		{cli, allow("Shell(rm:-rf *)"), agent.Destroys, allow("Shell(rmdir)")},
		{config, allow("Write(.cursor/**)"), agent.Widens, allow("Write(.github/**)")},
		{config, allow("Write(**)"), agent.TooBroad, allow("Write(src/**)")},
		{config, allow("WebFetch(*)"), agent.TooBroad, allow("WebFetch(*.example.com)")},
		{config, allow("Mcp(*:*)"), agent.TooBroad, allow("Mcp(db:*)")},
		{config, allow("Bash(ls)"), agent.Malformed, allow("Shell(ls)")},
		{config, allow("Shell"), agent.Malformed, allow("Read(src)")},
		{config, `{"permissions": {"allow": "Read(x)"}}`, agent.Malformed, `{"permissions": {"allow": []}}`},
		{config, `{"permissions": {"allow": ["Read(x)"], "deny": ["Read(x)"]}}`, agent.Shadowed, `{"permissions": {"allow": ["Read(x)"], "deny": ["Read(y)"]}}`},
		{config, `{"permissions": {"allow": ["Read(x)", "Read(x)"]}}`, agent.Duplicate, `{"permissions": {"allow": ["Read(x)", "Read(y)"]}}`},
		{config, `{} // why`, agent.Malformed, `{}`},
		{config, `{`, agent.Malformed, `{"version": 1}`},
		{cli, `[]`, agent.Malformed, `{}`},
		{config, `{"version": 1, "version": 1}`, agent.Duplicate, `{"version": 1}`},
		{".cursor/permissions.json", `{"terminalAllowlist": ["npm run"]}`, agent.Executes, `{"terminalAllowlist": ["npm test"]} // fine`},
		{".cursor/permissions.json", `{"mcpAllowlist": ["*:*"]}`, agent.TooBroad, `{"mcpAllowlist": ["db:*"]}`},
		{".cursor/permissions.json", `{"autoRun": {"allow_instructions": ["be nice"]}}`, agent.Ineffective, `{"autoRun": {"block_instructions": ["ask"]}}`},
		{".cursor/sandbox.json", `{"type": "insecure_none"}`, agent.Bypasses, `{"type": "workspace_readonly"}`},
		{".cursor/sandbox.json", `{"networkPolicy": {"default": "allow"}}`, agent.TooBroad, `{"networkPolicy": {"default": "deny"}}`},
		{".cursor/sandbox.json", `{"networkPolicy": {"allow": ["*"]}}`, agent.TooBroad, `{"networkPolicy": {"allow": ["*.example.com"]}}`},
		{".cursor/sandbox.json", `{"networkPolicy": {"allow": ["a.b"], "deny": ["a.b"]}}`, agent.Shadowed, `{"networkPolicy": {"allow": ["a.b"], "deny": ["c.d"]}}`},
		{".cursor/hooks.json", `{"version": 1, "hooks": {"stop": [{"command": "./x"}]}}`, agent.Executes, `{"version": 1, "hooks": {"stop": []}}`},
		{etc, `{"hooks": {"beforeShellExecution": [{"command": "/x"}]}}`, agent.Ineffective, `{"hooks": {"beforeShellExecution": [{"command": "/x", "failClosed": true}]}}`},
		{".cursor/mcp.json", `{"mcpServers": {"a": {"command": "x"}}}`, agent.Executes, `{"mcpServers": {}}`},
		{".cursor/mcp.json", `{"mcpServers": {"a": {"url": "http://x.example"}}}`, agent.Redirects, `{"mcpServers": {"a": {"url": "https://x.example"}}}`},
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

func TestLintTellsTheLine(t *testing.T) {
	got := Agent{}.Lint(".cursor/cli.json", []byte("{\n \"permissions\": {\n  \"allow\": [\n   \"Read(a)\",\n   \"Shell(make)\"\n  ]\n }\n}"))
	if len(got) != 1 || got[0].Line != 5 || got[0].Layer != "isolation" {
		t.Errorf("%+v", got)
	}
}

func FuzzLint(f *testing.F) {
	for _, file := range (Agent{}).PermissionFiles() {
		f.Add(file.Path, []byte(`{"permissions": {"allow": ["Shell(a:b | c)", 3, null], "deny": {}}, "hooks": {"a": [1, {"command": 2}]}, "mcpServers": {"x": 1}}`))
	}
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
