package copilot

import (
	"slices"
	"strings"

	"ringwall/internal/agent"
	"ringwall/internal/agent/command"
	"ringwall/internal/agent/jsonedit"
)

// policy checks the administrator's file.
func (l *linter) policy(root *jsonedit.Value) {
	p := root.Get("permissions")
	if mode := p.Get("defaultMode"); mode.Text() == "allow-all" {
		l.add(mode.Line, agent.Bypasses, "defaultMode: allow-all", "every session starts with everything allowed", "defaultMode: manual", layerIsolation)
	}
	if helper := root.Get("policyHelper"); helper != nil {
		l.add(helper.Line, agent.Executes, "policyHelper", "a program outside is run at each start, and what it prints becomes policy", "", "")
	}
	if end := root.Get("telemetry", "endpoint"); end != nil {
		l.add(end.Line, agent.Redirects, "telemetry.endpoint: "+end.Text(), "what the sessions do is sent there", "", layerNetwork)
	}
	stronger := map[string]string{}
	for _, list := range []string{"deny", "ask", "allow"} {
		l.rules(list, p.Get(list), stronger)
	}
}

// rules checks one list. stronger are the rules of the lists that decide before
// it, by the name that they have in lower case.
func (l *linter) rules(list string, entries *jsonedit.Value, stronger map[string]string) {
	if entries != nil && !entries.Is(jsonedit.Array) {
		l.add(entries.Line, agent.Malformed, list, "it is no list: "+l.without(), "", "")
	}
	if !entries.Is(jsonedit.Array) {
		return
	}
	seen := map[string]bool{}
	for _, e := range entries.Elements {
		key := strings.ToLower(e.Text())
		switch by := stronger[key]; {
		case !e.Is(jsonedit.String) || !wellFormed(e.Text()):
			l.add(e.Line, agent.Malformed, e.Text(), "no rule of Copilot's: "+l.without(), `"Shell(git status)"`, "")
		case seen[key]:
			l.add(e.Line, agent.Duplicate, e.Text(), "the entry stands in the list already", "", "")
		case by != "":
			l.add(e.Line, agent.Shadowed, e.Text(), "the same rule stands under "+by+", which decides first", "", "")
		case list == "allow":
			l.allowed(e)
		}
		seen[key] = true
	}
	for key := range seen {
		if stronger[key] == "" {
			stronger[key] = list
		}
	}
}

// families are the kinds of rules that version 1.0.102 takes, in lower case.
func families() []string {
	return []string{"shell", "bash", "read", "edit", "write", "domain", "mcp", "customtool"}
}

func wellFormed(rule string) bool {
	name, arg := split(rule)
	bracket := strings.IndexByte(rule, '(')
	whole := bracket < 0 || strings.HasSuffix(rule, ")")
	bare := bracket < 0 && slices.Contains([]string{"mcp", "customtool"}, name)
	return slices.Contains(families(), name) && whole && !bare && (bracket < 0 || arg != "")
}

// split gives a rule's kind, in lower case, and what stands in its brackets.
func split(rule string) (kind, arg string) {
	kind, arg, _ = strings.Cut(rule, "(")
	return strings.ToLower(strings.TrimSpace(kind)), strings.TrimSuffix(arg, ")")
}

// allowed checks one rule of the allow list.
func (l *linter) allowed(e *jsonedit.Value) {
	kind, arg := split(e.Text())
	switch kind {
	case "shell", "bash":
		l.shell(e, arg)
	case "edit", "write":
		l.edit(e, arg)
	case "domain":
		if arg == "" || strings.Trim(arg, "*.") == "" {
			l.add(e.Line, agent.TooBroad, e.Text(), "every host may be asked", `"Domain(example.com)"`, layerNetwork)
		}
	}
}

func (l *linter) shell(e *jsonedit.Value, arg string) {
	words, open := shellWords(arg)
	d, bad := command.Judge(words, open)
	if !bad {
		return
	}
	better := ""
	if d.Better != "" {
		better = `"Shell(` + d.Better + `)"`
	}
	l.add(e.Line, d.Problem, e.Text(), d.Why, better, layerIsolation)
}

// shellWords reads "git", "git:*", "git push *". A rule without a star was seen
// to hold for exactly its words.
func shellWords(arg string) (words []string, open bool) {
	text, colon := strings.CutSuffix(arg, ":*")
	return strings.Fields(text), colon || arg == ""
}

// edit flags what steers the tool itself, and what lies outside of a project.
func (l *linter) edit(e *jsonedit.Value, arg string) {
	switch {
	case steers(arg):
		l.add(e.Line, agent.Widens, e.Text(), "with this file the agent changes what it may do at the next start", `"Edit(src/**)"`, layerIsolation)
	case arg == "*" || arg == "**" || strings.HasPrefix(arg, "//**") || arg == "//" || strings.HasPrefix(arg, "~/**") || arg == "~":
		l.add(e.Line, agent.TooBroad, e.Text(), "every file may be written", `"Edit(src/**)"`, layerIsolation)
	}
}

func steers(path string) bool {
	path = strings.TrimPrefix(path, "./")
	for _, name := range []string{
		".copilot", ".github/copilot", ".github/hooks", ".github/mcp.json", ".mcp.json", ".claude", ".git/hooks", ".git/config", "etc/github-copilot",
	} {
		for _, at := range []string{name, "~/" + name, "/" + name, "//" + name, "**/" + name} {
			if path == at || strings.HasPrefix(path, at+"/") {
				return true
			}
		}
	}
	return false
}
