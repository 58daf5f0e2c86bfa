package stage

import (
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// upperTree is an upper directory of ours. An agent may have taken away its
// owner's right to enter a folder; such a folder is opened up while it is
// read, and close puts its mode back.
type upperTree struct {
	*tree
	opened []openedUp
}

// openedUp is a folder whose mode was changed, and what the mode was.
type openedUp struct {
	rel  string
	mode uint32
}

func openUpper(path string) (*upperTree, error) {
	t, err := openTree(path)
	if err != nil {
		return nil, err
	}
	return &upperTree{tree: t}, nil
}

// close restores the modes, the last first, so that parents are still open.
func (u *upperTree) close() {
	u.restore()
	u.tree.close()
}

func (u *upperTree) restore() {
	for i := len(u.opened) - 1; i >= 0; i-- {
		o := u.opened[i]
		if d, err := u.tree.dir(parent(o.rel)); err == nil {
			_ = unix.Fchmodat(d.fd, base(o.rel), o.mode, 0) // it may be gone by now
			d.close()
		}
	}
}

// forget leaves a folder with the mode that it has now.
func (u *upperTree) forget(rel string) {
	u.opened = slices.DeleteFunc(u.opened, func(o openedUp) bool { return o.rel == rel })
}

// dir opens a folder for looking up names in it.
func (u *upperTree) dir(rel string) (*dir, error) {
	d, err := u.tree.dir(rel)
	if err == unix.EACCES {
		if err = u.openUp(rel); err == nil {
			d, err = u.tree.dir(rel)
		}
	}
	if err != nil {
		return nil, err
	}
	if unix.Faccessat(d.fd, ".", unix.X_OK|unix.R_OK|unix.W_OK, unix.AT_EACCESS) == nil {
		return d, nil
	}
	d.close()
	if err := u.openUp(rel); err != nil {
		return nil, err
	}
	return u.tree.dir(rel)
}

// list returns the names in a folder.
func (u *upperTree) list(rel string, limit int) ([]string, bool, error) {
	d, names, more, err := u.listed(rel, limit)
	if err == nil {
		d.close()
	}
	return names, more, err
}

// listed opens a folder for looking up names in it, and lists it.
func (u *upperTree) listed(rel string, limit int) (d *dir, names []string, more bool, err error) {
	fd, err := u.open(rel, unix.O_RDONLY|unix.O_DIRECTORY)
	if err == nil && unix.Faccessat(fd, ".", unix.X_OK|unix.R_OK|unix.W_OK, unix.AT_EACCESS) != nil {
		(&dir{fd}).close()
		err = unix.EACCES
	}
	if err == unix.EACCES {
		if err = u.openUp(rel); err == nil {
			fd, err = u.open(rel, unix.O_RDONLY|unix.O_DIRECTORY)
		}
	}
	if err != nil {
		return nil, nil, false, err
	}
	d = &dir{fd}
	names, more, err = d.names(limit)
	if err != nil {
		d.close()
		return nil, nil, false, err
	}
	return d, names, more, nil
}

// openUp gives the owner's rights to each folder on the way to rel that lacks
// them. The names are checked to be folders; with every process of the
// iteration dead nothing can change them meanwhile.
func (u *upperTree) openUp(rel string) error {
	for end := 0; end < len(rel); end++ {
		next := strings.IndexByte(rel[end:], '/')
		if next < 0 {
			next = len(rel) - end
		}
		end += next
		if err := u.openUpOne(rel[:end]); err != nil {
			return err
		}
	}
	return nil
}

// openUpOne does it for one folder whose parents are open.
func (u *upperTree) openUpOne(rel string) error {
	d, err := u.tree.dir(parent(rel))
	if err != nil {
		return err
	}
	defer d.close()
	st, err := d.raw(base(rel))
	if err != nil || st.Mode&0o700 == 0o700 {
		return err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR {
		return unix.ENOTDIR
	}
	u.opened = append(u.opened, openedUp{rel, st.Mode & 0o7777})
	return d.ownerCan(base(rel), st)
}
