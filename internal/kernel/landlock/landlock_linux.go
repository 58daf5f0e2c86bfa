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

// abi says which rights came with which version of the interface, from the
// kernel's Documentation/userspace-api/landlock.rst.
var abi = []struct {
	version int
	files   uint64
	scopes  uint64
}{
	{version: 1, files: unix.LANDLOCK_ACCESS_FS_WRITE_FILE |
		unix.LANDLOCK_ACCESS_FS_REMOVE_DIR | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE |
		unix.LANDLOCK_ACCESS_FS_MAKE_CHAR | unix.LANDLOCK_ACCESS_FS_MAKE_DIR |
		unix.LANDLOCK_ACCESS_FS_MAKE_REG | unix.LANDLOCK_ACCESS_FS_MAKE_SOCK |
		unix.LANDLOCK_ACCESS_FS_MAKE_FIFO | unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK |
		unix.LANDLOCK_ACCESS_FS_MAKE_SYM},
	{version: 2, files: unix.LANDLOCK_ACCESS_FS_REFER},
	{version: 3, files: unix.LANDLOCK_ACCESS_FS_TRUNCATE},
	{version: 5, files: unix.LANDLOCK_ACCESS_FS_IOCTL_DEV},
	{version: 6, scopes: unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | unix.LANDLOCK_SCOPE_SIGNAL},
}

// devices are the rights that no tree is given: block and character devices
// are never made inside.
const devices = unix.LANDLOCK_ACCESS_FS_MAKE_CHAR | unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK

// ABI asks the kernel for its version of the interface; 0 means that there is
// no Landlock (not built in, or not switched on at boot).
func ABI() int {
	v, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return 0
	}
	return int(v)
}

// rights sums up what a version handles.
func rights(version int) (files, scopes uint64) {
	for _, row := range abi {
		if row.version <= version {
			files |= row.files
			scopes |= row.scopes
		}
	}
	return files, scopes
}

// Handled is what a ruleset refuses unless a rule allows it: all that the
// version can refuse, reads and execution aside. It allocates nothing, for a
// process without a heap.
func Handled(version int) unix.LandlockRulesetAttr {
	files, scopes := rights(version)
	return unix.LandlockRulesetAttr{Handled_access_fs: files, Scoped: scopes}
}

// Size is the length of what Handled gives that a version knows: fields that
// it does not know must not be passed.
func Size(version int) uintptr { return size(version) }

// Writing is what a tree is given of the rights that are handled; a single file
// gets only the rights of files.
func Writing(handled uint64, dir bool) uint64 {
	access := handled &^ devices
	if !dir {
		access &= unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE |
			unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
	}
	return access
}

// Ruleset is a set of rules that is not in force yet.
type Ruleset struct {
	fd    int
	files uint64
}

// New makes a ruleset that refuses all that the version can refuse, reads and
// execution aside.
func New(version int) (*Ruleset, error) {
	files, scopes := rights(version)
	attr := unix.LandlockRulesetAttr{Handled_access_fs: files, Scoped: scopes}
	fd, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET,
		uintptr(unsafe.Pointer(&attr)), size(version), 0)
	if errno != 0 {
		return nil, errno
	}
	unix.CloseOnExec(int(fd))
	return &Ruleset{fd: int(fd), files: files}, nil
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

// AllowWrite lets writing happen below the tree that dir is an open
// descriptor of. For a single file only the rights of files are given.
func (r *Ruleset) AllowWrite(dir int, isDir bool) error {
	access := r.files &^ devices
	if !isDir {
		access &= unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE |
			unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
	}
	attr := unix.LandlockPathBeneathAttr{Allowed_access: access, Parent_fd: int32(dir)}
	_, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(r.fd),
		unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&attr)), 0, 0, 0)
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
	if _, _, errno := call(unix.SYS_LANDLOCK_RESTRICT_SELF, uintptr(r.fd), 0, 0); errno != 0 {
		return errno
	}
	return nil
}
