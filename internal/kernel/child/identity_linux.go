package child

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/launch"
)

// setName: started by descriptor, the process would show with a number for a
// name.
func setName() {
	prctl(unix.PR_SET_NAME, literal("ringwall-init\x00"))
}

func prctl(option, value uintptr) uintptr {
	_, errno := call6(unix.SYS_PRCTL, option, value, 0, 0, 0, 0)
	return uintptr(errno)
}

// hide makes this process unreadable through /proc and to ptrace even for its
// own user: it is the only one inside that ever holds capabilities. Not sooner,
// since the supervisor writes its identity maps through /proc. It also dies
// with the supervisor; the kernel forgets that wish when credentials change, so
// it is said here again.
func hide() {
	prctl(unix.PR_SET_DUMPABLE, 0)
	prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL))
}

// firstToGo makes this process, and with it all that it starts, what the kernel
// ends when the machine runs out of memory: not the supervisor, nor the owner's
// programs. Before the user changes: then the file is no longer this process's.
// Where it cannot be written nothing but that is lost.
func firstToGo() {
	fd, errno := call6(unix.SYS_OPENAT, atCWD, literal("/proc/self/oom_score_adj\x00"), unix.O_WRONLY|unix.O_CLOEXEC, 0, 0, 0)
	if errno != 0 {
		return
	}
	const worst = "1000"
	call(unix.SYS_WRITE, fd, uintptr(unsafe.Pointer(unsafe.StringData(worst))), uintptr(len(worst)))
	closeFD(int(fd))
}

// secureBits is SECBIT_NOROOT, NO_SETUID_FIXUP and NO_CAP_AMBIENT_RAISE with
// their locks, and KEEP_CAPS locked off (linux/securebits.h): nothing gives a
// capability back, not even becoming uid 0 of the namespace.
const secureBits = 1<<0 | 1<<1 | 1<<2 | 1<<3 | 1<<5 | 1<<6 | 1<<7

// keepOnSwitch is SECBIT_NO_SETUID_FIXUP: capabilities survive a change of the
// user number. They are dropped by themselves, later.
const keepOnSwitch = 1 << 2

// becomeFirst makes this process the command's user before it builds the view,
// or, where the view is built as somebody else, lets what it makes on the way
// belong to that user.
func becomeFirst() {
	switch spec.Switch {
	case launch.SwitchFirst:
		become()
	case launch.SwitchLast:
		must("keep capabilities", nil, errnoOf(prctl(unix.PR_SET_SECUREBITS, keepOnSwitch)))
		ownFiles(true)
	}
}

// ownFiles chooses whether new files belong to the command's user or to who
// mounts.
func ownFiles(command bool) {
	if spec.Switch != launch.SwitchLast {
		return
	}
	var uid, gid uintptr
	if command {
		uid, gid = uintptr(spec.UID), uintptr(spec.GID)
	}
	call(unix.SYS_SETFSGID, gid, 0, 0) // gives the old number, never an error
	call(unix.SYS_SETFSUID, uid, 0, 0)
	if now, _ := call(unix.SYS_SETFSUID, ^uintptr(0), 0, 0); now != uid {
		fail("choose whose new files are", nil, unix.EPERM)
	}
}

// become gives up every group, then the group number, then the user number: in
// another order the last ones could not be given up any more.
func become() {
	uid, gid := uintptr(spec.UID), uintptr(spec.GID)
	_, errno := call(unix.SYS_SETGROUPS, 0, 0, 0)
	must("leave all groups", nil, errno)
	_, errno = call(unix.SYS_SETRESGID, gid, gid, gid)
	must("change the group", nil, errno)
	_, errno = call(unix.SYS_SETRESUID, uid, uid, uid)
	must("change the user", nil, errno)
}

// dropCapabilities empties every set. The bounding set goes first: taking from
// it needs CAP_SETPCAP, as the secure bits do. Then the user changes, where that
// is still to come: with the last capability goes the right to.
func dropCapabilities() {
	const what = "drop all capabilities"
	for c := uintptr(0); ; c++ {
		errno := errnoOf(prctl(unix.PR_CAPBSET_DROP, c))
		if errno == unix.EINVAL && c > unix.CAP_CHOWN { // past the last one of this kernel
			break
		}
		must(what, nil, errno)
	}
	must(what, nil, errnoOf(prctl(unix.PR_SET_SECUREBITS, secureBits)))
	must(what, nil, errnoOf(prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL)))
	if spec.Switch == launch.SwitchLast {
		become()
		hide() // the kernel took it back with the change
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	_, errno := call(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&none[0])), 0)
	must(what, nil, errno)
}
