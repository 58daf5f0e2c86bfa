package native

import (
	"context"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"ringwall/internal/backend"
)

// meter counts what the command writes to its standard streams. The command
// gets pipes of its own: who holds a descriptor of the caller's pipe can also
// open it for reading, or make it non-blocking for everybody.
type meter struct {
	run     *run
	limit   int64
	written atomic.Int64
	wg      sync.WaitGroup
	inside  []*os.File // writing ends, for the command
	pumps   []*pump
}

// pump carries one stream.
type pump struct {
	meter  *meter
	from   *os.File
	to     *os.File
	began  time.Time
	window int
}

const (
	// outputRate is how many bytes of a stream are taken in a second; a writer
	// that is faster waits. It bounds what a flood costs the supervisor.
	outputRate   = 256 << 20
	outputSlice  = 50 * time.Millisecond
	outputBuffer = 64 << 10 // a pipe holds as much
)

// outputs are what the command gets as standard output and error. A terminal
// and the null device go in as they are: nothing is kept of what goes there.
func (r *run) outputs() (out, err *os.File, failed error) {
	l := r.find("output")
	if l == nil {
		return r.native.Stdout, r.native.Stderr, nil
	}
	r.meter = &meter{run: r, limit: l.Value}
	if out, failed = r.meter.stream(r.native.Stdout); failed != nil {
		return nil, nil, failed
	}
	if sameFile(r.native.Stdout, r.native.Stderr) {
		return out, out, nil // one pipe, so that the order stays
	}
	err, failed = r.meter.stream(r.native.Stderr)
	return out, err, failed
}

func sameFile(a, b *os.File) bool {
	var s, t unix.Stat_t
	return a != nil && b != nil && unix.Fstat(int(a.Fd()), &s) == nil && unix.Fstat(int(b.Fd()), &t) == nil &&
		s.Dev == t.Dev && s.Ino == t.Ino
}

func device(f *os.File) bool {
	var s unix.Stat_t
	return unix.Fstat(int(f.Fd()), &s) == nil && s.Mode&unix.S_IFMT == unix.S_IFCHR
}

func (m *meter) stream(to *os.File) (*os.File, error) {
	if to == nil || device(to) {
		return to, nil
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	// So that the command can open /dev/stdout, whatever account it has.
	if err := openPipe(w); err != nil {
		r.Close()
		w.Close()
		return nil, err
	}
	m.inside = append(m.inside, w)
	m.pumps = append(m.pumps, &pump{meter: m, from: r, to: to, began: time.Now()})
	return w, nil
}

// start begins to carry. The command has its ends by then, if it was started at
// all.
func (m *meter) start() {
	if m == nil {
		return
	}
	closeAll(m.inside)
	for _, p := range m.pumps {
		m.wg.Go(p.run)
	}
}

// unused waits for the streams of a command that was never started. Nobody
// holds them any more.
func (m *meter) unused() {
	if m != nil {
		m.wg.Wait()
	}
}

// run ends when no process holds the stream any more, or nobody reads it: then
// the command gets SIGPIPE, as it would without a pipe between.
func (p *pump) run() {
	defer p.from.Close()
	buf := make([]byte, outputBuffer)
	for {
		n, err := p.from.Read(buf)
		if !writeAll(p.to, p.meter.allowed(buf[:n])) || err != nil {
			return
		}
		p.pace(n)
	}
}

// allowed counts, and gives what may pass. At the limit the run ends; until it
// has, the rest is dropped.
func (m *meter) allowed(b []byte) []byte {
	after := m.written.Add(int64(len(b)))
	if after <= m.limit {
		return b
	}
	m.run.watcher.over("output", backend.OverOutput)
	return b[:max(0, int64(len(b))-(after-m.limit))]
}

// exceeded tells whether more was written than the limit.
func (m *meter) exceeded() bool { return m != nil && m.written.Load() > m.limit }

func (p *pump) pace(n int) {
	p.window += n
	share := float64(p.window) / outputRate
	due := time.Duration(share * float64(time.Second))
	if due < outputSlice {
		return
	}
	time.Sleep(due - time.Since(p.began))
	p.began, p.window = time.Now(), 0
}

// writeAll writes past the os package, which takes a closed pipe at descriptor
// 1 or 2 for a reason to end this process. The other end may be non-blocking.
func writeAll(f *os.File, b []byte) bool {
	fd := int(f.Fd())
	for len(b) > 0 {
		n, err := unix.Write(fd, b)
		switch {
		case err == unix.EAGAIN:
			unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, -1)
		case err != nil && err != unix.EINTR:
			return false
		case n > 0:
			b = b[n:]
		}
	}
	return true
}

// finish waits until what was written has arrived. A reader that does not read
// holds up a command that has ended by itself, as it would hold up any filter,
// until somebody asks to end; of one that was ended the rest is given up.
func (m *meter) finish(ctx context.Context, reason string) {
	if m == nil {
		return
	}
	done := make(chan struct{})
	go func() { m.wg.Wait(); close(done) }()
	var patience <-chan time.Time
	if reason != backend.Exited {
		patience = time.After(grace)
	}
	for {
		select {
		case <-done:
			return
		case <-patience:
			return
		case <-ctx.Done():
			patience, ctx = time.After(grace), context.Background()
		case <-m.run.native.Signals:
			patience = time.After(0)
		}
	}
}
