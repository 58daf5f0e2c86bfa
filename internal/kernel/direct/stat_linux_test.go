package direct

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestStat: what the kernel says, of a link or of what it leads to, and nothing
// of a path that does not end.
func TestStat(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "file"), filepath.Join(dir, "link")
	if err := os.WriteFile(file, []byte("four"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("file", link); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path   string
		follow bool
		kind   uint32
		errno  unix.Errno
	}{
		{file, false, unix.S_IFREG, 0}, {file, true, unix.S_IFREG, 0}, {link, false, unix.S_IFLNK, 0}, {link, true, unix.S_IFREG, 0},
		{dir, false, unix.S_IFDIR, 0}, {dir + "/none", false, 0, unix.ENOENT}, {file + "/x", false, 0, unix.ENOTDIR},
	} {
		var st unix.Stat_t
		errno := Stat(append([]byte(c.path), 0), c.follow, &st)
		if errno != c.errno || errno == 0 && st.Mode&unix.S_IFMT != c.kind || c.kind == unix.S_IFREG && st.Size != 4 {
			t.Errorf("%s, follow %v: %v, mode %o", c.path, c.follow, errno, st.Mode)
		}
	}
	for _, path := range [][]byte{nil, []byte(file)} {
		if errno := Stat(path, false, new(unix.Stat_t)); errno != unix.EINVAL {
			t.Errorf("%q without an end: %v", path, errno)
		}
	}
}
