package claude

import (
	"path"
	"strings"

	"ringwall/internal/agent"
	"ringwall/internal/agent/command"
	"ringwall/internal/agent/jsonedit"
	"ringwall/internal/plan"
)

// servers looks at a list of MCP servers. In an unattended start Claude Code
// starts those of a project without asking, so each is a program that runs
// outside of the permissions.
func (l *linter) servers(root *jsonedit.Value) {
	list := root.Get("mcpServers")
	if !list.Is(jsonedit.Object) {
		l.report(finding{line: root.Line, problem: agent.Malformed, why: `there is no object "mcpServers": no server is started`})
		return
	}
	for _, m := range list.Members {
		l.oneServer(m)
	}
}

func (l *linter) oneServer(m jsonedit.Member) {
	program, url := m.Value.Get("command"), m.Value.Get("url")
	switch {
	case url.Is(jsonedit.String):
		if plain(url.Text()) {
			l.report(finding{line: url.Line, entry: m.Name + ": " + url.Text(), problem: agent.Redirects, layer: plan.Network,
				why: "without TLS anyone on the way reads and answers in the server's place", better: "https" + strings.TrimPrefix(url.Text(), "http")})
		}
	case !program.Is(jsonedit.String) || program.Text() == "":
		l.report(finding{line: m.Line, entry: m.Name, problem: agent.Malformed, why: "a server has a command or a url; this one is not started"})
	default:
		l.program(m.Name, program, m.Value.Get("args").Strings())
	}
	l.environment(m.Value.Get("env"))
}

func (l *linter) program(name string, program *jsonedit.Value, args []*jsonedit.Value) {
	words := strings.Fields(program.Text())
	for _, a := range args {
		words = append(words, a.Text())
	}
	problem, why := "", ""
	if d, bad := command.Judge(words, false); bad {
		problem, why = d.Problem, d.Why
	} else {
		problem, why = started(words)
	}
	if problem != "" {
		l.report(finding{line: program.Line, entry: name + ": " + strings.Join(words, " "), problem: problem, layer: catches(problem),
			why: "a server is started outside of all permissions, and this one " + why})
	}
}

// started judges what a whole command starts, when nobody looks at it.
func started(words []string) (problem, why string) {
	if len(words) == 0 {
		return "", ""
	}
	switch path.Base(words[0]) {
	case "sh", "bash", "dash", "zsh":
		if len(words) > 1 && strings.HasPrefix(words[1], "-") && strings.Contains(words[1], "c") {
			return agent.Executes, "is a line of shell"
		}
	case "npx", "bunx", "uvx", "pnpx":
		if name := firstArgument(words[1:]); unpinned(name) {
			return agent.Executes, "is what the registry has under this name on that day; name a version: " + name + "@1.2.3"
		}
	}
	return "", ""
}

// firstArgument is the first word that is no option.
func firstArgument(words []string) string {
	for _, w := range words {
		if !strings.HasPrefix(w, "-") {
			return w
		}
	}
	return ""
}

// unpinned tells a package of a registry without a version.
func unpinned(name string) bool {
	if name == "" || strings.HasPrefix(name, ".") || strings.Contains(name, ":") || strings.HasPrefix(name, "/") {
		return false
	}
	_, version, _ := strings.Cut(strings.ReplaceAll(name[1:], "==", "@"), "@")
	return version == "" || version[0] < '0' || version[0] > '9'
}

// plain tells an address without TLS that is not on this machine.
func plain(url string) bool {
	if !strings.HasPrefix(url, "http://") {
		return false
	}
	name, _, _ := strings.Cut(host(url), ":")
	return name != "localhost" && name != "127.0.0.1" && name != "[" // [::1]
}
