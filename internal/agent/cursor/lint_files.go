package cursor

import (
	"slices"
	"strings"

	"ringwall/internal/agent"
	"ringwall/internal/agent/command"
	"ringwall/internal/agent/jsonedit"
)

// allowlists checks permissions.json: what runs without a question.
func (l *linter) allowlists(root *jsonedit.Value) {
	for _, e := range root.Get("terminalAllowlist").Strings() {
		words := strings.Fields(e.Text())
		if d, bad := command.Judge(words, true); bad {
			l.add(e.Line, d.Problem, e.Text(), d.Why, d.Better, layerIsolation)
		}
	}
	for _, e := range root.Get("mcpAllowlist").Strings() {
		if server, _, _ := strings.Cut(e.Text(), ":"); server == "*" {
			l.add(e.Line, agent.TooBroad, e.Text(), "every server that the project brings", "server:tool", layerIsolation)
		}
	}
	for _, e := range root.Get("autoRun", "allow_instructions").Strings() {
		l.add(e.Line, agent.Ineffective, e.Text(), "a sentence to a model that decides; nothing enforces it", "", "")
	}
}

// sandbox checks sandbox.json. A project's own wins over a person's.
func (l *linter) sandbox(root *jsonedit.Value) {
	if v := root.Get("type"); v.Text() == "insecure_none" {
		l.add(v.Line, agent.Bypasses, "type: insecure_none", "commands run without Cursor's own sandbox", "type: workspace_readwrite", layerIsolation)
	}
	if v := root.Get("networkPolicy", "default"); v.Text() == "allow" {
		l.add(v.Line, agent.TooBroad, "networkPolicy.default: allow", "commands reach every host that is not denied", "networkPolicy.default: deny", layerNetwork)
	}
	denied := root.Get("networkPolicy", "deny").Strings()
	for _, e := range root.Get("networkPolicy", "allow").Strings() {
		switch {
		case strings.Trim(e.Text(), "*.") == "":
			l.add(e.Line, agent.TooBroad, e.Text(), "commands reach every host", "example.com", layerNetwork)
		case slices.ContainsFunc(denied, func(d *jsonedit.Value) bool { return d.Text() == e.Text() }):
			l.add(e.Line, agent.Shadowed, e.Text(), "it stands under deny, which decides first", "", "")
		}
	}
}

// hooks checks hooks.json: each is a command that runs beside the permissions.
// One that is meant to refuse lets through when it fails, unless it says that
// it does not.
func (l *linter) hooks(root *jsonedit.Value) {
	hooks := root.Get("hooks")
	if !hooks.Is(jsonedit.Object) {
		return
	}
	for _, event := range hooks.Members {
		for _, h := range elements(event.Value) {
			l.hook(event.Name, h)
		}
	}
}

func (l *linter) hook(event string, h *jsonedit.Value) {
	c := h.Get("command")
	switch {
	case c == nil:
	case l.file != "/etc/cursor/hooks.json":
		l.add(c.Line, agent.Executes, event+": "+c.Text(), "it runs beside the permissions, as whoever starts Cursor", "", layerIsolation)
	case strings.HasPrefix(event, "before") && h.Get("failClosed").Text() != "true":
		l.add(c.Line, agent.Ineffective, event+": "+c.Text(), "where it fails the call goes through", `"failClosed": true`, "")
	}
}

// servers checks mcp.json.
func (l *linter) servers(root *jsonedit.Value) {
	all := root.Get("mcpServers")
	if !all.Is(jsonedit.Object) {
		return
	}
	for _, m := range all.Members {
		if c := m.Value.Get("command"); c.Is(jsonedit.String) {
			l.add(c.Line, agent.Executes, m.Name+": "+c.Text(), "it starts with a trusted project, beside the permissions", "", layerIsolation)
		}
		if u := m.Value.Get("url"); strings.HasPrefix(u.Text(), "http://") && !strings.HasPrefix(u.Text(), "http://127.0.0.1") &&
			!strings.HasPrefix(u.Text(), "http://localhost") {
			l.add(u.Line, agent.Redirects, m.Name+": "+u.Text(), "without TLS anyone on the way reads and changes what it says", "https://", layerNetwork)
		}
	}
}
