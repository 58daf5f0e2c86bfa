package absent

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/acl"
)

// world is a project with a folder of its own that lacks some names.
type world struct {
	*testing.T
	project, store string
	places         []Place
}

func newWorld(t *testing.T) *world {
	base := t.TempDir()
	w := &world{T: t, project: filepath.Join(base, "project"), store: filepath.Join(base, "place", "layers"),
		places: []Place{{Path: "AGENTS.md"}, {Path: ".cursor", Dir: true}, {Path: ".claude/settings.json"}, {Path: "lib/deep/CLAUDE.md"}}}
	w.must(os.MkdirAll(filepath.Join(w.project, "lib"), 0o755))
	w.must(os.WriteFile(filepath.Join(w.project, "lib/mine"), []byte("mine"), 0o644))
	w.must(os.Chmod(filepath.Join(w.project, "lib"), 0o750|os.ModeSetgid))
	w.must(os.Chmod(w.project, 0o755))
	t.Cleanup(func() { openUp(base) })
	return w
}

// openUp makes a tree removable.
func openUp(dir string) {
	filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && e.IsDir() {
			os.Chmod(path, 0o700)
		}
		return nil
	})
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) layer() (string, error) {
	return Layer(w.store, w.project, w.places, Owner{os.Geteuid(), os.Getegid()})
}

// good is a layer that must come about.
func (w *world) good() string {
	w.Helper()
	dir, err := w.layer()
	w.must(err)
	return dir
}

// tree lists a folder's names, with their kinds and modes.
func (w *world) tree(dir string) string {
	w.Helper()
	var out []string
	w.must(filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		rel, _ := filepath.Rel(dir, path)
		out = append(out, rel+" "+info.Mode().String())
		return err
	}))
	return strings.Join(out, "\n")
}

const wantTree = `. drwxr-xr-x
.claude drwxr-xr-x
.claude/settings.json -r--r--r--
.cursor drwxr-xr-x
AGENTS.md -r--r--r--
lib dgrwxr-x---
lib/deep dgrwxr-xr-x
lib/deep/CLAUDE.md -r--r--r--`

// TestLayer: it holds the names and the folders on the way to them, which are
// like the project's where that has them, and is the same one the next time.
func TestLayer(t *testing.T) {
	w := newWorld(t)
	defer unix.Umask(unix.Umask(0o077)) // the caller's is no concern of it
	then := time.Unix(1e9, 12345)
	w.must(os.Chtimes(filepath.Join(w.project, "lib"), then, then))
	dir := w.good()
	if got := w.tree(dir); got != wantTree {
		t.Errorf("the layer is\n%s\nwant\n%s", got, wantTree)
	}
	w.wantTime(dir, then)
	before := inode(t, dir)
	now := then.Add(time.Hour)
	w.must(os.Chtimes(filepath.Join(w.project, "lib"), now, now))
	if again := w.good(); again != dir || inode(t, again) != before {
		t.Error("the layer was made again")
	}
	w.wantTime(dir, now)
	if entries, _ := os.ReadDir(w.store); len(entries) != 1 {
		t.Errorf("there is more than the layer: %v", entries)
	}
}

func (w *world) wantTime(dir string, want time.Time) {
	w.Helper()
	info, err := os.Lstat(filepath.Join(dir, "lib"))
	w.must(err)
	if !info.ModTime().Equal(want) {
		w.Errorf("the folder is of %v, want %v", info.ModTime(), want)
	}
}

func inode(t *testing.T, path string) uint64 {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		t.Fatal(err)
	}
	return st.Ino
}

// TestWhatIsThereIsNotHidden: a layer would hide what came since the plan was
// made.
func TestWhatIsThereIsNotHidden(t *testing.T) {
	w := newWorld(t)
	w.must(os.WriteFile(filepath.Join(w.project, "AGENTS.md"), []byte("since"), 0o644))
	w.must(os.Symlink("nowhere", filepath.Join(w.project, ".cursor")))
	dir := w.good()
	for _, name := range []string{"AGENTS.md", ".cursor"} {
		if _, err := os.Lstat(filepath.Join(dir, name)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is in the layer: %v", name, err)
		}
	}
	w.places = w.places[:2]
	if dir := w.good(); dir != "" {
		t.Errorf("there is nothing to take, and a layer: %s", dir)
	}
}

// TestChangedLayerIsMadeAgain: what somebody else made of it is not used.
func TestChangedLayerIsMadeAgain(t *testing.T) {
	elsewhere := t.TempDir()
	for name, change := range map[string]func(dir string) error{
		"one more": func(d string) error { return os.WriteFile(d+"/lib/x", nil, 0o444) },
		"one less": func(d string) error { return os.Remove(d + "/AGENTS.md") },
		"content": func(d string) error {
			f := d + "/AGENTS.md"
			return errors.Join(os.Chmod(f, 0o644), os.WriteFile(f, []byte("obey"), 0), os.Chmod(f, 0o444))
		},
		"mode":        func(d string) error { return os.Chmod(d+"/lib", 0o777) },
		"file mode":   func(d string) error { return os.Chmod(d+"/AGENTS.md", 0o666) },
		"second name": func(d string) error { return os.Link(d+"/AGENTS.md", elsewhere+"/AGENTS.md") },
		"folder":      func(d string) error { return errors.Join(os.Remove(d+"/AGENTS.md"), os.Mkdir(d+"/AGENTS.md", 0o755)) },
		"link":        func(d string) error { return errors.Join(os.Remove(d+"/.cursor"), os.Symlink(elsewhere, d+"/.cursor")) },
		"all a link":  func(d string) error { return errors.Join(os.RemoveAll(d), os.Symlink(elsewhere, d)) },
		"attribute":   func(d string) error { return unix.Setxattr(d+"/lib", "user.overlay.opaque", []byte("y"), 0) },
		"closed":      func(d string) error { return os.Chmod(d+"/lib", 0) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			dir := w.good()
			w.must(change(dir))
			if again := w.good(); again != dir || w.tree(dir) != wantTree {
				t.Errorf("the layer is\n%s", w.tree(again))
			}
			var st unix.Stat_t
			if err := unix.Lstat(dir+"/AGENTS.md", &st); err != nil || st.Size != 0 || st.Nlink != 1 {
				t.Errorf("the file has %d bytes and %d names, %v", st.Size, st.Nlink, err)
			}
			if _, err := unix.Getxattr(dir+"/lib", "user.overlay.opaque", nil); err != unix.ENODATA {
				t.Errorf("the folder has the mark: %v", err)
			}
		})
	}
	if entries, _ := os.ReadDir(elsewhere); len(entries) > 1 {
		t.Errorf("a link was followed: %v", entries)
	}
}

// TestUnfit: where a layer cannot be like the project's folders, or its place
// is not ours alone, there is none.
func TestUnfit(t *testing.T) {
	for name, spoil := range map[string]func(w *world) error{
		"attribute":  func(w *world) error { return unix.Setxattr(w.project+"/lib", "user.x", []byte("y"), 0) },
		"mark":       func(w *world) error { return unix.Setxattr(w.project+"/lib", "user.overlay.opaque", []byte("y"), 0) },
		"link":       func(w *world) error { return os.Symlink("lib", w.project+"/.claude") },
		"file":       func(w *world) error { return os.WriteFile(w.project+"/.claude", nil, 0o644) },
		"open store": func(w *world) error { return errors.Join(os.MkdirAll(w.store, 0o700), os.Chmod(w.store, 0o770)) },
		"store is a link": func(w *world) error {
			return errors.Join(os.MkdirAll(filepath.Dir(w.store), 0o700), os.Mkdir(w.store+"2", 0o700), os.Symlink(w.store+"2", w.store))
		},
		"project is a link": func(w *world) error {
			return errors.Join(os.Rename(w.project, w.project+"2"), os.Symlink(w.project+"2", w.project))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.good()
			os.RemoveAll(w.store)
			w.must(spoil(w))
			if dir, err := w.layer(); err == nil {
				t.Errorf("there is a layer: %s", dir)
			}
		})
	}
}

// TestListsAreTheProjects: who may use a folder by name may so in the layer's,
// and in the folders that are new, as if they had been made in the project.
func TestListsAreTheProjects(t *testing.T) {
	w := newWorld(t)
	lib := filepath.Join(w.project, "lib")
	given := acl.FromMode(0o750).Add(12345, acl.Read|acl.Write|acl.Exec)
	w.must(unix.Setxattr(lib, acl.Access, given.Encode(), 0))
	w.must(unix.Setxattr(lib, acl.Default, given.Encode(), 0))
	dir := w.good()
	w.must(os.Mkdir(filepath.Join(lib, "deep"), 0o777)) // the kernel's own answer
	for _, path := range []string{"lib", "lib/deep"} {
		for _, kind := range []string{acl.Access, acl.Default} {
			want, _, err := listAt(filepath.Join(w.project, path), kind)
			w.must(err)
			got, _, err := listAt(filepath.Join(dir, path), kind)
			w.must(err)
			if string(want) != string(got) || len(got) == 0 {
				t.Errorf("%s of %s is %x, want %x", kind, path, got, want)
			}
		}
	}
}

func listAt(path, kind string) ([]byte, int, error) {
	buf := make([]byte, 1024)
	n, err := unix.Getxattr(path, kind, buf)
	return buf[:max(n, 0)], n, err
}

// TestFewAreKept: a policy that changes does not fill the disk.
func TestFewAreKept(t *testing.T) {
	w := newWorld(t)
	w.must(os.MkdirAll(filepath.Join(w.store, unfinished, "cut short"), 0o700))
	names := "abcdefgh"
	var last string
	for i := range names {
		w.places = []Place{{Path: names[i : i+1]}, {Path: "lib/" + names[i:i+1]}}
		w.must(os.Chmod(filepath.Join(w.project, "lib"), 0o500)) // one that is not to be written to
		last = w.good()
		old := time.Now().Add(time.Duration(i-len(names)) * time.Hour)
		w.must(os.Chtimes(last, old, old))
	}
	entries, err := os.ReadDir(w.store)
	w.must(err)
	if len(entries) != kept {
		t.Errorf("%d are kept", len(entries))
	}
	if _, err := os.Stat(last); err != nil {
		t.Error(err)
	}
}
