package landlock

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// feature is what came with one version of the interface, from the kernel's
// Documentation/userspace-api/landlock.rst.
type feature struct {
	version int
	name    string
	files   uint64 // rights that are always handled
	scopes  uint64
	flags   uintptr // of landlock_restrict_self
}

// features lists what is used, and why the rest is not.
var features = []feature{
	{version: 1, name: "files", files: unix.LANDLOCK_ACCESS_FS_WRITE_FILE |
		unix.LANDLOCK_ACCESS_FS_REMOVE_DIR | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE |
		unix.LANDLOCK_ACCESS_FS_MAKE_CHAR | unix.LANDLOCK_ACCESS_FS_MAKE_DIR |
		unix.LANDLOCK_ACCESS_FS_MAKE_REG | unix.LANDLOCK_ACCESS_FS_MAKE_SOCK |
		unix.LANDLOCK_ACCESS_FS_MAKE_FIFO | unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK |
		unix.LANDLOCK_ACCESS_FS_MAKE_SYM},
	{version: 2, name: "moves between folders", files: unix.LANDLOCK_ACCESS_FS_REFER},
	{version: 3, name: "truncation", files: unix.LANDLOCK_ACCESS_FS_TRUNCATE},
	{version: 4, name: "TCP ports"}, // as Options ask
	{version: 5, name: "control of devices", files: unix.LANDLOCK_ACCESS_FS_IOCTL_DEV},
	{version: 6, name: "abstract sockets and signals", scopes: unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | unix.LANDLOCK_SCOPE_SIGNAL},
	// What a sandbox inside the sandbox refuses is not for the machine's audit
	// log, which an agent could fill with it. What this one refuses is not
	// logged after an exec unless somebody asks for it.
	{version: 7, name: "audit", flags: unix.LANDLOCK_RESTRICT_SELF_LOG_SUBDOMAINS_OFF},
	// 8, all threads at once: Restrict does that without.
	// No tree is given this right: sockets of processes inside are free anyway.
	{version: 9, name: "sockets by path", files: unix.LANDLOCK_ACCESS_FS_RESOLVE_UNIX},
	{version: 10, name: "UDP ports"}, // as Options ask
}

// execute came with version 1 and is handled only when asked for.
const execute = unix.LANDLOCK_ACCESS_FS_EXECUTE

// ABI asks the kernel for its version of the interface; 0 means that there is
// no Landlock (not built in, or not switched on at boot).
func ABI() int { return ask(unix.LANDLOCK_CREATE_RULESET_VERSION) }

// Errata is a set of bits, one for each mistake of the interface that this
// kernel has corrected; 0 on kernels that cannot tell (before Linux 6.15).
func Errata() int { return ask(unix.LANDLOCK_CREATE_RULESET_ERRATA) }

func ask(flag uintptr) int {
	v, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, flag)
	if errno != 0 {
		return 0
	}
	return int(v)
}

// Lacking names what a version does not have and ringwall would use.
func Lacking(version int) []string {
	var names []string
	for _, f := range features {
		if f.version > version && (f.files|f.scopes != 0) {
			names = append(names, f.name)
		}
	}
	return names
}

// handled sums up what a version handles.
func handled(version int, opt Options) unix.LandlockRulesetAttr {
	var a unix.LandlockRulesetAttr
	for _, f := range features {
		if f.version <= version {
			a.Handled_access_fs |= f.files
			a.Scoped |= f.scopes
		}
	}
	if opt.Execute {
		a.Handled_access_fs |= execute
	}
	a.Handled_access_net = ports(version, opt)
	return a
}

// ports are the rights of connections that are handled: TCP from version 4 on,
// UDP from version 10.
func ports(version int, opt Options) uint64 {
	var n uint64
	if opt.Bind && version >= 4 {
		n |= unix.LANDLOCK_ACCESS_NET_BIND_TCP
	}
	if opt.Connect && version >= 4 {
		n |= unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
	}
	if opt.Bind && version >= 10 {
		n |= unix.LANDLOCK_ACCESS_NET_BIND_UDP
	}
	if opt.Connect && version >= 10 {
		n |= unix.LANDLOCK_ACCESS_NET_CONNECT_SEND_UDP
	}
	return n
}

// size is the length of the attribute structure that a version knows: fields
// that it does not know must not be passed.
func size(version int) uintptr {
	switch {
	case version >= 6:
		return unsafe.Offsetof(unix.LandlockRulesetAttr{}.Quiet_access_fs)
	case version >= 4:
		return unsafe.Offsetof(unix.LandlockRulesetAttr{}.Scoped)
	}
	return unsafe.Offsetof(unix.LandlockRulesetAttr{}.Handled_access_net)
}

// flags are those of landlock_restrict_self.
func flags(version int) uintptr {
	var n uintptr
	for _, f := range features {
		if f.version <= version {
			n |= f.flags
		}
	}
	return n
}
