package stage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sys/unix"
)

// heldFile is the name of an entry's content in the held folder. It is a
// number, so that no name of the agent's is made on the host.
func heldFile(i int) string {
	return fmt.Sprintf("%06d", i)
}

// heldBefore tells whether an earlier attempt met a conflict and held the
// agent's version.
func (a *applier) heldBefore(o *op) bool {
	if a.undo || a.accept || !a.resuming {
		return false
	}
	there, err := a.heldAt.exists(heldFile(o.N))
	return err != nil || there
}

// holdAll moves what is not applied to the held folder. What undoing leaves as
// it is stays where it was kept.
func (a *applier) holdAll(ctx context.Context) error {
	if a.undo {
		return nil
	}
	if a.accept {
		return a.bringBack(ctx)
	}
	for i := range a.log.ops {
		o := &a.log.ops[i]
		if err := ctx.Err(); err != nil {
			return err
		}
		keep := a.hold
		switch {
		case o.Do == reject:
			keep = a.reject
		case o.Do != keepBack && a.why[o.N] == "":
			continue
		}
		if err := keep(o); err != nil {
			return fmt.Errorf("hold %s: %w", o.Entry.Path, err)
		}
	}
	return nil
}

// hold keeps one entry's content: a file as one that only its owner can read
// and nobody can run, a link as a file that holds the link's text. Of the rest
// the manifest says all there is.
func (a *applier) hold(o *op) error {
	e := o.Entry
	if e.Action == Deleted || e.Action == Mode || e.Action == Attrs || o.Do == makeFolder {
		return nil
	}
	name := heldFile(o.N)
	if there, err := a.heldAt.exists(name); err != nil || there {
		return err
	}
	d, err := a.storeDir(parent(string(e.Path)))
	if err != nil || d == nil {
		return err
	}
	st, err := d.statKept(base(string(e.Path)))
	if err != nil || st.Type == Absent || o.Put.Ino != 0 && !o.Put.is(st) {
		return err // not the agent's: nothing of theirs is left
	}
	if err := a.step("hold"); err != nil {
		return err
	}
	switch {
	case e.Type == Symlink:
		return a.heldAt.writeFile(name, []byte(e.Target))
	case e.Type == File:
		return a.holdFile(d, base(string(e.Path)), name)
	}
	return nil
}

// reject removes one entry's content; the record has its hash.
func (a *applier) reject(o *op) error {
	e := o.Entry
	if e.Action == Deleted || e.Action == Mode || e.Action == Attrs || e.Type == Dir {
		return nil
	}
	d, err := a.storeDir(parent(string(e.Path)))
	if err != nil || d == nil {
		return err
	}
	if err := a.step("reject"); err != nil {
		return err
	}
	if err := unix.Unlinkat(d.fd, base(string(e.Path)), 0); err != nil && err != unix.ENOENT {
		return err
	}
	return nil
}

// hashRejected notes what is rejected before the record is written, after which
// it may be gone. What is oversized is not read.
func (a *applier) hashRejected(ctx context.Context) error {
	for i := range a.log.ops {
		o := &a.log.ops[i]
		e := &o.Entry
		if o.Do != reject || e.Type != File || e.Action == Deleted || e.Action == Mode || e.Class == Oversized {
			continue
		}
		d, err := a.storeDir(parent(string(e.Path)))
		if err != nil || d == nil {
			return orConflict(err, "no longer in the upper directory")
		}
		if e.SHA256, err = d.hash(ctx, base(string(e.Path))); err != nil {
			return fmt.Errorf("hash %s: %w", e.Path, err)
		}
	}
	return nil
}

// holdFile moves a file. One with several names is copied, since another of
// its names may be in the project by now.
func (a *applier) holdFile(up *dir, name, as string) error {
	st, err := up.raw(name)
	if err != nil || st.Mode&unix.S_IFMT != unix.S_IFREG {
		return err
	}
	if st.Nlink == 1 {
		if err := unix.Fchmodat(up.fd, name, 0o600, 0); err != nil {
			return err
		}
		if err := a.step("hold rename"); err != nil {
			return err
		}
		err := rename(up, name, a.heldAt, as)
		if !errors.Is(err, errAcross) {
			return err
		}
	}
	if !a.asRoot && st.Mode&0o400 == 0 {
		if err := unix.Fchmodat(up.fd, name, st.Mode&0o7777|0o400, 0); err != nil {
			return err
		}
		defer func() { _ = unix.Fchmodat(up.fd, name, st.Mode&0o7777, 0) }()
	}
	return a.holdCopy(up, name, as, st.Size)
}

// holdCopy copies a file to the held folder; the original goes with the rest
// of the upper directory.
func (a *applier) holdCopy(up *dir, name, as string, size int64) error {
	from, err := up.reader(name)
	if err != nil {
		return err
	}
	defer from.close()
	tmp := as + ".new"
	if err := unix.Unlinkat(a.heldAt.fd, tmp, 0); err != nil && err != unix.ENOENT {
		return err
	}
	fd, err := unix.Openat(a.heldAt.fd, tmp, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	to := &file{fd}
	defer to.close()
	if err := cloneData(to, from, size); err != nil {
		return err
	}
	if err := unix.Fsync(fd); err != nil {
		return err
	}
	return unix.Renameat(a.heldAt.fd, tmp, a.heldAt.fd, as)
}

// result lists what was applied and what is held, with hashes.
func (a *applier) result(ctx context.Context) (Result, error) {
	var res Result
	for i := range a.log.ops {
		o := &a.log.ops[i]
		e, why := o.Entry, a.why[o.N]
		switch {
		case o.Do == bring:
			continue
		case o.Do == reject:
			res.Rejected = append(res.Rejected, e)
			continue
		case o.Do != keepBack && why == "":
			res.Applied += o.entries()
			continue
		case o.Do == dropFolder && a.namedBelow(o):
			continue
		case o.Why != "":
			why = o.Why
		}
		if why != "" {
			e.Class, e.Detail, e.Fate = Conflict, why, ""
		}
		h, err := a.heldEntry(ctx, o, e)
		if err != nil {
			return res, fmt.Errorf("held %s: %w", e.Path, err)
		}
		res.Held = append(res.Held, h)
		if res.HeldDir = a.o.Dirs.Held; a.undo {
			res.HeldDir = a.o.Dirs.Iter
		}
	}
	return res, nil
}

// namedBelow tells whether a folder stays for the sake of something in it that
// is named itself.
func (a *applier) namedBelow(o *op) bool {
	for i := range a.log.ops {
		b := &a.log.ops[i]
		if (b.Do == keepBack || b.Do != dropFolder && a.why[b.N] != "") && below(b.path(), o.path()) {
			return true
		}
	}
	return false
}

// heldEntry describes one entry that is held.
func (a *applier) heldEntry(ctx context.Context, o *op, e Entry) (Held, error) {
	h := Held{Entry: e}
	switch {
	case a.undo && o.Put.Type != Absent && o.Do != setMode && o.Do != setAttrs:
		h.File = a.names.store + "/" + o.path()
		return h, nil
	case a.undo || a.accept:
		return h, nil
	}
	name := heldFile(o.N)
	st, err := a.heldAt.stat(name)
	if err != nil || st.Type == Absent {
		return h, err
	}
	h.File = name
	if e.Class != Oversized && st.Type == File {
		h.SHA256, err = a.heldAt.hash(ctx, h.File)
	}
	return h, err
}

// hash is the SHA-256 of a file, in hexadecimal.
func (d *dir) hash(ctx context.Context, name string) (string, error) {
	f, err := d.reader(name)
	if err != nil {
		return "", err
	}
	defer f.close()
	sum := sha256.New()
	for {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		_, err := io.CopyN(sum, f, 1<<20)
		if err == io.EOF {
			return hex.EncodeToString(sum.Sum(nil)), nil
		}
		if err != nil {
			return "", err
		}
	}
}
