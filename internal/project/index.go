package project

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"time"

	"ringwall/internal/scan"
)

// index is what one search of the tree leaves to the next: of each folder the
// names that mean something, and what the content of files was taken for. It
// spares work and never decides: an entry counts only while its folder or file
// has the very stamp that it was made with.
type index struct {
	rules   [sha256.Size]byte // of all that the choice of names rests on
	began   int64             // when the search began, in nanoseconds
	folders map[string]*indexed
}

// indexed is one folder.
type indexed struct {
	stamp stamp
	count int  // of all names in it
	bare  bool // git takes it for a repository
	subs  []string
	files []indexedFile
	// names are where the files are, once one was asked for.
	names map[string]int
}

// indexedFile is a file or link whose name means something.
type indexedFile struct {
	name  string
	link  bool
	other bool // neither file nor link nor folder
	// With this stamp its content held no secret; zero: not known. What does
	// hold one is read each time.
	stamp stamp
}

// find is the file of that name; nil where there was none.
func (f *indexed) find(name string) *indexedFile {
	if f.names == nil {
		f.names = make(map[string]int, len(f.files))
		for i := range f.files {
			f.names[f.files[i].name] = i
		}
	}
	if i, ok := f.names[name]; ok {
		return &f.files[i]
	}
	return nil
}

// rulesOf is the sum of what decides which names mean something: this very
// program with its tables, the project's folder, and the policy's patterns.
func (in *inspector) rulesOf() [sha256.Size]byte {
	e := indexEncoder{b: []byte(indexVersion)}
	e.stamp(programStamp())
	e.text(scan.Rules)
	e.text(in.facts.Path)
	e.number(int64(in.facts.Dev))
	e.number(int64(in.facts.Ino))
	for _, list := range [][]string{in.opts.Hide, in.opts.Freeze} {
		e.number(int64(len(list)))
		for _, s := range list {
			e.text(s)
		}
	}
	return sha256.Sum256(e.b)
}

// loadIndex reads what the last search left; an empty one where there is none,
// or one that is damaged or of another program, project or policy.
func (in *inspector) loadIndex() (old, fresh *index) {
	began := in.now().UnixNano()
	fresh = &index{rules: in.rulesOf(), began: began, folders: map[string]*indexed{}}
	old = &index{}
	if in.opts.Index == "" || programStamp().ino == 0 {
		in.opts.Index = "" // nor is one kept
		return old, fresh
	}
	data, err := readOwnUpTo(in.opts.Index, maxIndex)
	if err != nil {
		return old, fresh
	}
	if read, ok := decodeIndex(data); ok && read.rules == fresh.rules && read.began <= began {
		old = read
	}
	return old, fresh
}

// maxIndex bounds the file, in bytes: some five million names.
const maxIndex = 256 << 20

// saveIndex keeps what was found. That it cannot be written costs time at the
// next start, and nothing else.
func (in *inspector) saveIndex(fresh *index, changed bool) {
	if in.opts.Index == "" || !changed {
		return
	}
	dir := filepath.Dir(in.opts.Index)
	if os.MkdirAll(dir, 0o700) != nil {
		return
	}
	f, err := os.CreateTemp(dir, ".index-*")
	if err != nil {
		return
	}
	_, err = f.Write(fresh.encode())
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), in.opts.Index)
	}
	if err != nil {
		os.Remove(f.Name())
	}
}

// now is the clock.
func (in *inspector) now() time.Time {
	if in.opts.now != nil {
		return in.opts.now()
	}
	return time.Now()
}

// known tells that the last walk found no secret in the file that the walk is
// at, and that it is the same file still.
func (w *walker) known(at *here) bool {
	f := &at.fresh.files[len(at.fresh.files)-1]
	if at.old == nil {
		return false
	}
	old := at.old.find(f.name)
	if old == nil || old.stamp.ino == 0 || old.stamp != at.place.file(f.name) {
		return false
	}
	f.stamp = old.stamp
	return true
}

// clean notes that the content of the file that the walk is at held no secret
// when the file had that stamp.
func (w *walker) clean(at *here, s stamp) {
	if s.settled(w.fresh.began, fileMargin) {
		at.fresh.files[len(at.fresh.files)-1].stamp = s
		w.changed = true
	}
}
