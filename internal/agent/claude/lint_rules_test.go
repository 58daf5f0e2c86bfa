package claude

import (
	"strings"
	"testing"

	"ringwall/internal/agent"
)

// TestLintRules: for each rule an entry that is flagged, and a near one that is
// not.
func TestLintRules(t *testing.T) {
	for _, c := range []struct{ list, bad, problem, near string }{
		{"allow", "Bash", agent.TooBroad, "Bash(git status)"},
		{"allow", "Bash(*)", agent.TooBroad, "Bash(ls *)"},
		{"allow", "Bash(:*)", agent.TooBroad, "Bash(ls:*)"},
		{"allow", "Bash(make:*)", agent.Executes, "Bash(make test)"},
		{"allow", "Bash(go:*)", agent.Executes, "Bash(go test:*)"},
		{"allow", "Bash(git -c *)", agent.Executes, "Bash(git diff *)"},
		{"allow", "Bash(npm run:*)", agent.Executes, "Bash(npm run test:*)"},
		{"allow", "Bash(python:*)", agent.Executes, "Bash(python -m pytest:*)"},
		{"allow", "Bash(rm -rf *)", agent.Destroys, "Bash(mkdir -p *)"},
		{"allow", "Bash(find . -exec sh {} +)", agent.Executes, "Bash(find:*)"},
		{"allow", "Bash(git:* push)", agent.Ineffective, "Bash(git push origin:*)"},
		{"deny", "Bash(git:* push)", agent.Ineffective, "Bash(git * push)"},
		{"deny", "Write(.env)", agent.Ineffective, "Edit(.env)"},
		{"allow", "MultiEdit(src/**)", agent.Ineffective, "MultiEdit"},
		{"deny", "Write(*.pem)", agent.Ineffective, "Write(*)"},
		{"allow", "WebFetch(*)", agent.TooBroad, "WebSearch(*)"},
		{"allow", "mcp__github(*)", agent.Ineffective, "Grep(*)"},
		{"deny", "Glob(secrets/**)", agent.Ineffective, "Read(secrets/**)"},
		{"deny", "Read(/etc/passwd)", agent.Ineffective, "Read(//etc/passwd)"},
		{"allow", "Edit(/home/me/work/**)", agent.Ineffective, "Edit(/lib/**)"},
		{"allow", "Read(//**)", agent.TooBroad, "Read(//usr/share/**)"},
		{"allow", "Edit(~/**)", agent.TooBroad, "Edit(~/notes/**)"},
		{"allow", "Edit(../**)", agent.TooBroad, "Edit(./**)"},
		{"allow", "Edit(.claude/settings.json)", agent.Widens, "Read(.claude/settings.json)"},
		{"allow", "Edit(CLAUDE.md)", agent.Widens, "Edit(README.md)"},
		{"allow", "mcp__*", agent.Ineffective, "mcp__github__*"},
		{"allow", "*", agent.Ineffective, "Read"},
		{"allow", "mcp__github(get)", agent.Ineffective, "mcp__github__get"},
		{"allow", "WebFetch", agent.TooBroad, "WebFetch(domain:example.com)"},
		{"allow", "WebFetch(domain:*)", agent.TooBroad, "WebFetch(domain:*.example.com)"},
		{"deny", "WebFetch(example.com)", agent.Ineffective, "WebFetch"},
		{"allow", "WebFetch(domain:https://example.com/x)", agent.Ineffective, "WebFetch(domain:example.com)"},
		{"allow", "bash(ls)", agent.Ineffective, "Bash(ls)"},
		{"deny", "Nonsense", agent.Ineffective, "mcp__*"},
		{"deny", "Bash(curl:*", agent.Malformed, "Bash(curl:*)"},
		{"deny", "Bash()", agent.Malformed, "Bash"},
		{"allow", "npm test", agent.Malformed, "Bash(npm test)"},
	} {
		text := func(entry string) string {
			return "{\"permissions\": {\n\"" + c.list + "\": [\n\"" + entry + "\"]}}"
		}
		if got := problems(localSettings, text(c.bad)); got != "3 "+c.problem {
			t.Errorf("%s %s: %q, want %s", c.list, c.bad, got, c.problem)
		}
		if got := problems(localSettings, text(c.near)); got != "" {
			t.Errorf("%s %s: %q", c.list, c.near, got)
		}
	}
}

// TestLintKeys: the same for what stands beside the lists.
func TestLintKeys(t *testing.T) {
	for _, c := range []struct{ bad, problem, near string }{
		{`"permissions": {"defaultMode": "bypassPermissions"}`, agent.Bypasses, `"permissions": {"defaultMode": "acceptEdits"}`},
		{`"permissions": {"defaultMode": "yolo"}`, agent.Malformed, `"permissions": {"defaultMode": "dontAsk"}`},
		{`"permissions": {"disableBypassPermissionsMode": true}`, agent.Ineffective, `"permissions": {"disableBypassPermissionsMode": "disable"}`},
		{`"permissions": {"additionalDirectories": ["../other"]}`, agent.TooBroad, `"permissions": {"additionalDirectories": ["docs", "./a..b"]}`},
		{`"permissions": {"additionalDirectories": ["~/x"]}`, agent.TooBroad, `"permissions": {"additionalDirectories": []}`},
		{`"permissions": {"allow": "Read"}`, agent.Malformed, `"permissions": {"allow": ["Read"]}`},
		{`"permissions": {"deny": ["Read", 3]}`, agent.Malformed, `"permissions": {"deny": ["Read", "Edit"]}`},
		{`"permissions": []`, agent.Malformed, `"permissions": {}`},
		{`"deny": ["Read"]`, agent.Ineffective, `"denied": ["Read"]`},
		{`"skipDangerousModePermissionPrompt": true`, agent.Bypasses, `"skipDangerousModePermissionPrompt": false`},
		{`"enableAllProjectMcpServers": true`, agent.Executes, `"enabledMcpjsonServers": ["db"]`},
		{`"enabledPlugins": {"a@b": true}`, agent.Executes, `"enabledPlugins": {"a@b": false}`},
		{`"apiKeyHelper": "./key.sh"`, agent.Executes, `"apiKeyHelper": ""`},
		{`"statusLine": {"type": "command", "command": "x"}`, agent.Executes, `"statusLine": {}`},
		{`"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "x"}]}]}`, agent.Executes, `"hooks": {"Stop": [{"hooks": [{"type": "prompt", "prompt": "x"}]}]}`},
		{`"hooks": {"Stop": [{"hooks": [{"type": "http", "url": "https://x"}]}]}`, agent.Redirects, `"disableAllHooks": true`},
		{`"env": {"ANTHROPIC_BASE_URL": "http://x"}`, agent.Redirects, `"env": {"ANTHROPIC_MODEL": "x"}`},
		{`"env": {"ANTHROPIC_BEDROCK_BASE_URL": "http://x"}`, agent.Redirects, `"env": {"AWS_REGION": "x"}`},
		{`"env": {"https_proxy": "http://x"}`, agent.Redirects, `"env": {"NO_PROXY": "x"}`},
		{`"env": {"NODE_TLS_REJECT_UNAUTHORIZED": "0"}`, agent.Redirects, `"env": {"NODE_ENV": "test"}`},
		{`"env": {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}`, agent.Redirects, `"env": {"OTEL_METRICS_EXPORTER": "otlp"}`},
		{`"env": {"ANTHROPIC_API_KEY": "sk"}`, agent.Redirects, `"env": {"ANTHROPIC_API_KEY": ""}`},
		{`"env": {"ANTHROPIC_CUSTOM_HEADERS": "a: b"}`, agent.Redirects, `"env": {"ANTHROPIC_LOG": "debug"}`},
		{`"env": {"LD_PRELOAD": "./x.so"}`, agent.Executes, `"env": {"LANG": "C"}`},
		{`"env": {"BASH_ENV": "./x"}`, agent.Executes, `"env": {"BASH_DEFAULT_TIMEOUT_MS": "9"}`},
		{`"env": {"IS_SANDBOX": "1"}`, agent.Bypasses, `"env": {"IS_SANDBOX": ""}`},
		{`"model": "a", "model": "b"`, agent.Duplicate, `"model": "a", "env": {"model": "b"}`},
	} {
		if got := problems(projectSettings, "{\n"+c.bad+"}"); got != "2 "+c.problem {
			t.Errorf("%s: %q, want %s", c.bad, got, c.problem)
		}
		if got := problems(projectSettings, "{\n"+c.near+"}"); got != "" {
			t.Errorf("%s: %q", c.near, got)
		}
	}
}

func TestLintOverlaps(t *testing.T) {
	const dup, shadow = "2 " + agent.Duplicate, "1 " + agent.Shadowed
	for text, want := range map[string]string{
		`"allow": ["Bash(ls:*)",` + "\n" + `"Bash(ls *)"]`:                                dup,
		`"allow": ["Bash(ls:*)",` + "\n" + `"Bash(ls*)"]`:                                 "",
		`"allow": ["Read"], "ask": ["Edit"], "deny": ["Write"]`:                           "",
		`"allow": ["Read"], "deny": ["Read"]`:                                             shadow,
		`"allow": ["Bash(git push:*)"], "deny": ["Bash(git *)"]`:                          shadow,
		`"allow": ["Bash(git status)"], "deny": ["Bash(git push:*)"]`:                     "",
		`"allow": ["Bash(git diff:*)"], "deny": ["Bash(git diff --output:*)"]`:            "",
		`"allow": ["Bash(github:*)"], "deny": ["Bash(git:*)"]`:                            "",
		`"allow": ["Bash(ls:*)"], "deny": ["Bash"]`:                                       shadow,
		`"allow": ["Bash(ls:*)"], "ask": ["Bash(ls:*)"]`:                                  shadow,
		`"ask": ["Edit(src/a)"], "deny": ["Edit(src/**)"]`:                                shadow,
		`"ask": ["Edit(src2/a)"], "deny": ["Edit(src/**)"]`:                               "",
		`"allow": ["mcp__a__b"], "deny": ["mcp__a"]`:                                      shadow,
		`"allow": ["mcp__ab__b"], "deny": ["mcp__a"]`:                                     "",
		`"allow": ["mcp__a__get_x"], "deny": ["mcp__a__get_*"]`:                           shadow,
		`"allow": ["WebFetch(domain:a.example)"], "deny": ["WebFetch(domain:b.example)"]`: "",
	} {
		if got := problems(localSettings, `{"permissions": {`+text+`}}`); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestLintServers(t *testing.T) {
	for text, want := range map[string]string{
		`{"mcpServers": {"a": {"command": "sh", "args": ["-c", "x"]}}}`:              "1 " + agent.Executes,
		`{"mcpServers": {"a": {"command": "npx", "args": ["-y", "@org/a"]}}}`:        "1 " + agent.Executes,
		`{"mcpServers": {"a": {"command": "npx", "args": ["-y", "@org/a@latest"]}}}`: "1 " + agent.Executes,
		`{"mcpServers": {"a": {"command": "npx", "args": ["-y", "@org/a@1.2.3"]}}}`:  "",
		`{"mcpServers": {"a": {"command": "uvx", "args": ["a==1.2"]}}}`:              "",
		`{"mcpServers": {"a": {"command": "npx", "args": ["./a"]}}}`:                 "",
		`{"mcpServers": {"a": {"command": "sh", "args": ["server.sh"]}}}`:            "",
		`{"mcpServers": {"a": {"command": "./server"}}}`:                             "",
		`{"mcpServers": {"a": {"url": "http://mcp.example.com"}}}`:                   "1 " + agent.Redirects,
		`{"mcpServers": {"a": {"url": "https://mcp.example.com"}}}`:                  "",
		`{"mcpServers": {"a": {"url": "http://[::1]:80/"}}}`:                         "",
		`{"mcpServers": {"a": {"command": "x", "env": {"LD_PRELOAD": "y"}}}}`:        "1 " + agent.Executes,
		`{"mcpServers": {"a": {"args": []}}}`:                                        "1 " + agent.Malformed,
		`{"servers": {}}`:                                                            "1 " + agent.Malformed,
		`{"mcpServers": {}}`:                                                         "",
	} {
		if got := problems(projectServers, text); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// TestLintOfWhatCannotBeRead: one finding, with its line and what the tool does.
func TestLintOfWhatCannotBeRead(t *testing.T) {
	for text, line := range map[string]int{
		"":                                1,
		"{\n\"a\": 1\n\"b\": 2}":          3,
		"[]":                              1,
		"{\n// mine\n\"a\": 1}":           2,
		"{\"a\": [1,\n2,\n]}":             2,
		strings.Repeat("[", 1000):         1,
		strings.Repeat(" ", 2<<20) + "{}": 1,
	} {
		for name, does := range map[string]string{localSettings: "drops the whole file", managedSettings: "goes on without it"} {
			got := Agent{}.Lint(name, []byte(text))
			if len(got) != 1 || got[0].Line != line || got[0].Problem != agent.Malformed || !strings.Contains(got[0].Why, does) {
				t.Errorf("%.20q: %+v", text, got)
			}
		}
	}
}

func TestLintIsBounded(t *testing.T) {
	text := `{"permissions": {"allow": [` + strings.Repeat(`"Bash",`, 100_000) + `"Bash"], "deny": [` + strings.Repeat(`"Bash",`, 10_000) + `"Bash"]}}`
	if got := (Agent{}).Lint(localSettings, []byte(text)); len(got) != agent.MaxFindings+1 {
		t.Errorf("%d findings", len(got))
	}
}

func FuzzLint(f *testing.F) {
	for _, seed := range []string{
		`{"permissions": {"allow": ["Bash(:*)", "Bash( *)", "()", "a(", "mcp____x", "WebFetch(domain:)"], "deny": ["*", "Edit(/**)"]}}`,
		`{"hooks": {"a": [{"hooks": [{"command": " "}]}, 1]}, "env": {"A": {}}, "statusLine": 1}`, `{"mcpServers": {"a": 1, "b": {"command": " "}}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, file := range (Agent{}).PermissionFiles() {
			for _, found := range (Agent{}).Lint(file.Path, []byte(text)) {
				if found.Problem == "" || found.Why == "" || found.File != file.Path || len(found.Entry) > maxEntry {
					t.Errorf("%+v", found)
				}
			}
		}
	})
}

// TestLintTwins: a path rule that nothing looks at does no harm beside the one
// that counts.
func TestLintTwins(t *testing.T) {
	for text, want := range map[string]string{
		`"deny": ["Edit(key.txt)", "Write(key.txt)"]`:            "",
		`"deny": ["Write(key.txt)", "Edit(key.txt)"]`:            "",
		`"deny": ["Edit(key.txt)", "Write(keys.txt)"]`:           "1 " + agent.Ineffective,
		`"deny": ["Write(key.txt)"], "allow": ["Edit(key.txt)"]`: "1 " + agent.Ineffective,
		`"deny": ["Read(key.txt)", "Write(key.txt)"]`:            "1 " + agent.Ineffective,
	} {
		if got := problems(localSettings, `{"permissions": {`+text+`}}`); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
