package host

import (
	"bufio"
	"io"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/direct"
	"ringwall/internal/kernel/seen"
)

// sockets adds those of this machine's services that lie below a tree: a
// read-only mount does not keep anybody from connecting. They come and go, and
// are looked for at each start.
func (f *Facts) sockets(trees []tree) {
	s := &searcher{eyes: seen.New(nil, time.Now()), trees: trees, other: f.Account != nil, found: f.Private}
	fd, err := direct.Open("/proc/net/unix", unix.O_RDONLY)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	for lines := bufio.NewScanner(descriptor(fd)); lines.Scan(); {
		// Num RefCount Protocol Flags Type St Inode Path
		if _, path, found := strings.Cut(lines.Text(), " /"); found {
			s.socket("/" + path)
		}
	}
	sortPrivate(s.found)
	f.Private = s.found
}

// socket hides a path, should a socket be there. A service has one name for all
// of its connections; each is looked at once (seen.Eyes).
func (s *searcher) socket(path string) {
	info, err := s.eyes.Lstat(path)
	if err != nil || !info.IsSocket() {
		return
	}
	if real, err := s.eyes.Resolve(path); err == nil {
		s.hide(Private{Path: real, Why: "a service's socket"})
	}
}

// descriptor reads an open file of the kernel's, which never makes anybody wait.
type descriptor int

func (d descriptor) Read(b []byte) (int, error) {
	for {
		n, err := unix.Read(int(d), b)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return 0, err
		case n == 0:
			return 0, io.EOF
		}
		return n, nil
	}
}
