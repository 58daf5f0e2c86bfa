package cursor

import (
	"slices"
	"strings"

	"ringwall/internal/agent"
	"ringwall/internal/agent/command"
	"ringwall/internal/agent/jsonedit"
)

// permissions checks cli-config.json and cli.json.
func (l *linter) permissions(root *jsonedit.Value) {
	denied := l.entries("deny", root.Get("permissions", "deny"), nil)
	l.entries("allow", root.Get("permissions", "allow"), denied)
}

// entries checks one list and gives its rules. denied are those that decide
// before it.
func (l *linter) entries(list string, v *jsonedit.Value, denied []string) []string {
	if v != nil && !v.Is(jsonedit.Array) {
		l.add(v.Line, agent.Malformed, list, "it is no list: "+l.without(), "", "")
	}
	var seen []string
	for _, e := range elements(v) {
		rule := e.Text()
		switch {
		case !e.Is(jsonedit.String) || !wellFormed(rule):
			l.add(e.Line, agent.Malformed, rule, "no rule of Cursor's: it matches nothing", "", "")
		case slices.Contains(seen, rule):
			l.add(e.Line, agent.Duplicate, rule, "the entry stands in the list already", "", "")
		case slices.Contains(denied, rule):
			l.add(e.Line, agent.Shadowed, rule, "the same rule stands under deny, which decides first", "", "")
		case list == "allow":
			l.allowed(e)
		}
		if len(seen) < agent.MaxFindings {
			seen = append(seen, rule)
		}
	}
	return seen
}

func elements(v *jsonedit.Value) []*jsonedit.Value {
	if !v.Is(jsonedit.Array) {
		return nil
	}
	return v.Elements
}

// wellFormed: a kind, in the letters of the documentation, and something in
// brackets.
func wellFormed(rule string) bool {
	kind, arg, bracket := strings.Cut(rule, "(")
	kinds := []string{"Shell", "Read", "Write", "WebFetch", "Mcp"}
	return bracket && slices.Contains(kinds, kind) && len(arg) > 1 && strings.HasSuffix(arg, ")")
}

// allowed checks one rule of the allow list.
func (l *linter) allowed(e *jsonedit.Value) {
	kind, arg, _ := strings.Cut(strings.TrimSuffix(e.Text(), ")"), "(")
	switch kind {
	case "Shell":
		l.shell(e, arg)
	case "Write":
		l.write(e, arg)
	case "WebFetch":
		if strings.Trim(arg, "*.") == "" {
			l.add(e.Line, agent.TooBroad, e.Text(), "every host may be asked", `"WebFetch(example.com)"`, layerNetwork)
		}
	case "Mcp":
		if server, _, _ := strings.Cut(arg, ":"); server == "*" {
			l.add(e.Line, agent.TooBroad, e.Text(), "every server that the project brings", `"Mcp(server:tool)"`, layerIsolation)
		}
	}
}

// shell: without a colon anything may follow the first word.
func (l *linter) shell(e *jsonedit.Value, arg string) {
	base, args, colon := strings.Cut(arg, ":")
	d, bad := command.Judge(append([]string{base}, strings.Fields(args)...), !colon)
	if bad {
		l.add(e.Line, d.Problem, e.Text(), d.Why, rule(d.Better), layerIsolation)
	}
}

// rule writes words in this grammar; none: no rule.
func rule(words string) string {
	if words == "" {
		return ""
	}
	base, args, more := strings.Cut(words, " ")
	if !more {
		return `"Shell(` + base + `)"`
	}
	return `"Shell(` + base + ":" + args + `)"`
}

func (l *linter) write(e *jsonedit.Value, arg string) {
	switch {
	case steers(arg):
		l.add(e.Line, agent.Widens, e.Text(), "with this file the agent changes what it may do at the next start", `"Write(src/**)"`, layerIsolation)
	case slices.Contains([]string{"*", "**", "**/*", "/**", "~/**", "/", "~"}, arg):
		l.add(e.Line, agent.TooBroad, e.Text(), "every file may be written, those that steer Cursor included", `"Write(src/**)"`, layerIsolation)
	}
}

func steers(path string) bool {
	for _, name := range []string{".cursor", ".claude", ".mcp.json", ".git/hooks", ".git/config"} {
		for _, at := range []string{name, "~/" + name, "**/" + name, "./" + name} {
			if path == at || strings.HasPrefix(path, at+"/") {
				return true
			}
		}
	}
	return false
}
