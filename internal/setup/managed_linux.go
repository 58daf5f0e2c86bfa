package setup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"ringwall/internal/host"
)

// ManagedFile is a file that binds an agent on the whole machine.
type ManagedFile struct {
	Agent   string // in a policy: "claude"
	Title   string
	Path    string // absolute
	Content string
	// Opens tells that the agent goes on without the file where it cannot read it.
	Opens bool
}

// Managed lists what is still to be done so that these files are there; nothing,
// if they are. A file that ringwall did not write, or that somebody changed
// since, is never touched: then nothing at all is done.
func Managed(o Options, files []ManagedFile) ([]Step, error) {
	m, err := open(o)
	if err != nil {
		return nil, err
	}
	var steps []Step
	for _, f := range files {
		step, err := m.manage(f)
		if err != nil {
			return nil, err
		}
		if step != nil {
			steps = append(steps, *step)
		}
	}
	return steps, nil
}

// manage plans one file; nil if it is there as it should be.
func (m *machine) manage(f ManagedFile) (*Step, error) {
	if !filepath.IsAbs(f.Path) || filepath.Clean(f.Path) != f.Path {
		return nil, fmt.Errorf("%s: the path %q is not plain", f.Agent, f.Path)
	}
	if err := m.ownFolders(f.Path); err != nil {
		return nil, err
	}
	old, like, err := readPlain(m.path(f.Path))
	if err != nil {
		return nil, err
	}
	known := m.managed(f.Path)
	what := "write "
	switch {
	case like == nil:
	case known == nil:
		return nil, refuse("move it away, or leave this agent out: ringwall setup managed --agent NAME",
			"%s is there and ringwall did not write it: it is left alone", f.Path)
	case !known.wrote(old):
		return nil, refuse("move it away, then: ringwall setup managed",
			"%s was changed since ringwall wrote it: it is left alone", f.Path)
	case string(old) == f.Content && ownedByRoot(like):
		return nil, nil
	default:
		what = "write anew "
	}
	return &Step{
		What: what + f.Path, Why: f.why(), Content: f.Content,
		How:  fmt.Sprintf("%d bytes, readable by all and writable by root; folders that are missing are made", len(f.Content)),
		Undo: "ringwall setup managed --remove --agent " + f.Agent,
		do:   func() error { return m.writeManaged(f, old) },
	}, nil
}

func (f ManagedFile) why() string {
	why := f.Title + " takes it for every user's, and a user's own files do not override it"
	if f.Opens {
		why += "; but it goes on without the file where it cannot read it: see that it is in force"
	}
	return why
}

func ownedByRoot(s *unix.Stat_t) bool {
	return s.Mode&0o7777 == 0o644 && int(s.Uid) == os.Geteuid() && int(s.Gid) == os.Getegid()
}

// ownFolders refuses a file below a folder that others could change, or that a
// link leads to: the file would not be root's alone.
func (m *machine) ownFolders(path string) error {
	for dir := filepath.Dir(path); dir != "/"; dir = filepath.Dir(dir) {
		info, err := os.Lstat(m.path(dir))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if !info.IsDir() || info.Mode().Perm()&0o022 != 0 || !slices.Contains([]int{0, os.Geteuid()}, ownerOf(m.path(dir))) {
			return refuse("make it root's alone: chown root: "+dir+"; chmod go-w "+dir,
				"the folder %s is not root's alone to write", dir)
		}
	}
	return nil
}

func ownerOf(path string) int {
	var st unix.Stat_t
	if unix.Lstat(path, &st) != nil {
		return -1
	}
	return int(st.Uid)
}

// writeManaged puts the file on record, makes the folders, and writes it.
func (m *machine) writeManaged(f ManagedFile, old []byte) error {
	e := m.managed(f.Path)
	if e == nil {
		m.record.Managed = append(m.record.Managed, host.SetupManaged{Agent: f.Agent, Path: f.Path})
		e = m.managed(f.Path)
	}
	e.Before = ""
	if old != nil {
		e.Before = sumOf(old)
	}
	e.SHA256 = sumOf([]byte(f.Content))
	missing := m.missing(f.Path)
	e.Dirs = append(missing, slices.DeleteFunc(e.Dirs, func(d string) bool { return slices.Contains(missing, d) })...)
	slices.Sort(e.Dirs)
	if err := m.save(); err != nil {
		return err
	}
	for _, dir := range missing {
		if err := m.makeFolder(dir); err != nil {
			return err
		}
	}
	if err := replace(m.path(f.Path), []byte(f.Content), nil); err != nil {
		return err
	}
	return unix.Lchown(m.path(f.Path), os.Geteuid(), os.Getegid()) // whatever a folder's group bit gave
}

// missing are the folders above a file that are not there, the outermost first.
func (m *machine) missing(path string) []string {
	var out []string
	for dir := filepath.Dir(path); dir != "/"; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(m.path(dir)); errors.Is(err, fs.ErrNotExist) {
			out = append([]string{dir}, out...)
		}
	}
	return out
}

func (m *machine) makeFolder(dir string) error {
	if err := os.Mkdir(m.path(dir), 0o755); err != nil {
		return err
	}
	return os.Chmod(m.path(dir), 0o755) // whatever the umask took
}
