package stage

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// one returns the class and detail of the only entry of that path.
func one(t *testing.T, c *Changeset, path string) Entry {
	t.Helper()
	for _, e := range c.Entries {
		if string(e.Path) == path {
			return e
		}
	}
	t.Fatalf("%q is not among %v", path, classes(c))
	return Entry{}
}

func TestEscapingLinksAreHeld(t *testing.T) {
	w := newWorld(t)
	out := t.TempDir()
	must(t, os.Symlink(out, filepath.Join(w.project, "owners-way-out")))
	must(t, os.Symlink("loop", filepath.Join(w.project, "loop")))
	escapes := map[string]string{
		"abs": "/etc/passwd", "up": "..", "up2": "../x", "d/e/up3": "../../../x", "tricky": "src/../../x",
		"climbs": "src/deep/../a.go", "through": "owners-way-out/x", "d/e/through2": "../../owners-way-out", "looped": "loop/x",
		"proc": "/proc/self/root",
	}
	stays := map[string]string{
		"in": "src/a.go", "d/e/in2": "../../src/a.go", "dangling": "not/there", "dot": "./src/./a.go", "self": ".", "d/root": "../", "dots": "..x",
	}
	for rel, target := range escapes {
		w.symlink(target, rel)
	}
	for rel, target := range stays {
		w.symlink(target, rel)
	}
	c := w.read()
	for rel := range escapes {
		if e := one(t, c, rel); e.Class != Escape || !strings.Contains(e.Detail, "symlink to ") {
			t.Errorf("%s -> %s is %s (%s)", rel, e.Target, e.Class, e.Detail)
		}
	}
	w.apply()
	for rel := range escapes {
		w.has(rel, "")
	}
	for rel, target := range stays {
		if got, err := os.Readlink(filepath.Join(w.project, rel)); got != target {
			t.Errorf("%s leads to %q (%v), want %q", rel, got, err, target)
		}
	}
}

// TestInterpreterOfAnEnvironment: a Python virtual environment keeps its links,
// and no other name gets one out of the project that way.
func TestInterpreterOfAnEnvironment(t *testing.T) {
	w := newWorld(t)
	w.o.Rules.Programs = []string{"/usr", "/opt/python"}
	stays := map[string]string{".venv/bin/python": "/usr/bin/python3", "d/env/bin/python3.11": "/opt/python/bin/python3", ".venv/bin/python3": "python"}
	escapes := map[string]string{".venv/bin/sh": "/usr/bin/python3", ".venv/bin/python2": "/usr/bin/sh", "python3": "/usr/bin/python3",
		".venv/bin/python4": "/home/a/python3", ".venv/bin/python5": "/usr/../etc/python3", ".venv/bin/python6": "/usrx/python3"}
	for _, links := range []map[string]string{stays, escapes} {
		for rel, to := range links {
			w.symlink(to, rel)
		}
	}
	c := w.read()
	for rel, to := range stays {
		if e := one(t, c, rel); e.Class != Ordinary {
			t.Errorf("%s -> %s is %s (%s)", rel, to, e.Class, e.Detail)
		}
	}
	for rel, to := range escapes {
		if e := one(t, c, rel); e.Class != Escape {
			t.Errorf("%s -> %s is %s", rel, to, e.Class)
		}
	}
}

func TestSpecialFilesAreHeld(t *testing.T) {
	w := newWorld(t)
	must(t, unix.Mkfifo(w.up("fifo"), 0o644))
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	must(t, err)
	t.Cleanup(func() { _ = unix.Close(fd) })
	at, err := os.Open(w.o.Dirs.Upper)
	must(t, err)
	defer at.Close()
	l, err := net.Listen("unix", procFd(int(at.Fd()))+"/sock") // the path may be too long for a socket
	must(t, err)
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	must(t, l.Close())
	w.write("suid", "x", 0o755)
	must(t, unix.Chmod(w.up("suid"), 0o4755))
	w.write("sgid", "x", 0o755)
	must(t, unix.Chmod(w.up("sgid"), 0o2755))
	w.write("plain", "x", 0o755)
	want := map[string]string{"fifo": "fifo", "sock": "socket", "suid": "setuid", "sgid": "setgid"}
	if os.Geteuid() == 0 {
		must(t, unix.Mknod(w.up("null"), unix.S_IFCHR|0o666, int(unix.Mkdev(1, 3))))
		want["null"] = "device"
	}
	c := w.read()
	for rel, detail := range want {
		if e := one(t, c, rel); e.Class != Escape || e.Detail != detail {
			t.Errorf("%s is %s (%s)", rel, e.Class, e.Detail)
		}
	}
	w.apply()
	for rel := range want {
		w.has(rel, "")
	}
	w.has("plain", "x")
}

func TestHardLinkOutOfTheTreeIsHeld(t *testing.T) {
	w := newWorld(t)
	w.write("inside1", "both here", 0o644)
	must(t, os.Link(w.up("inside1"), w.up("inside2")))
	out := filepath.Join(filepath.Dir(w.project), "outside")
	writeFile(t, out, "not the agent's", 0o644)
	must(t, os.Link(out, w.up("leaks")))
	w.wantClasses("added ordinary inside1", "added ordinary inside2", "added escape leaks")
	w.apply()
	a, err := os.Stat(filepath.Join(w.project, "inside1"))
	must(t, err)
	b, err := os.Stat(filepath.Join(w.project, "inside2"))
	must(t, err)
	if !os.SameFile(a, b) {
		t.Error("a hard link inside the tree did not survive")
	}
	w.has("leaks", "")
	if b, err := os.ReadFile(out); string(b) != "not the agent's" {
		t.Errorf("the file outside is %q, %v", b, err)
	}
}

func TestHostileNamesAreHeld(t *testing.T) {
	w := newWorld(t)
	hostile := []string{"a\nb", "\x1b[2Jx", "bad\xffname", "dir\x01/below", "r\u202etl", ".ringwall-r1-0000"}
	for _, n := range append([]string{"plain name", "日本"}, hostile...) {
		w.write(n, "x", 0o644)
	}
	c := w.read()
	for _, n := range hostile {
		if e := one(t, c, n); e.Class != Escape {
			t.Errorf("%q is %s", n, e.Class)
		}
	}
	for _, ch := range c.Events() {
		if text := ch.Name + ch.Detail; strings.ContainsAny(text, "\n\x1b\x01\u202e") || !utf8.ValidString(text) {
			t.Errorf("event %q is not printable", ch.Name)
		}
	}
	w.apply()
	for _, n := range hostile {
		w.has(n, "")
	}
	w.has("plain name", "x")
	w.has("日本", "x")
}

func TestOverlayAttributesOutOfPlaceAreHeld(t *testing.T) {
	w := newWorld(t)
	for rel, attr := range map[string]string{"r/x": "redirect", "m": "metacopy", "w": "whiteout", "n": "never.seen"} {
		w.write(rel, "x", 0o644)
		p := w.up(rel)
		if rel == "r/x" {
			p = filepath.Dir(p)
		}
		must(t, unix.Setxattr(p, "user.overlay."+attr, []byte("/etc"), 0))
	}
	w.write("src/a.go", "original of src/a.go\n", 0o644) // as the project's, were it all its content
	must(t, unix.Setxattr(w.up("src/a.go"), "user.overlay.metacopy", nil, 0))
	w.write("o/x", "x", 0o644)
	must(t, unix.Setxattr(w.up("o"), "user.overlay.opaque", []byte("x"), 0))
	w.write("fine", "x", 0o644)
	must(t, unix.Setxattr(w.up("fine"), "user.overlay.origin", []byte("x"), 0))
	must(t, unix.Setxattr(w.up("fine"), "user.overlay.overlay.opaque", []byte("y"), 0))
	w.wantClasses("added ordinary fine", "added escape m", "added escape n", "added escape o", "added escape o/x",
		"added escape r", "added escape r/x", "modified escape src/a.go", "added escape w")
	w.apply()
	w.has("fine", "x")
	w.has("r", "")
}

func TestBareRepositoryIsHeld(t *testing.T) {
	w := newWorld(t)
	for _, p := range []string{"HEAD", "config", "objects/ab/cd", "refs/heads/main", "README"} {
		w.write("fixtures/repo/"+p, "x", 0o644)
	}
	w.write("app/config/settings.txt", "x", 0o644)
	w.write("app/hooks/use.ts", "x", 0o644)
	w.apply()
	w.has("fixtures/repo/README", "x")
	w.has("fixtures/repo/HEAD", "")
	w.has("fixtures/repo/config", "")
	w.has("app/config/settings.txt", "x")
	w.has("app/hooks/use.ts", "x")
}

func TestBareRepositoryInTwoStepsIsHeld(t *testing.T) {
	w := newWorld(t)
	for _, p := range []string{"HEAD", "config", "objects/ab/cd"} { // the first iteration's
		writeFile(t, filepath.Join(w.project, "r", p), "x", 0o644)
	}
	w.write("r/refs/heads/main", "x", 0o644)
	w.wantClasses("added guardrail r/refs", "added guardrail r/refs/heads", "added guardrail r/refs/heads/main")
}

func TestProjectReplacedIsRefused(t *testing.T) {
	w := newWorld(t)
	w.write("main.go", "agent's", 0o644)
	c := w.read()
	moved := w.project + "-moved"
	must(t, os.Rename(w.project, moved))
	for name, replace := range map[string]func() error{
		"by a link":   func() error { return os.Symlink(moved, w.project) },
		"by a folder": func() error { return os.Mkdir(w.project, 0o755) },
	} {
		must(t, replace())
		if _, err := Read(context.Background(), w.o); err == nil {
			t.Errorf("%s: read", name)
		}
		if _, err := Apply(context.Background(), w.o, c, w); err == nil {
			t.Errorf("%s: applied", name)
		}
		must(t, os.Remove(w.project))
	}
	must(t, os.Rename(moved, w.project))
	w.original("main.go")
	w.apply()
	w.has("main.go", "agent's")
}

func TestUnpinnedProjectIsRefused(t *testing.T) {
	w := newWorld(t)
	w.o.ProjectID = ID{}
	if _, err := Read(context.Background(), w.o); err == nil {
		t.Error("read without a pinned identity")
	}
}

func TestFolderReplacedByLinkBetweenReadAndApply(t *testing.T) {
	eachWay(t, func(t *testing.T, w *world) {
		out := t.TempDir()
		writeFile(t, filepath.Join(out, "a.go"), "outside", 0o644)
		writeFile(t, filepath.Join(out, "deep/c.go"), "outside", 0o644)
		w.write("src/a.go", "agent's", 0o644)
		w.write("src/new.go", "agent's", 0o644)
		w.write("src/sub/new.go", "agent's", 0o644)
		w.whiteout("src/deep/c.go")
		w.write("src/b.go", "original of src/b.go\n", 0o644) // a mode only
		w.write("docs/x.md", "agent's", 0o644)
		c := w.read()
		must(t, os.RemoveAll(filepath.Join(w.project, "src")))
		must(t, os.Symlink(out, filepath.Join(w.project, "src")))
		before := snapshot(t, out)
		res, err := Apply(context.Background(), w.o, c, w)
		must(t, err)
		if d := diff(before, snapshot(t, out)); len(d) > 0 {
			t.Errorf("outside changed: %v", d)
		}
		w.has("docs/x.md", "agent's")
		if res.Applied != 1 || len(res.Held) != 6 {
			t.Errorf("applied %d, held %v", res.Applied, res.Held)
		}
	})
}

func TestFileReplacedByLinkBetweenReadAndApply(t *testing.T) {
	eachWay(t, func(t *testing.T, w *world) {
		out := filepath.Join(t.TempDir(), "victim")
		writeFile(t, out, "outside", 0o644)
		w.write("main.go", "agent's", 0o644)
		w.write("src/b.go", "original of src/b.go\n", 0o666) // a mode only
		c := w.read()
		for _, p := range []string{"main.go", "src/b.go"} {
			must(t, os.Remove(filepath.Join(w.project, p)))
			must(t, os.Symlink(out, filepath.Join(w.project, p)))
		}
		_, err := Apply(context.Background(), w.o, c, w)
		must(t, err)
		b, err := os.ReadFile(out)
		must(t, err)
		st, err := os.Stat(out)
		must(t, err)
		if string(b) != "outside" || st.Mode() != 0o644 {
			t.Errorf("outside is %q with %v", b, st.Mode())
		}
	})
}

func TestPlantedTemporaryNamesAreNotFollowed(t *testing.T) {
	w := newWorld(t)
	w.o.copy = true
	out := filepath.Join(t.TempDir(), "victim")
	writeFile(t, out, "outside", 0o644)
	for _, n := range []string{".ringwall-r1", ".ringwall-r1-0", ".ringwall-r1-", ".ringwall-other-1"} {
		must(t, os.Symlink(out, filepath.Join(w.project, n)))
	}
	w.write("new.txt", "agent's", 0o644)
	_, err := Apply(context.Background(), w.o, w.read(), w)
	must(t, err)
	w.has("new.txt", "agent's")
	if b, _ := os.ReadFile(out); string(b) != "outside" {
		t.Errorf("outside is %q", b)
	}
}

func TestDiscardStaysInside(t *testing.T) {
	w := newWorld(t)
	out := t.TempDir()
	writeFile(t, filepath.Join(out, "victim"), "outside", 0o644)
	w.symlink(out, "e/out")
	must(t, os.Link(filepath.Join(out, "victim"), w.up("e/hard")))
	w.write("shut/x", "x", 0o644)
	w.write("moved-1/moved-2/x", "x", 0o644)
	must(t, os.Chmod(w.o.Dirs.Upper+"/shut", 0))
	must(t, os.Mkdir(w.o.Dirs.Work+"/work", 0))
	deep(t, w.o.Dirs.Upper, 5000)
	must(t, Discard(w.o.Dirs))
	must(t, Discard(w.o.Dirs)) // nothing left to do
	w.ended()
	if b, err := os.ReadFile(filepath.Join(out, "victim")); string(b) != "outside" {
		t.Errorf("outside is %q (%v)", b, err)
	}
	must(t, os.Symlink(out, w.o.Dirs.Upper))
	if err := Discard(w.o.Dirs); err == nil {
		t.Error("a link in place of the upper directory was taken")
	}
	if _, err := os.Stat(filepath.Join(out, "victim")); err != nil {
		t.Error(err)
	}
}
