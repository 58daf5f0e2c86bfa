package pty

import "golang.org/x/sys/unix"

// Pause restores the caller's terminal until Resume, for the time that this
// process is stopped.
func (r *Relay) Pause() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.paused = true
	r.apply(false)
}

// Resume takes the caller's terminal again, if it is this process's turn. What
// happened to it meanwhile is not known.
func (r *Relay) Resume() {
	r.mu.Lock()
	r.paused, r.Caller.raw = false, false
	if r.running() {
		r.resize()
	}
	r.mu.Unlock()
	r.settle()
}

// settle brings the caller's terminal into the state that fits now.
func (r *Relay) settle() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.running() || r.paused {
		return
	}
	mine, wanted := r.Caller.foreground(), r.wanted()
	if !mine && wanted {
		// As the kernel does to a job that uses the terminal out of turn. The
		// shell tells, and `fg` goes on.
		unix.Kill(0, unix.SIGTTOU)
		return
	}
	r.apply(mine && (!r.Shared || wanted))
}

// wanted tells whether the command changed how its terminal works.
func (r *Relay) wanted() bool {
	now, err := unix.IoctlGetTermios(r.fd, unix.TCGETS)
	return err == nil && !sameModes(now, &r.begun)
}

// stdout is its bit in FDs. A command that writes to a pipe there does not draw
// on the screen, and what comes out of the pipe may.
const stdout = 1 << 1

func (r *Relay) apply(raw bool) {
	if raw == r.Caller.raw {
		return
	}
	r.external(!raw)
	if raw {
		r.Caller.makeRaw(r.Shared && r.FDs&stdout == 0)
	} else {
		r.Caller.restore()
	}
	r.tellGuard()
}

// external says whether somebody else makes lines out of keys for the
// command's terminal.
func (r *Relay) external(is bool) {
	if !r.Shared || !r.running() {
		return
	}
	now, err := unix.IoctlGetTermios(r.fd, unix.TCGETS)
	if err != nil {
		return
	}
	now.Lflag &^= unix.EXTPROC
	if is {
		now.Lflag |= unix.EXTPROC
	}
	unix.IoctlSetTermios(r.fd, unix.TCSETS, now)
}
