package why

import (
	"path"
	"slices"
	"strings"

	"ringwall/internal/plan"
)

// controlView is the control that makes the view: what no mount shows does not
// exist.
const controlView = "isolation.namespaces"

// maxLinks is the kernel's own bound on the links of one path.
const maxLinks = 40

// path answers for reading, writing and executing what a path leads to.
func (w World) path(a *Answer, operation string) error {
	asked := w.absolute(a.Asked)
	real, ok := w.resolve(asked)
	a.Subject = real
	if real != path.Clean(asked) {
		a.note("%s leads there", path.Clean(asked))
	}
	if !ok {
		a.Subject = path.Clean(asked)
		a.Parts = rights(w.control(controlView), "")
		refuse(a.Parts, "ELOOP", "its links lead round in circles", "none: the link has to be replaced")
	} else {
		w.places(a, real)
	}
	a.Verdict = verdictOf(a.Parts, operation)
	return nil
}

// verdictOf is the answer as a whole: of the operation, or else of reading and
// writing, the stricter.
func verdictOf(parts []Part, operation string) Verdict {
	rank := []Verdict{Allowed, Conditional, Refused}
	out := Allowed
	for _, p := range parts {
		asked := p.Operation == operation || operation == "" && p.Operation != Execute
		if asked && slices.Index(rank, p.Verdict) > slices.Index(rank, out) {
			out = p.Verdict
		}
	}
	return out
}

// absolute is what a path means inside: "~" is the agent's own home.
func (w World) absolute(p string) string {
	switch {
	case p == "~" || strings.HasPrefix(p, "~/"):
		return w.Home + p[1:]
	case !strings.HasPrefix(p, "/"):
		return w.Dir + "/" + p
	}
	return p
}

// resolve follows links as the kernel does, "." and ".." after them; false:
// they never end.
func (w World) resolve(p string) (string, bool) {
	todo, at := strings.Split(p, "/"), "/"
	for links := 0; len(todo) > 0; {
		elem := todo[0]
		todo = todo[1:]
		switch elem {
		case "", ".":
			continue
		case "..":
			at = path.Dir(at)
			continue
		}
		next := path.Join(at, elem)
		text := w.link(next)
		if text == "" {
			at = next
			continue
		}
		if links++; links > maxLinks {
			return at, false
		}
		if strings.HasPrefix(text, "/") {
			at = "/"
		}
		todo = append(strings.Split(text, "/"), todo...)
	}
	return at, true
}

// link is the text of the link at a path, if the view has one there.
func (w World) link(p string) string {
	for _, c := range w.Plan.Controls {
		if m := c.Want.Mount; m != nil && m.Kind == plan.Symlink && m.Target == p {
			return m.Source
		}
	}
	if !w.fromHost(p) {
		return ""
	}
	return w.look(p).Link
}

// fromHost tells whether what is at a path inside can be looked at from where
// the question is asked.
func (w World) fromHost(p string) bool {
	if within(p, "/proc") {
		return false // what is there is another thing for each process
	}
	c, shown := w.place(p)
	return shown && (w.Inside || c.Want.Workspace != nil || c.Want.Mount != nil && c.Want.Mount.Kind == plan.Bind)
}

// within tells whether p is dir or lies in it.
func within(p, dir string) bool {
	return p == dir || dir == "/" || strings.HasPrefix(p, strings.TrimSuffix(dir, "/")+"/")
}

// place finds what shows a path: the last that covers it, in the order in which
// the view is made.
func (w World) place(p string) (found plan.Control, shown bool) {
	for _, c := range w.Plan.Controls {
		if covers(c, p) {
			found, shown = c, true
		}
	}
	return found, shown
}

func covers(c plan.Control, p string) bool {
	switch o := c.Want; {
	case o.Mount != nil && o.Mount.Kind == plan.Symlink:
		return false
	case o.Mount != nil && o.Mount.Kind == plan.File:
		return p == o.Mount.Target
	case o.Mount != nil:
		return within(p, o.Mount.Target)
	case o.AgentFile != nil:
		return p == o.AgentFile.Path
	case o.Workspace != nil:
		return within(p, o.Workspace.Path)
	case o.Stub != nil:
		return slices.Contains(o.Stub.Files, p)
	case o.Ask != nil:
		return p == o.Ask.Program || p == o.Ask.Plan
	case o.Decoy != nil:
		return p == o.Decoy.Path
	}
	return false
}

// holds tells whether a path is a folder on the way to something shown.
func (w World) holds(p string) bool {
	return slices.ContainsFunc(w.Plan.Controls, func(c plan.Control) bool {
		for _, target := range targets(c) {
			if target != p && within(target, p) {
				return true
			}
		}
		return false
	})
}

func targets(c plan.Control) []string {
	switch o := c.Want; {
	case o.Mount != nil:
		return []string{o.Mount.Target}
	case o.AgentFile != nil:
		return []string{o.AgentFile.Path}
	case o.Workspace != nil:
		return []string{o.Workspace.Path}
	case o.Ask != nil:
		return []string{o.Ask.Program, o.Ask.Plan}
	}
	return nil
}
