//go:build unix

package cli

import (
	"os"
	"path/filepath"
	"testing"
)

// TestLock: one at a time, until the first lets go; and no link in its place.
func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	first, err := lockFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if f, err := lockFile(path); err == nil {
		f.Close()
		t.Error("two hold the lock")
	}
	first.Close()
	again, err := lockFile(path)
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
	other := filepath.Join(t.TempDir(), "other")
	if err := os.WriteFile(other, []byte("kept"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := path + "-link"
	if err := os.Symlink(other, link); err != nil {
		t.Fatal(err)
	}
	if f, err := lockFile(link); err == nil {
		f.Close()
		t.Error("the lock was taken through a link")
	}
}
