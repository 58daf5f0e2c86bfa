package stage

import (
	"crypto/rand"
	"encoding/hex"
	"io"

	"golang.org/x/sys/unix"
)

// putCopy copies a file or link into the project's folder under a temporary
// name and renames it into place.
func (a *applier) putCopy(e Entry, up, d *dir, fresh bool) error {
	name, tmp := base(string(e.Path)), a.tempName()
	if err := a.step("create"); err != nil {
		return err
	}
	var err error
	if e.Type == Symlink {
		err = unix.Symlinkat(string(e.Target), d.fd, tmp)
	} else {
		err = a.copyFile(e, up, d, name, tmp)
	}
	if err == nil {
		err = a.chown(e, d.fd, tmp)
	}
	if err == nil && e.Type == File { // last: a change of owner clears bits
		err = a.finishCopy(e, d, tmp)
	}
	if err == nil {
		err = a.step("rename copy")
	}
	if err == nil {
		err = rename(d, tmp, d, name, fresh)
	}
	if err != nil {
		a.dropTemp(d, tmp)
	}
	return err
}

// dropTemp removes a temporary name after a failure.
func (a *applier) dropTemp(d *dir, tmp string) {
	if a.step("unlink copy") == nil {
		_ = unix.Unlinkat(d.fd, tmp, 0) // Recover looks for it again
	}
}

// tempName is a name that nobody can have made in advance.
func (a *applier) tempName() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the program instead
	return tempPrefix + a.rec.Run + "-" + hex.EncodeToString(b)
}

// copyFile makes a new file with the content and the user's attributes.
func (a *applier) copyFile(e Entry, up, d *dir, name, tmp string) error {
	if !a.asRoot && e.Mode&0o400 == 0 {
		if err := unix.Fchmodat(up.fd, name, e.Mode|0o600, 0); err != nil {
			return err
		}
	}
	from, err := up.reader(name)
	if err != nil {
		return err
	}
	defer from.close()
	fd, err := unix.Openat(d.fd, tmp, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	to := &file{fd}
	defer to.close()
	if err := a.step("copy"); err != nil {
		return err
	}
	if err := copyData(to, from, e.Size); err != nil {
		return err
	}
	return copyXattr(from.fd, fd)
}

// finishCopy sets the mode and the time of a copy and waits for the disk.
func (a *applier) finishCopy(e Entry, d *dir, tmp string) error {
	// An access list that was copied may have taken its owner's rights away.
	if err := unix.Fchmodat(d.fd, tmp, 0o600, 0); err != nil {
		return err
	}
	fd, err := unix.Openat(d.fd, tmp, unix.O_WRONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer (&file{fd}).close()
	if err := a.step("finish copy"); err != nil {
		return err
	}
	if err := unix.Fchmod(fd, e.Mode); err != nil {
		return err
	}
	if err := setMtime(fd, e.Mtime); err != nil {
		return err
	}
	return unix.Fsync(fd)
}

// setMtime sets the time of the last change and leaves that of the last read.
func setMtime(fd int, nanos int64) error {
	ts := []unix.Timespec{{Nsec: unix.UTIME_OMIT}, unix.NsecToTimespec(nanos)}
	return unix.UtimesNanoAt(unix.AT_FDCWD, procFd(fd), ts, 0)
}

// copyData copies a file: as a clone of its blocks where the file system can,
// else only the parts that are not holes.
func copyData(to, from *file, size int64) error {
	if unix.IoctlFileClone(to.fd, from.fd) == nil {
		return nil
	}
	for pos := int64(0); pos < size; {
		start, err := unix.Seek(from.fd, pos, unix.SEEK_DATA)
		if err == unix.ENXIO {
			break // a hole up to the end
		}
		if err != nil {
			return err
		}
		end, err := unix.Seek(from.fd, start, unix.SEEK_HOLE)
		if err != nil {
			return err
		}
		if err := copyRange(to, from, start, min(end, size)); err != nil {
			return err
		}
		pos = end
	}
	return unix.Ftruncate(to.fd, size)
}

// copyRange copies the bytes from start to end.
func copyRange(to, from *file, start, end int64) error {
	for _, f := range []*file{to, from} {
		if _, err := unix.Seek(f.fd, start, unix.SEEK_SET); err != nil {
			return err
		}
	}
	_, err := io.CopyN(to, from, end-start)
	return err
}

// Write implements io.Writer.
func (f *file) Write(b []byte) (int, error) {
	n := 0
	for n < len(b) {
		m, err := unix.Write(f.fd, b[n:])
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return n, err
		}
		n += m
	}
	return n, nil
}
