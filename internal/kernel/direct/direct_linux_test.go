package direct

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	for _, size := range []int{0, 1, 4095, 4096, 4097, 70000} {
		text := strings.Repeat("x", size)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := Read(path); err != nil || string(got) != text {
			t.Errorf("%d bytes: %d, %v", size, len(got), err)
		}
	}
	if err := os.Truncate(path, maxFile+1); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); !errors.Is(err, unix.EFBIG) {
		t.Errorf("too large: %v", err)
	}
	if _, err := Read(path + "x"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("not there: %v", err)
	}
	if _, err := Read(t.TempDir()); !errors.Is(err, unix.EISDIR) {
		t.Errorf("a folder: %v", err)
	}
}

func TestWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := Write(path, "x"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it makes files: %v", err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Write(path, "text"); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(path); string(got) != "text" {
		t.Errorf("%q", got)
	}
	if err := Write("/dev/full", "x"); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("no room: %v", err)
	}
}

func TestFolder(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.MkdirAll(dir+"/a/b", 0o700), os.Symlink("a", dir+"/l"), os.Symlink("gone", dir+"/d"),
		os.WriteFile(dir+"/f", nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if got, err := Folder(dir + "/l/../l/b/"); got != dir+"/a/b" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	for _, p := range []string{"/d", "/f", "/none"} {
		if got, err := Folder(dir + p); err == nil {
			t.Errorf("%s: %q", p, got)
		}
	}
}

// TestList: as os.ReadDir has it, for more names than one call returns.
func TestList(t *testing.T) {
	dir := t.TempDir()
	for i := range 1000 {
		if err := os.Mkdir(filepath.Join(dir, "folder-with-a-name-"+strconv.Itoa(i)), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("x", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	list, err := List(dir)
	if err != nil {
		t.Fatal(err)
	}
	got, want := map[string]bool{}, map[string]bool{}
	for _, e := range list {
		got[e.Name] = e.Link
	}
	std, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range std {
		want[e.Name()] = e.Type() == fs.ModeSymlink
	}
	if !reflect.DeepEqual(got, want) || len(list) != len(std) {
		t.Errorf("%d names, want %d", len(list), len(std))
	}
	if _, err := List(dir + "/none"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
