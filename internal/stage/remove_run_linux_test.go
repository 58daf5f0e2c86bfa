package stage

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// grove makes a folder as an agent may leave one: links out of it, closed
// folders, a deep tree, two names of one file.
func grove(t *testing.T) (dir, outside string) {
	t.Helper()
	dir, outside = filepath.Join(t.TempDir(), "run"), t.TempDir()
	must(t, os.WriteFile(filepath.Join(outside, "kept"), []byte("kept"), 0o600))
	closed := filepath.Join(dir, "upper", "closed")
	must(t, os.MkdirAll(closed, 0o700))
	must(t, os.Symlink(outside, filepath.Join(dir, "upper", "link")))
	must(t, os.Symlink(filepath.Join(outside, "kept"), filepath.Join(closed, "file")))
	must(t, os.WriteFile(filepath.Join(dir, "one"), make([]byte, 1<<20), 0o600))
	must(t, os.Link(filepath.Join(dir, "one"), filepath.Join(dir, "two")))
	deep := filepath.Join(dir, "deep")
	must(t, os.Mkdir(deep, 0o700))
	for range 30 {
		deep = filepath.Join(deep, strings.Repeat("d", 100))
		must(t, os.Mkdir(deep, 0o700))
	}
	must(t, os.Chmod(closed, 0))
	return dir, outside
}

// TestRemoveFollowsNothing: all of it goes, and nothing that a link leads to.
func TestRemoveFollowsNothing(t *testing.T) {
	dir, outside := grove(t)
	must(t, Remove(dir))
	if _, err := os.Lstat(dir); !os.IsNotExist(err) {
		t.Errorf("it is still there: %v", err)
	}
	if _, err := os.Stat(filepath.Join(outside, "kept")); err != nil {
		t.Error(err)
	}
	must(t, Remove(dir)) // once more is no error
	link := filepath.Join(t.TempDir(), "link")
	must(t, os.Symlink(outside, link))
	if err := Remove(link); err == nil {
		t.Error("a link in the folder's place is removed")
	}
	if _, err := os.Stat(filepath.Join(outside, "kept")); err != nil {
		t.Error(err)
	}
}

// TestSize: blocks of what is there, one file once, and nothing beyond links.
func TestSize(t *testing.T) {
	dir, outside := grove(t)
	must(t, os.WriteFile(filepath.Join(outside, "large"), make([]byte, 8<<20), 0o600))
	n, whole, err := Size(dir)
	if err != nil || n < 1<<20 || n >= 2<<20 {
		t.Errorf("%d bytes, %v", n, err)
	}
	if root := os.Geteuid() == 0; whole != root { // the closed folder cannot be looked into
		t.Errorf("whole: %v", whole)
	}
	if _, _, err := Size(filepath.Join(dir, "upper", "link")); err == nil {
		t.Error("a link is followed")
	}
	must(t, Remove(dir))
}
