package stage

import (
	"context"
	"io"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// linkEscapes says why a link must not be in the project, or nothing. A link
// may climb only at its start: its own folder is real, so these steps stay
// where they are counted. Steps up after a step down depend on what is a link
// at the time, which a later change could turn.
func (r *reader) linkEscapes(rel, target string) string {
	shown := "symlink to " + printable(target)
	if strings.HasPrefix(target, "/") {
		if r.interpreter(rel, target) {
			return ""
		}
		return shown
	}
	at := strings.Split(parent(rel), "/")
	if parent(rel) == "" {
		at = nil
	}
	down := false
	for _, c := range strings.Split(target, "/") {
		switch {
		case c == "" || c == ".":
		case c != "..":
			at, down = append(at, c), true
		case down:
			return shown + ", which climbs after it descends"
		case len(at) == 0:
			return shown
		default:
			at = at[:len(at)-1]
		}
	}
	return r.leadsOut(strings.Join(at, "/"), shown)
}

// pythonName tells whether a name is python, python3 or python3.11.
func pythonName(name string) bool {
	version, ok := strings.CutPrefix(name, "python")
	return ok && strings.Trim(version, "0123456789.") == ""
}

// interpreter tells whether a link is the one that each Python virtual
// environment has: bin/python to a program of the same kind in a tree that is
// shown anyway. Nothing writes through such a name, and what it starts is the
// host's own.
func (r *reader) interpreter(rel, target string) bool {
	if path.Base(parent(rel)) != "bin" || !pythonName(path.Base(rel)) ||
		!pythonName(path.Base(target)) || path.Clean(target) != target {
		return false
	}
	for _, tree := range r.rules.Programs {
		if strings.HasPrefix(target, tree+"/") {
			return true
		}
	}
	return false
}

// leadsOut follows a link's target through the project's own links, which the
// kernel resolves within the project only.
func (r *reader) leadsOut(target, shown string) string {
	if target == "" {
		return ""
	}
	fd, err := open2(r.project.fd, target, unix.O_PATH, unix.RESOLVE_BENEATH|unix.RESOLVE_NO_MAGICLINKS)
	switch err {
	case nil:
		(&dir{fd}).close()
	case unix.ENOENT, unix.ENOTDIR, unix.EACCES:
	case unix.EXDEV:
		return shown + ", which another link leads out of the project"
	default:
		return shown + ", which cannot be resolved"
	}
	return ""
}

// sameContent compares a file above with the one below of the same size. What
// cannot be read counts as different.
func sameContent(ctx context.Context, up, low *dir, name string) (bool, error) {
	a, err := up.reader(name)
	if err != nil {
		return false, nil
	}
	defer a.close()
	b, err := low.reader(name)
	if err != nil {
		return false, nil
	}
	defer b.close()
	x, y := make([]byte, 64<<10), make([]byte, 64<<10)
	for {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		n, errA := io.ReadFull(a, x)
		m, errB := io.ReadFull(b, y)
		if n != m || string(x[:n]) != string(y[:m]) {
			return false, nil
		}
		if errA != nil || errB != nil {
			return ended(errA) && ended(errB), nil
		}
	}
}

// ended tells a file's end from a failure to read it.
func ended(err error) bool {
	return err == io.EOF || err == io.ErrUnexpectedEOF
}

// reader opens a regular file; a fifo in its place neither blocks nor counts.
func (d *dir) reader(name string) (*file, error) {
	fd, err := open2(d.fd, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_NOCTTY, beneath)
	if err != nil {
		return nil, err
	}
	f := &file{fd}
	st, err := (&dir{fd}).self()
	if err == nil && st.Mode&unix.S_IFMT != unix.S_IFREG {
		err = unix.EINVAL
	}
	if err != nil {
		f.close()
		return nil, err
	}
	return f, nil
}
