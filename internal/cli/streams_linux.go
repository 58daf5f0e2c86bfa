package cli

import (
	"io"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/pty"
	"ringwall/internal/loop"
)

// standardStreams makes what the command gets as its first three descriptors.
// A pipe and /dev/null go in as they are, and for those that are the caller's
// terminal it has one of its own. Anything else, a file for one, stays outside
// and is copied: a descriptor of a file can be opened again through
// /proc/self/fd, with other rights than it was given with.
func standardStreams(std [3]*os.File, terminal *pty.Relay) (loop.IO, func(), error) {
	s := &streams{}
	var given [3]*os.File
	for i, f := range std {
		switch {
		case terminal != nil && terminal.FDs&(1<<i) != 0:
		case i == 0:
			given[i] = s.input(f)
		default:
			given[i] = s.output(f)
		}
	}
	if s.failed != nil {
		s.finish()
		return loop.IO{}, nil, s.failed
	}
	return loop.IO{Stdin: given[0], Stdout: given[1], Stderr: given[2]}, s.finish, nil
}

// streams are copies on their way.
type streams struct {
	inside []*os.File // ends that the command holds, to be closed here too
	done   []chan struct{}
	failed error
}

// harmless tells whether a descriptor may be handed in: a pipe, or one of the
// devices that are inside anyway.
func harmless(f *os.File) bool {
	var stat unix.Stat_t
	switch kindOf(f) {
	case unix.S_IFIFO:
		return true
	case unix.S_IFCHR:
		return unix.Fstat(int(f.Fd()), &stat) == nil && slices.Contains(harmlessDevices, stat.Rdev)
	}
	return false
}

// harmlessDevices are null, zero, full, random and urandom, as on every Linux.
var harmlessDevices = []uint64{unix.Mkdev(1, 3), unix.Mkdev(1, 5), unix.Mkdev(1, 7), unix.Mkdev(1, 8), unix.Mkdev(1, 9)}

// kindOf is a file's type; 0 if it is not open.
func kindOf(f *os.File) uint32 {
	var stat unix.Stat_t
	if f == nil || unix.Fstat(int(f.Fd()), &stat) != nil {
		return 0
	}
	return stat.Mode & unix.S_IFMT
}

func (s *streams) pipe() (r, w *os.File) {
	r, w, err := os.Pipe()
	if err != nil {
		s.failed = err
	}
	return r, w
}

func (s *streams) input(f *os.File) *os.File {
	if harmless(f) {
		return f
	}
	r, w := s.pipe()
	if s.failed != nil {
		return nil
	}
	s.inside = append(s.inside, r)
	go func() { // ends with the command, which closes the other end
		defer w.Close()
		io.Copy(w, f)
	}()
	return r
}

func (s *streams) output(f *os.File) *os.File {
	if harmless(f) {
		return f
	}
	r, w := s.pipe()
	if s.failed != nil {
		return nil
	}
	s.inside = append(s.inside, w)
	done := make(chan struct{})
	s.done = append(s.done, done)
	go func() {
		defer close(done)
		defer r.Close()
		io.Copy(f, r)
	}()
	return w
}

// finish waits until everything that the command wrote has arrived.
func (s *streams) finish() {
	for _, f := range s.inside {
		f.Close()
	}
	for _, d := range s.done {
		<-d
	}
}
