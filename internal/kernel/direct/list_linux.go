package direct

import (
	"bytes"
	"encoding/binary"
	"os"

	"golang.org/x/sys/unix"
)

// Entry is one name in a folder.
type Entry struct {
	Name string
	Link bool // a symbolic link
	Dir  bool // a folder
}

// Where the parts of struct linux_dirent64 are.
const (
	offReclen = 16
	offType   = 18
	offName   = 19
)

// List returns the names in a folder, in no order.
func List(dir string) ([]Entry, error) {
	fd, err := Open(dir, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	return ListOpen(fd, dir)
}

// ListOpen is List of a folder that is open already. The path is for the error.
func ListOpen(fd int, dir string) ([]Entry, error) {
	var out []Entry
	buf := make([]byte, 16<<10)
	for {
		n, err := unix.Getdents(fd, buf)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return nil, &os.PathError{Op: "list", Path: dir, Err: err}
		case n == 0:
			return out, nil
		}
		for b := buf[:n]; len(b) > offName; b = b[binary.NativeEndian.Uint16(b[offReclen:]):] {
			if e, ok := entry(fd, b[:binary.NativeEndian.Uint16(b[offReclen:])]); ok {
				out = append(out, e)
			}
		}
	}
}

// entry reads one record. Some file systems do not tell what a name is.
func entry(dir int, record []byte) (Entry, bool) {
	name := record[offName:]
	if end := bytes.IndexByte(name, 0); end >= 0 {
		name = name[:end]
	}
	e := Entry{Name: string(name), Link: record[offType] == unix.DT_LNK, Dir: record[offType] == unix.DT_DIR}
	if record[offType] == unix.DT_UNKNOWN {
		var st unix.Stat_t
		err := unix.Fstatat(dir, e.Name, &st, unix.AT_SYMLINK_NOFOLLOW)
		e.Link = err == nil && st.Mode&unix.S_IFMT == unix.S_IFLNK
		e.Dir = err == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR
	}
	return e, e.Name != "." && e.Name != ".." && e.Name != ""
}
