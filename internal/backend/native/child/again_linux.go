package child

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/capability"
	"ringwall/internal/kernel/landlock"
	"ringwall/internal/kernel/launch"
)

// confinedArg tells this program that it was started again, half locked in.
const confinedArg = "confined"

// again is for a program that was linked with C, where not all threads can be
// locked in at once: this thread is, and then starts the program anew. An exec
// ends the other threads, and all that the new ones are made from is locked.
// It never returns.
func again(spec *launch.Spec, rules *landlock.Ruleset, self int) {
	must("drop all capabilities", capability.DropThread())
	must("set no_new_privs", unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
	if rules != nil {
		must("apply Landlock", rules.RestrictThread())
	}
	passOn(spec)
	must("start again", execFD(self, "ringwall-init", confinedArg))
}

// passOn puts the specification where the program looks for it.
func passOn(spec *launch.Spec) {
	fd, err := unix.MemfdCreate("ringwall-spec", unix.MFD_CLOEXEC)
	must("pass the launch specification on", err)
	fd = outOfTheWay(fd)
	must("pass the launch specification on", write(fd, string(spec.Encode())))
	must("pass the launch specification on", unix.Dup3(fd, launch.SpecFD, 0))
	_, err = unix.FcntlInt(launch.SocketFD, unix.F_SETFD, 0) // the new program needs it
	must("pass the socket on", err)
}

// openSelf opens this program's file while the host's files are in reach; -1
// where it will not be needed.
func openSelf() int {
	if capability.Everywhere() {
		return -1
	}
	fd, err := unix.Open("/proc/self/exe", unix.O_PATH|unix.O_CLOEXEC, 0)
	must("open this program", err)
	return outOfTheWay(fd)
}

// outOfTheWay moves a descriptor above those that have a meaning.
func outOfTheWay(fd int) int {
	high, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 64)
	must("move a descriptor", err)
	unix.Close(fd)
	return high
}

// execFD replaces this program by the one behind a descriptor.
func execFD(fd int, args ...string) error {
	argv := make([]*byte, 0, len(args)+1)
	for _, a := range args {
		p, err := unix.BytePtrFromString(a)
		if err != nil {
			return err
		}
		argv = append(argv, p)
	}
	argv = append(argv, nil)
	env := []*byte{nil}
	var empty [1]byte
	_, _, errno := unix.Syscall6(unix.SYS_EXECVEAT, uintptr(fd), uintptr(unsafe.Pointer(&empty[0])),
		uintptr(unsafe.Pointer(&argv[0])), uintptr(unsafe.Pointer(&env[0])), unix.AT_EMPTY_PATH, 0)
	return errno
}

// goOn is the program started again: what was locked stays locked, and the
// filter, which can be put on all threads, comes now.
func goOn() {
	hideFromDebuggers()
	spec := readSpec()
	unix.CloseOnExec(launch.SocketFD)
	swallowSignals()
	filter(spec)
	awaitGo()
	run(spec)
}
