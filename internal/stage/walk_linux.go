package stage

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// folder is one that is still to be read.
type folder struct {
	rel    string
	depth  int
	lower  bool    // the project has a folder there too
	opaque bool    // and nothing of it shows through
	kept   verdict // of a folder that is held whatever it holds
	gone   bool    // it is the project's own and was deleted
	entry  int     // its place among the entries, from 1; 0: none
	pure   bool    // all in it was made inside: no file carries attributes of the overlay
}

// walk goes through the queue, one folder at a time, with no recursion.
func (r *reader) walk(ctx context.Context) error {
	r.queue = []folder{{lower: true}}
	for len(r.queue) > 0 && r.set.Incomplete == "" {
		if err := ctx.Err(); err != nil {
			return err
		}
		f := r.queue[len(r.queue)-1]
		r.queue = r.queue[:len(r.queue)-1]
		if err := r.folder(ctx, f); err != nil {
			return fmt.Errorf("%s: %w", printable(join(f.rel, ".")), err)
		}
	}
	return nil
}

// push queues a folder unless it lies too deep.
func (r *reader) push(f folder) {
	f.depth++
	if f.depth > r.rules.MaxDepth {
		r.set.Incomplete = fmt.Sprintf("folders deeper than %d", r.rules.MaxDepth)
		return
	}
	r.queue = append(r.queue, f)
}

// count takes names into account; it tells how many more may be read.
func (r *reader) count(n int, more bool) {
	r.seen += n
	if more || r.seen > r.rules.MaxEntries {
		r.set.Incomplete = fmt.Sprintf("more than %d entries", r.rules.MaxEntries)
	}
}

// left is how many more names may be read.
func (r *reader) left() int {
	return max(r.rules.MaxEntries-r.seen, 0)
}

// folder reads one folder, of the upper directory or a deleted one.
func (r *reader) folder(ctx context.Context, f folder) error {
	if f.gone {
		return r.deletedFolder(f, nil)
	}
	up, names, more, err := r.upper.listed(f.rel, r.left())
	r.count(len(names), more)
	if err != nil {
		return err
	}
	defer up.close()
	if r.set.Incomplete != "" {
		return nil
	}
	if f.entry > 0 {
		r.set.Entries[f.entry-1].above.names = len(names)
	}
	low, err := r.lower(f)
	if err != nil {
		return err
	}
	defer low.close()
	for _, n := range names {
		if err := r.name(ctx, f, up, low, n); err != nil {
			return fmt.Errorf("%s: %w", printable(n), err)
		}
	}
	if err := r.goneIn(f, low); err != nil {
		return err
	}
	if f.opaque && low != nil {
		return r.deletedFolder(f, names)
	}
	return nil
}

// lower opens the project's folder of that name, nil when there is none.
func (r *reader) lower(f folder) (*dir, error) {
	if !f.lower {
		return nil, nil
	}
	low, err := r.project.dir(f.rel)
	switch err {
	case nil:
		return low, nil
	case unix.ENOENT, unix.ENOTDIR, unix.ELOOP, unix.EXDEV, unix.EACCES:
		// It changed since its parent was read, is a mount point, or was closed
		// to us and opened by the agent in its own copy. Apply
		// meets the same and holds what it cannot place.
		return nil, nil
	}
	return nil, err
}

// name reads one name of the upper directory.
func (r *reader) name(ctx context.Context, f folder, up, low *dir, name string) error {
	us, err := up.raw(name)
	if err != nil {
		return err
	}
	var ls Stat
	var changed time.Time
	if low != nil {
		if ls, changed, err = low.statChanged(name); err != nil {
			return err
		}
	}
	it := item{f: f, up: up, low: low, name: name, rel: join(f.rel, name), us: us, ls: ls, changed: changed}
	switch {
	case isWhiteout(us):
		r.whiteout(it)
		return nil
	case us.Mode&unix.S_IFMT == unix.S_IFDIR:
		return r.directory(it)
	}
	return r.leaf(ctx, it)
}
