package stage

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"
)

// Export moves what the agent changed in the copy to an iteration's upper
// directory, as an overlay would have left it, and lists beside it what is
// gone. From there Read and Apply go on. No process may work in the copy. What
// was moved is missing in the copy until the next Update.
func (c *Copy) Export(ctx context.Context, d Dirs) error {
	if err := c.export(ctx, d); err != nil {
		return fmt.Errorf("take the changes out of %s: %w", printable(c.Path()), err)
	}
	return nil
}

func (c *Copy) export(ctx context.Context, d Dirs) error {
	x := &exporter{Copy: c, seen: make(map[string]Type, len(c.known)), mode: map[string]uint32{}, made: map[string]bool{"": true}}
	var err error
	if x.tree, err = openUpper(c.Path()); err != nil {
		return err
	}
	defer x.tree.close()
	if x.upper, err = openTree(d.Upper); err != nil {
		return err
	}
	defer x.upper.close()
	if err := x.tree.scanAll(ctx, x.visit); err != nil {
		return err
	}
	gone, err := x.gone()
	if err != nil {
		return err
	}
	if err := x.finish(); err != nil || len(gone) == 0 {
		return err
	}
	iter, err := openTree(d.Iter)
	if err != nil {
		return err
	}
	defer iter.close()
	return (&dir{iter.fd}).writeJSON(goneName, goneRecord{recordVersion, gone})
}

// exporter is one call of Export.
type exporter struct {
	*Copy
	tree  *upperTree
	upper *tree
	seen  map[string]Type   // what is in the copy
	mode  map[string]uint32 // of its folders
	made  map[string]bool   // folders of the upper directory, on the way to what changed
	order []string          // as they were made, parents first
}

// visit moves what is not as it was copied.
func (x *exporter) visit(d *dir, rel string, st unix.Stat_t) (enter bool, err error) {
	now := sign(st)
	k, known := x.known[rel]
	x.seen[rel] = now.kind()
	if now.kind() == Dir {
		x.mode[rel] = st.Mode & 0o7777
	}
	switch {
	case known && now.kind() == Dir && k.copy.kind() == Dir:
		if now.ctime != k.copy.ctime { // perhaps its mode or attributes: Read tells
			err = x.ensure(rel)
		}
		return true, err
	case known && now == k.copy:
		return false, nil
	}
	delete(x.known, rel)
	return false, x.move(d, rel, st)
}

// move takes a name out, a new folder as a whole.
func (x *exporter) move(d *dir, rel string, st unix.Stat_t) error {
	if err := x.ensure(parent(rel)); err != nil {
		return err
	}
	to, err := x.upper.dir(parent(rel))
	if err != nil {
		return err
	}
	defer to.close()
	return d.moveTo(to, base(rel), st)
}

// moveTo renames a name into another folder of ours. A folder that its owner
// may not write to cannot be moved: its ".." is written.
func (d *dir) moveTo(to *dir, name string, st unix.Stat_t) error {
	err := rename(d, name, to, name)
	if err != unix.EACCES || st.Mode&unix.S_IFMT != unix.S_IFDIR {
		return err
	}
	if err := d.ownerCan(name, st); err != nil {
		return err
	}
	if err := rename(d, name, to, name); err != nil {
		return err
	}
	return unix.Fchmodat(to.fd, name, st.Mode&0o7777, 0)
}

// ensure makes a folder in the upper directory, and those above it.
func (x *exporter) ensure(rel string) error {
	if x.made[rel] {
		return nil
	}
	if err := x.ensure(parent(rel)); err != nil {
		return err
	}
	d, err := x.upper.dir(parent(rel))
	if err != nil {
		return err
	}
	defer d.close()
	if err := unix.Mkdirat(d.fd, base(rel), 0o700); err != nil {
		return err
	}
	x.made[rel], x.order = true, append(x.order, rel)
	return nil
}

// gone lists what was copied and is not there any more, without what lay in
// folders that are gone themselves.
func (x *exporter) gone() ([]Name, error) {
	var out []Name
	for rel := range x.known {
		if _, there := x.seen[rel]; there {
			continue
		}
		up := parent(rel)
		if _, copied := x.known[up]; up != "" && (!copied || x.seen[up] != Dir) {
			continue
		}
		if err := x.ensure(up); err != nil {
			return nil, err
		}
		out = append(out, Name(rel))
	}
	slices.Sort(out)
	return out, nil
}

// finish gives the folders of the upper directory the attributes and modes that
// they have in the copy, inner ones first.
func (x *exporter) finish() error {
	for _, rel := range slices.Backward(x.order) {
		if err := x.finishFolder(rel); err != nil {
			return err
		}
	}
	return nil
}

func (x *exporter) finishFolder(rel string) error {
	from, err := x.tree.open(rel, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return err
	}
	defer (&dir{from}).close()
	to, err := x.upper.open(rel, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return err
	}
	defer (&dir{to}).close()
	if err := copyXattr(from, to); err != nil {
		return err
	}
	return unix.Fchmod(to, x.mode[rel])
}
