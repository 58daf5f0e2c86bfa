package stage

import (
	"fmt"
	"io"
	"io/fs"

	"golang.org/x/sys/unix"
)

// Look says what an iteration's folder still holds. It changes nothing.
func Look(iterDir string) (*Kept, error) {
	t, err := openTree(iterDir)
	if err != nil {
		return nil, err
	}
	defer t.close()
	k := &Kept{iterDir: iterDir, State: Open}
	if err := k.look(&dir{t.fd}); err != nil {
		return nil, fmt.Errorf("look at %s: %w", printable(iterDir), err)
	}
	return k, nil
}

func (k *Kept) look(iter *dir) error {
	all, err := transactions(iter)
	if err != nil {
		return err
	}
	var dropped droppedRecord
	wasDropped, err := iter.readJSON(droppedName, &dropped)
	if err != nil {
		return err
	}
	if wasDropped && dropped.Whole {
		k.State, k.Why, k.Dropped = Dropped, dropped.Why, dropped.Dropped
		return nil
	}
	if len(all) == 0 {
		return k.lookUnapplied(iter)
	}
	k.State = Applied
	gone := map[Name]bool{}
	for _, d := range dropped.Dropped {
		gone[d.Path] = true
	}
	k.Dropped = dropped.Dropped
	for _, n := range all {
		if err := k.lookApplied(iter, n, gone); err != nil {
			return err
		}
	}
	if _, ended := iter.done(rolledBackName); ended {
		k.State = RolledBack
	} else if _, begun, err := rollbackBegun(iter); err != nil || begun {
		k.State, k.Why = Open, "rolling back was cut short"
	}
	return k.lookHeld(iter, gone)
}

// lookUnapplied is for an iteration of which nothing was ever applied.
func (k *Kept) lookUnapplied(iter *dir) error {
	var r keptRecord
	kept, err := iter.readJSON(keptName, &r)
	if err != nil || !kept {
		return err
	}
	k.State, k.Why = KeptWhole, r.Why
	k.Project, k.ProjectID = string(r.Project), r.ProjectID
	return nil
}

// lookApplied reads one transaction.
func (k *Kept) lookApplied(iter *dir, n names, gone map[Name]bool) error {
	j, err := openJournal(iter, n.journal)
	if err != nil {
		return err
	}
	defer j.close()
	k.Project, k.ProjectID = string(j.head.Project), j.head.ProjectID
	done, ok := iter.done(n.done)
	if !ok {
		k.State, k.Why = Open, "applying was cut short"
	}
	skipped := map[int]bool{}
	for _, s := range done.Skipped {
		skipped[s] = true
	}
	for i := range j.ops {
		o := &j.ops[i]
		if o.Do == keepBack || o.Do == reject || skipped[o.N] {
			continue
		}
		if j.head.Accept {
			gone[o.Entry.Path] = !k.anyBelow(j, skipped, o)
		}
		if o.Do == bring {
			continue
		}
		e := o.Entry
		k.Applied = append(k.Applied, e)
		k.places = append(k.places, place{n.store, o.Put, o.Take})
		if n, ok := j.put[o.N]; ok {
			k.places[len(k.places)-1].put = n.Stat
		}
	}
	return nil
}

// anyBelow tells whether something that was brought to be accepted was not
// after all: it lies at or below an operation that was skipped.
func (k *Kept) anyBelow(j *journal, skipped map[int]bool, o *op) bool {
	if o.Do != bring {
		return false
	}
	for i := range j.ops {
		b := &j.ops[i]
		if skipped[b.N] && (b.path() == o.path() || below(o.path(), b.path())) {
			return true
		}
	}
	return false
}

// lookHeld reads the manifest, less what was accepted or dropped since.
func (k *Kept) lookHeld(iter *dir, gone map[Name]bool) error {
	held, err := (&tree{fd: iter.fd}).dir(heldName)
	if gone := err == unix.ENOENT; gone || err != nil {
		return ignore(gone, err)
	}
	defer held.close()
	var m heldRecord
	if _, err := held.readJSON(manifest, &m); err != nil {
		return err
	}
	for _, h := range m.Held {
		if !gone[h.Path] {
			k.Held = append(k.Held, h)
		}
	}
	return nil
}

func ignore(yes bool, err error) error {
	if yes {
		return nil
	}
	return err
}

// Old opens what stood in the project before the iteration.
func (k *Kept) Old(e Entry) (io.ReadCloser, error) {
	if e.Action == Added {
		return nil, fs.ErrNotExist
	}
	p, applied := k.placeOf(e.Path)
	if !applied || k.State == RolledBack || e.Action == Mode {
		return openBelow(k.Project, string(e.Path))
	}
	return openBelow(k.iterDir, p.store+"/"+string(e.Path))
}

// New opens what the agent wrote. Where it was applied and changed since, there
// is no such content any more.
func (k *Kept) New(e Entry) (io.ReadCloser, error) {
	if e.Action == Deleted {
		return nil, fs.ErrNotExist
	}
	p, applied := k.placeOf(e.Path)
	switch {
	case k.State == KeptWhole:
		return openBelow(k.iterDir, upperName+"/"+string(e.Path))
	case !applied:
		return k.openHeld(e.Path)
	case k.State == RolledBack && e.Action != Mode:
		return openBelow(k.iterDir, p.store+"/"+string(e.Path))
	}
	f, err := openFile(k.Project, string(e.Path))
	if err != nil {
		return nil, err
	}
	st, err := (&dir{f.fd}).self()
	if err != nil || p.put.Type == File && (st.Size != p.put.Size || st.Mtim.Nano() != p.put.Mtime) {
		f.close()
		return nil, fmt.Errorf("changed in the project since: %w", fs.ErrNotExist)
	}
	return f, nil
}

func (k *Kept) openHeld(path Name) (io.ReadCloser, error) {
	for _, h := range k.Held {
		if h.Path == path && h.File != "" {
			return openBelow(k.iterDir, heldName+"/"+h.File)
		}
	}
	return nil, fs.ErrNotExist
}

// openBelow opens a regular file below a folder of ours or the owner's.
func openBelow(root, rel string) (io.ReadCloser, error) {
	f, err := openFile(root, rel)
	if err != nil {
		return nil, err // no nil pointer in an interface
	}
	return f, nil
}

func openFile(root, rel string) (*file, error) {
	d, err := folderOf(root, rel)
	if err != nil {
		return nil, err
	}
	defer d.close()
	f, err := d.reader(base(rel))
	if err != nil {
		return nil, pathError(rel, err)
	}
	return f, nil
}

// folderOf opens the folder that a path below root lies in.
func folderOf(root, rel string) (*dir, error) {
	t, err := openTree(root)
	if err != nil {
		return nil, err
	}
	defer t.close()
	d, err := t.dir(parent(rel))
	if err != nil {
		return nil, pathError(rel, err)
	}
	return d, nil
}

func pathError(rel string, err error) error {
	if err == unix.ENOTDIR || err == unix.ELOOP {
		err = unix.ENOENT
	}
	return fmt.Errorf("open %s: %w", printable(rel), err)
}

// Below lists what lies in a folder that was applied as one entry, at most so
// many: in the project for an addition, else where it is kept.
func (k *Kept) Below(e Entry, most int) ([]Entry, error) {
	p, applied := k.placeOf(e.Path)
	if e.Below == 0 || !applied {
		return nil, nil
	}
	root, rel := k.Project, string(e.Path)
	if (e.Action == Added || e.Action == Modified && e.Type == Dir) == (k.State == RolledBack) {
		root, rel = k.iterDir, p.store+"/"+rel
	}
	d, err := folderOf(root, rel)
	if err != nil {
		return nil, err
	}
	defer d.close()
	o, out := &op{Entry: e}, []Entry(nil)
	err = d.walkBelow(base(rel), true, func(f found) bool {
		out = append(out, o.partOf(join(string(e.Path), f.rel), f.stat, f.target))
		return len(out) < most
	})
	return out, err
}
