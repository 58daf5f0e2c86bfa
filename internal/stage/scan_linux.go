package stage

import (
	"context"
	"fmt"

	"golang.org/x/sys/unix"
)

// Bounds of a whole tree, the project's own files included.
const (
	maxTree  = 2_000_000 // names
	maxLevel = 512
)

// visitor is told of each name; it says whether to go into a folder.
type visitor func(d *dir, rel string, st unix.Stat_t) (enter bool, err error)

// scanAll visits every name below a tree, folders before what is in them. It
// follows no link, stays on the file system, and opens up what was closed to
// its owner.
func (u *upperTree) scanAll(ctx context.Context, visit visitor) error {
	return (&scanner{tree: u, visit: visit}).run(ctx)
}

// scan is scanAll for a tree of the owner's, in which nothing is opened up: the
// folders that are closed to whoever calls are noted and left alone.
func (t *tree) scan(ctx context.Context, closed map[string]bool, visit visitor) error {
	return (&scanner{tree: t, visit: visit, closed: closed}).run(ctx)
}

func (s *scanner) run(ctx context.Context) error {
	s.queue = []string{""}
	for len(s.queue) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		rel := s.queue[len(s.queue)-1]
		s.queue = s.queue[:len(s.queue)-1]
		if err := s.folder(rel); err != nil {
			return fmt.Errorf("%s: %w", printable(join(rel, ".")), err)
		}
	}
	return nil
}

type scanner struct {
	tree interface {
		list(rel string, limit int) ([]string, bool, error)
		dir(rel string) (*dir, error)
	}
	visit  visitor
	closed map[string]bool
	queue  []string
	seen   int
}

func (s *scanner) folder(rel string) error {
	names, more, err := s.tree.list(rel, maxTree-s.seen)
	if err == unix.ENOENT || err == unix.EXDEV {
		return nil // gone meanwhile, or another file system
	}
	if err == unix.EACCES && s.closed != nil {
		s.closed[rel] = true
		return nil
	}
	if err != nil {
		return err
	}
	if s.seen += len(names); more || levels(rel) > maxLevel {
		return fmt.Errorf("more than %d names, or folders deeper than %d", maxTree, maxLevel)
	}
	d, err := s.tree.dir(rel)
	if err != nil {
		return err
	}
	defer d.close()
	for _, n := range names {
		if err := s.name(d, join(rel, n), n); err != nil {
			return err
		}
	}
	return nil
}

func (s *scanner) name(d *dir, rel, name string) error {
	st, err := d.raw(name)
	if err == unix.ENOENT {
		return nil
	}
	if err != nil {
		return err
	}
	enter, err := s.visit(d, rel, st)
	if enter && err == nil {
		s.queue = append(s.queue, rel)
	}
	return err
}

// levels is how deep a path is.
func levels(rel string) int {
	n := 0
	for i := range len(rel) {
		if rel[i] == '/' {
			n++
		}
	}
	return n
}
