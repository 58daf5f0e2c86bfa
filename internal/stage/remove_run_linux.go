package stage

import (
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Remove deletes a folder of the state directory and all below it, whatever an
// agent made of it. It follows no link and never leaves the folder; one that is
// not there is no error.
func Remove(path string) error {
	t, err := openTree(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer t.close()
	return (&dir{t.fd}).remove(filepath.Base(path))
}

// Size is what a folder of the state directory takes on the disk, in bytes. A
// file with several names counts once. Whole is false where not all of it could
// be seen; then it is at least that much.
func Size(path string) (bytes int64, whole bool, err error) {
	t, err := openTree(path)
	if err != nil {
		return 0, false, err
	}
	defer t.close()
	s := sizer{tree: t, whole: true, seen: map[ID]bool{}, queue: []string{""}}
	for len(s.queue) > 0 && s.names < DefaultMaxEntries {
		rel := s.queue[len(s.queue)-1]
		s.queue = s.queue[:len(s.queue)-1]
		if err := s.folder(rel); err != nil {
			s.whole = false
		}
	}
	return s.bytes, s.whole && len(s.queue) == 0, nil
}

// sizer adds up what lies in a tree, folder by folder.
type sizer struct {
	tree  *tree
	queue []string
	names int
	bytes int64
	whole bool
	seen  map[ID]bool // files with several names
}

func (s *sizer) folder(rel string) error {
	names, more, err := s.tree.list(rel, DefaultMaxEntries)
	if err != nil {
		return err
	}
	d, err := s.tree.dir(rel)
	if err != nil {
		return err
	}
	defer d.close()
	s.names += len(names)
	s.whole = s.whole && !more
	for _, name := range names {
		st, err := d.raw(name)
		if err != nil {
			s.whole = false
			continue
		}
		s.add(join(rel, name), st)
	}
	return nil
}

func (s *sizer) add(rel string, st unix.Stat_t) {
	id := ID{uint64(st.Dev), st.Ino}
	if st.Mode&unix.S_IFMT == unix.S_IFDIR {
		s.queue = append(s.queue, rel)
	} else if st.Nlink > 1 {
		if s.seen[id] {
			return
		}
		s.seen[id] = true
	}
	s.bytes += st.Blocks * 512
}
