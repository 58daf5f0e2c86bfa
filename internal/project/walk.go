package project

import (
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// Bounds of the walk. A project beyond them is looked at in part, and the facts
// say so.
const (
	maxEntries = 200_000
	maxDepth   = 64
)

// walker visits the project's files once, following no link. It leaves out
// git's objects, which are not files of the project, and node_modules, whose
// content comes from a registry and not from the owner.
type walker struct {
	in    *inspector
	seen  int
	stack []folder
	buf   []byte                         // of readDir
	visit func(p string, e dirent) error // files and links
	enter func(p string) error           // folders
	repo  func(p string) error           // a repository's own folder; nil: ignored
}

type folder struct {
	path  string
	depth int
}

func (w *walker) run() error {
	w.stack = []folder{{".", 0}}
	for len(w.stack) > 0 {
		dir := w.stack[len(w.stack)-1]
		w.stack = w.stack[:len(w.stack)-1]
		if err := w.folder(dir); err != nil {
			return err
		}
		if w.seen > maxEntries {
			w.in.incomplete(fmt.Sprintf("the project holds more than %d files", maxEntries))
			return nil
		}
	}
	return nil
}

// folder reads one folder in pieces, so that a huge one costs bounded memory.
func (w *walker) folder(dir folder) error {
	f, err := w.in.root.Open(dir.path)
	if err != nil {
		// Its owner can make it readable again from inside.
		w.in.incomplete(fmt.Sprintf("cannot read the folder %q", dir.path))
		return nil
	}
	defer f.Close()
	marks := bareMarks{}
	for w.seen <= maxEntries {
		entries, err := w.readDir(f)
		for _, e := range entries {
			w.seen++
			marks.note(e)
			if err := w.entry(dir, e); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			w.in.incomplete(fmt.Sprintf("cannot read the folder %q", dir.path))
			break
		}
	}
	if marks.complete() && dir.path != "." && w.repo != nil {
		return w.repo(dir.path)
	}
	return nil
}

func (w *walker) entry(dir folder, e dirent) error {
	p := path.Join(dir.path, e.Name())
	switch {
	case !e.IsDir():
		return w.visit(p, e)
	case e.Name() == "node_modules":
		return nil
	case e.Name() == ".git":
		return w.gitFolder(p, dir)
	case isObjects(dir.path, e.Name()):
		return nil
	case dir.depth >= maxDepth:
		w.in.incomplete(fmt.Sprintf("folders are nested deeper than %d", maxDepth))
		return nil
	}
	w.stack = append(w.stack, folder{p, dir.depth + 1})
	return w.enter(p)
}

// gitFolder goes on with the submodules' repositories only.
func (w *walker) gitFolder(p string, dir folder) error {
	if modules := p + "/modules"; w.in.isDir(modules) {
		w.stack = append(w.stack, folder{modules, dir.depth + 2})
	}
	if p == ".git" || w.repo == nil {
		return nil // the project's own is in the tables
	}
	return w.repo(p)
}

// isObjects tells a submodule's object store, which is large, from a folder of
// that name in the project.
func isObjects(dir, name string) bool {
	return name == "objects" && strings.Contains("/"+dir+"/", "/.git/modules/")
}

// bareMarks notes the entries that make git take a folder for a repository.
type bareMarks map[string]bool

func (m bareMarks) note(e dirent) {
	switch e.Name() {
	case "HEAD", "config":
		m[e.Name()] = !e.IsDir()
	case "objects", "refs":
		m[e.Name()] = e.IsDir()
	}
}

func (m bareMarks) complete() bool {
	return m["HEAD"] && m["config"] && m["objects"] && m["refs"]
}
