package claude

import (
	"ringwall/internal/agent"
	"ringwall/internal/agent/jsonedit"
)

// shapes are the keys whose wrong kind costs the whole file, or in a managed
// one the key at the top that they stand under.
func shapes() []shape {
	return []shape{
		{kind: jsonedit.Object, path: []string{"permissions"}},
		{kind: jsonedit.Array, path: []string{"permissions", "allow"}},
		{kind: jsonedit.Array, path: []string{"permissions", "ask"}},
		{kind: jsonedit.Array, path: []string{"permissions", "deny"}},
		{kind: jsonedit.Array, path: []string{"permissions", "additionalDirectories"}},
		{kind: jsonedit.String, path: []string{"permissions", "defaultMode"}},
		{kind: jsonedit.Object, path: []string{"env"}},
		{kind: jsonedit.Object, path: []string{"hooks"}},
		{kind: jsonedit.String, path: []string{"apiKeyHelper"}},
		{kind: jsonedit.Array, path: []string{"enabledMcpjsonServers"}},
	}
}

type shape struct {
	kind jsonedit.Kind
	path []string
}

func (l *linter) shape(root *jsonedit.Value) {
	for _, s := range shapes() {
		if v := root.Get(s.path...); v != nil && v.Kind != s.kind {
			l.report(finding{line: v.Line, entry: dotted(s.path), problem: agent.Malformed,
				why: "this has to be " + kindName(s.kind) + ": " + l.dropped(s.path[0])})
		}
	}
}

func (l *linter) dropped(top string) string {
	if l.managed {
		return "Claude Code drops all of " + top + " and goes on"
	}
	return l.unread()
}

func dotted(path []string) string {
	out := path[0]
	for _, p := range path[1:] {
		out += "." + p
	}
	return out
}

func kindName(k jsonedit.Kind) string {
	switch k {
	case jsonedit.Object:
		return "an object"
	case jsonedit.Array:
		return "a list"
	}
	return "a text"
}
