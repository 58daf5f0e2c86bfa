package stage

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// markerPrefix begins the attributes that overlayfs keeps with userxattr.
const markerPrefix = "user.overlay."

// attrs is what a file's attribute names say.
type attrs struct {
	markers []string // overlayfs' own, to be taken off before a file is applied
	users   []string // those of the file's content
	bad     string   // printable: why the file is no ordinary one
}

// attrsOf lists the attributes of a name without reading or following it.
func (d *dir) attrsOf(name string) (attrs, error) {
	path := d.proc(name)
	names, err := listXattr(func(b []byte) (int, error) { return unix.Llistxattr(path, b) })
	if err != nil {
		return attrs{}, err
	}
	var a attrs
	for _, n := range names {
		switch {
		case strings.HasPrefix(n, markerPrefix):
			a.markers = append(a.markers, n)
			if why := badMarker(n[len(markerPrefix):]); why != "" {
				a.bad = why
			}
		case strings.HasPrefix(n, "user."):
			a.users = append(a.users, n)
		case n == "security.capability":
			a.bad = "file capabilities"
		}
	}
	return a, nil
}

// badMarker says why an attribute of overlayfs must not be there. The stage is
// mounted with redirect_dir, metacopy and index off, so that the content of an
// upper file is all in the file; an attribute that says otherwise would make
// it stand for something elsewhere. "overlay.*" is how overlayfs stores an
// attribute of such a name that was set from inside.
func badMarker(name string) string {
	known := []string{"opaque", "origin", "impure", "uuid", "protattr"}
	if slices.Contains(known, name) || strings.HasPrefix(name, "overlay.") {
		return ""
	}
	return "overlay attribute " + printable(name)
}

// opaque tells whether a folder hides all of the one below it, and whether the
// mark has a meaning that is not expected here.
func (d *dir) opaque(name string) (yes, odd bool, err error) {
	buf := make([]byte, 8)
	n, err := unix.Lgetxattr(d.proc(name), markerPrefix+"opaque", buf)
	switch {
	case err == unix.ENODATA:
		return false, false, nil
	case err == unix.ERANGE:
		return true, true, nil
	case err != nil:
		return false, false, err
	}
	return true, string(buf[:n]) != "y", nil
}

// listXattr returns the attribute names that a system call gives; a file
// system or file without attributes has none.
func listXattr(call func([]byte) (int, error)) ([]string, error) {
	for {
		n, err := call(nil)
		if err == unix.ENOTSUP || err == nil && n == 0 {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		buf := make([]byte, n)
		n, err = call(buf)
		if err == unix.ERANGE {
			continue
		}
		if err != nil {
			return nil, err
		}
		return strings.Split(strings.TrimRight(string(buf[:n]), "\x00"), "\x00"), nil
	}
}

// copied tells whether an attribute belongs to a file's content or says who may
// use it. The group's bits of a file with a list are its mask: without the list
// they would be the group's rights.
func copied(name string) bool {
	if name == "system.posix_acl_access" || name == "system.posix_acl_default" {
		return true
	}
	return strings.HasPrefix(name, "user.") && !strings.HasPrefix(name, markerPrefix)
}

// copyXattr copies the user's own attributes between two files. What the
// target's file system cannot keep is left out.
func copyXattr(from, to int) error {
	names, err := listXattr(func(b []byte) (int, error) { return unix.Flistxattr(from, b) })
	if err != nil {
		return err
	}
	buf := make([]byte, 64<<10) // the kernel's limit for one value
	for _, name := range names {
		if !copied(name) {
			continue
		}
		n, err := unix.Fgetxattr(from, name, buf)
		if err != nil {
			return err
		}
		if err := unix.Fsetxattr(to, name, buf[:n], 0); err != nil && err != unix.ENOTSUP && err != unix.ENOSPC {
			return err
		}
	}
	return nil
}

// userAttrs are the attributes of a file's content, with values.
func userAttrs(fd int) (map[string][]byte, error) {
	names, err := listXattr(func(b []byte) (int, error) { return unix.Flistxattr(fd, b) })
	if err != nil {
		return nil, err
	}
	var out map[string][]byte
	var buf []byte
	for _, name := range names {
		if !strings.HasPrefix(name, "user.") || strings.HasPrefix(name, markerPrefix) {
			continue
		}
		if out == nil {
			out, buf = map[string][]byte{}, make([]byte, 64<<10) // the kernel's limit for one value
		}
		n, err := unix.Fgetxattr(fd, name, buf)
		if err != nil {
			return nil, err
		}
		out[name] = bytes.Clone(buf[:n])
	}
	return out, nil
}

// valuesOf reads some attributes of a name. One that vanished, or that its owner
// may not read, has no value.
func (d *dir) valuesOf(name string, names []string) (map[string][]byte, error) {
	out := map[string][]byte{}
	buf := make([]byte, 64<<10)
	for _, n := range names {
		size, err := unix.Lgetxattr(d.proc(name), n, buf)
		switch err {
		case nil:
			out[n] = bytes.Clone(buf[:size])
		case unix.ENODATA, unix.EACCES, unix.EPERM:
		default:
			return nil, err
		}
	}
	return out, nil
}

func sameAttrs(a, b map[string][]byte) bool { return maps.EqualFunc(a, b, bytes.Equal) }

// giveAttrs makes a file's attributes those of want.
func giveAttrs(fd int, has, want map[string][]byte) error {
	for name := range has {
		if _, stays := want[name]; stays {
			continue
		}
		if err := unix.Fremovexattr(fd, name); err != nil && err != unix.ENODATA {
			return err
		}
	}
	for name, value := range want {
		if err := unix.Fsetxattr(fd, name, value, 0); err != nil && err != unix.ENOTSUP && err != unix.ENOSPC {
			return err
		}
	}
	return nil
}

// origin is the number of the project's file that a file above was copied from,
// 0 where that is not known.
func (d *dir) origin(name string, a attrs) uint64 {
	if !slices.Contains(a.markers, markerPrefix+"origin") {
		return 0
	}
	var buf [128]byte
	n, err := unix.Lgetxattr(d.proc(name), markerPrefix+"origin", buf[:])
	if err != nil {
		return 0
	}
	return originIno(buf[:n])
}
