package stage

import (
	"context"
	"time"

	"golang.org/x/sys/unix"
)

// name brings one name of the copy up to date.
func (u *updater) name(ctx context.Context, from, to *dir, rel, name string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	st, err := from.raw(name)
	if err == unix.ENOENT {
		return to.removeAny(name)
	}
	if err != nil {
		return err
	}
	now, err := to.raw(name)
	if err != nil && err != unix.ENOENT {
		return err
	}
	there := err == nil
	path := join(rel, name)
	if st.Mode&unix.S_IFMT == unix.S_IFDIR {
		return u.ensureFolder(to, path, name, st, now, there)
	}
	old, known := u.known[path]
	if known && there && old.source == sign(st) && old.copy == sign(now) && u.linked(path, st, now) {
		u.keep(path, old, now)
		return nil
	}
	if there {
		if err := to.removeAny(name); err != nil {
			return err
		}
	}
	return u.make(from, to, path, name, st)
}

func (u *updater) keep(path string, k known, st unix.Stat_t) {
	u.next[path] = k
	u.usage.add(st)
}

// linked tells whether a file with several names has the same ones in the copy
// as far as they were looked at.
func (u *updater) linked(path string, st, now unix.Stat_t) bool {
	if st.Nlink < 2 || st.Mode&unix.S_IFMT != unix.S_IFREG {
		return true
	}
	id := ID{uint64(st.Dev), st.Ino}
	names := u.links[id]
	if len(names) > 0 && u.next[names[0]].copy.id.Ino != now.Ino {
		return false
	}
	u.links[id] = append(names, path)
	return true
}

// ensureFolder makes a folder of the copy, open to its owner until all is in it.
func (u *updater) ensureFolder(to *dir, path, name string, st, now unix.Stat_t, there bool) error {
	old, known := u.known[path]
	is := there && now.Mode&unix.S_IFMT == unix.S_IFDIR
	if there && !is {
		if err := to.removeAny(name); err != nil {
			return err
		}
	}
	if !is {
		if err := unix.Mkdirat(to.fd, name, 0o700); err != nil {
			return err
		}
		u.copied++
	}
	same := known && is && old.source == sign(st) && old.copy == sign(now)
	u.folders = append(u.folders, copiedFolder{path, st, !same})
	u.queue = append(u.queue, path)
	if same {
		u.keep(path, old, now)
	}
	return nil
}

// make copies one name that is no folder. Sockets and devices are left out: no
// copy of one means anything.
func (u *updater) make(from, to *dir, path, name string, st unix.Stat_t) error {
	u.copied++
	var err error
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		return u.file(from, to, path, name, st)
	case unix.S_IFLNK:
		err = u.symlink(from, to, name, st)
	case unix.S_IFIFO:
		err = unix.Mkfifoat(to.fd, name, st.Mode&0o777)
	default:
		return nil
	}
	uid, gid := u.owner(st)
	if err := errorOf(err, u.chown(to.fd, name, uid, gid)); err != nil {
		return err
	}
	return u.note(to, path, name, sign(st))
}

// note remembers a name as it was just made.
func (u *updater) note(to *dir, path, name string, source signature) error {
	st, err := to.raw(name)
	if err == nil {
		u.keep(path, known{source, sign(st)}, st)
	}
	return err
}

func (u *updater) symlink(from, to *dir, name string, st unix.Stat_t) error {
	text, err := from.readlink(name)
	if err != nil {
		return err
	}
	if err := unix.Symlinkat(text, to.fd, name); err != nil {
		return err
	}
	return unix.UtimesNanoAt(to.fd, name, times(st), unix.AT_SYMLINK_NOFOLLOW)
}

// times are those to set: the last change as it was, the last read as it is.
func times(st unix.Stat_t) []unix.Timespec {
	return []unix.Timespec{{Nsec: unix.UTIME_OMIT}, st.Mtim}
}

// owner is whose a file of the project is in the copy.
func (u *updater) owner(st unix.Stat_t) (uid, gid int) {
	uid, gid = int(st.Uid), int(st.Gid)
	if uid == u.o.From[0] {
		uid = u.o.To[0]
	}
	if gid == u.o.From[1] {
		gid = u.o.To[1]
	}
	return uid, gid
}

// chown is root's: for everyone else what they make is their own.
func (u *updater) chown(at int, name string, uid, gid int) error {
	if unix.Geteuid() != 0 {
		return nil
	}
	return unix.Fchownat(at, name, uid, gid, unix.AT_SYMLINK_NOFOLLOW|unix.AT_EMPTY_PATH)
}

// finishFolders sets what a folder itself has, inner ones first.
func (u *updater) finishFolders() error {
	for i := len(u.folders) - 1; i >= 0; i-- {
		f := u.folders[i]
		if !f.set {
			continue
		}
		to, err := u.tree.open(f.rel, unix.O_RDONLY|unix.O_DIRECTORY)
		if err != nil {
			return err
		}
		from, err := u.project.open(f.rel, unix.O_RDONLY|unix.O_DIRECTORY)
		if err != nil {
			from = -1 // closed, or gone meanwhile
		}
		err = u.dress(from, to, f.st)
		(&dir{from}).close()
		st, serr := (&dir{to}).self()
		(&dir{to}).close()
		if err != nil || serr != nil {
			return errorOf(err, serr)
		}
		u.tree.forget(f.rel)
		if f.rel != "" {
			u.keep(f.rel, known{sign(f.st), sign(st)}, st)
		}
	}
	return nil
}

func errorOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// every is how often a long copy says how far it is.
const every = 500 * time.Millisecond

func (u *updater) progress(bytes int64) {
	u.bytes += bytes
	if u.o.Progress != nil && time.Since(u.told) > every {
		u.told = time.Now()
		u.o.Progress(u.copied, u.bytes)
	}
}
