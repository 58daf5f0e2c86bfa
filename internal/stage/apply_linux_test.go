package stage

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ringwall/internal/evidence"
)

// eachWay runs a test with renames and with copies.
func eachWay(t *testing.T, f func(t *testing.T, w *world)) {
	for _, way := range []string{"rename", "copy"} {
		t.Run(way, func(t *testing.T) {
			w := newWorld(t)
			w.o.copy = way == "copy"
			f(t, w)
		})
	}
}

func TestApplyOrdinaryChanges(t *testing.T) {
	eachWay(t, func(t *testing.T, w *world) {
		when := time.Unix(1700000000, 123456789)
		w.write("src/a.go", "new a", 0o644)
		w.write("src/new.go", "new file", 0o640)
		must(t, os.Chtimes(w.up("src/new.go"), when, when))
		must(t, unix.Setxattr(w.up("src/new.go"), "user.mine", []byte("kept"), 0))
		must(t, unix.Setxattr(w.up("src/a.go"), "user.overlay.origin", []byte("x"), 0))
		w.write("pkg/x/y/z.txt", "deep", 0o600)
		must(t, os.Chmod(w.o.Dirs.Upper+"/pkg/x/y", 0o700))
		must(t, unix.Setxattr(w.o.Dirs.Upper+"/pkg/x", "user.mine", []byte("dir"), 0))
		w.whiteout("main.go")
		w.whiteout("src/deep")
		w.symlink("../main.go", "pkg/back")
		w.write("bin/tool", "#!/bin/sh\n", 0o755)
		w.wantClasses(
			"added ordinary bin", "added ordinary bin/tool", "deleted ordinary main.go",
			"added ordinary pkg", "added ordinary pkg/back", "added ordinary pkg/x", "added ordinary pkg/x/y", "added ordinary pkg/x/y/z.txt",
			"modified ordinary src/a.go", "deleted ordinary src/deep", "deleted ordinary src/deep/c.go", "added ordinary src/new.go")
		res := w.apply()
		if res.Applied != 12 || len(res.Held) != 0 {
			t.Errorf("result %+v", res)
		}
		w.has("src/a.go", "new a")
		w.has("src/new.go", "new file")
		w.has("pkg/x/y/z.txt", "deep")
		w.has("main.go", "")
		w.has("src/deep", "")
		w.original("src/b.go")
		st, err := os.Stat(filepath.Join(w.project, "src/new.go"))
		must(t, err)
		if !st.ModTime().Equal(when) || st.Mode().Perm() != 0o640 {
			t.Errorf("new file has mode %v and time %v", st.Mode(), st.ModTime())
		}
		for path, want := range map[string]string{"src/new.go": "user.mine", "src/a.go": "", "pkg/x": "user.mine"} {
			p := filepath.Join(w.project, path)
			names, err := listXattr(func(b []byte) (int, error) { return unix.Llistxattr(p, b) })
			must(t, err)
			if got := strings.Join(names, " "); got != want {
				t.Errorf("%s has attributes %q, want %q", path, got, want)
			}
		}
		if st, _ := os.Stat(filepath.Join(w.project, "pkg/x/y")); st.Mode().Perm() != 0o700 {
			t.Errorf("new folder has mode %v", st.Mode())
		}
		if w.events[0].Apply == nil || w.events[0].Apply.Count != 12 || w.events[1].Applied == nil {
			t.Errorf("events %+v", w.events)
		}
	})
}

func TestApplyChangesOfKind(t *testing.T) {
	eachWay(t, func(t *testing.T, w *world) {
		w.write("docs", "a file now", 0o644)  // folder to file
		w.write("main.go/x", "below", 0o644)  // file to folder
		w.write("link", "no link now", 0o644) // link to file
		w.symlink("src/b.go", "run.sh")       // file to link
		w.symlink("main.go", "empty")         // folder to link
		if res := w.apply(); len(res.Held) != 0 {
			t.Fatalf("held: %+v", res.Held)
		}
		w.has("docs", "a file now")
		w.has("main.go/x", "below")
		w.has("link", "no link now")
		w.original("src/a.go")
		for link, want := range map[string]string{"run.sh": "src/b.go", "empty": "main.go"} {
			if got, err := os.Readlink(filepath.Join(w.project, link)); got != want {
				t.Errorf("%s leads to %q (%v)", link, got, err)
			}
		}
	})
}

func TestOpaqueFolderHidesOldContent(t *testing.T) {
	w := newWorld(t)
	w.opaque("docs")
	w.write("docs/x.md", "rewritten", 0o644)
	w.write("docs/sub/new.md", "new", 0o644) // no mark of its own: hidden by its parent's
	w.wantClasses("added ordinary docs/sub/new.md", "deleted ordinary docs/sub/y.md", "deleted ordinary docs/sub/z.md", "modified ordinary docs/x.md")
}

func TestOpaqueFolderApplied(t *testing.T) {
	w := newWorld(t)
	w.opaque("docs")
	w.write("docs/x.md", "rewritten", 0o644)
	w.write("docs/sub/new.md", "new", 0o644)
	w.apply()
	w.has("docs/x.md", "rewritten")
	w.has("docs/sub/new.md", "new")
	w.has("docs/sub/y.md", "")
	w.has("docs/sub/z.md", "")
}

func TestNoChange(t *testing.T) {
	w := newWorld(t)
	w.write("src/a.go", "original of src/a.go\n", 0o644) // a new time only
	w.symlink("src/a.go", "link")
	must(t, unix.Mknod(w.up("never"), unix.S_IFCHR, 0)) // made and removed inside
	w.up("docs/sub/.")
	w.wantClasses()
}

func TestModes(t *testing.T) {
	w := newWorld(t)
	w.write("src/a.go", "original of src/a.go\n", 0o755)
	w.up("docs/x")
	must(t, os.Chmod(w.o.Dirs.Upper+"/docs", 0o711))
	c := w.wantClasses("mode ordinary docs", "mode ordinary src/a.go")
	if !strings.Contains(c.Entries[1].Runs, "new executable") {
		t.Errorf("a new executable is %+v", c.Entries[1])
	}
	before, err := os.Stat(filepath.Join(w.project, "src/a.go"))
	must(t, err)
	w.apply()
	after, err := os.Stat(filepath.Join(w.project, "src/a.go"))
	must(t, err)
	if after.Mode().Perm() != 0o755 || !os.SameFile(before, after) {
		t.Errorf("mode %v, same file %v", after.Mode(), os.SameFile(before, after))
	}
	if st, _ := os.Stat(filepath.Join(w.project, "docs")); st.Mode().Perm() != 0o711 {
		t.Errorf("folder has mode %v", st.Mode())
	}
}

func TestHeldWithManifest(t *testing.T) {
	eachWay(t, func(t *testing.T, w *world) {
		w.write("CLAUDE.md", "obey", 0o755)
		w.write(".claude/settings.json", "{}", 0o644)
		w.write("deep/er/.Claude/settings.json", "{}", 0o644)
		w.symlink("/etc/passwd", "pw")
		w.write("ok.txt", "fine", 0o644)
		w.whiteout(".git/config")
		res := w.apply()
		if res.Applied != 1 || res.HeldDir != w.o.Dirs.Held {
			t.Errorf("result %+v", res)
		}
		w.original("CLAUDE.md")
		w.original(".git/config")
		w.has("ok.txt", "fine")
		for _, p := range []string{".claude", "deep", "pw"} {
			w.has(p, "")
		}
		b, err := os.ReadFile(filepath.Join(w.o.Dirs.Held, manifest))
		must(t, err)
		var m heldRecord
		must(t, json.Unmarshal(b, &m))
		found := map[string]string{}
		for _, h := range m.Held {
			if h.File == "" {
				continue
			}
			b, err := os.ReadFile(filepath.Join(w.o.Dirs.Held, h.File))
			must(t, err)
			found[h.Path.String()] = string(b)
			st, _ := os.Lstat(filepath.Join(w.o.Dirs.Held, h.File))
			if st.Mode() != 0o600 || len(h.SHA256) != 64 || h.Detail == "" {
				t.Errorf("held %+v as %v", h, st.Mode())
			}
		}
		want := map[string]string{"CLAUDE.md": "obey", ".claude/settings.json": "{}", "deep/er/.Claude/settings.json": "{}", "pw": "/etc/passwd"}
		if d := diff(want, found); len(d) > 0 {
			t.Errorf("held: %v", d)
		}
	})
}

func TestStubsAreNoChange(t *testing.T) {
	w := newWorld(t)
	w.o.Stubs = []string{"AGENTS.md", ".vscode", ".claude", ".claude/settings.json", ".cursor"}
	w.write("AGENTS.md", "", 0o600)
	w.write(".claude/settings.json", "", 0o600)
	w.up(".vscode/x")
	w.up(".cursor/x")
	w.write(".cursor/notes.txt", "the agent's own", 0o644)
	w.wantClasses("added ordinary .cursor", "added ordinary .cursor/notes.txt")
	w.write("AGENTS.md", "written past the mount", 0o600)
	w.wantClasses("added ordinary .cursor", "added ordinary .cursor/notes.txt", "added guardrail AGENTS.md")
}

func TestFolderOfGuardrailStays(t *testing.T) {
	w := newWorld(t)
	w.whiteout("lib")                    // holds a CLAUDE.md
	w.whiteout(".git")                   // is a repository
	w.write("conf", "instead of", 0o644) // held a hidden file
	w.wantClasses("deleted guardrail .git", "modified secret conf",
		"deleted guardrail lib", "deleted guardrail lib/CLAUDE.md", "deleted ordinary lib/l.go")
	w.apply()
	w.original("lib/CLAUDE.md")
	w.has("lib/l.go", "")
	w.original(".git/HEAD")
	w.original("conf/.env")
}

func TestNothingIsAppliedUnlessRecorded(t *testing.T) {
	w := newWorld(t)
	w.write("main.go", "agent's", 0o644)
	fails := recorderFunc(func(evidence.Event) error { return errors.New("disk full") })
	if _, err := Apply(context.Background(), w.o, w.read(), fails); err == nil {
		t.Error("applied without a journal")
	}
	w.original("main.go")
	w.apply() // and with one it is
	w.has("main.go", "agent's")
}

type recorderFunc func(evidence.Event) error

func (f recorderFunc) Record(e evidence.Event) error { return f(e) }

func TestApplyTwiceIsRefused(t *testing.T) {
	w := newWorld(t)
	w.write("main.go", "agent's", 0o644)
	c := w.read()
	_, err := Apply(context.Background(), w.o, c, w)
	must(t, err)
	must(t, os.Mkdir(w.o.Dirs.Upper, 0o700))
	if _, err := Apply(context.Background(), w.o, c, w); err == nil || !strings.Contains(err.Error(), "before") {
		t.Errorf("applied twice: %v", err)
	}
}

func TestCancelled(t *testing.T) {
	w := newWorld(t)
	w.write("main.go", "agent's", 0o644)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Read(ctx, w.o); !errors.Is(err, context.Canceled) {
		t.Errorf("Read: %v", err)
	}
	if _, err := Apply(ctx, w.o, w.read(), w); !errors.Is(err, context.Canceled) {
		t.Errorf("Apply: %v", err)
	}
	w.original("main.go")
	r, err := Recover(context.Background(), w.o.Dirs.Iter)
	must(t, err)
	if r.Outcome != Finished {
		t.Errorf("recovered: %+v", r)
	}
	w.has("main.go", "agent's")
}

func TestAcrossFileSystems(t *testing.T) {
	state, err := os.MkdirTemp("/dev/shm", "stage-test-")
	if err != nil {
		t.Skipf("no second file system to write to: %v", err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(state) })
	w := newWorldAt(t, state)
	if a, err := Pin(state); err != nil || a.Dev == w.o.ProjectID.Dev {
		t.Skipf("the project is on /dev/shm too (%v)", err)
	}
	when := time.Unix(1700000000, 0)
	w.write("src/a.go", "agent's", 0o644)
	w.write("new/file", strings.Repeat("data", 50_000), 0o741)
	must(t, os.Chtimes(w.up("new/file"), when, when))
	w.write("holes", "begin", 0o644)
	must(t, os.Truncate(w.up("holes"), 100<<20))
	w.symlink("src/a.go", "new-link")
	w.write("CLAUDE.md", "obey", 0o644)
	w.apply()
	w.has("src/a.go", "agent's")
	w.has("new/file", strings.Repeat("data", 50_000))
	w.original("CLAUDE.md")
	st, err := os.Stat(filepath.Join(w.project, "new/file"))
	must(t, err)
	if st.Mode() != 0o741 || !st.ModTime().Equal(when) {
		t.Errorf("copied as %v of %v", st.Mode(), st.ModTime())
	}
	var holes unix.Stat_t
	must(t, unix.Stat(filepath.Join(w.project, "holes"), &holes))
	if holes.Size != 100<<20 || holes.Blocks > 2048 {
		t.Errorf("a sparse file has %d bytes in %d blocks", holes.Size, holes.Blocks)
	}
}

func TestNewFilesBelongToTheProjectsOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root gives files away")
	}
	eachWay(t, func(t *testing.T, w *world) {
		must(t, os.Chown(w.project, 1234, 2345))
		must(t, os.Chown(filepath.Join(w.project, "main.go"), 77, 78))
		w.write("main.go", "agent's", 0o644)
		w.write("new/file", "agent's", 0o644)
		w.apply()
		for rel, want := range map[string][2]uint32{"main.go": {77, 78}, "new": {1234, 2345}, "new/file": {1234, 2345}} {
			var st unix.Stat_t
			must(t, unix.Lstat(filepath.Join(w.project, rel), &st))
			if got := [2]uint32{st.Uid, st.Gid}; got != want {
				t.Errorf("%s belongs to %v, want %v", rel, got, want)
			}
		}
	})
}

// listed is an access control list as the kernel keeps it: the owner and one
// user, 61102, may do everything, group and others may read and enter.
const listed = "\x02\x00\x00\x00" +
	"\x01\x00\x07\x00\xff\xff\xff\xff" + "\x02\x00\x07\x00\xae\xee\x00\x00" + "\x04\x00\x05\x00\xff\xff\xff\xff" +
	"\x10\x00\x07\x00\xff\xff\xff\xff" + "\x20\x00\x05\x00\xff\xff\xff\xff"

// TestAppliedKeepsLists: without its list a file's mask would become its
// group's rights.
func TestAppliedKeepsLists(t *testing.T) {
	eachWay(t, func(t *testing.T, w *world) {
		w.write("new", "new", 0o755)
		w.write("pkg/x", "new", 0o644)
		for _, name := range []string{"new", "pkg"} {
			err := unix.Setxattr(w.up(name), "system.posix_acl_access", []byte(listed), 0)
			if err == unix.ENOTSUP {
				t.Skip("the file system of TMPDIR keeps no access control lists")
			}
			must(t, err)
		}
		must(t, unix.Setxattr(w.up("pkg"), "system.posix_acl_default", []byte(listed), 0))
		w.apply()
		for path, attr := range map[string]string{"new": "access", "pkg": "access", "pkg/.": "default"} {
			p := filepath.Join(w.project, path)
			buf := make([]byte, 100)
			n, err := unix.Lgetxattr(p, "system.posix_acl_"+attr, buf)
			if err != nil || string(buf[:n]) != listed {
				t.Errorf("%s: %s list %x, %v", path, attr, buf[:max(n, 0)], err)
			}
			if st, err := os.Stat(p); err != nil || st.Mode().Perm() != 0o775 {
				t.Errorf("%s: %v, %v", path, st, err)
			}
		}
	})
}
