package absent

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path"
	"strconv"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/acl"
)

// node is one name of a layer.
type node struct {
	path            string // relative; "." is the layer itself
	dir             bool
	mode            uint32 // permission, set-ID and sticky bits
	uid, gid        uint32
	access, initial []byte // access control lists: its own, and of what is made in it
	merged          bool   // the project has this folder too
	changed         unix.Timespec
}

// Modes of what the project does not have. They are those that the sandbox
// gives where it makes these names itself.
const (
	newFolder = 0o755
	newFile   = 0o444
)

// errUnfit is returned for a project whose folders a layer cannot be like.
var errUnfit = errors.New("a folder of the project is not one that a layer can stand for")

// inside makes the kernel refuse every way out of the project: links, "..",
// and other file systems, which an overlay does not show either.
const inside = unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS | unix.RESOLVE_NO_XDEV

// surveyor looks at what the project has on the way to the places.
type surveyor struct {
	project int
	owner   Owner
	nodes   []node
	at      map[string]int // of folders: their place among the nodes
}

// survey lists what a layer must hold, parents before children: the places that
// the project has nothing at, and the folders that they lie in.
func survey(project string, places []Place, owner Owner) ([]node, error) {
	fd, err := unix.Open(project, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: project, Err: err}
	}
	defer unix.Close(fd)
	s := &surveyor{project: fd, owner: owner, at: map[string]int{}}
	for _, p := range places {
		if err := s.place(p); err != nil {
			return nil, fmt.Errorf("%q: %w", p.Path, err)
		}
	}
	return s.nodes, nil
}

// place adds one, unless there is something by now: a layer would hide it.
func (s *surveyor) place(p Place) error {
	fd, err := s.open(p.Path, unix.O_PATH|unix.O_NOFOLLOW)
	if err == nil {
		unix.Close(fd)
		return nil
	}
	if err != unix.ENOENT {
		return err
	}
	parent, err := s.folder(path.Dir(p.Path))
	if err != nil {
		return err
	}
	n := s.made(p.Path, newFile, s.nodes[parent])
	if n.dir = p.Dir; n.dir {
		n = s.madeFolder(p.Path, s.nodes[parent])
	}
	s.nodes = append(s.nodes, n)
	return nil
}

func (s *surveyor) open(rel string, flags uint64) (int, error) {
	how := unix.OpenHow{Flags: flags | unix.O_CLOEXEC, Resolve: inside}
	for {
		fd, err := unix.Openat2(s.project, rel, &how)
		if err != unix.EINTR && err != unix.EAGAIN {
			return fd, err
		}
	}
}

// folder adds a folder on the way, once, and those above it, and returns its
// place among the nodes.
func (s *surveyor) folder(rel string) (int, error) {
	if i, known := s.at[rel]; known {
		return i, nil
	}
	above := -1
	var err error
	if rel != "." {
		if above, err = s.folder(path.Dir(rel)); err != nil {
			return 0, err
		}
	}
	n, err := s.look(rel)
	if err == unix.ENOENT && above >= 0 {
		n, err = s.madeFolder(rel, s.nodes[above]), nil
	}
	if err != nil {
		return 0, err
	}
	s.at[rel] = len(s.nodes)
	s.nodes = append(s.nodes, n)
	return s.at[rel], nil
}

// look reads the attributes of a folder of the project. Only root can make one
// like somebody else's.
func (s *surveyor) look(rel string) (node, error) {
	fd, err := s.open(rel, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return node{}, err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return node{}, err
	}
	n := node{path: rel, dir: true, mode: st.Mode & 0o7777, uid: st.Uid, gid: st.Gid, merged: true, changed: st.Mtim}
	if euid := os.Geteuid(); euid != 0 && int(n.uid) != euid {
		return n, errUnfit
	}
	n.access, n.initial, err = lists(fd)
	return n, err
}

// made is a new name in a folder; one in a folder of a group gets that group.
func (s *surveyor) made(rel string, mode uint32, in node) node {
	n := node{path: rel, mode: mode, uid: uint32(s.owner.UID), gid: uint32(s.owner.GID)}
	if in.mode&unix.S_ISGID != 0 {
		n.gid = in.gid
	}
	return n
}

// madeFolder is a new folder. Where its parent has a list for it, that stands in
// the place of the umask.
func (s *surveyor) madeFolder(rel string, in node) node {
	n := s.made(rel, newFolder|in.mode&unix.S_ISGID, in)
	n.dir, n.initial = true, in.initial
	if l, err := acl.Decode(in.initial); err == nil {
		n.mode = in.mode&unix.S_ISGID | l.Mode()
		if !l.Minimal() { // else the mode says it all
			n.access = in.initial
		}
	}
	return n
}

// nameOf is the hash of all that a layer must hold. When the project's folders
// were changed is left out: that is set at each use.
func nameOf(nodes []node) string {
	b := []byte("ringwall absent 1\n")
	for _, n := range nodes {
		b = strconv.AppendQuote(b, n.path)
		for _, v := range []uint64{uint64(n.mode), uint64(n.uid), uint64(n.gid), uint64(flag(n.dir) | 2*flag(n.merged))} {
			b = strconv.AppendUint(append(b, ' '), v, 8)
		}
		for _, l := range [][]byte{n.access, n.initial} {
			b = hex.AppendEncode(append(b, ' '), l)
		}
		b = append(b, '\n')
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}
