package cli

import (
	"path/filepath"
	"slices"

	"ringwall/internal/agent"
	"ringwall/internal/scan"
)

// Kinds of what a scan finds. More may come.
const (
	kindPermissions  = "permissions"
	kindInstructions = "instructions"
)

// scanned is what a scan found.
type scanned struct {
	Files    []scannedFile  `json:"files"`
	Findings []scanFinding  `json:"findings"`
	Advice   []scanFinding  `json:"advice"`
	Count    map[string]int `json:"count"` // findings by problem
}

// scannedFile is a file that was read.
type scannedFile struct {
	File  string `json:"file"`
	Kind  string `json:"kind"`
	Agent string `json:"agent,omitempty"` // whose permissions stand in it
}

type scanFinding struct {
	Kind  string `json:"kind"`
	Agent string `json:"agent,omitempty"`
	scan.Finding
}

// scanner looks at the files that steer these agents.
type scanner struct {
	agents []agent.Agent
	home   string // "": not looked at
	// machine is the folder that the machine's files are below; "": they are
	// not looked at. It is "/" outside of tests.
	machine string
}

// scan looks at a project.
func (s scanner) scan(dir string) (scanned, error) {
	files, err := place{agent.InProject, dir, ""}.walk(s.wanted)
	if err != nil {
		return scanned{}, err
	}
	for _, p := range []place{{agent.InHome, s.home, "~/"}, {agent.OnMachine, s.machine, "/"}} {
		if p.dir == "" {
			continue
		}
		more, err := p.listed(s.patterns(p.where))
		if err != nil {
			return scanned{}, err
		}
		files = append(files, more...)
	}
	return s.judge(files), nil
}

func (s scanner) wanted(f steering) bool {
	return s.instructs(f) || len(s.linters(f)) > 0
}

// patterns are the names of all files outside of the project.
func (s scanner) patterns(where string) []string {
	var out []string
	for _, a := range s.agents {
		for _, i := range a.Describe().Instructions {
			if i.Where == where {
				out = append(out, i.Path)
			}
		}
		l, is := a.(agent.Linter)
		if !is {
			continue
		}
		for _, at := range l.PermissionFiles() {
			if at.Where == where {
				out = append(out, at.Path)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// instructs tells whether an agent takes a file for its owner's word.
func (s scanner) instructs(f steering) bool {
	if f.where == agent.InProject && slices.ContainsFunc(agent.InstructionPaths(), func(p agent.Path) bool {
		if p.Dir {
			return locatedAt(f.where, "**/"+p.Path+"/**", f) && filepath.Ext(f.name) == ".md"
		}
		return locatedAt(f.where, p.Path, f)
	}) {
		return true
	}
	return slices.ContainsFunc(s.agents, func(a agent.Agent) bool { return len(loads(a, f)) > 0 })
}

// loads are the rules by which a tool loads a file.
func loads(a agent.Agent, f steering) []agent.Instruction {
	return slices.DeleteFunc(slices.Clone(a.Describe().Instructions), func(i agent.Instruction) bool {
		return !locatedAt(i.Where, i.Path, f)
	})
}

// linter is one that knows a file, by the name that it has for it.
type linter struct {
	agent.Linter
	name, agent string
}

func (s scanner) linters(f steering) []linter {
	var out []linter
	for _, a := range s.agents {
		l, is := a.(agent.Linter)
		if !is {
			continue
		}
		for _, at := range l.PermissionFiles() {
			if locatedAt(at.Where, at.Path, f) {
				out = append(out, linter{l, at.Path, a.Describe().Name})
				break
			}
		}
	}
	return out
}

func (s scanner) judge(files []steering) scanned {
	out := scanned{Files: []scannedFile{}, Findings: []scanFinding{}, Advice: []scanFinding{}, Count: map[string]int{}}
	var texts []scan.Text
	for _, f := range files {
		if f.err != nil {
			out.add(scanFinding{Finding: unread(f)})
			continue
		}
		for _, l := range s.linters(f) {
			out.Files = append(out.Files, scannedFile{f.shown, kindPermissions, l.agent})
			for _, found := range l.Lint(l.name, f.text) {
				found.File = f.shown
				out.add(scanFinding{kindPermissions, l.agent, commonForm(found)})
			}
		}
		if s.instructs(f) {
			out.Files = append(out.Files, scannedFile{File: f.shown, Kind: kindInstructions})
			texts = append(texts, s.text(f))
		}
	}
	for _, found := range scan.Instructions(texts) {
		out.add(scanFinding{Kind: kindInstructions, Finding: found})
	}
	return out
}

// add keeps a finding. Two tools may read the same file and say the same.
func (s *scanned) add(f scanFinding) {
	if f.Advice {
		s.Advice = append(s.Advice, f)
		return
	}
	if slices.ContainsFunc(s.Findings, func(o scanFinding) bool { return o.Finding == f.Finding }) {
		return
	}
	s.Findings = append(s.Findings, f)
	s.Count[f.Problem]++
}

// unread is a file that nothing is known of: that is never a pass.
func unread(f steering) scan.Finding {
	return scan.Finding{File: f.shown, Problem: scan.Unreadable, Why: "it was not checked: " + f.err.Error()}
}

// commonForm puts what an agent's linter found into the form of all findings.
func commonForm(f agent.Finding) scan.Finding {
	return scan.Finding{File: f.File, Line: f.Line, Problem: f.Problem, Entry: f.Entry, Why: f.Why, Better: f.Better, Layer: f.Layer}
}

// text is an instruction file with the smallest limit of those that load it.
func (s scanner) text(f steering) scan.Text {
	t := scan.Text{Name: f.shown, Content: f.text}
	for _, a := range s.agents {
		for _, i := range loads(a, f) {
			if i.Limit > 0 && (t.Limit == 0 || i.Limit < t.Limit) {
				t.Limit, t.By = i.Limit, a.Describe().Title
			}
		}
	}
	return t
}
