package copilot

import (
	"cmp"
	"errors"
	"path"
	"slices"
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
	return []agent.Located{
		{Where: agent.InProject, Path: ".github/copilot/settings.json"},
		{Where: agent.InProject, Path: ".github/copilot/settings.local.json"},
		{Where: agent.InProject, Path: ".mcp.json"},
		{Where: agent.InProject, Path: ".github/mcp.json"},
		{Where: agent.InHome, Path: ".copilot/settings.json"},
		{Where: agent.InHome, Path: ".copilot/config.json"},
		{Where: agent.InHome, Path: ".copilot/mcp-config.json"},
		{Where: agent.OnMachine, Path: ManagedPath},
	}
}

// Lint implements agent.Linter. Findings come in the order of the file.
func (Agent) Lint(name string, text []byte) []agent.Finding {
	found := lint(name, text)
	slices.SortStableFunc(found, func(a, b agent.Finding) int { return cmp.Compare(a.Line, b.Line) })
	return found
}

func lint(name string, text []byte) []agent.Finding {
	l := &linter{file: name, managed: path.Base(name) == path.Base(ManagedPath)}
	doc, err := jsonedit.Parse(text)
	switch {
	case err != nil:
		l.broken(err)
		return l.out
	case !doc.Root.Is(jsonedit.Object):
		l.add(doc.Root.Line, agent.Malformed, "", "the file is no object: "+l.without(), "", "")
		return l.out
	case l.managed && doc.Loose > 0:
		l.add(doc.Loose, agent.Malformed, "", "a comment or a trailing comma is no JSON here: "+l.without(), "", "")
	}
	for _, d := range doc.Duplicates {
		l.add(d.Line, agent.Duplicate, d.Path, "the name stands twice; only the later one is read", "", "")
	}
	switch {
	case l.managed:
		l.policy(doc.Root)
	case strings.Contains(path.Base(name), "mcp"):
		l.servers(doc.Root)
	default:
		l.settings(doc.Root)
	}
	return l.out
}

// linter collects the findings of one file.
type linter struct {
	file    string
	managed bool
	out     []agent.Finding
}

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
	if l.managed {
		return "Copilot drops the whole policy for one that allows nothing and forces its own sandbox"
	}
	return "Copilot goes on as if it were not there"
}
