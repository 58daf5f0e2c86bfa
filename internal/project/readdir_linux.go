package project

import (
	"bytes"
	"encoding/binary"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// Where the parts of struct linux_dirent64 are.
const (
	offReclen = 16
	offType   = 18
	offName   = 19
)

// readDir reads the next piece of a folder; io.EOF at its end. A file that was
// opened below an os.Root looks at each name by itself, although the listing
// tells its kind: twenty times as long for a large project.
func (w *walker) readDir(f *os.File) ([]dirent, error) {
	if w.buf == nil {
		w.buf = make([]byte, 16<<10)
	}
	fd := int(f.Fd())
	for {
		n, err := unix.Getdents(fd, w.buf)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return nil, err
		case n == 0:
			return nil, io.EOF
		}
		var out []dirent
		for b := w.buf[:n]; len(b) > offName; {
			size := int(binary.NativeEndian.Uint16(b[offReclen:]))
			if d, ok := entry(fd, b[:size]); ok {
				out = append(out, d)
			}
			b = b[size:]
		}
		return out, nil
	}
}

// entry reads one record; false for the folder itself and the one above it.
func entry(fd int, record []byte) (dirent, bool) {
	name := record[offName:]
	if end := bytes.IndexByte(name, 0); end >= 0 {
		name = name[:end]
	}
	d := dirent{name: string(name)}
	if d.name == "" || d.name == "." || d.name == ".." {
		return d, false
	}
	kind := record[offType]
	if kind == unix.DT_UNKNOWN { // some file systems do not tell
		var st unix.Stat_t
		if err := unix.Fstatat(fd, d.name, &st, unix.AT_SYMLINK_NOFOLLOW); err == nil {
			kind = byte(st.Mode & unix.S_IFMT >> 12)
		}
	}
	switch kind {
	case unix.DT_REG:
	case unix.DT_DIR:
		d.kind = fs.ModeDir
	case unix.DT_LNK:
		d.kind = fs.ModeSymlink
	default:
		d.kind = fs.ModeIrregular
	}
	return d, true
}
