package pty

import (
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// glance is how often the state is looked at where the kernel tells nothing:
// whether this process is in the foreground, and what a shared terminal is
// used for.
const glance = 50 * time.Millisecond

// relayOutput copies until no process inside has the terminal open.
func (r *Relay) relayOutput() {
	defer close(r.output)
	in, out := make([]byte, 32<<10), []byte(nil)
	for {
		n, err := r.master.Read(in)
		if n > 0 {
			out = r.pass(out[:0], in[:n])
			if writeAll(r.Caller.out, out) != nil {
				r.drop()
				return
			}
			r.moved.Add(int64(n))
		}
		if err != nil {
			return // EIO: nobody has it open any more
		}
	}
}

// pass filters. The guard hears of what would have to be undone before the
// terminal does it.
func (r *Relay) pass(dst, src []byte) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	asked := r.filter.asked
	dst = r.filter.Append(dst, src)
	if r.filter.asked != asked {
		r.asked = time.Now()
	}
	r.tellGuard()
	return dst
}

// drop reads what nobody can see any more, so that the command does not hang.
func (r *Relay) drop() {
	r.hungUp()
	io.Copy(io.Discard, r.master)
}

// writeAll writes to a terminal that other processes may have made
// non-blocking: the flag belongs to all who have it open.
func writeAll(f *os.File, b []byte) error {
	if f == nil {
		return nil // it was given for reading only: nobody is to see it
	}
	fd := int(f.Fd())
	for len(b) > 0 {
		n, err := unix.Write(fd, b)
		switch err {
		case nil:
			b = b[n:]
		case unix.EINTR:
		case unix.EAGAIN:
			unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, 1000)
		default:
			return err
		}
	}
	return nil
}

// relayInput copies what is typed for the command.
func (r *Relay) relayInput() {
	defer close(r.input)
	buf := make([]byte, 4<<10)
	for {
		ready, over := r.await()
		if over {
			return
		}
		r.settle()
		if !ready || !r.mayRead() {
			continue
		}
		n, err := unix.Read(int(r.Caller.in.Fd()), buf)
		if !r.typed(buf[:max(n, 0)], err) {
			return
		}
	}
}

// await waits for a key, if keys are ours to read. Over: the relay has ended.
func (r *Relay) await() (ready, over bool) {
	fds := []unix.PollFd{{Fd: int32(r.wake[0].Fd()), Events: unix.POLLIN}}
	wait := int(glance / time.Millisecond)
	if r.mayRead() {
		fds = append(fds, unix.PollFd{Fd: int32(r.Caller.in.Fd()), Events: unix.POLLIN})
	}
	if r.alone() {
		wait = -1
	}
	unix.Poll(fds, wait)
	return len(fds) > 1 && fds[1].Revents != 0, fds[0].Revents != 0
}

// alone tells whether the terminal is this process's until it is told
// otherwise.
func (r *Relay) alone() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.Caller.raw && !r.Shared
}

// endsLines tells whether an empty read is Ctrl-D, and not the terminal's end.
func (r *Relay) endsLines() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.Caller.raw
}

// mayRead tells whether what is typed is for the command.
func (r *Relay) mayRead() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.paused || !r.running() || r.Caller.in == nil:
		return false
	case r.Caller.raw:
		return true
	}
	return r.Shared && r.Caller.foreground() && r.Caller.inLines()
}

// typed passes what was read on. It tells whether to go on.
func (r *Relay) typed(b []byte, err error) bool {
	switch {
	case err == unix.EINTR, err == unix.EAGAIN:
		return true
	case err != nil:
		r.hungUp() // the terminal is gone
		return false
	case len(b) > 0:
		_, err := r.master.Write(b)
		return err == nil
	case r.endsLines():
		return r.endOfInput()
	}
	r.hungUp()
	return false
}

// endOfInput is Ctrl-D at the caller's terminal, which works in lines.
func (r *Relay) endOfInput() bool {
	r.mu.Lock()
	r.external(false) // the key means what it does to a terminal
	key := r.begun.Cc[unix.VEOF]
	r.mu.Unlock()
	_, err := r.master.Write([]byte{key})
	return err == nil
}
