package seen

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// stage is a folder with one of everything. Its changes are old enough to be
// relied on, as far as the eyes of these tests know.
func stage(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{"folder/sub", "way/deep", "other/deep"} {
		must(t, os.MkdirAll(filepath.Join(dir, d), 0o755))
	}
	for name, text := range map[string]string{"folder/a": "a", "folder/b.conf": "b", "file": "one", "way/deep/end": "x", "other/deep/end": "x"} {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	must(t, os.Symlink("way", filepath.Join(dir, "link")))
	must(t, os.Symlink("file", filepath.Join(dir, "text")))
	return dir
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// patient are eyes that believe every change to be long ago.
func patient(env map[string]string) *Eyes {
	return New(env, time.Now().Add(time.Hour))
}

// sights is one row for each way to look at something, and what makes it look
// different.
var sights = []struct {
	name   string
	see    func(e *Eyes, dir string)
	change func(t *testing.T, dir string) error
	says   string // what differs
}{
	{"a name added to a folder", list, write("folder/c", "c"), "/folder"},
	{"a name removed from a folder", list, remove("folder/a"), "/folder"},
	{"a name in a folder that is something else now", list, func(t *testing.T, dir string) error {
		must(t, os.Remove(dir+"/folder/a"))
		return os.Symlink("sub", dir+"/folder/a")
	}, "/folder"},
	{"a folder gone", list, func(_ *testing.T, dir string) error { return os.Rename(dir+"/folder", dir+"/gone") }, "/folder"},
	{"a folder in its place", list, func(t *testing.T, dir string) error {
		must(t, os.Rename(dir+"/folder", dir+"/gone"))
		return os.CopyFS(dir+"/folder", os.DirFS(dir+"/gone"))
	}, "/folder"},
	{"a folder closed", list, mode("folder", 0o700), "/folder"},
	{"a file written over with as many bytes", read, write("file", "two"), "/file"},
	{"a file with its old times put back", read, func(t *testing.T, dir string) error {
		info, err := os.Stat(dir + "/file")
		must(t, err)
		must(t, os.WriteFile(dir+"/file", []byte("two"), 0o644))
		return os.Chtimes(dir+"/file", info.ModTime(), info.ModTime())
	}, "/file"},
	{"a file appended to", read, write("file", "one more"), "/file"},
	{"a file with another permission", read, mode("file", 0o640), "/file"},
	{"a file in its place", read, func(t *testing.T, dir string) error {
		must(t, os.WriteFile(dir+"/new", []byte("one"), 0o644))
		return os.Rename(dir+"/new", dir+"/file")
	}, "/file"},
	{"a file gone", read, remove("file"), "/file"},
	{"a permission that was looked at", lstat("file"), mode("file", 0o600), "/file"},
	{"a folder's permission", lstat("folder"), mode("folder", 0o700), "/folder"},
	{"a missing name that is there", lstat("missing"), write("missing", ""), "/missing"},
	{"a missing name in a missing folder", lstat("missing/deep"), func(t *testing.T, dir string) error {
		must(t, os.Mkdir(dir+"/missing", 0o755))
		return os.WriteFile(dir+"/missing/deep", nil, 0o644)
	}, "/missing/deep"},
	{"a missing name in a folder that was listed", func(e *Eyes, dir string) {
		list(e, dir)
		e.Lstat(dir + "/folder/missing")
	}, write("folder/missing", ""), "/folder"},
	{"a missing folder that can be listed", func(e *Eyes, dir string) { e.List(dir + "/missing") },
		func(_ *testing.T, dir string) error { return os.Mkdir(dir+"/missing", 0o755) }, "/missing"},
	{"a missing file that can be read", func(e *Eyes, dir string) { e.Read(dir + "/missing") }, write("missing", ""), "/missing"},
	{"a link with another text", func(e *Eyes, dir string) { e.Readlink(dir + "/text") }, relink("text", "folder/a"), "/text"},
	{"a link on the way", resolve, relink("link", "other"), "/link"},
	{"a link on the way to the same end", resolve, func(t *testing.T, dir string) error {
		must(t, os.Symlink("way", dir+"/detour"))
		return relink("link", "detour")(t, dir)
	}, "/link"},
	{"a folder on the way that is a link now", resolve, func(t *testing.T, dir string) error {
		must(t, os.Rename(dir+"/way", dir+"/moved"))
		return os.Symlink("moved", dir+"/way")
	}, "/way"},
	{"the end of the way", resolve, func(t *testing.T, dir string) error {
		must(t, os.Remove(dir+"/way/deep/end"))
		return os.Symlink("../../file", dir+"/way/deep/end")
	}, "/way/deep/end"},
	{"what a link leads to", func(e *Eyes, dir string) { e.Stat(dir + "/text") }, write("file", "two"), "/text"},
	{"one more name that fits", func(e *Eyes, dir string) { e.Glob(dir+"/folder", "*.conf") }, write("folder/z.conf", ""), "/folder"},
	{"a plain name that fits", func(e *Eyes, dir string) { e.Glob(dir, "way/deep/late") }, write("way/deep/late", ""), "/way/deep/late"},
	{"a variable", func(e *Eyes, _ string) { e.Env("SET") }, func(*testing.T, string) error { return nil }, "$SET"},
	{"a variable that was not there", func(e *Eyes, _ string) { e.Env("UNSET") }, func(*testing.T, string) error { return nil }, "$UNSET"},
}

func list(e *Eyes, dir string)    { e.List(dir + "/folder") }
func read(e *Eyes, dir string)    { e.Read(dir + "/file") }
func resolve(e *Eyes, dir string) { e.Resolve(dir + "/link/deep/end") }

func lstat(name string) func(*Eyes, string) {
	return func(e *Eyes, dir string) { e.Lstat(filepath.Join(dir, name)) }
}

func write(name, text string) func(*testing.T, string) error {
	return func(_ *testing.T, dir string) error {
		return os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644)
	}
}

func remove(name string) func(*testing.T, string) error {
	return func(_ *testing.T, dir string) error { return os.Remove(filepath.Join(dir, name)) }
}

func mode(name string, to os.FileMode) func(*testing.T, string) error {
	return func(_ *testing.T, dir string) error { return os.Chmod(filepath.Join(dir, name), to) }
}

func relink(name, text string) func(*testing.T, string) error {
	return func(t *testing.T, dir string) error {
		must(t, os.Remove(filepath.Join(dir, name)))
		return os.Symlink(text, filepath.Join(dir, name))
	}
}

// TestRecall: whatever was looked at, a record counts while it is the same, and
// no longer when it is not.
func TestRecall(t *testing.T) {
	then := map[string]string{"SET": "x"}
	for _, c := range sights {
		t.Run(c.name, func(t *testing.T) {
			dir := stage(t)
			e := patient(then)
			c.see(e, dir)
			record, err := e.Keep("key", []byte("made"))
			must(t, err)
			if made, err := Recall(record, "key", then); err != nil || string(made) != "made" {
				t.Fatalf("with nothing changed: %q, %v", made, err)
			}
			must(t, os.WriteFile(dir+"/beside", nil, 0o644)) // what nobody looked at
			if _, err := Recall(record, "key", then); err != nil {
				t.Errorf("what was not looked at changed: %v", err)
			}
			time.Sleep(20 * time.Millisecond) // the clock of a file system is coarse (TestKeepWaits)
			now := then
			if strings.HasPrefix(c.says, "$") {
				now = map[string]string{"UNSET": "y"}
			}
			must(t, c.change(t, dir))
			if made, err := Recall(record, "key", now); err == nil || !strings.Contains(err.Error(), c.says+" ") {
				t.Errorf("afterwards: %q, %v", made, err)
			}
		})
	}
}

// TestKeepWaits: a second change could leave the same time behind, so nothing
// that changed a moment ago is kept; and what changed earlier is.
func TestKeepWaits(t *testing.T) {
	dir := stage(t)
	for name, see := range map[string]func(*Eyes, string){"a folder": list, "a file": read, "a link": resolve} {
		e := New(nil, time.Now())
		see(e, dir)
		if _, err := e.Keep("", nil); err == nil || !strings.Contains(err.Error(), "a moment ago") {
			t.Errorf("%s that changed just now: %v", name, err)
		}
		e.began += int64(settled)
		if _, err := e.Keep("", nil); err != nil {
			t.Errorf("%s, later: %v", name, err)
		}
	}
}

// TestKeepRefuses: what the eyes saw change, what they could not read, and
// whose times say nothing.
func TestKeepRefuses(t *testing.T) {
	dir := stage(t)
	for name, see := range map[string]func(e *Eyes){
		"changed meanwhile":  func(e *Eyes) { e.Stat(dir + "/file"); write("file", "longer")(t, dir); e.Read(dir + "/file") },
		"appeared meanwhile": func(e *Eyes) { e.Lstat(dir + "/folder/late"); write("folder/late", "")(t, dir); list(e, dir) },
		"times are not":      func(e *Eyes) { e.Read("/proc/self/status") },
		"not relied on":      func(e *Eyes) { e.List("/proc/self/fd") },
	} {
		e := patient(nil)
		see(e)
		if _, err := e.Keep("", nil); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%q: %v", name, err)
		}
	}
	e := patient(nil)
	e.Read(dir + "/text")
	if _, err := e.Keep("", nil); err != nil {
		t.Errorf("nothing stands against this one: %v", err)
	}
	if _, err := e.Keep("", make([]byte, maxRecord)); err == nil {
		t.Error("a record of any size is kept")
	}
}

// TestKeepWhatCannotBeRead: only somebody else than root fails to.
func TestKeepWhatCannotBeRead(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root reads everything")
	}
	dir := stage(t)
	must(t, os.Chmod(dir+"/file", 0))
	must(t, os.Chmod(dir+"/folder", 0))
	t.Cleanup(func() { os.Chmod(dir+"/folder", 0o700) })
	for _, see := range []func(*Eyes, string){read, list} {
		e := patient(nil)
		see(e, dir)
		if _, err := e.Keep("", nil); err == nil || !strings.Contains(err.Error(), "cannot be opened") {
			t.Errorf("%v", err)
		}
	}
}

// TestRecallDamaged: a record that was cut short, changed or made for something
// else is none.
func TestRecallDamaged(t *testing.T) {
	dir := stage(t)
	e := patient(nil)
	list(e, dir)
	resolve(e, dir)
	record, err := e.Keep("key", []byte("made"))
	must(t, err)
	for i := range record {
		if _, err := Recall(record[:i], "key", nil); err == nil {
			t.Fatalf("%d bytes of %d are believed", i, len(record))
		}
		bad := slices.Clone(record)
		bad[i] ^= 0x10
		if _, err := Recall(bad, "key", nil); err == nil {
			t.Fatalf("another byte %d is believed", i)
		}
	}
	if _, err := Recall(record, "kez", nil); err == nil {
		t.Error("a record of something else is believed")
	}
	if _, err := Recall(record, "key", nil); err != nil {
		t.Errorf("the record itself: %v", err)
	}
}

// FuzzRecall: no bytes are a danger, checksum or not.
func FuzzRecall(f *testing.F) {
	e := patient(map[string]string{"A": "b"})
	e.Env("A")
	e.List("/")
	e.Lstat("/nothing")
	record, err := e.Keep("key", []byte("made"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(record[len(format)+4:])
	f.Fuzz(func(t *testing.T, body []byte) {
		record := append(append([]byte(format), sum(body)...), body...)
		made, err := Recall(record, "key", map[string]string{"A": "b"})
		if err == nil && len(made) > len(body) {
			t.Error("more came out than went in")
		}
	})
}

// TestLoad: only this user's own file counts, and is in place whole.
func TestLoad(t *testing.T) {
	dir := t.TempDir()
	path := dir + "/record"
	must(t, Save(path, []byte("one")))
	must(t, Save(path, []byte("two")))
	if got, err := Load(path); err != nil || string(got) != "two" {
		t.Fatalf("%q, %v", got, err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("%v", left)
	}
	if err := Save(dir, []byte("x")); err == nil { // cannot take the place of a folder
		t.Error("a folder was written over")
	}
	if _, err := os.Lstat(dir + ".new"); err == nil {
		t.Error("what could not be put in place was left")
	}
	for name, spoil := range map[string]func(p string) error{
		"others may read it":  func(p string) error { return os.Chmod(p, 0o644) },
		"others may write it": func(p string) error { return os.Chmod(p, 0o620) },
		"a link":              func(p string) error { return os.Rename(p, p+".real") },
		"another name of it":  func(p string) error { return os.Link(p, p+".again") },
		"a folder":            func(p string) error { os.Remove(p); return os.Mkdir(p, 0o600) },
		"a pipe":              func(p string) error { os.Remove(p); return unix.Mkfifo(p, 0o600) },
	} {
		p := filepath.Join(t.TempDir(), "record")
		must(t, Save(p, []byte("text")))
		must(t, spoil(p))
		if name == "a link" {
			must(t, os.Symlink(p+".real", p))
		}
		if got, err := Load(p); err == nil {
			t.Errorf("%s: %q is read", name, got)
		}
	}
	if os.Getuid() == 0 {
		must(t, os.Chown(path, 61100, 61100))
		if got, err := Load(path); err == nil {
			t.Errorf("of another user: %q is read", got)
		}
	}
}
