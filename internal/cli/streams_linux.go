package cli

import (
	"io"
	"os"

	"golang.org/x/sys/unix"

	"ringwall/internal/loop"
)

// standardStreams makes what the command gets as its first three descriptors.
// A terminal, a pipe and /dev/null go in as they are. Anything else, a file for
// one, stays outside and is copied: a descriptor of a file can be opened again
// through /proc/self/fd, with other rights than it was given with.
func standardStreams(in, out, err *os.File) (loop.IO, func(), error) {
	s := &streams{}
	io := loop.IO{Stdin: s.input(in), Stdout: s.output(out), Stderr: s.output(err)}
	if s.failed != nil {
		s.finish()
		return loop.IO{}, nil, s.failed
	}
	return io, s.finish, nil
}

// streams are copies on their way.
type streams struct {
	inside []*os.File // ends that the command holds, to be closed here too
	done   []chan struct{}
	failed error
}

// harmless tells whether a descriptor may be handed in.
func harmless(f *os.File) bool {
	var stat unix.Stat_t
	if f == nil || unix.Fstat(int(f.Fd()), &stat) != nil {
		return false
	}
	kind := stat.Mode & unix.S_IFMT
	return kind == unix.S_IFIFO || kind == unix.S_IFCHR
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
