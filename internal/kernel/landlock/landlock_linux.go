// Package landlock puts a second lock behind the mounts: even where a mount
// would allow it, a process can write, create and control devices only below
// the trees that are listed.
//
// Reading is not handled: the mounts already bound what there is to read, and
// each right that is handled costs time on every open.
package landlock

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// devices are the rights that no tree is given: block and character devices
// are never made inside.
const devices = unix.LANDLOCK_ACCESS_FS_MAKE_CHAR | unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK

// Options add what not every sandbox wants handled.
type Options struct {
	Execute bool // run only what lies below the trees of AllowExecute
	Bind    bool // take only the ports of AllowBind: TCP, from version 10 UDP too
	Connect bool // reach only the ports of AllowConnect, likewise
}

// kept are rights that the kernel notes with each file that is opened, for
// reading too: while one of them is handled, every open walks its path up to
// the root of the file system once more.
const kept = unix.LANDLOCK_ACCESS_FS_TRUNCATE | unix.LANDLOCK_ACCESS_FS_IOCTL_DEV

// Handled is what a sandbox refuses unless a rule allows it: all that the
// version can refuse, but reads, execution and ports, and what costs every
// open. What that leaves to the mounts alone is truncate(2) by path, and
// devices, of which there are none outside /dev. It allocates nothing, for a
// process without a heap.
func Handled(version int) unix.LandlockRulesetAttr {
	a := handled(version, Options{})
	a.Handled_access_fs &^= kept
	return a
}

// Size is the length of what Handled gives that a version knows: fields that
// it does not know must not be passed.
func Size(version int) uintptr { return size(version) }

// Flags are those with which the rules are put in force.
func Flags(version int) uintptr { return flags(version) }

// Writing is what a tree is given of the rights that are handled; a single file
// gets only the rights of files.
func Writing(handled uint64, dir bool) uint64 {
	access := handled &^ (devices | execute | unix.LANDLOCK_ACCESS_FS_RESOLVE_UNIX)
	if !dir {
		access &= unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE |
			unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
	}
	return access
}

// Ruleset is a set of rules that is not in force yet.
type Ruleset struct {
	fd      int
	version int
	files   uint64
	net     uint64
}

// New makes a ruleset that refuses all that the version can refuse, reads,
// execution and ports aside.
func New(version int) (*Ruleset, error) { return NewWith(version, Options{}) }

// NewWith makes one that also refuses what the options name.
func NewWith(version int, opt Options) (*Ruleset, error) {
	attr := handled(version, opt)
	fd, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET,
		uintptr(unsafe.Pointer(&attr)), size(version), 0)
	if errno != 0 {
		return nil, errno
	}
	unix.CloseOnExec(int(fd))
	return &Ruleset{fd: int(fd), version: version, files: attr.Handled_access_fs, net: attr.Handled_access_net}, nil
}

// AllowWrite lets writing happen below the tree that dir is an open
// descriptor of. For a single file only the rights of files are given.
func (r *Ruleset) AllowWrite(dir int, isDir bool) error {
	return r.allow(dir, Writing(r.files, isDir))
}

// AllowExecute lets programs run that lie below the tree.
func (r *Ruleset) AllowExecute(dir int) error { return r.allow(dir, r.files&execute) }

func (r *Ruleset) allow(dir int, access uint64) error {
	attr := unix.LandlockPathBeneathAttr{Allowed_access: access, Parent_fd: int32(dir)}
	return r.rule(unix.LANDLOCK_RULE_PATH_BENEATH, unsafe.Pointer(&attr))
}

// portRule is struct landlock_net_port_attr.
type portRule struct{ access, port uint64 }

const ruleNetPort = 2 // LANDLOCK_RULE_NET_PORT

// AllowBind lets a port be taken; 0 stands for one that the kernel chooses.
func (r *Ruleset) AllowBind(port uint16) error {
	return r.allowPort(port, unix.LANDLOCK_ACCESS_NET_BIND_TCP|unix.LANDLOCK_ACCESS_NET_BIND_UDP)
}

// AllowConnect lets a port be reached, at any address.
func (r *Ruleset) AllowConnect(port uint16) error {
	return r.allowPort(port, unix.LANDLOCK_ACCESS_NET_CONNECT_TCP|unix.LANDLOCK_ACCESS_NET_CONNECT_SEND_UDP)
}

func (r *Ruleset) allowPort(port uint16, access uint64) error {
	if access &= r.net; access == 0 {
		return nil // nothing of it is handled
	}
	attr := portRule{access, uint64(port)}
	return r.rule(ruleNetPort, unsafe.Pointer(&attr))
}

func (r *Ruleset) rule(kind uintptr, attr unsafe.Pointer) error {
	_, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(r.fd), kind, uintptr(attr), 0, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// Restrict puts the rules on every thread of the calling process;
// no_new_privs must be set on each.
func (r *Ruleset) Restrict() error { return r.restrict(syscall.AllThreadsSyscall) }

// RestrictThread puts the rules on the calling thread alone, which must go on
// to exec.
func (r *Ruleset) RestrictThread() error { return r.restrict(syscall.Syscall) }

func (r *Ruleset) restrict(call func(nr, a, b, c uintptr) (uintptr, uintptr, syscall.Errno)) error {
	defer unix.Close(r.fd)
	if _, _, errno := call(unix.SYS_LANDLOCK_RESTRICT_SELF, uintptr(r.fd), flags(r.version), 0); errno != 0 {
		return errno
	}
	return nil
}
