package stage

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestOversizedIsHeld(t *testing.T) {
	w := newWorld(t)
	w.o.Rules.MaxFile = 1 << 20
	w.write("big", "", 0o644)
	must(t, os.Truncate(w.up("big"), 1<<40)) // sparse: nobody may read it through
	w.write("small", "x", 0o644)
	w.wantClasses("added oversized big", "added ordinary small")
	res := w.apply()
	if len(res.Held) != 1 || res.Held[0].File == "" || res.Held[0].SHA256 != "" {
		t.Errorf("held %+v", res.Held)
	}
	w.has("big", "")
	w.has("small", "x")
}

// deep makes a chain of n folders with a file at the bottom, and returns the
// path of the file.
func deep(t *testing.T, root string, n int) string {
	t.Helper()
	fd, err := unix.Open(root, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	must(t, err)
	for range n {
		must(t, unix.Mkdirat(fd, "d", 0o755))
		next, err := unix.Openat(fd, "d", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		must(t, err)
		must(t, unix.Close(fd))
		fd = next
	}
	f, err := unix.Openat(fd, "f", unix.O_WRONLY|unix.O_CREAT|unix.O_CLOEXEC, 0o644)
	must(t, err)
	must(t, unix.Close(f))
	must(t, unix.Close(fd))
	return strings.Repeat("d/", n) + "f"
}

func TestDeepTreeIsIncomplete(t *testing.T) {
	w := newWorld(t)
	w.write("main.go", "agent's", 0o644)
	deep(t, w.o.Dirs.Upper, 3000)
	c := w.read()
	if c.Incomplete == "" || !c.Findings() {
		t.Fatalf("3000 folders deep, and incomplete is %q", c.Incomplete)
	}
	if _, err := Apply(context.Background(), w.o, c, w); !errors.Is(err, ErrIncomplete) {
		t.Errorf("Apply: %v", err)
	}
	w.original("main.go")
	if len(w.events) != 0 {
		t.Errorf("events %+v", w.events)
	}
	r, err := Recover(context.Background(), w.o.Dirs.Iter)
	must(t, err)
	if r.Outcome != Unapplied {
		t.Errorf("recovered %+v", r)
	}
	must(t, Discard(w.o.Dirs))
	w.ended()
}

func TestDeepTreeWithinBoundsIsApplied(t *testing.T) {
	w := newWorld(t)
	const n = 1800 // a path longer than is handed to the kernel at once
	w.o.Rules.MaxDepth = n
	rel := deep(t, w.o.Dirs.Upper, n)
	c := w.read()
	if len(c.Entries) != n+1 || string(c.Entries[n].Path) != rel {
		t.Fatalf("%d entries", len(c.Entries))
	}
	_, err := Apply(context.Background(), w.o, c, w)
	must(t, err)
	p, err := openTree(w.project)
	must(t, err)
	defer p.close()
	fd, err := p.open(rel, unix.O_PATH)
	if err != nil {
		t.Errorf("the file at the bottom: %v", err)
	}
	closeIf(err == nil, fd)
}

func TestTooManyEntriesIsIncomplete(t *testing.T) {
	w := newWorld(t)
	w.o.Rules.MaxEntries = 50
	for i := range 49 {
		w.write("n"+strings.Repeat("x", i+1), "", 0o644)
	}
	if c := w.read(); c.Incomplete != "" {
		t.Errorf("49 of 50: %s", c.Incomplete)
	}
	w.write("m1", "", 0o644)
	w.write("m2", "", 0o644)
	if c := w.read(); c.Incomplete == "" {
		t.Error("51 of 50 is whole")
	}
}

func TestClosedFoldersAreRead(t *testing.T) {
	w := newWorld(t)
	w.write("shut/in/x", "x", 0o000)
	w.write("shut/in/y", "y", 0o644)
	must(t, unix.Setxattr(w.up("shut/in/y"), "user.overlay.origin", []byte("x"), 0))
	must(t, os.Chmod(w.up("shut/in/y"), 0o444))
	w.opaque("docs")
	must(t, os.Chmod(w.o.Dirs.Upper+"/docs", 0o055))
	must(t, os.Chmod(w.o.Dirs.Upper+"/shut/in", 0o000))
	must(t, os.Chmod(w.o.Dirs.Upper+"/shut", 0o100))
	c := w.wantClasses("mode ordinary docs", "deleted ordinary docs/sub", "deleted ordinary docs/sub/y.md", "deleted ordinary docs/sub/z.md",
		"deleted ordinary docs/x.md", "added ordinary shut", "added ordinary shut/in", "added ordinary shut/in/x", "added ordinary shut/in/y")
	if st, _ := os.Stat(w.o.Dirs.Upper + "/shut"); st.Mode().Perm() != 0o100 {
		t.Errorf("Read left mode %v", st.Mode())
	}
	if c.Entries[5].Mode != 0o100 || c.Entries[6].Mode != 0 {
		t.Errorf("modes %o and %o", c.Entries[5].Mode, c.Entries[6].Mode)
	}
	_, err := Apply(context.Background(), w.o, c, w)
	must(t, err)
	p := filepath.Join(w.project, "shut")
	if st, _ := os.Stat(p); st.Mode().Perm() != 0o100 {
		t.Errorf("applied with mode %v", st.Mode())
	}
	must(t, os.Chmod(p, 0o700))
	must(t, os.Chmod(p+"/in", 0o700))
	w.has("shut/in/y", "y")
}
