// Package child is the first process of a sandbox: it builds the view, locks
// itself in, starts the command and reaps. It runs INSIDE; everything it holds
// must be harmless in the hands of the agent by the time the command starts.
//
// It is Go without Go's runtime. The kernel enters the program at a symbol of
// ours, so that there is no heap, no scheduler, no thread but this one and
// nothing to initialise: what it costs is the system calls it makes, Landlock
// and seccomp cover it whole, and it keeps nothing in memory that a start had
// to put there. The price is a discipline: no allocation, no maps, no
// interfaces that box, no goroutines, no defer, no panics meant to be seen
// (TestNoRuntime holds it). Where it goes wrong all the same, it dies, and the
// sandbox with it.
package child

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/launch"
)

// Compiled code looks at the stack's bound in its g (first words: stack.lo,
// stack.hi, stackguard0, stackguard1) at each call. A bound of zero is never
// reached; the kernel's own bound of the main thread's stack is what holds.
var (
	goroutine [1024]byte
	storage   [8192]byte // thread-local storage; the g is found relative to its middle
)

// entry is where the program begins, an address in this process.
func entry() uintptr

// Entry is where the first process begins, as an address in this process. The
// small program has it as its entry point from the linker; a program that
// cannot have that writes it into a copy of itself (package initprog).
func Entry() uintptr { return entry() }

// What only the entry, which is assembly, refers to.
var (
	_ = start
	_ = &goroutine
	_ = &storage
)

// start is what the entry calls, on the stack that the kernel made. It never
// returns.
func start(stack *uintptr) {
	args := unsafe.Slice((**byte)(unsafe.Pointer(uintptr(unsafe.Pointer(stack))+unsafe.Sizeof(*stack))), *stack)
	if len(args) > 1 {
		janitor(args[2:])
	}
	sandbox()
}

// sandbox is the whole life of the first process. The order is that of the
// handshake in package launch.
func sandbox() {
	setName()
	setMask(unix.SIG_SETMASK, 0) // it was born with all of them blocked
	say(launch.Begun, -1)
	receive()
	readSpec()
	firstToGo()
	becomeFirst()
	hide()
	build()
	say(launch.Ready, -1)
	if spec.ProbeOnly {
		exit(0)
	}
	waitFor(launch.Go)
	confine()
	waitFor(launch.Go)
	run()
}

func call(nr, a, b, c uintptr) (uintptr, syscall.Errno) {
	r, _, errno := syscall.RawSyscall(nr, a, b, c)
	return r, errno
}

func call6(nr, a, b, c, d, e, f uintptr) (uintptr, syscall.Errno) {
	r, _, errno := syscall.RawSyscall6(nr, a, b, c, d, e, f)
	return r, errno
}

// exit ends this process, and with it the sandbox: even where a filter refuses
// the call, by an instruction that does not exist.
func exit(code uintptr) {
	call(unix.SYS_EXIT_GROUP, code, 0, 0)
	trap()
}

// trap is fatal to a first process too, which other signals from itself are not.
func trap()
