// Package namespace starts the first process of a sandbox, in namespaces of
// its own.
package namespace

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// Identity says who the process is outside and inside its user namespace.
type Identity struct {
	HostUID, HostGID int
	UID, GID         int
	// DropGroups empties the supplementary groups; only root can.
	DropGroups bool
}

// all is every namespace but time, which has no use here.
const all = unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWNET |
	unix.CLONE_NEWIPC | unix.CLONE_NEWUTS | unix.CLONE_NEWCGROUP

// setupCaps is what the first process needs while it builds the view; it
// drops all of them before anything untrusted runs. They hold in its own user
// namespace only.
var setupCaps = []uintptr{
	unix.CAP_SYS_ADMIN, unix.CAP_NET_ADMIN, unix.CAP_NET_BIND_SERVICE,
	unix.CAP_SETPCAP, unix.CAP_DAC_OVERRIDE, unix.CAP_SYS_CHROOT, unix.CAP_FOWNER, unix.CAP_MKNOD,
}

// attributes are for os/exec: all namespaces new, the identity mapped, killed
// when the thread that started it dies.
func attributes(id Identity) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{
		Cloneflags:  all,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: id.UID, HostID: id.HostUID, Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: id.GID, HostID: id.HostGID, Size: 1}},
		AmbientCaps: setupCaps,
		Pdeathsig:   syscall.SIGKILL,
	}
	if id.DropGroups {
		attr.GidMappingsEnableSetgroups = true
		attr.Credential = &syscall.Credential{Uid: uint32(id.UID), Gid: uint32(id.GID)}
	}
	return attr
}
