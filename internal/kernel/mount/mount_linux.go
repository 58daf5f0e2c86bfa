// Package mount wraps the kernel's mount interface of Linux 5.2 and later:
// mounts are made detached, given their attributes, and only then attached, so
// that there is no moment at which one is visible with too much.
package mount

import (
	"golang.org/x/sys/unix"
)

// Attributes of a mount.
type Attributes struct {
	ReadOnly bool
	NoExec   bool
	Devices  bool // device files work; false everywhere but in /dev
}

func (a Attributes) flags() uint64 {
	f := uint64(unix.MOUNT_ATTR_NOSUID)
	if a.ReadOnly {
		f |= unix.MOUNT_ATTR_RDONLY
	}
	if a.NoExec {
		f |= unix.MOUNT_ATTR_NOEXEC
	}
	if !a.Devices {
		f |= unix.MOUNT_ATTR_NODEV
	}
	return f
}

// Clone makes a detached copy of the mount tree at path, relative to dir, with
// the attributes on every mount in it. The copy receives no later mounts of
// the original.
func Clone(dir int, path string, a Attributes) (int, error) {
	flags := uint(unix.OPEN_TREE_CLONE | unix.OPEN_TREE_CLOEXEC | unix.AT_RECURSIVE)
	if path == "" {
		flags |= unix.AT_EMPTY_PATH
	}
	fd, err := unix.OpenTree(dir, path, flags)
	if err != nil {
		return -1, err
	}
	return fd, attribute(fd, a)
}

func attribute(fd int, a Attributes) error {
	attr := unix.MountAttr{Attr_set: a.flags(), Propagation: unix.MS_PRIVATE}
	if err := unix.MountSetattr(fd, "", unix.AT_EMPTY_PATH|unix.AT_RECURSIVE, &attr); err != nil {
		unix.Close(fd)
		return err
	}
	return nil
}

// Option is one parameter of a new file system.
type Option struct{ Key, Value string }

// New makes a detached mount of a new file system.
func New(fsType string, a Attributes, options ...Option) (int, error) {
	ctx, err := unix.Fsopen(fsType, unix.FSOPEN_CLOEXEC)
	if err != nil {
		return -1, err
	}
	defer unix.Close(ctx)
	for _, o := range options {
		if err := configure(ctx, o); err != nil {
			return -1, err
		}
	}
	if err := unix.FsconfigCreate(ctx); err != nil {
		return -1, err
	}
	return unix.Fsmount(ctx, unix.FSMOUNT_CLOEXEC, int(a.flags()))
}

func configure(ctx int, o Option) error {
	if o.Value == "" {
		return unix.FsconfigSetFlag(ctx, o.Key)
	}
	return unix.FsconfigSetString(ctx, o.Key, o.Value)
}

// Attach puts a detached mount on top of what target, an open descriptor,
// stands for, and closes the detached one.
func Attach(detached, target int) error {
	defer unix.Close(detached)
	return unix.MoveMount(detached, "", target, "", unix.MOVE_MOUNT_F_EMPTY_PATH|unix.MOVE_MOUNT_T_EMPTY_PATH)
}

// Idmap makes a detached copy of the tree at path on which the ids are mapped
// as the user namespace says: what the file system calls the inner id, the
// kernel then takes for the outer one. It takes CAP_SYS_ADMIN over the file
// system (root) and a file system that knows id mappings.
func Idmap(path string, userns int, a Attributes) (int, error) {
	fd, err := unix.OpenTree(unix.AT_FDCWD, path, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	if err != nil {
		return -1, err
	}
	attr := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_IDMAP | a.flags(), Userns_fd: uint64(userns), Propagation: unix.MS_PRIVATE}
	if err := unix.MountSetattr(fd, "", unix.AT_EMPTY_PATH, &attr); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// PrivateAll cuts every mount of this namespace off from the one that it was
// copied from, in both directions: an unmount here must never reach the host.
func PrivateAll() error {
	return unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
}
