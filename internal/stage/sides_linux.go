package stage

import (
	"fmt"
	"io"
	"io/fs"
)

// Sides reads what the files of a changeset were and are, before anything of it
// is applied. No link is followed on the way.
type Sides struct {
	project *tree
	upper   *upperTree
}

// OpenSides opens both sides of an iteration.
func OpenSides(o Options) (*Sides, error) {
	project, err := openProject(o.Project, o.ProjectID)
	if err != nil {
		return nil, err
	}
	upper, err := openUpper(o.Dirs.Upper)
	if err != nil {
		project.close()
		return nil, err
	}
	return &Sides{project, upper}, nil
}

// Close lets go of both.
func (s *Sides) Close() {
	s.project.close()
	s.upper.close()
}

// Old is what stands in the project, at most that many bytes and one more, so
// that a longer file is told from one that fits. It is fs.ErrNotExist where
// there is no file.
func (s *Sides) Old(e Entry, most int64) ([]byte, error) {
	if e.Lower.Type != File {
		return nil, fs.ErrNotExist
	}
	d, err := s.project.dir(parent(string(e.Path)))
	return head(d, err, e, most)
}

// New is what the agent left there, bounded in the same way.
func (s *Sides) New(e Entry, most int64) ([]byte, error) {
	if e.Type != File || e.Action == Deleted {
		return nil, fs.ErrNotExist
	}
	d, err := s.upper.dir(parent(string(e.Path)))
	return head(d, err, e, most)
}

func head(d *dir, err error, e Entry, most int64) ([]byte, error) {
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", e.Path, err)
	}
	defer d.close()
	b, err := d.head(base(string(e.Path)), most+1)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", e.Path, err)
	}
	return b, nil
}

// head is the beginning of a file, of at most that many bytes.
func (d *dir) head(name string, most int64) ([]byte, error) {
	f, err := d.reader(name)
	if err != nil {
		return nil, err
	}
	defer f.close()
	return io.ReadAll(io.LimitReader(f, most))
}
