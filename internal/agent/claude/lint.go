package claude

import (
	"cmp"
	"path"
	"slices"

	"ringwall/internal/agent"
	"ringwall/internal/agent/jsonedit"
	"ringwall/internal/plan"
)

// Places of the tool's own files.
const (
	projectSettings = ".claude/settings.json"
	localSettings   = ".claude/settings.local.json"
	projectServers  = ".mcp.json"
	managedFolder   = "/etc/claude-code"
	managedSettings = managedFolder + "/managed-settings.json"
	managedServers  = managedFolder + "/managed-mcp.json"
)

const (
	maxEntry = 200 // bytes of an entry that a finding shows
)

// PermissionFiles implements agent.Linter.
func (Agent) PermissionFiles() []agent.Located {
	return []agent.Located{
		{Where: agent.InProject, Path: projectSettings},
		{Where: agent.InProject, Path: localSettings},
		{Where: agent.InProject, Path: projectServers},
		{Where: agent.InHome, Path: projectSettings},
		{Where: agent.OnMachine, Path: managedSettings},
		{Where: agent.OnMachine, Path: managedServers},
	}
}

// Lint implements agent.Linter. Findings come in the order of the file.
func (Agent) Lint(name string, text []byte) []agent.Finding {
	l := &linter{file: name, managed: path.IsAbs(name)}
	doc, err := jsonedit.Parse(text)
	switch {
	case err != nil:
		l.report(finding{line: line(err), problem: agent.Malformed, why: "this is no JSON (" + reason(err) + "): " + l.unread()})
	case doc.Loose > 0:
		l.report(finding{line: doc.Loose, problem: agent.Malformed, why: "a comment or a comma at the end is no JSON: " + l.unread()})
	case !doc.Root.Is(jsonedit.Object):
		l.report(finding{line: doc.Root.Line, problem: agent.Malformed, why: "it holds no object: " + l.unread()})
	default:
		l.content(doc)
	}
	slices.SortStableFunc(l.found, func(a, b agent.Finding) int { return cmp.Compare(a.Line, b.Line) })
	return l.found
}

func line(err error) int {
	if e, ok := err.(*jsonedit.SyntaxError); ok {
		return e.Line
	}
	return 0
}

func reason(err error) string {
	if e, ok := err.(*jsonedit.SyntaxError); ok {
		return e.Why
	}
	return err.Error()
}

type linter struct {
	file    string
	managed bool // an administrator's file: its hooks and helpers are its owner's will
	found   []agent.Finding
}

func (l *linter) content(doc *jsonedit.Doc) {
	for _, d := range doc.Duplicates {
		l.report(finding{line: d.Line, entry: d.Path, problem: agent.Duplicate, why: "the name is there twice, and only the last one counts"})
	}
	if base := path.Base(l.file); base == projectServers || base == path.Base(managedServers) {
		l.servers(doc.Root)
		return
	}
	l.shape(doc.Root)
	l.permissions(doc.Root.Get("permissions"))
	l.keys(doc.Root)
	if !l.managed {
		l.helpers(doc.Root)
		l.hooks(doc.Root.Get("hooks"))
	}
	l.environment(doc.Root.Get("env"))
}

// unread is what the tool does about a file that it cannot read, as seen with
// the version in Describe.
func (l *linter) unread() string {
	if l.managed {
		return "Claude Code goes on without it, after one line on its standard error"
	}
	return "Claude Code drops the whole file without a word, what it denies included"
}

// finding is a problem before it has its place.
type finding struct {
	line                        int
	entry, problem, why, better string
	layer                       plan.LayerID
}

func (l *linter) report(f finding) {
	l.found = agent.AddFinding(l.found, agent.Finding{
		File: l.file, Line: f.line, Problem: f.problem, Entry: agent.Head(f.entry, maxEntry),
		Why: f.why, Better: f.better, Layer: string(f.layer),
	})
}
