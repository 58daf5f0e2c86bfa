package project

import "strings"

// HomeFiles are what the agent's tool needs in a fresh private HOME, relative
// to it.
func (f Facts) HomeFiles() map[string]string {
	if f.Agent == nil {
		return nil
	}
	return f.Agent.Home(f.Path)
}

// GitIgnore is a list, in git's own form, that keeps git from adding the empty
// files that stand for guardrails frozen as absent. Without it, "git add -A"
// inside would commit them. Empty when there are none.
func (f Facts) GitIgnore() string {
	var b strings.Builder
	for _, g := range f.Guardrails {
		if g.Present || strings.Contains(g.Path, ".git/") {
			continue
		}
		b.WriteString("/" + ignoreEscape.Replace(g.Path) + "\n")
	}
	for _, s := range f.Secrets { // what git does not track, it shall not begin to
		if !strings.ContainsAny(s.Path, "\n\r") {
			b.WriteString("/" + ignoreEscape.Replace(s.Path) + "\n")
		}
	}
	return b.String()
}

// ignoreEscape makes a path stand for itself in a list of ignored names.
var ignoreEscape = strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`, " ", `\ `)
