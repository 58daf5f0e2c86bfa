package setup

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/acl"
)

const accountID = 61102

// project has one of each that matters.
func project(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "project")
	for _, d := range []struct {
		name string
		mode os.FileMode
	}{{"", 0o755}, {"sub", 0o755}, {"keys", 0o700}, {"keys/deep", 0o700}} {
		path := filepath.Join(dir, d.name)
		if err := errors.Join(os.Mkdir(path, 0o700), os.Chmod(path, d.mode)); err != nil {
			t.Fatal(err)
		}
	}
	for name, mode := range map[string]os.FileMode{"main.go": 0o644, "run": 0o755, "object": 0o444, ".env": 0o600,
		"open": 0o666, "sub/a": 0o640, "keys/id": 0o600, "linked": 0o644, "sub/read-only": 0o400} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
	}
	err := errors.Join(os.Link(filepath.Join(dir, "linked"), filepath.Join(dir, "..", "elsewhere")),
		os.Symlink("../elsewhere", filepath.Join(dir, "link")), syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// lists shows mode and lists of everything, by name.
func lists(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(filepath.Dir(dir), func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		text := info.Mode().String()
		for _, name := range []string{acl.Access, acl.Default} {
			buf := make([]byte, 1000)
			if n, err := unix.Lgetxattr(path, name, buf); err == nil {
				text += " " + string(buf[:n])
			}
		}
		out[path] = text
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func grants(t *testing.T, path, name string) (perm uint16, ok bool) {
	t.Helper()
	fd, err := unix.Open(path, unix.O_PATH|unix.O_NOFOLLOW, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	l, err := get(node{fd: fd}, name)
	if err != nil {
		t.Fatal(err)
	}
	return l.Grants(accountID)
}

func share(t *testing.T, dir string) Share {
	s := Share{Dir: dir, UID: accountID, Umask: 0o022, DryRun: true}
	if _, err := s.Grant(); err != nil && strings.Contains(err.Error(), "keeps no access control lists") {
		t.Skip(err)
	}
	s.DryRun = false
	return s
}

func TestGrantAndRevoke(t *testing.T) {
	dir := project(t)
	was := lists(t, dir)
	s := share(t, dir)
	if now := lists(t, dir); !mapsEqual(now, was) {
		t.Error("counting changed something")
	}
	first, err := s.Grant()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]uint16{".": 7, "sub": 7, "main.go": 6, "run": 7, "sub/a": 6, "sub/read-only": 0} {
		if got, ok := grants(t, filepath.Join(dir, name), acl.Access); got != want || ok != (want > 0) {
			t.Errorf("%s: %o %v, want %o", name, got, ok, want)
		}
	}
	for _, name := range []string{"object", ".env", "open", "keys", "keys/id", "linked", "fifo", "../elsewhere"} {
		if _, ok := grants(t, filepath.Join(dir, name), acl.Access); ok {
			t.Errorf("%s is shared", name)
		}
	}
	if info, _ := os.Stat(filepath.Join(dir, ".env")); info.Mode().Perm() != 0o600 {
		t.Errorf(".env has %v", info.Mode())
	}
	slices.Sort(first.Left)
	want := []string{".env (private)", "keys (private)", "linked (has other names, perhaps outside the project)", "sub/read-only (private)"}
	if !slices.Equal(first.Left, want) || first.LeftAll != 4 || first.Changed != 5 {
		t.Errorf("%+v", first)
	}
	again, err := s.Grant()
	if err != nil || again.Changed != 0 || again.LeftAll != 4 {
		t.Errorf("the second time: %+v, %v", again, err)
	}
	made(t, dir)
	back, err := s.Revoke()
	if err != nil || back.Changed < first.Changed {
		t.Errorf("%+v, %v", back, err)
	}
	if now := lists(t, dir); !mapsEqual(now, was) {
		t.Errorf("what was\n%q\nis\n%q", was, now)
	}
}

// made looks at what is made in a shared folder later, and removes it.
func made(t *testing.T, dir string) {
	t.Helper()
	path := filepath.Join(dir, "sub", "later")
	for mode, want := range map[os.FileMode]uint16{0o666: 6, 0o600: 0} {
		if err := os.WriteFile(path, nil, mode); err != nil {
			t.Fatal(err)
		}
		if got, _ := grants(t, path, acl.Access); got != want {
			t.Errorf("a new file of mode %o gives %o", mode, got)
		}
		if info, _ := os.Stat(path); info.Mode().Perm()&0o007 > 0o004 {
			t.Errorf("a new file is open to others: %v", info.Mode())
		}
		os.Remove(path)
	}
}

func mapsEqual(a, b map[string]string) bool {
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return len(a) == len(b)
}

// TestPrivateProject: where all is closed, as with umask 077, that says nothing
// of any file.
func TestPrivateProject(t *testing.T) {
	dir := project(t)
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	s := share(t, dir)
	s.Umask = 0o077
	was := lists(t, dir)
	if _, err := s.Grant(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]uint16{".": 7, ".env": 6, "keys": 7, "keys/deep": 7, "keys/id": 6} {
		if got, _ := grants(t, filepath.Join(dir, name), acl.Access); got != want {
			t.Errorf("%s: %o, want %o", name, got, want)
		}
	}
	later := filepath.Join(dir, "later")
	if err := os.WriteFile(later, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(later)
	if err != nil || info.Mode().Perm()&0o007 != 0 {
		t.Errorf("the default list is wider than the umask: %v, %v", info.Mode(), err)
	}
	os.Remove(later)
	if _, err := s.Revoke(); err != nil || !mapsEqual(lists(t, dir), was) {
		t.Errorf("not as it was: %v", err)
	}
}

// TestOthersEntriesStay: what is shared with somebody else stays so, and gains
// nothing.
func TestOthersEntriesStay(t *testing.T) {
	dir := project(t)
	s := share(t, dir)
	path := filepath.Join(dir, "main.go")
	bob := acl.FromMode(0o644).Add(61103, acl.Read)
	if err := unix.Setxattr(path, acl.Access, bob.Encode(), 0); err != nil {
		t.Fatal(err)
	}
	was := lists(t, dir)
	if _, err := s.Grant(); err != nil {
		t.Fatal(err)
	}
	if lists(t, dir)[path] == was[path] {
		t.Error("nothing was added")
	}
	if _, err := s.Revoke(); err != nil || !mapsEqual(lists(t, dir), was) {
		t.Errorf("not as it was: %v", err)
	}
}
