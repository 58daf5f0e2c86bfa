package absent

import (
	"slices"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/acl"
)

// build makes a layer. Attributes come last: some of the project's folders
// cannot be written to.
func build(store int, name string, nodes []node) error {
	if err := unix.Mkdirat(store, name, 0o700); err != nil {
		return err
	}
	layer, err := unix.Openat(store, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(layer)
	for _, n := range nodes {
		if err := create(layer, n); err != nil {
			return err
		}
	}
	for _, n := range slices.Backward(nodes) {
		if err := dress(layer, n); err != nil {
			return err
		}
	}
	return nil
}

func create(layer int, n node) error {
	switch {
	case n.path == ".":
		return nil
	case n.dir:
		return unix.Mkdirat(layer, n.path, 0o700)
	}
	fd, err := unix.Openat(layer, n.path, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err == nil {
		err = unix.Close(fd)
	}
	return err
}

// dress gives a name its owner, lists and mode, in that order: each of them may
// take away some of the one after it.
func dress(layer int, n node) error {
	fd, err := unix.Openat(layer, n.path, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := unix.Fchown(fd, int(n.uid), int(n.gid)); err != nil {
		return err
	}
	for name, value := range map[string][]byte{acl.Access: n.access, acl.Default: n.initial} {
		if value == nil {
			continue
		}
		if err := unix.Fsetxattr(fd, name, value, 0); err != nil {
			return err
		}
	}
	return unix.Fchmod(fd, n.mode)
}
