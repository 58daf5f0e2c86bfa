package project

import (
	"errors"
	"fmt"
	"io"
	"path"
)

// Bounds of the walk. A project beyond them is looked at in part, and the facts
// say so: without its owner's word nothing is started.
const (
	maxEntries = 3_000_000
	maxDepth   = 256
)

// walker visits the project's files once, following no link. It leaves out
// git's objects, which are not files of the project. What the last walk noted
// of a folder spares its listing while the folder has the same stamp.
type walker struct {
	in      *inspector
	tree    *tree
	old     *index // of the last walk
	fresh   *index // of this one
	changed bool   // the two differ
	limit   int    // names to look at; 0: maxEntries

	seen  int
	stack []folder
	buf   []byte                        // of readDir
	keep  func(p string, e dirent) bool // files and links whose name means something
	visit func(w *walker, at *here, e dirent) error
	enter func(p string) error // folders
	repo  func(p string) error // a repository's own folder; nil: ignored
}

type folder struct {
	path  string
	depth int
}

// here is the folder that the walk is in.
type here struct {
	folder
	place *place
	old   *indexed // as the last walk had it, changed or not; nil: it had none
	fresh *indexed
}

func (w *walker) run() error {
	if w.limit == 0 {
		w.limit = maxEntries
	}
	w.stack = []folder{{".", 0}}
	for len(w.stack) > 0 {
		dir := w.stack[len(w.stack)-1]
		w.stack = w.stack[:len(w.stack)-1]
		if err := w.folder(dir); err != nil {
			return err
		}
		if w.seen > w.limit {
			w.in.incomplete(fmt.Sprintf("the project holds more than %d files and folders", w.limit))
			return nil
		}
	}
	w.changed = w.changed || len(w.old.folders) != len(w.fresh.folders)
	return nil
}

// folder looks at one folder: at its names, or at what the last walk noted.
func (w *walker) folder(dir folder) error {
	old := w.old.folders[dir.path]
	p, err := w.find(dir.path, old)
	if err != nil {
		// Its owner can make it readable again from inside.
		w.in.incomplete(fmt.Sprintf("cannot read the folder %q", dir.path))
		return nil
	}
	defer p.close()
	at := &here{folder: dir, place: p, old: old, fresh: &indexed{}}
	if p.stamp.dev == w.in.facts.Dev {
		at.fresh.stamp = p.stamp
	}
	known := at.old != nil && at.old.stamp.ino != 0 && at.old.stamp == at.fresh.stamp
	if known {
		err = w.again(at)
	} else {
		w.changed = true
		err = w.list(at)
	}
	if err != nil {
		return err
	}
	if !at.fresh.stamp.settled(w.fresh.began, folderMargin) {
		at.fresh.stamp = stamp{}
	}
	w.fresh.folders[dir.path] = at.fresh
	if at.fresh.bare && dir.path != "." && w.repo != nil {
		return w.repo(dir.path)
	}
	return nil
}

// find opens a folder, or sees that it is as the last walk had it.
func (w *walker) find(path string, old *indexed) (*place, error) {
	if old != nil {
		if p := w.tree.same(path, old.stamp); p != nil {
			return p, nil
		}
	}
	return w.tree.open(path)
}

// again goes over what the last walk noted.
func (w *walker) again(at *here) error {
	w.seen += at.old.count
	at.fresh.count, at.fresh.bare, at.fresh.subs = at.old.count, at.old.bare, at.old.subs
	for _, name := range at.old.subs {
		if err := w.sub(at, name); err != nil {
			return err
		}
	}
	for i := range at.old.files {
		f := &at.old.files[i]
		at.fresh.files = append(at.fresh.files, indexedFile{name: f.name, link: f.link, other: f.other})
		if err := w.visit(w, at, f.dirent()); err != nil {
			return err
		}
	}
	return nil
}

// list reads one folder in pieces, so that a huge one costs bounded memory.
func (w *walker) list(at *here) error {
	f, err := at.place.list()
	if err != nil {
		w.in.incomplete(fmt.Sprintf("cannot read the folder %q", at.path))
		at.fresh.stamp = stamp{}
		return nil
	}
	defer f.Close()
	marks := bareMarks{}
	for w.seen <= w.limit {
		entries, err := w.readDir(f)
		for _, e := range entries {
			w.seen++
			at.fresh.count++
			marks.note(e)
			if err := w.entry(at, e); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			w.in.incomplete(fmt.Sprintf("cannot read the folder %q", at.path))
			at.fresh.stamp = stamp{}
			break
		}
	}
	at.fresh.bare = marks.complete()
	return nil
}

func (w *walker) entry(at *here, e dirent) error {
	if e.IsDir() {
		at.fresh.subs = append(at.fresh.subs, e.name)
		return w.sub(at, e.name)
	}
	if !w.keep(path.Join(at.path, e.name), e) {
		return nil
	}
	at.fresh.files = append(at.fresh.files, noted(e))
	return w.visit(w, at, e)
}

// sub goes on with a folder, unless it is git's.
func (w *walker) sub(at *here, name string) error {
	p := path.Join(at.path, name)
	switch {
	case name == ".git":
		return w.gitFolder(p, at.folder)
	case isObjects(at.path, name):
		return nil
	case at.depth >= maxDepth:
		w.in.incomplete(fmt.Sprintf("folders are nested deeper than %d", maxDepth))
		return nil
	}
	w.stack = append(w.stack, folder{p, at.depth + 1})
	return w.enter(p)
}
