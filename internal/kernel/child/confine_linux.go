package child

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/landlock"
	"ringwall/internal/kernel/launch"
)

// confine locks this process in; the command inherits all of it. The order is
// a security property:
//
//   - descriptors first: an open one is a right that nothing below takes away
//     (CVE-2024-21626);
//   - limits while they can still be set;
//   - the Landlock ruleset is built while paths can be opened freely;
//   - capabilities before no_new_privs, since the bounding set takes
//     CAP_SETPCAP to empty;
//   - no_new_privs before Landlock and seccomp, which demand it;
//   - seccomp last, as it may refuse calls that the steps before need.
func confine() {
	closeInherited()
	limit()
	rules := ruleset()
	dropCapabilities()
	must("set no_new_privs", nil, errnoOf(prctl(unix.PR_SET_NO_NEW_PRIVS, 1)))
	if rules >= 0 {
		_, errno := call(unix.SYS_LANDLOCK_RESTRICT_SELF, uintptr(rules), landlock.Flags(spec.Landlock), 0)
		must("apply Landlock", nil, errno)
		closeFD(rules)
	}
	filter()
}

// closeInherited keeps the socket, the command's streams and its terminal, none
// of which an exec hands on under its number.
func closeInherited() {
	first := uintptr(launch.FirstFD)
	if terminal >= 0 {
		_, errno := call(unix.SYS_DUP3, uintptr(terminal), first, unix.O_CLOEXEC)
		must("keep the terminal", nil, errno)
		terminal = launch.FirstFD
		first++
	}
	_, errno := call(unix.SYS_CLOSE_RANGE, first, ^uintptr(0)>>33, 0)
	must("close inherited descriptors", nil, errno)
	_, errno = call(unix.SYS_FCNTL, launch.SocketFD, unix.F_SETFD, unix.FD_CLOEXEC)
	must("close inherited descriptors", nil, errno)
}

func limit() {
	var set unix.CPUSet
	for cpus, i := spec.CPUs, 0; i < cpus.Len; i++ {
		set.Set(int(cpus.Number()))
	}
	if spec.CPUs.Len > 0 {
		_, errno := call(unix.SYS_SCHED_SETAFFINITY, 0, unsafe.Sizeof(set), uintptr(unsafe.Pointer(&set)))
		must("choose the CPUs", nil, errno)
	}
	for limits, i := spec.Rlimits, 0; i < limits.Len; i++ {
		resource, value := limits.Number(), uint64(limits.Number())
		l := unix.Rlimit{Cur: value, Max: value}
		_, errno := call6(unix.SYS_PRLIMIT64, 0, uintptr(resource), uintptr(unsafe.Pointer(&l)), 0, 0, 0)
		must("set a limit", nil, errno)
	}
}

// ruleset is Landlock's, not in force yet; -1 for none.
func ruleset() int {
	if spec.Landlock == 0 {
		return -1
	}
	attr := landlock.Handled(spec.Landlock)
	rules, errno := call(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), landlock.Size(spec.Landlock), 0)
	must("make a Landlock ruleset", nil, errno)
	for paths, i := spec.Write, 0; i < paths.Len; i++ {
		path := paths.Text()
		fd, errno := call6(unix.SYS_OPENAT, atCWD, uintptr(unsafe.Pointer(path.Pointer())), unix.O_PATH|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0, 0, 0)
		must("open", path, errno)
		beneath := unix.LandlockPathBeneathAttr{Parent_fd: int32(fd),
			Allowed_access: landlock.Writing(attr.Handled_access_fs, isFolder(int(fd)))}
		_, errno = call6(unix.SYS_LANDLOCK_ADD_RULE, rules, unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&beneath)), 0, 0, 0)
		must("allow writing in", path, errno)
		closeFD(int(fd))
	}
	return int(rules)
}

// Flags of seccomp(2) (linux/seccomp.h).
const (
	setModeFilter    = 1
	flagNewListener  = 1 << 3
	flagWaitKillable = 1 << 5
)

// filter installs the system call filter and tells the supervisor that all is
// in force, with the descriptor on which refused calls are seen. The command
// starts when the supervisor has read the limits back.
//
// A waiting call can only be ended by a fatal signal (WAIT_KILLABLE_RECV,
// Linux 5.19): a runtime that preempts its threads with signals would restart
// the call for ever. Where the kernel is older the flag is left out.
func filter() {
	if len(spec.Filter) == 0 {
		say(launch.Confined, -1)
		return
	}
	prog := unix.SockFprog{Len: uint16(len(spec.Filter) / 8), Filter: (*unix.SockFilter)(unsafe.Pointer(&spec.Filter[0]))}
	if !spec.Observe {
		_, errno := call(unix.SYS_SECCOMP, setModeFilter, 0, uintptr(unsafe.Pointer(&prog)))
		must("install the system call filter", nil, errno)
		say(launch.Confined, -1)
		return
	}
	fd, errno := call(unix.SYS_SECCOMP, setModeFilter, flagNewListener|flagWaitKillable, uintptr(unsafe.Pointer(&prog)))
	if errno == unix.EINVAL {
		fd, errno = call(unix.SYS_SECCOMP, setModeFilter, flagNewListener, uintptr(unsafe.Pointer(&prog)))
	}
	must("install the system call filter", nil, errno)
	say(launch.Confined, int(fd))
	closeFD(int(fd))
}
