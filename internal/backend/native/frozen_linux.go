package native

import (
	"bytes"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"ringwall/internal/evidence"
	"ringwall/internal/plan"
)

// frozen knows the guardrails by absolute path, and by the names that a path
// must have to lead to one.
type frozen struct {
	project string
	paths   map[string]plan.Control
	names   nameSet  // what the guardrails are called
	parents nameSet  // what the folders above them are called
	folders []string // those that are frozen as a whole
}

func newFrozen(p plan.Plan) frozen {
	f := frozen{project: p.Project, paths: map[string]plan.Control{}}
	for _, c := range p.Controls {
		g := c.Want.Guardrail
		if g == nil || g.Around {
			continue // what is in such a folder has entries of its own
		}
		path := filepath.Join(p.Project, g.Path)
		f.paths[path] = c
		f.names.add(filepath.Base(path))
		for dir := filepath.Dir(g.Path); dir != "."; dir = filepath.Dir(dir) {
			f.parents.add(filepath.Base(dir))
		}
		if g.Dir {
			f.folders = append(f.folders, path)
		}
	}
	return f
}

// nameSet is a set of file names, made to be asked quickly.
type nameSet struct {
	set     map[string]bool
	lengths [256]bool // of the names in it: most others are known by that
}

func (n *nameSet) add(name string) {
	if n.set == nil {
		n.set = map[string]bool{}
	}
	n.set[name] = true
	n.lengths[min(len(name), 255)] = true
}

func (n *nameSet) has(name []byte) bool {
	return n.lengths[min(len(name), 255)] && n.set[string(name)]
}

// any tells whether one of a path's names is in the set.
func (n *nameSet) any(path []byte) bool {
	for len(path) > 0 {
		end := bytes.IndexByte(path, '/')
		if end < 0 {
			return n.has(path)
		}
		if n.has(path[:end]) {
			return true
		}
		path = path[end+1:]
	}
	return false
}

// last tells whether the last of a path's names is in the set.
func (n *nameSet) last(path []byte) bool {
	path = bytes.TrimRight(path, "/")
	return n.has(path[bytes.LastIndexByte(path, '/')+1:])
}

// attempt tells whether a call would change a guardrail: the path itself, what
// lies in a frozen folder, or, for a rename, a folder that holds one.
func (f *frozen) attempt(call, path string) *evidence.Refused {
	for p := path; len(p) > len(f.project); p = filepath.Dir(p) {
		if c, ok := f.paths[p]; ok {
			return refusal(call, path, f.project, c)
		}
	}
	if !strings.HasPrefix(call, "rename") || path == f.project {
		return nil
	}
	for _, p := range slices.Sorted(maps.Keys(f.paths)) {
		if strings.HasPrefix(p, path+"/") {
			return refusal(call, path, f.project, f.paths[p])
		}
	}
	return nil
}

// refusal describes an attempt. The error number is the one that the control
// answers with; the kernel decides after this.
func refusal(call, path, project string, c plan.Control) *evidence.Refused {
	verb := "write"
	switch {
	case strings.HasPrefix(call, "rename"):
		verb = "rename"
	case strings.Contains(call, "link"):
		verb = "link"
	}
	inside := strings.HasPrefix(path, filepath.Join(project, c.Want.Guardrail.Path)+"/")
	return &evidence.Refused{Layer: string(c.Layer), Control: c.ID, Errno: answer(verb, inside),
		What: verb + " " + strings.TrimPrefix(path, project+"/"), Why: "the file is a guardrail: " + c.Want.Guardrail.Reason}
}

// answer is what a frozen path gives: a write or a new name meets a read-only
// mount, a mount point cannot be moved or replaced, and nothing can be moved
// from one mount into another.
func answer(verb string, inside bool) string {
	switch {
	case verb == "rename" && inside:
		return "EXDEV"
	case verb == "rename":
		return "EBUSY"
	case verb == "link" && !inside:
		return "EEXIST"
	}
	return "EROFS"
}
