package copilot

import (
	"net/url"
	"slices"
	"strings"

	"ringwall/internal/agent"
	"ringwall/internal/agent/jsonedit"
)

// settings checks a person's or a project's own settings.
func (l *linter) settings(root *jsonedit.Value) {
	for _, s := range settingRows() {
		v := root.Get(strings.Split(s.key, ".")...)
		if v != nil && (s.value == "" || v.Text() == s.value) && !empty(v) {
			entry := s.key
			if s.value != "" {
				entry += ": " + s.value
			}
			l.add(v.Line, s.problem, entry, s.why, s.better, s.layer)
		}
	}
	l.urls(root)
	for _, v := range root.Get("trustedFolders").Strings() {
		if v.Text() == "/" || v.Text() == "~" || strings.Trim(v.Text(), "*/") == "" || strings.Count(strings.TrimRight(v.Text(), "/"), "/") < 3 {
			l.add(v.Line, agent.TooBroad, v.Text(), "hooks and servers of every project below it run without being asked for", "", layerIsolation)
		}
	}
}

// empty is an object or a list that holds nothing, or nothing but switches that
// are off, as a list of plugins does.
func empty(v *jsonedit.Value) bool {
	if v.Is(jsonedit.Object) {
		return !slices.ContainsFunc(v.Members, func(m jsonedit.Member) bool { return !m.Value.Is(jsonedit.False) })
	}
	return v.Is(jsonedit.Array) && len(v.Elements) == 0
}

// settingRow is a key that matters; value: only when it is that.
type settingRow struct{ key, value, problem, why, better, layer string }

func settingRows() []settingRow {
	const runs = "its commands run beside the permissions, as whoever starts Copilot"
	return []settingRow{
		{"hooks", "", agent.Executes, runs, "", layerIsolation},
		{"statusLine.command", "", agent.Executes, runs, "", layerIsolation},
		{"bashEnv", "true", agent.Executes, "each shell first runs the file that BASH_ENV names", "bashEnv: false", layerIsolation},
		{"enabledPlugins", "", agent.Executes, "a plugin brings hooks, servers and skills of its own", "", layerIsolation},
		{"extraKnownMarketplaces", "", agent.Executes, "plugins may come from there", "", layerNetwork},
		{"defaultPermissionMode", "allow-all", agent.Bypasses, "everything runs without a question", "defaultPermissionMode: manual", layerIsolation},
		{"defaultPermissionMode", "assisted", agent.Bypasses, "a model decides what runs", "defaultPermissionMode: manual", layerIsolation},
		{"copilotUrl", "", agent.Redirects, "calls to the service, and their token, go there", "", layerNetwork},
		{"proxyUrl", "", agent.Redirects, "all requests go through it", "", layerNetwork},
		{"sandbox.allowBypass", "true", agent.Bypasses, "one command at a time may leave the sandbox", "sandbox.allowBypass: false", layerIsolation},
		{"permissions", "", agent.Ineffective, "rules are read from the administrator's file only", "", ""},
	}
}

func (l *linter) urls(root *jsonedit.Value) {
	var denied []string
	for _, v := range root.Get("deniedUrls").Strings() {
		denied = append(denied, v.Text())
	}
	for _, v := range root.Get("allowedUrls").Strings() {
		switch host := v.Text()[strings.LastIndexByte(v.Text(), '/')+1:]; {
		case slices.Contains(denied, v.Text()):
			l.add(v.Line, agent.Shadowed, v.Text(), "it stands under deniedUrls, which decides first", "", "")
		case strings.Trim(host, "*.") == "":
			l.add(v.Line, agent.TooBroad, v.Text(), "every host may be asked", "example.com", layerNetwork)
		}
	}
}

// servers checks a list of MCP servers, which start with the session.
func (l *linter) servers(root *jsonedit.Value) {
	all := root.Get("mcpServers")
	if !all.Is(jsonedit.Object) {
		return
	}
	for _, m := range all.Members {
		l.server(m)
	}
}

func (l *linter) server(m jsonedit.Member) {
	if c := m.Value.Get("command"); c.Is(jsonedit.String) {
		if name := unpinned(c.Text(), m.Value.Get("args").Strings()); name != "" {
			l.add(c.Line, agent.Executes, m.Name+": "+c.Text()+" "+name, "whatever version is the newest is fetched and run at each start",
				name+"@1.2.3", layerNetwork)
		}
	}
	if u := m.Value.Get("url"); u.Is(jsonedit.String) && plainHTTP(u.Text()) {
		l.add(u.Line, agent.Redirects, m.Name+": "+u.Text(), "without TLS anyone on the way reads and changes what it says", "https://", layerNetwork)
	}
	for _, t := range m.Value.Get("tools").Strings() {
		if t.Text() == "*" {
			l.add(t.Line, agent.TooBroad, m.Name+`: "*"`, "every tool that the server offers now or later", "the names of those that are needed", layerIsolation)
		}
	}
}

// unpinned is the package that a command fetches without a version; empty: none.
func unpinned(command string, args []*jsonedit.Value) string {
	runner := command[strings.LastIndexByte(command, '/')+1:]
	if !slices.Contains([]string{"npx", "bunx", "uvx", "pipx"}, runner) {
		return ""
	}
	for _, a := range args {
		name := a.Text()
		if strings.HasPrefix(name, "-") || name == "run" || name == "" {
			continue
		}
		if strings.Contains(name[1:], "@") || strings.Contains(name, "==") || strings.ContainsAny(name[:1], "./") {
			return ""
		}
		return name
	}
	return ""
}

// plainHTTP is plain HTTP to another machine.
func plainHTTP(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "http" && !slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, u.Hostname())
}
