package host

import (
	"bufio"
	"os"
	"strings"
	"time"

	"ringwall/internal/kernel/seen"
)

// sockets adds those of this machine's services that lie below a tree: a
// read-only mount does not keep anybody from connecting. They come and go, and
// are looked for at each start.
func (f *Facts) sockets(trees []tree) {
	s := &searcher{eyes: seen.New(nil, time.Now()), trees: trees, other: f.Account != nil, found: f.Private}
	file, err := os.Open("/proc/net/unix")
	if err != nil {
		return
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
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
