package stage

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"

	"golang.org/x/sys/unix"
)

// Bounds of what is kept of a project before an agent works in it directly.
// Guardrails are small; what is beyond is not put back when it was changed.
const (
	maxStashed     = 4096
	maxStashedFile = 1 << 20
)

// stashName is the folder in an iteration's that holds the guardrails deep in
// the tree, which no mount freezes, as they were. Each is called by its number.
const stashName = "guardrails"

// stash keeps copies of guardrails, and puts them back.
type stash struct {
	at   *dir
	list []stashed
}

// openStash opens the iteration's stash, and makes it with fresh.
func openStash(d Dirs, fresh bool) (*stash, error) {
	iter, err := openTree(d.Iter)
	if err != nil {
		return nil, err
	}
	defer iter.close()
	if fresh {
		if err := unix.Mkdirat(iter.fd, stashName, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
	fd, err := open2(iter.fd, stashName, unix.O_PATH|unix.O_DIRECTORY, beneath)
	if err != nil {
		return nil, err
	}
	return &stash{at: &dir{fd}}, nil
}

func dropStash(d Dirs) error {
	iter, err := openTree(d.Iter)
	if err != nil {
		return err
	}
	defer iter.close()
	return (&dir{iter.fd}).remove(stashName)
}

// keep copies one file. One that cannot be read is left out.
func (s *stash) keep(d *dir, rel string, st unix.Stat_t) error {
	if st.Size > maxStashedFile || len(s.list) >= maxStashed {
		return nil
	}
	from, err := d.reader(base(rel))
	if err != nil {
		return nil
	}
	defer from.close()
	fd, err := unix.Openat(s.at.fd, strconv.Itoa(len(s.list)), newFile, 0o600)
	if err != nil {
		return err
	}
	to := &file{fd}
	defer to.close()
	if err := cloneData(to, from, st.Size); err != nil {
		return err
	}
	s.list = append(s.list, stashed{Name(rel), st.Mode & 0o7777, st.Mtim.Nano()})
	return nil
}

// putBack makes each guardrail what it was, where nothing of its name is now.
func (d *Direct) putBack(o Options, project *upperTree) error {
	if len(d.kept) == 0 {
		return nil
	}
	s, err := openStash(o.Dirs, false)
	if err != nil {
		return err
	}
	defer s.at.close()
	root, err := (&dir{project.fd}).self()
	if err != nil {
		return err
	}
	for i, k := range d.kept {
		if err := s.putBack(project, i, k, toStat(root)); err != nil {
			return fmt.Errorf("put %s back: %w", printable(string(k.Path)), err)
		}
	}
	return nil
}

func (s *stash) putBack(t *upperTree, i int, k stashed, root Stat) error {
	d, err := t.makeFolder(parent(string(k.Path)), root)
	if err == unix.ENOTDIR || err == unix.ELOOP {
		return nil // something else stands there, which is the agent's or a person's to decide
	}
	if err != nil {
		return err
	}
	defer d.close()
	if now, err := d.stat(base(string(k.Path))); err != nil || now.Type != Absent {
		return err
	}
	return s.restore(d, i, k, root)
}

func (s *stash) restore(d *dir, i int, k stashed, root Stat) error {
	from, err := s.at.reader(strconv.Itoa(i))
	if err != nil {
		return err
	}
	defer from.close()
	tmp := tempPrefix + "guardrail"
	_ = unix.Unlinkat(d.fd, tmp, 0) // of an attempt that was cut short
	fd, err := unix.Openat(d.fd, tmp, newFile, 0o600)
	if err != nil {
		return err
	}
	to := &file{fd}
	defer to.close()
	if err := copyRange(to, from, 0, maxStashedFile); err != nil && err != io.EOF {
		return err
	}
	if unix.Geteuid() == 0 {
		err = unix.Fchown(fd, int(root.UID), int(root.GID))
	}
	if err := errorOf(err, unix.Fchmod(fd, k.Mode), setMtime(fd, k.Mtime), unix.Fsync(fd)); err != nil {
		return err
	}
	err = rename(d, tmp, d, base(string(k.Path)))
	if err != nil {
		_ = unix.Unlinkat(d.fd, tmp, 0)
	}
	if err == unix.EEXIST {
		return nil
	}
	return err
}

// makeFolder opens a folder of the project, made anew if it is gone.
func (u *upperTree) makeFolder(rel string, root Stat) (*dir, error) {
	d, err := u.dir(rel)
	if err != unix.ENOENT {
		return d, err
	}
	up, err := u.makeFolder(parent(rel), root)
	if err != nil {
		return nil, err
	}
	defer up.close()
	if err := unix.Mkdirat(up.fd, base(rel), 0o755); err != nil {
		return nil, err
	}
	if unix.Geteuid() == 0 {
		if err := unix.Fchownat(up.fd, base(rel), int(root.UID), int(root.GID), unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return nil, err
		}
	}
	return u.dir(rel)
}
