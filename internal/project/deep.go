package project

import (
	"errors"
	"path"
	"strings"
	"sync"

	"ringwall/internal/agent"
)

// maxDeep bounds the guardrails below the project's own folder that are frozen:
// each is a mount, with one more for each folder above it. The gate guards their
// names at any depth.
const maxDeep = 200

// deepRows are the tables by the first part of each path. git's own are left
// out, since a repository's parts are found as such.
type deepRows struct {
	exact map[string][]agent.Path
	wild  []agent.Path // of one part, with a star
}

var deep = sync.OnceValue(func() *deepRows {
	d := &deepRows{exact: map[string][]agent.Path{}}
	for _, row := range agent.CommonGuardrails() {
		row.IfAbsent = false
		first, _, _ := strings.Cut(row.Path, "/")
		switch {
		case first == ".git":
		case strings.Contains(first, "*"):
			d.wild = append(d.wild, row)
		default:
			d.exact[first] = append(d.exact[first], row)
		}
	}
	return d
})

// rows are those whose path begins with that name.
func (d *deepRows) rows(name string) []agent.Path {
	out := d.exact[name]
	for _, row := range d.wild {
		before, after, _ := strings.Cut(row.Path, "*")
		if !strings.HasPrefix(name, before) || !strings.HasSuffix(name, after) {
			continue
		}
		if ok, err := path.Match(row.Path, name); ok && err == nil {
			out = append(out[:len(out):len(out)], row)
		}
	}
	return out
}

// deepRail freezes the guardrails below the project's own folder that are there.
// One that cannot be frozen is left to the gate.
func (f *finder) deepRail(p string) error {
	if f.deep >= maxDeep || f.in.rails.covered(p) {
		return nil
	}
	for _, row := range f.deepRows(p) {
		row.Path = path.Join(path.Dir(p), row.Path)
		before := len(f.in.rails)
		err := f.in.addRow(row)
		var e *Error
		if errors.As(err, &e) && (e.Kind == Link || e.Kind == HardLink) {
			continue
		}
		if err != nil {
			return err
		}
		f.deep += len(f.in.rails) - before
	}
	return nil
}

// deepRows are the rows that a path below the project's own folder meets. What
// packages from a registry bring along steers nobody who works on the project.
func (f *finder) deepRows(p string) []agent.Path {
	dir, name := path.Split(p)
	if dir == "" || strings.Contains("/"+dir, "/node_modules/") {
		return nil
	}
	return deep().rows(name)
}
