// Package seen looks at the file system and notes what it was told: of each
// folder that was listed, each file that was read, each link, each name on the
// way and each that was not there. A later start asks the kernel about each
// note, and knows whether it would be told the same again (Keep, Recall).
package seen

import (
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/direct"
)

// Eyes look, and keep the notes. They are told each thing once: what was noted
// is not asked for again. Not for several goroutines.
type Eyes struct {
	began int64 // nanoseconds since 1970
	env   map[string]string
	asked []string // the variables that were looked at
	notes []note
	at    map[look]int // in notes
	lists map[string][]direct.Entry
	// why what was seen cannot be relied on later; empty if it can.
	why string
}

// look is one way to look at a path.
type look struct {
	path   string
	follow bool // what it leads to, should it be a link
}

type note struct {
	look
	// whole: the times and the size count as well.
	whole bool
	state state
}

// New opens eyes that see these variables. Began is no later than the first
// look.
func New(env map[string]string, began time.Time) *Eyes {
	return &Eyes{began: began.UnixNano(), env: env, at: map[look]int{}, lists: map[string][]direct.Entry{}}
}

// Env is the value of a variable.
func (e *Eyes) Env(name string) string {
	if !slices.Contains(e.asked, name) {
		e.asked = append(e.asked, name)
	}
	return e.env[name]
}

// Info is what is known of a path.
type Info struct{ state state }

func (i Info) IsDir() bool     { return i.state.is(unix.S_IFDIR) }
func (i Info) IsRegular() bool { return i.state.is(unix.S_IFREG) }
func (i Info) IsLink() bool    { return i.state.is(unix.S_IFLNK) }
func (i Info) IsSocket() bool  { return i.state.is(unix.S_IFSOCK) }

// Perm are the nine bits of the permission.
func (i Info) Perm() uint32 { return i.state.mode & 0o777 }

// Size is in bytes.
func (i Info) Size() int64 { return i.state.size }

// Lstat tells what a path is, and of a link that it is one.
func (e *Eyes) Lstat(path string) (Info, error) { return e.stat(look{path: path}) }

// Stat tells what a path leads to.
func (e *Eyes) Stat(path string) (Info, error) { return e.stat(look{path: path, follow: true}) }

func (e *Eyes) stat(l look) (Info, error) {
	s := e.note(l)
	if s.errno != 0 {
		return Info{}, &os.PathError{Op: "stat", Path: l.path, Err: unix.Errno(s.errno)}
	}
	return Info{s}, nil
}

// note asks about a path, or recalls what was told.
func (e *Eyes) note(l look) state {
	if i, known := e.at[l]; known {
		return e.notes[i].state
	}
	if strings.IndexByte(l.path, 0) >= 0 {
		return state{errno: uint32(unix.EINVAL)}
	}
	s := stateOf(append([]byte(l.path), 0), l.follow)
	e.add(note{look: l, state: s, whole: !s.is(unix.S_IFDIR)})
	return s
}

// add keeps a note. What is noted twice has to be the same both times.
func (e *Eyes) add(n note) {
	i, known := e.at[n.look]
	if !known {
		e.at[n.look] = len(e.notes)
		e.notes = append(e.notes, n)
		return
	}
	if e.notes[i].state != n.state {
		e.spoil(n.path, "changed meanwhile")
	}
	e.notes[i].whole = e.notes[i].whole || n.whole
}

func (e *Eyes) spoil(path, why string) {
	if e.why == "" {
		e.why = path + " " + why
	}
}

// open opens a path, and notes what was opened before it is read: what is put
// in later makes the note a stale one.
func (e *Eyes) open(path string, flags int, kind uint32) (int, state, error) {
	fd, err := direct.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|flags)
	if err != nil {
		if e.note(look{path, true}).is(kind) {
			e.spoil(path, "cannot be opened")
		}
		return -1, state{}, err
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		unix.Close(fd)
		e.spoil(path, "cannot be looked at")
		return -1, state{}, &os.PathError{Op: "stat", Path: path, Err: err}
	}
	s := stateFrom(&st)
	e.add(note{look: look{path, true}, state: s, whole: true})
	return fd, s, nil
}

// List returns the names in a folder, sorted.
func (e *Eyes) List(dir string) ([]direct.Entry, error) {
	if list, known := e.lists[dir]; known {
		return list, nil
	}
	fd, _, err := e.open(dir, unix.O_DIRECTORY, unix.S_IFDIR)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	list, err := direct.ListOpen(fd, dir)
	if err != nil {
		e.spoil(dir, "cannot be listed")
		return nil, err
	}
	slices.SortFunc(list, func(a, b direct.Entry) int { return strings.Compare(a.Name, b.Name) })
	e.lists[dir] = list
	return list, nil
}

// Read returns the content of a file.
func (e *Eyes) Read(path string) ([]byte, error) {
	fd, s, err := e.open(path, 0, unix.S_IFREG)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	text, err := direct.ReadOpen(fd, path, int(s.size))
	if err != nil {
		e.spoil(path, "cannot be read")
	}
	return text, err
}

// Readlink returns the text of a link. A link's text never changes: another
// one is another file, or has another time.
func (e *Eyes) Readlink(path string) (string, error) {
	if s := e.note(look{path: path}); s.errno != 0 {
		return "", &os.PathError{Op: "readlink", Path: path, Err: unix.Errno(s.errno)}
	}
	text, err := os.Readlink(path)
	if err != nil {
		e.spoil(path, "is a link no longer")
	}
	return text, err
}
