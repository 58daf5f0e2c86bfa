package stage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"

	"golang.org/x/sys/unix"
)

// heldFile is the name of an entry's content in the held folder. It is a
// number, so that no name of the agent's is made on the host.
func heldFile(i int) string {
	return fmt.Sprintf("%06d", i)
}

// holdAll moves what is not applied to the held folder.
func (a *applier) holdAll(ctx context.Context) error {
	for i, e := range a.rec.Entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		_, late := a.held[i]
		if e.Applies() && !late {
			continue
		}
		keep := a.hold
		if e.Rejected() {
			keep = a.reject
		}
		if err := keep(i, e); err != nil {
			return fmt.Errorf("hold %s: %w", e.Path, err)
		}
	}
	return nil
}

// hold keeps one entry's content: a file as one that only its owner can read
// and nobody can run, a link as a file that holds the link's text. Of the rest
// the manifest says all there is.
func (a *applier) hold(i int, e Entry) error {
	if e.Action == Deleted || e.Action == Mode || e.Type != File && e.Type != Symlink {
		return nil
	}
	if there, err := a.heldAt.exists(heldFile(i)); err != nil || there {
		return err
	}
	if err := a.step("hold"); err != nil {
		return err
	}
	if e.Type == Symlink {
		return a.heldAt.writeFile(heldFile(i), []byte(e.Target))
	}
	up, err := a.above(e)
	if err != nil || up == nil {
		return err
	}
	return a.holdFile(up, base(string(e.Path)), heldFile(i))
}

// reject removes one entry's content; the record has its hash.
func (a *applier) reject(_ int, e Entry) error {
	if e.Action == Deleted || e.Action == Mode || e.Type == Dir {
		return nil
	}
	up, err := a.above(e)
	if err != nil || up == nil {
		return err
	}
	if err := a.step("reject"); err != nil {
		return err
	}
	if err := unix.Unlinkat(up.fd, base(string(e.Path)), 0); err != nil && err != unix.ENOENT {
		return err
	}
	return nil
}

// hashRejected notes what is rejected before the record is written, after which
// it may be gone. What is oversized is not read.
func (a *applier) hashRejected(ctx context.Context) error {
	for i := range a.rec.Entries {
		e := &a.rec.Entries[i]
		if !e.Rejected() || e.Type != File || e.Action == Deleted || e.Action == Mode || e.Class == Oversized {
			continue
		}
		up, err := a.above(*e)
		if err != nil || up == nil {
			return orConflict(err, "no longer in the upper directory")
		}
		if e.SHA256, err = up.hash(ctx, base(string(e.Path))); err != nil {
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
		return rename(up, name, a.heldAt, as, true)
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
	if err := copyData(to, from, size); err != nil {
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
	for i, e := range a.rec.Entries {
		c, late := a.held[i]
		switch {
		case e.Applies() && !late:
			res.Applied++
			continue
		case e.Rejected():
			res.Rejected = append(res.Rejected, e)
			continue
		}
		if late {
			e.Class, e.Detail, e.Fate = Conflict, c.why, ""
		}
		h, err := a.heldEntry(ctx, i, e)
		if err != nil {
			return res, fmt.Errorf("held %s: %w", e.Path, err)
		}
		res.Held = append(res.Held, h)
		res.HeldDir = a.heldDir
	}
	return res, nil
}

// heldEntry describes one entry that is held.
func (a *applier) heldEntry(ctx context.Context, i int, e Entry) (Held, error) {
	h := Held{Entry: e}
	there, err := a.heldAt.exists(heldFile(i))
	if err != nil || !there {
		return h, err
	}
	h.File = heldFile(i)
	if e.Class != Oversized {
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
