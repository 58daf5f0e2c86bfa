package stage

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// beneath makes the kernel refuse every way out of a tree: links, magic links,
// "..", and other file systems mounted inside.
const beneath = unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS |
	unix.RESOLVE_NO_MAGICLINKS | unix.RESOLVE_NO_XDEV

// maxPath is the longest path handed to the kernel at once, below PATH_MAX.
// Deeper trees are opened piece by piece.
const maxPath = 3500

// tree is a directory held open, below which paths are resolved.
type tree struct {
	fd int
	id ID
}

// openTree opens a directory of ours or of the owner's by its absolute path.
func openTree(path string) (*tree, error) {
	fd, err := open2(unix.AT_FDCWD, path, unix.O_PATH|unix.O_DIRECTORY, unix.RESOLVE_NO_SYMLINKS|unix.RESOLVE_NO_MAGICLINKS)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", printable(path), err)
	}
	d := &dir{fd}
	st, err := d.self()
	if err != nil {
		d.close()
		return nil, fmt.Errorf("stat %s: %w", printable(path), err)
	}
	return &tree{fd, ID{uint64(st.Dev), st.Ino}}, nil
}

// openProject opens the project and makes sure that it is the pinned one.
func openProject(path string, want ID) (*tree, error) {
	if want == (ID{}) {
		return nil, errors.New("the project's identity was not pinned")
	}
	t, err := openTree(path)
	if err != nil {
		return nil, err
	}
	if t.id != want {
		t.close()
		return nil, fmt.Errorf("%s is not the folder that the run began with: it was replaced meanwhile", printable(path))
	}
	return t, nil
}

func (t *tree) close() { (&dir{t.fd}).close() }

// open opens a path below the tree; "" is the tree itself.
func (t *tree) open(rel string, flags uint64) (int, error) {
	at, mine := t.fd, false
	for len(rel) > maxPath {
		cut := strings.LastIndexByte(rel[:maxPath], '/')
		if cut <= 0 {
			break // one component too long for any file system: let the kernel say so
		}
		fd, err := open2(at, rel[:cut], unix.O_PATH|unix.O_DIRECTORY, beneath)
		closeIf(mine, at)
		if err != nil {
			return -1, err
		}
		at, mine, rel = fd, true, rel[cut+1:]
	}
	if rel == "" {
		rel = "."
	}
	fd, err := open2(at, rel, flags, beneath)
	closeIf(mine, at)
	return fd, err
}

func closeIf(mine bool, fd int) {
	if mine {
		(&dir{fd}).close()
	}
}

// dir opens a folder below the tree for looking up names in it.
func (t *tree) dir(rel string) (*dir, error) {
	fd, err := t.open(rel, unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return nil, err
	}
	return &dir{fd}, nil
}

// list returns the names in a folder below the tree, at most limit of them;
// more tells that there were others.
func (t *tree) list(rel string, limit int) (names []string, more bool, err error) {
	fd, err := t.open(rel, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return nil, false, err
	}
	d := &dir{fd}
	defer d.close()
	return d.names(limit)
}

// open2 is openat2, repeated while the kernel asks for it. Mode is for O_CREAT.
func open2(at int, path string, flags, resolve uint64) (int, error) {
	how := unix.OpenHow{Flags: flags | unix.O_CLOEXEC, Resolve: resolve}
	for {
		fd, err := unix.Openat2(at, path, &how)
		if err != unix.EINTR && err != unix.EAGAIN {
			return fd, err
		}
	}
}
