package cursor

import (
	"errors"
	"path"
	"strings"

	"ringwall/internal/agent"
	"ringwall/internal/agent/jsonedit"
)

const (
	maxEntry = 120 // bytes of an entry that a finding repeats
)

// The layers that catch what a rule lets through.
const (
	layerIsolation = "isolation"
	layerNetwork   = "network"
)

// PermissionFiles implements agent.Linter.
func (Agent) PermissionFiles() []agent.Located {
	var out []agent.Located
	for _, name := range []string{"cli.json", "permissions.json", "sandbox.json", "hooks.json", "mcp.json"} {
		out = append(out, agent.Located{Where: agent.InProject, Path: ".cursor/" + name})
	}
	for _, name := range []string{"cli-config.json", "permissions.json", "sandbox.json", "hooks.json", "mcp.json"} {
		out = append(out, agent.Located{Where: agent.InHome, Path: ".cursor/" + name})
	}
	return append(out, agent.Located{Where: agent.OnMachine, Path: "/etc/cursor/hooks.json"})
}

// Lint implements agent.Linter. What the tool does with a file follows its
// documentation.
func (Agent) Lint(name string, text []byte) []agent.Finding {
	l := &linter{file: name, kind: path.Base(name)}
	doc, err := jsonedit.Parse(text)
	switch {
	case err != nil:
		l.broken(err)
		return l.out
	case !doc.Root.Is(jsonedit.Object):
		l.add(doc.Root.Line, agent.Malformed, "", "the file is no object: "+l.without(), "", "")
		return l.out
	case l.rules() && doc.Loose > 0:
		l.add(doc.Loose, agent.Malformed, "", "a comment or a trailing comma is no JSON here: "+l.without(), "", "")
	}
	for _, d := range doc.Duplicates {
		l.add(d.Line, agent.Duplicate, d.Path, "the name stands twice; only the later one is read", "", "")
	}
	l.read(doc.Root)
	return l.out
}

func (l *linter) read(root *jsonedit.Value) {
	switch l.kind {
	case "permissions.json":
		l.allowlists(root)
	case "sandbox.json":
		l.sandbox(root)
	case "hooks.json":
		l.hooks(root)
	case "mcp.json":
		l.servers(root)
	default:
		l.permissions(root)
	}
}

// linter collects the findings of one file.
type linter struct {
	file, kind string
	out        []agent.Finding
}

// rules tells whether the file is one of the command line's own, plain JSON.
func (l *linter) rules() bool { return strings.HasPrefix(l.kind, "cli") }

func (l *linter) add(line int, problem, entry, why, better, layer string) {
	l.out = agent.AddFinding(l.out, agent.Finding{
		File: l.file, Line: line, Problem: problem, Entry: agent.Head(entry, maxEntry), Why: why,
		Better: agent.Head(better, maxEntry), Layer: layer,
	})
}

// broken is a text that is no JSON.
func (l *linter) broken(err error) {
	line, why := 1, err.Error()
	if syntax := (*jsonedit.SyntaxError)(nil); errors.As(err, &syntax) {
		line, why = syntax.Line, syntax.Why
	}
	l.add(line, agent.Malformed, "", agent.Head(l.without()+": "+why, 300), "", "")
}

// without is what the tool does without the file.
func (l *linter) without() string {
	if l.kind == "cli-config.json" {
		return "Cursor puts the file aside and writes a new one without these rules"
	}
	return "it is not documented what Cursor does then; none of it may hold"
}
