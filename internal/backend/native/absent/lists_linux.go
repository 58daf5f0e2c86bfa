package absent

import (
	"strings"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/acl"
)

// lists reads a folder's access control lists. A folder with other attributes
// that programs see is one that a layer does not stand for.
func lists(fd int) (access, initial []byte, err error) {
	var buf [1024]byte
	n, err := unix.Flistxattr(fd, buf[:])
	if err == unix.ENOTSUP || err == nil && n == 0 {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	for _, name := range strings.Split(strings.TrimSuffix(string(buf[:n]), "\x00"), "\x00") {
		switch {
		case name == acl.Access:
			access, err = list(fd, name)
		case name == acl.Default:
			initial, err = list(fd, name)
		case !strings.HasPrefix(name, "security.") && !strings.HasPrefix(name, "trusted."):
			err = errUnfit
		}
		if err != nil {
			return nil, nil, err
		}
	}
	return access, initial, nil
}

// list reads one, in the order that it is written in.
func list(fd int, name string) ([]byte, error) {
	buf := make([]byte, 4096)
	n, err := unix.Fgetxattr(fd, name, buf)
	if err != nil {
		return nil, err
	}
	l, err := acl.Decode(buf[:n])
	if err != nil {
		return nil, err
	}
	return l.Encode(), nil
}
