package stage

import (
	"io"

	"golang.org/x/sys/unix"
)

// copier copies one name, and all below it, to a new name: content, holes, hard
// links between the files, modes, times of change, owners and the user's
// attributes. Each file is on the disk when it returns.
type copier struct {
	asRoot bool
	step   func(string) error
	links  map[ID]string // files with several names, to where they were copied
	to     *dir
	as     string
}

// copyTree copies a name between two folders of different file systems.
func copyTree(from *dir, name string, to *dir, as string, asRoot bool, step func(string) error) error {
	c := &copier{asRoot: asRoot, step: step, links: map[ID]string{}, to: to, as: as}
	st, err := from.raw(name)
	if err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR {
		return c.leaf(from, name, to, as, "", st)
	}
	return c.folder(from, name, to, as, "", st)
}

// folder copies a folder; its depth was bounded when it was read.
func (c *copier) folder(from *dir, name string, to *dir, as, rel string, st unix.Stat_t) error {
	if err := c.step("copy folder"); err != nil {
		return err
	}
	if err := unix.Mkdirat(to.fd, as, 0o700); err != nil {
		return err
	}
	src, err := from.enter(name)
	if err != nil {
		return err
	}
	defer src.close()
	dst, err := to.enter(as)
	if err != nil {
		return err
	}
	defer dst.close()
	names, _, err := src.names(DefaultMaxEntries)
	if err != nil {
		return err
	}
	for _, n := range names {
		if err := c.one(src, n, dst, join(rel, n)); err != nil {
			return err
		}
	}
	return c.finish(src.fd, dst.fd, st)
}

// one copies a name to the same name.
func (c *copier) one(src *dir, n string, dst *dir, rel string) error {
	st, err := src.raw(n)
	if err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT == unix.S_IFDIR {
		return c.folder(src, n, dst, n, rel, st)
	}
	return c.leaf(src, n, dst, n, rel, st)
}

// leaf copies a file or a link.
func (c *copier) leaf(from *dir, name string, to *dir, as, rel string, st unix.Stat_t) error {
	if err := c.step("copy"); err != nil {
		return err
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFLNK:
		return c.link(from, name, to, as, st)
	case unix.S_IFREG:
	default:
		return conflict{"neither a file, a folder nor a link"}
	}
	if first, ok := c.links[ID{uint64(st.Dev), st.Ino}]; ok && rel != "" {
		return unix.Linkat(c.to.fd, join(c.as, first), to.fd, as, 0)
	}
	if st.Nlink > 1 {
		c.links[ID{uint64(st.Dev), st.Ino}] = rel
	}
	if !c.asRoot && st.Mode&0o400 == 0 {
		if err := unix.Fchmodat(from.fd, name, st.Mode&0o7777|0o400, 0); err != nil {
			return err
		}
		defer func() { _ = unix.Fchmodat(from.fd, name, st.Mode&0o7777, 0) }()
	}
	return c.file(from, name, to, as, st)
}

func (c *copier) link(from *dir, name string, to *dir, as string, st unix.Stat_t) error {
	text, err := from.readlink(name)
	if err != nil {
		return err
	}
	if err := unix.Symlinkat(text, to.fd, as); err != nil || !c.asRoot {
		return err
	}
	return unix.Fchownat(to.fd, as, int(st.Uid), int(st.Gid), unix.AT_SYMLINK_NOFOLLOW)
}

// file copies the content of a file and waits for the disk.
func (c *copier) file(from *dir, name string, to *dir, as string, st unix.Stat_t) error {
	src, err := from.reader(name)
	if err != nil {
		return err
	}
	defer src.close()
	fd, err := unix.Openat(to.fd, as, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	dst := &file{fd}
	defer dst.close()
	if err := cloneData(dst, src, st.Size); err != nil {
		return err
	}
	if err := c.finish(src.fd, fd, st); err != nil {
		return err
	}
	return unix.Fsync(fd)
}

// finish gives a copy its owner, attributes, mode and time, in an order in
// which none takes another back.
func (c *copier) finish(from, to int, st unix.Stat_t) error {
	if c.asRoot {
		if err := unix.Fchown(to, int(st.Uid), int(st.Gid)); err != nil {
			return err
		}
	}
	if err := copyXattr(from, to); err != nil {
		return err
	}
	if err := unix.Fchmod(to, st.Mode&0o7777); err != nil {
		return err
	}
	return setMtime(to, st.Mtim.Nano())
}

// setMtime sets the time of the last change and leaves that of the last read.
func setMtime(fd int, nanos int64) error {
	ts := []unix.Timespec{{Nsec: unix.UTIME_OMIT}, unix.NsecToTimespec(nanos)}
	return unix.UtimesNanoAt(unix.AT_FDCWD, procFd(fd), ts, 0)
}

// cloneData copies a file: as a clone of its blocks where the file system can,
// else only the parts that are not holes, inside the kernel where it can.
func cloneData(to, from *file, size int64) error {
	if size == 0 || unix.IoctlFileClone(to.fd, from.fd) == nil {
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
		if err := cloneRange(to, from, start, min(end, size)); err != nil {
			return err
		}
		pos = end
	}
	return unix.Ftruncate(to.fd, size)
}

// cloneRange copies the bytes from start to end.
func cloneRange(to, from *file, start, end int64) error {
	for in, out := start, start; in < end; {
		n, err := unix.CopyFileRange(from.fd, &in, to.fd, &out, int(min(end-in, 1<<30)), 0)
		switch {
		case err == unix.EINTR:
		case err == unix.EXDEV, err == unix.EINVAL, err == unix.ENOSYS, err == unix.EOPNOTSUPP, err == nil && n == 0 && in == start:
			if err := copyRange(to, from, in, end); err != io.EOF {
				return err
			}
			return nil
		case err != nil:
			return err
		case n == 0:
			return nil // it became shorter meanwhile
		}
	}
	return nil
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
