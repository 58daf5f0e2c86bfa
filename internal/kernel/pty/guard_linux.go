package pty

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/launch"
)

// tellGuard says how the caller's terminal is to be restored, should this
// process be killed.
func (r *Relay) tellGuard() {
	if r.guard == nil {
		return
	}
	var msg [launch.GuardSize]byte
	if r.Caller.raw {
		undo := r.filter.modes.undo()
		msg[0] = byte(len(undo))
		copy(msg[1:], kernelForm(&r.Caller.found))
		copy(msg[1+launch.TermiosSize:], kernelForm(&r.Caller.set))
		copy(msg[1+2*launch.TermiosSize:], undo)
	}
	if text := string(msg[:]); text != r.guarded {
		r.guard.Write(msg[:])
		r.guarded = text
	}
}

func (r *Relay) clearGuard() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tellGuard()
}

// kernelForm is the kernel's struct termios: what TCGETS fills in.
func kernelForm(t *unix.Termios) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(t)), launch.TermiosSize)
}
