package stage

import (
	"context"
	"strings"

	"golang.org/x/sys/unix"
)

// deleteAll removes what the agent removed, children before parents.
func (a *applier) deleteAll(ctx context.Context) error {
	return a.deleteRange(ctx, 0, len(a.rec.Entries), "")
}

// deleteRange does it for the entries from i to end that begin with prefix;
// they stand together.
func (a *applier) deleteRange(ctx context.Context, i, end int, prefix string) error {
	last := i
	for last < end && strings.HasPrefix(string(a.rec.Entries[last].Path), prefix) {
		last++
	}
	for j := last - 1; j >= i; j-- {
		if err := ctx.Err(); err != nil {
			return err
		}
		e := a.rec.Entries[j]
		if !e.Applies() || e.Action != Deleted {
			continue
		}
		if err := a.try(j, a.delete); err != nil {
			return err
		}
	}
	return nil
}

// delete removes one name if it is still what was read.
func (a *applier) delete(i int) error {
	e := a.rec.Entries[i]
	d, now, err := a.look(e)
	if err == unix.ENOENT || err == unix.ENOTDIR || err == nil && now.Type == Absent {
		return nil // gone, or its folder is a file by now
	}
	if err != nil {
		return err
	}
	if e.Lower.Type == Dir && now.Type != Dir || e.Lower.Type != Dir && !now.same(e.Lower) {
		return changed()
	}
	flags := 0
	if now.Type == Dir {
		flags = unix.AT_REMOVEDIR
	}
	if err := a.step("unlink"); err != nil {
		return err
	}
	a.touch(e)
	err = unix.Unlinkat(d.fd, base(string(e.Path)), flags)
	if err == unix.EACCES && a.openDoomed(d, e) {
		err = unix.Unlinkat(d.fd, base(string(e.Path)), flags)
	}
	return err
}

// openDoomed makes a folder writable that is to be deleted itself, as rm does
// for a person who owns a read-only folder.
func (a *applier) openDoomed(d *dir, e Entry) bool {
	up := parent(string(e.Path))
	for _, f := range a.rec.Entries {
		if string(f.Path) == up && f.Action == Deleted && f.Applies() {
			return unix.Chmod(procFd(d.fd), 0o700) == nil
		}
	}
	return false
}
