// Package child is the first process of a sandbox: it builds the view, locks
// itself in, starts the command and reaps. It runs INSIDE; everything it holds
// must be harmless in the hands of the agent by the time the command starts.
//
// It is kept to few imports: what its packages initialise is paid at each
// start.
package child

import (
	"os/signal"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/launch"
)

// Main is the whole program. It never returns.
func Main(args []string) {
	if len(args) > 1 && args[1] == "janitor" {
		janitor(args[2:])
	}
	if len(args) > 1 && args[1] == confinedArg {
		runtime.LockOSThread()
		goOn()
	}
	// Mounts, credentials and filters below are made on this thread, and the
	// command is forked from it.
	runtime.LockOSThread()
	hideFromDebuggers()
	spec := readSpec()
	self := openSelf()
	build(spec)
	if spec.ProbeOnly {
		say(launch.Ready, nil)
		unix.Exit(0)
	}
	say(launch.Ready, nil)
	awaitGo()
	swallowSignals()
	confine(spec, self)
	awaitGo()
	run(spec)
}

// hideFromDebuggers makes this process unreadable through /proc and to ptrace
// even for its own user: it is the only one inside that ever held
// capabilities. It also dies with the supervisor; the kernel forgets that wish
// when credentials change, so it is said again here.
func hideFromDebuggers() {
	// Started by descriptor, it would show with a number for a name.
	name := append([]byte("ringwall-init"), 0)
	unix.Prctl(unix.PR_SET_NAME, uintptr(unsafe.Pointer(&name[0])), 0, 0, 0)
	unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0)
}

// readSpec reads the sealed file that the supervisor passed.
func readSpec() *launch.Spec {
	var stat unix.Stat_t
	must("read the launch specification", unix.Fstat(launch.SpecFD, &stat))
	data := make([]byte, stat.Size)
	n, err := unix.Pread(launch.SpecFD, data, 0)
	must("read the launch specification", err)
	unix.Close(launch.SpecFD)
	spec, err := launch.Decode(data[:n])
	if err != nil {
		fail("understand the launch specification", unix.EBADMSG)
	}
	return spec
}

// awaitGo waits until the supervisor has put the limits in force. A closed
// socket means that it is gone.
func awaitGo() {
	var buf [1]byte
	n, err := unix.Read(launch.SocketFD, buf[:])
	if err != nil || n != 1 || buf[0] != launch.Go {
		unix.Exit(failedExit)
	}
}

// swallowSignals keeps signals from ending the sandbox: those of the terminal,
// which reach this process too, and those that its own user can send from
// inside. The kernel protects a first process only from signals that it does
// not catch, and a Go program catches nearly all, to end with a stack trace.
// They are caught, not ignored: a command would inherit ignored ones.
func swallowSignals() {
	c := make(chan osSignal, 1)
	for s := syscall.Signal(1); s < lastSignal; s++ {
		switch s {
		case unix.SIGKILL, unix.SIGSTOP, unix.SIGCHLD, unix.SIGURG: // SIGURG is how Go preempts a thread
		default:
			signal.Notify(c, s)
		}
	}
	go func() {
		for range c {
		}
	}()
}

const lastSignal = 65

const failedExit = 125

// must ends the process with a message if err is set.
func must(what string, err error) {
	if err == nil {
		return
	}
	errno, ok := err.(syscall.Errno)
	if !ok {
		errno = unix.EIO
	}
	fail(what, errno)
}

// fail tells the supervisor what could not be done, and why, and ends. A
// half-built sandbox never runs anything.
func fail(what string, errno syscall.Errno) {
	msg := append(number(uint32(errno)), what...)
	say(launch.Failed, msg)
	unix.Exit(failedExit)
}
