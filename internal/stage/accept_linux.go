package stage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"ringwall/internal/evidence"
)

// Accept applies held entries by the owner's decision: those at or below the
// given paths, or all. It checks for the same conflicts as Apply, and Rollback
// undoes it together with the iteration. What cannot be applied stays held and
// is named. Bits that let a file run with its owner's rights are never given.
//
// Of a changeset that was kept whole, what the gates let pass is applied, and
// what is named besides; the rest is then held. That reads it anew, so o must
// be as for Read.
func Accept(ctx context.Context, o Options, paths []Name, rec evidence.Recorder) (Result, error) {
	k, err := Look(o.Dirs.Iter)
	if err != nil {
		return Result{}, err
	}
	var res Result
	switch k.State {
	case KeptWhole:
		res, err = acceptWhole(ctx, o, paths, rec)
	case Applied:
		res, err = acceptHeld(ctx, o, k, paths, rec)
	default:
		err = orState(nil, "it is "+string(k.State))
	}
	if err != nil {
		return res, fmt.Errorf("accept: %w", err)
	}
	done := evidence.Accepted{Applied: res.Applied, Held: heldChanges(res.Held), HeldDir: res.HeldDir}
	if err := rec.Record(evidence.Event{Accepted: &done}); err != nil {
		return res, fmt.Errorf("record what was accepted: %w", err)
	}
	return res, nil
}

// acceptWhole applies a changeset that was kept.
func acceptWhole(ctx context.Context, o Options, paths []Name, rec evidence.Recorder) (Result, error) {
	if o.Since.IsZero() {
		o.Since = beginning(o.Dirs)
	}
	c, err := Read(ctx, o)
	if err != nil {
		return Result{}, err
	}
	found := len(paths) == 0
	for i := range c.Entries {
		e := &c.Entries[i]
		if len(paths) == 0 || e.Class == Conflict {
			continue
		}
		if e.Fate = ToHold; covers(paths, e.Path) {
			e.Fate, found = ToApply, true
		}
	}
	if !found {
		return Result{}, ErrNoSuch
	}
	if err := rec.Record(evidence.Event{Accept: &evidence.Accept{Count: len(c.Entries), Whole: true}}); err != nil {
		return Result{}, fmt.Errorf("record that changes are accepted: %w", err)
	}
	return Apply(ctx, o, c, rec)
}

// beginning is when an iteration began, as its folders tell: what changed in
// the project later was changed by somebody else.
func beginning(d Dirs) time.Time {
	var st unix.Statx_t
	err := unix.Statx(unix.AT_FDCWD, d.Upper, unix.AT_SYMLINK_NOFOLLOW, unix.STATX_BTIME, &st)
	if err == nil && st.Mask&unix.STATX_BTIME != 0 {
		return time.Unix(st.Btime.Sec, int64(st.Btime.Nsec))
	}
	if info, err := os.Lstat(filepath.Join(d.Iter, workName)); err == nil {
		return info.ModTime() // the kernel filled it when the overlay was mounted
	}
	return time.Unix(1, 0) // not known: everything is a conflict
}

// acceptHeld applies entries of the held folder.
func acceptHeld(ctx context.Context, o Options, k *Kept, paths []Name, rec evidence.Recorder) (Result, error) {
	chosen, err := choose(k, paths)
	if err != nil {
		return Result{}, err
	}
	t, err := openTree(o.Dirs.Iter)
	if err != nil {
		return Result{}, err
	}
	defer t.close()
	iter := &dir{t.fd}
	all, err := transactions(iter)
	if err != nil {
		return Result{}, err
	}
	n := acceptNames(len(all))
	a, err := prepareAccept(o, iter, n, k, chosen)
	if err != nil {
		return Result{}, err
	}
	defer a.close()
	if err := rec.Record(evidence.Event{Accept: &evidence.Accept{Count: a.count()}}); err != nil {
		return Result{}, fmt.Errorf("record that changes are accepted: %w", err)
	}
	if err := a.step("record accept"); err != nil {
		return Result{}, err
	}
	if err := a.log.create(iter, n.journal); err != nil {
		return Result{}, err
	}
	return a.run(ctx)
}

// choose picks the held entries that were named, and the held folders that they
// lie in.
func choose(k *Kept, paths []Name) ([]Held, error) {
	want := map[Name]bool{}
	for _, p := range paths {
		if !slices.ContainsFunc(k.Held, func(h Held) bool { return covers([]Name{p}, h.Path) }) {
			return nil, fmt.Errorf("%w: %s", ErrNoSuch, p)
		}
	}
	for _, h := range k.Held {
		if covers(paths, h.Path) {
			for p := string(h.Path); p != ""; p = parent(p) {
				want[Name(p)] = true
			}
		}
	}
	var out []Held
	for _, h := range k.Held {
		parentOnly := !covers(paths, h.Path) && (h.Type != Dir || h.Action != Added)
		if want[h.Path] && !parentOnly {
			out = append(out, h)
		}
	}
	if len(out) == 0 {
		return nil, ErrNoSuch
	}
	slices.SortFunc(out, func(a, b Held) int { return comparePaths(a.Path, b.Path) })
	return out, nil
}

// prepareAccept makes a store that looks like an upper directory with the
// chosen entries in it: folders and links at once, files by the journal, from
// the held folder.
func prepareAccept(o Options, iter *dir, n names, k *Kept, chosen []Held) (*applier, error) {
	if err := iter.unlinkPartial(n.journal); err != nil {
		return nil, err
	}
	if err := iter.removeAny(n.store); err != nil {
		return nil, err
	}
	if err := unix.Mkdirat(iter.fd, n.store, 0o700); err != nil {
		return nil, err
	}
	run, _, err := lastPending(iter)
	if err != nil {
		return nil, err
	}
	log := newJournal(newHeader(run, k.Project, k.ProjectID))
	log.head.Accept = true
	a, err := newApplier(o, n, log)
	if err != nil {
		return nil, err
	}
	if err := a.skeleton(chosen); err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

// skeleton makes the store and the operations.
func (a *applier) skeleton(chosen []Held) error {
	c := &Changeset{}
	var brought []op
	names := map[Name]int{}
	for _, h := range chosen {
		names[Name(parent(string(h.Path)))]++
	}
	for _, h := range chosen {
		e := h.Entry
		e.Fate, e.Mode = ToApply, e.Mode&0o1777
		if e.Type != Dir {
			e.Mode &= 0o777
		}
		if err := a.mould(&e, h); err != nil {
			return fmt.Errorf("%s: %w", e.Path, err)
		}
		e.above.names = names[e.Path]
		if h.File != "" && e.Type != Symlink {
			brought = append(brought, op{Do: bring, Entry: e, HeldFile: h.File})
		}
		c.Entries = append(c.Entries, e)
	}
	a.at.close()
	if err := a.wholeFolders(c, brought); err != nil {
		return err
	}
	for _, b := range brought {
		b.N = len(a.log.ops)
		a.log.ops = append(a.log.ops, b)
	}
	return nil
}

// mould says what an entry's file in the store is or will be, and makes it
// there unless it is a file.
func (a *applier) mould(e *Entry, h Held) error {
	if e.Action == Deleted || e.Action == Mode || e.Action == Attrs {
		return nil
	}
	if h.File == "" && e.Type != Dir {
		return fmt.Errorf("it was kept without content and cannot be applied (%s)", e.Detail)
	}
	if e.Type == File || h.File != "" && e.Type == Dir {
		st, err := a.heldAt.stat(h.File)
		e.above.stat = st
		return err
	}
	if err := a.makeStore(parent(string(e.Path))); err != nil {
		return err
	}
	d, err := a.store.dir(parent(string(e.Path)))
	if err != nil {
		return err
	}
	defer d.close()
	name := base(string(e.Path))
	if e.Type == Dir {
		err = unix.Mkdirat(d.fd, name, 0o700)
	} else {
		err = unix.Symlinkat(string(e.Target), d.fd, name)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if e.Type == Dir {
		err = unix.Fchmodat(d.fd, name, e.Mode|0o700, 0)
	}
	if a.asRoot {
		like := a.likeOwner(*e)
		err = errors.Join(err, unix.Fchownat(d.fd, name, int(like.UID), int(like.GID), unix.AT_SYMLINK_NOFOLLOW))
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	e.above.stat, err = d.stat(name)
	return err
}

// likeOwner is whose file an entry shall be.
func (a *applier) likeOwner(e Entry) Stat {
	if e.Lower.Type != Absent {
		return e.Lower
	}
	return a.root
}

// wholeFolders compiles the entries. A folder that was held as one moves as one.
func (a *applier) wholeFolders(c *Changeset, brought []op) error {
	a.log.ops = compile(c)
	for i := range a.log.ops {
		o := &a.log.ops[i]
		at := slices.IndexFunc(brought, func(b op) bool { return b.Entry.Path == o.Entry.Path && b.Entry.Type == Dir })
		if at < 0 {
			continue
		}
		m, err := a.heldAt.marksOf(brought[at].HeldFile, DefaultMaxEntries)
		if err != nil {
			return err
		}
		if o.Do = moveIn; o.Entry.Lower.Type != Absent {
			o.Do = exchange
		}
		o.Put, o.PutMarks, o.Entry.Below = o.Entry.stat(), m, m.count()
	}
	return nil
}
