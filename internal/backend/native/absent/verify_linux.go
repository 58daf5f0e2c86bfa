package absent

import (
	"bytes"
	"errors"
	"path"
	"slices"

	"golang.org/x/sys/unix"
)

// errOther is returned for a layer that is not what it must be.
var errOther = errors.New("the layer of absent guardrails is not what its name says")

// verify tells whether a layer is exactly what it must be, and gives its folders
// the times of the project's: what programs know of a folder's content they
// remember by its time. Parents are seen to be folders before what is in them is
// looked at, and nobody else works here, so that no path leads elsewhere.
func verify(store int, name string, nodes []node) error {
	layer, err := unix.Openat(store, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(layer)
	held := contents(nodes)
	for _, n := range nodes {
		if n.dir {
			err = verifyFolder(layer, n, held[n.path])
		} else {
			err = verifyFile(layer, n)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// contents are the names in each folder, sorted.
func contents(nodes []node) map[string][]string {
	held := map[string][]string{}
	for _, n := range nodes {
		if n.path != "." {
			dir, name := path.Split(n.path)
			dir = path.Clean(dir)
			held[dir] = append(held[dir], name)
		}
	}
	for _, names := range held {
		slices.Sort(names)
	}
	return held
}

func verifyFile(layer int, n node) error {
	var st unix.Stat_t
	if err := unix.Fstatat(layer, n.path, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	if st.Mode != unix.S_IFREG|n.mode || st.Size != 0 || st.Nlink != 1 || st.Uid != n.uid || st.Gid != n.gid {
		return errOther
	}
	return nil
}

func verifyFolder(layer int, n node, want []string) error {
	fd, err := unix.Openat(layer, n.path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	access, initial, err := lists(fd)
	if err != nil {
		return err
	}
	has, err := names(fd)
	if err != nil {
		return err
	}
	same := st.Mode&0o7777 == n.mode && st.Uid == n.uid && st.Gid == n.gid && bytes.Equal(access, n.access) &&
		bytes.Equal(initial, n.initial) && slices.Equal(has, want)
	if !same {
		return errOther
	}
	if n.merged && n.path != "." && st.Mtim != n.changed { // the view's root is not this one
		return setTime(fd, n.changed)
	}
	return nil
}

// setTime sets when a folder was changed.
func setTime(fd int, at unix.Timespec) error {
	times := []unix.Timespec{{Nsec: unix.UTIME_OMIT}, at}
	return unix.UtimesNanoAt(fd, ".", times, 0)
}

// names lists a folder, sorted.
func names(fd int) ([]string, error) {
	var out []string
	buf := make([]byte, 2048)
	for {
		n, err := unix.ReadDirent(fd, buf)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n == 0 {
			slices.Sort(out)
			return out, err
		}
		_, _, out = unix.ParseDirent(buf[:n], -1, out)
	}
}
