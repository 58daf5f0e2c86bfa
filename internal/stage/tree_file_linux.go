package stage

import (
	"slices"

	"golang.org/x/sys/unix"
)

// file copies one file, or gives a name to the copy of another of its names.
func (u *updater) file(from, to *dir, path, name string, st unix.Stat_t) error {
	id := ID{uint64(st.Dev), st.Ino}
	if names := u.links[id]; len(names) > 0 && st.Nlink > 1 {
		if done, err := u.link(names, to, path, name, st); done || err != nil {
			return err
		}
	}
	src, err := from.reader(name)
	switch err {
	case nil:
	case unix.EACCES, unix.EPERM:
		return u.placeholder(to, path, name, st)
	case unix.ENOENT, unix.ELOOP, unix.EINVAL, unix.EXDEV:
		return nil // it changed meanwhile, or something is mounted on it
	default:
		return err
	}
	defer src.close()
	if st, err = (&dir{src.fd}).self(); err != nil {
		return err
	}
	if err := u.content(src, to, name, st); err != nil {
		return err
	}
	if st.Nlink > 1 {
		u.links[id] = append(u.links[id], path)
	}
	after, err := (&dir{src.fd}).self()
	if err != nil {
		return err
	}
	source := sign(st)
	if sign(after) != source {
		source = signature{} // it was written to meanwhile: the next Update copies it again
	}
	u.progress(st.Size)
	return u.note(to, path, name, source)
}

// link gives another name to a file of the copy. That changes its status, which
// is noted for the names before.
func (u *updater) link(names []string, to *dir, path, name string, st unix.Stat_t) (bool, error) {
	d, err := u.tree.dir(parent(names[0]))
	if err != nil {
		return false, err
	}
	defer d.close()
	if err := unix.Linkat(d.fd, base(names[0]), to.fd, name, 0); err != nil {
		return false, nil // the file system has no links, or no more of them
	}
	now, err := to.raw(name)
	if err != nil {
		return true, err
	}
	for _, other := range names {
		u.next[other] = known{u.next[other].source, sign(now)}
	}
	id := ID{uint64(st.Dev), st.Ino}
	u.links[id] = append(names, path)
	return true, u.note(to, path, name, sign(st))
}

// placeholder stands for a file that whoever calls may not read; nor may the
// agent.
func (u *updater) placeholder(to *dir, path, name string, st unix.Stat_t) error {
	fd, err := unix.Openat(to.fd, name, newFile, 0)
	if err != nil {
		return err
	}
	(&dir{fd}).close()
	return u.note(to, path, name, sign(st))
}

const newFile = unix.O_WRONLY | unix.O_CREAT | unix.O_EXCL | unix.O_NOFOLLOW | unix.O_CLOEXEC

func (u *updater) content(src *file, to *dir, name string, st unix.Stat_t) error {
	fd, err := unix.Openat(to.fd, name, newFile, 0o600)
	if err != nil {
		return err
	}
	f := &file{fd}
	defer f.close()
	if err := cloneData(f, src, st.Size); err != nil {
		return err
	}
	return u.dress(src.fd, fd, st)
}

// dress gives what was made the owner, attributes, mode and time of the
// original, in this order: each may change those after it.
func (u *updater) dress(from, to int, st unix.Stat_t) error {
	uid, gid := u.owner(st)
	if err := u.chown(to, "", uid, gid); err != nil {
		return err
	}
	if from >= 0 {
		if err := sameXattr(from, to); err != nil {
			return err
		}
	}
	if err := unix.Fchmod(to, st.Mode&0o7777); err != nil {
		return err
	}
	return unix.UtimesNanoAt(unix.AT_FDCWD, procFd(to), times(st), 0)
}

// sameXattr makes the user's attributes and the access lists of two files the
// same. A list may have come from the folder by itself.
func sameXattr(from, to int) error {
	want, err := listXattr(func(b []byte) (int, error) { return unix.Flistxattr(from, b) })
	if err != nil {
		return err
	}
	have, err := listXattr(func(b []byte) (int, error) { return unix.Flistxattr(to, b) })
	if err != nil {
		return err
	}
	for _, n := range have {
		if copied(n) && !slices.Contains(want, n) {
			if err := unix.Fremovexattr(to, n); err != nil && err != unix.ENODATA {
				return err
			}
		}
	}
	return copyXattr(from, to)
}
