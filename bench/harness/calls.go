package main

import (
	"os"
	"path/filepath"
	"strings"
)

// deep is where the file lies that is opened and looked at.
const deep = "a/b/c/d/e/f/g/h/file"

func plant(dir string) error {
	path := filepath.Join(dir, deep)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte("x"), 0o644)
}

// reading compares calls that change nothing. The file is seen in two ways: in
// the project, through the overlay, and below a folder that is shown as it is,
// where only filter and Landlock are left.
func reading(p *place) ([]row, error) {
	dir, err := p.project("calls", noNetwork)
	if err != nil {
		return nil, err
	}
	tools := p.folder("tools") // a folder of PATH is shown read-only
	for _, d := range []string{dir, tools} {
		if err := plant(d); err != nil {
			return nil, err
		}
	}
	old := p.env
	defer func() { p.env = old }()
	p.env = withPath(p.env, tools)
	var rows []row
	for _, c := range []struct {
		name, call, in string
		count          int
		target         float64
	}{
		{"getppid", "getppid", dir, 5000, 1.12},
		{"stat, 9 levels deep", "stat", dir, 2000, 1.05},
		{"stat, shown as it is", "stat", tools, 2000, 0},
		{"open, 9 levels deep", "open", dir, 2000, 1.10},
		{"open, shown as it is", "open", tools, 2000, 0},
	} {
		r, err := p.duel(dir, filepath.Join(c.in, deep), "/tmp", c.call, c.count)
		if err != nil {
			return nil, err
		}
		r.Measure, r.Target = c.name, c.target
		rows = append(rows, r)
	}
	return rows, nil
}

// writing compares the calls that the observer sees. They are made on a tmpfs
// on both sides, so that no disk is measured, and in the project.
func writing(p *place) ([]row, error) {
	dir, err := p.project("writes", noNetwork)
	if err != nil {
		return nil, err
	}
	if err := plant(dir); err != nil {
		return nil, err
	}
	var rows []row
	for _, c := range []string{"create", "rewrite", "rename", "unlink", "connect"} {
		r, err := p.duel(dir, filepath.Join(dir, deep), "/tmp", c, 500)
		if err != nil {
			return nil, err
		}
		r.Measure = c + ", on a tmpfs"
		rows = append(rows, r)
	}
	return rows, nil
}

// duel starts the two, has them take turns, and ends them. Folder is where the
// confined one writes; the bare one has a tmpfs of its own.
func (p *place) duel(dir, file, folder, call string, count int) (row, error) {
	theirs, err := p.prober(dir, nil, file, p.shm)
	if err != nil {
		return row{}, err
	}
	defer theirs.end()
	ours, err := p.prober(dir, p.inside(), file, folder)
	if err != nil {
		return row{}, err
	}
	defer ours.end()
	a, b, err := turns(p.rounds, count, call, theirs, ours)
	if err != nil {
		return row{}, err
	}
	return compare(call, "bare", "ns", 0, a, b), nil
}

// withPath puts a folder in front of PATH.
func withPath(env []string, folder string) []string {
	out := append([]string{}, env...)
	for i, v := range out {
		if path, ok := strings.CutPrefix(v, "PATH="); ok {
			out[i] = "PATH=" + folder + ":" + path
		}
	}
	return out
}
