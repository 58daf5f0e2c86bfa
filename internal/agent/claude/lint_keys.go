package claude

import (
	"strings"

	"ringwall/internal/agent"
	"ringwall/internal/agent/command"
	"ringwall/internal/agent/jsonedit"
	"ringwall/internal/plan"
)

// keys looks at the switches beside the permissions.
func (l *linter) keys(root *jsonedit.Value) {
	if v := root.Get("enableAllProjectMcpServers"); v.Is(jsonedit.True) {
		l.report(finding{line: v.Line, entry: "enableAllProjectMcpServers", problem: agent.Executes, layer: plan.Isolation,
			why:    "every server that .mcp.json lists is started, one that is added later too",
			better: `"enabledMcpjsonServers": ["one-that-you-know"]`})
	}
	if v := root.Get("skipDangerousModePermissionPrompt"); v.Is(jsonedit.True) {
		l.report(finding{line: v.Line, entry: "skipDangerousModePermissionPrompt", problem: agent.Bypasses, layer: plan.Isolation,
			why: "the mode without permissions starts without its warning"})
	}
	for _, name := range []string{"allow", "ask", "deny", "defaultMode", "additionalDirectories", "disableBypassPermissionsMode"} {
		if v := root.Get(name); v != nil {
			l.report(finding{line: v.Line, entry: name, problem: agent.Ineffective, layer: held(name),
				why: "this key stands under permissions; here nothing reads it"})
		}
	}
	l.plugins(root)
}

// helpers are commands that the tool starts by itself, outside of permissions.
func (l *linter) helpers(root *jsonedit.Value) {
	for _, name := range []string{"apiKeyHelper", "awsAuthRefresh", "awsCredentialExport", "gcpAuthRefresh", "otelHeadersHelper"} {
		if v := root.Get(name); v.Is(jsonedit.String) && v.Text() != "" {
			l.report(finding{line: v.Line, entry: name + ": " + v.Text(), problem: agent.Executes, layer: plan.Isolation,
				why: "this command runs at the start, outside of all permissions, and what it prints is used as a credential"})
		}
	}
	for _, name := range []string{"statusLine", "fileSuggestion", "subagentStatusLine"} {
		if v := root.Get(name, "command"); v.Is(jsonedit.String) && v.Text() != "" {
			l.report(finding{line: v.Line, entry: name + ": " + v.Text(), problem: agent.Executes, layer: plan.Isolation,
				why: "this command runs outside of all permissions"})
		}
	}
}

// plugins bring hooks, servers and commands of their own.
func (l *linter) plugins(root *jsonedit.Value) {
	v := root.Get("enabledPlugins")
	if l.managed || !v.Is(jsonedit.Object) {
		return
	}
	for _, m := range v.Members {
		if m.Value.Is(jsonedit.True) {
			l.report(finding{line: m.Line, entry: m.Name, problem: agent.Executes, layer: plan.Isolation,
				why: "a plugin brings hooks and servers of its own, which run outside of these permissions"})
		}
	}
}

// hooks are commands that run at each event.
func (l *linter) hooks(v *jsonedit.Value) {
	if !v.Is(jsonedit.Object) {
		return
	}
	for _, event := range v.Members {
		for _, matcher := range event.Value.List() {
			for _, h := range matcher.Get("hooks").List() {
				l.hook(event.Name, h)
			}
		}
	}
}

func (l *linter) hook(event string, h *jsonedit.Value) {
	if v := h.Get("command"); v.Is(jsonedit.String) {
		why := "a hook runs outside of all permissions"
		if d, bad := command.Judge(strings.Fields(v.Text()), false); bad {
			why += ", and this one " + d.Why
		}
		l.report(finding{line: v.Line, entry: event + ": " + v.Text(), problem: agent.Executes, why: why, layer: plan.Isolation})
	}
	if v := h.Get("url"); v.Is(jsonedit.String) {
		l.report(finding{line: v.Line, entry: event + ": " + v.Text(), problem: agent.Redirects, layer: plan.Network,
			why: "a hook sends what the tools are given, and give, to this address"})
	}
}
