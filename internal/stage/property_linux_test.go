package stage

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestRealOverlayRandom makes a random tree and plays a random sequence of
// operations above it in a real overlay, applies what came of it, and compares
// with the same sequence on a plain copy: equal, or held with a reason. Then it
// rolls back and compares with what was there before. A failure names its seed.
// RINGWALL_TEST_SEEDS asks for more of them.
func TestRealOverlayRandom(t *testing.T) {
	for way, set := range ways() {
		for seed := range seeds(t, 16) {
			t.Run(fmt.Sprint(way, "/", seed), func(t *testing.T) { playRandom(t, seed, set) })
		}
	}
}

// seeds is how many random sequences are played.
func seeds(t *testing.T, few uint64) uint64 {
	n, err := strconv.ParseUint(cmp.Or(os.Getenv("RINGWALL_TEST_SEEDS"), fmt.Sprint(few)), 10, 64)
	if err != nil {
		t.Fatalf("RINGWALL_TEST_SEEDS: %v", err)
	}
	return n
}

func playRandom(t *testing.T, seed uint64, set func(*world)) {
	w := newWorld(t)
	set(w)
	copied := filepath.Join(filepath.Dir(w.project), "copy")
	must(t, os.Mkdir(copied, 0o755))
	w.fill(copied)
	randomTree(t, w.project, seed)
	randomTree(t, copied, seed)
	before := deepLook(t, w.project)
	w.inOverlay("random", seed)
	must(t, randomScene(copied, seed))
	c := w.read()
	unmarkedFilesAreUnmarked(t, w)
	res, err := Apply(context.Background(), w.o, c, w)
	must(t, err)
	w.ended()
	want, got := compared(t, copied), compared(t, w.project)
	for _, d := range diff(want, got) {
		if path, _, _ := strings.Cut(d, ": "); !excused(res, path) {
			t.Errorf("a plain copy and the project differ: %s", d)
		}
	}
	_, err = Rollback(context.Background(), w.o, w)
	must(t, err)
	after := deepLook(t, w.project)
	if w.o.copy { // a copy is another file
		before, after = withoutNumbers(before), withoutNumbers(after)
	}
	if d := diff(before, after); len(d) > 0 {
		t.Errorf("after rolling back:\n%s", strings.Join(d, "\n"))
	}
}

// excused tells whether a path was held, or lies in or above something that was.
func excused(res Result, path string) bool {
	for _, h := range res.Held {
		p := string(h.Path)
		if h.Detail != "" && (p == path || below(p, path) || below(path, p)) {
			return true
		}
	}
	return false
}

// unmarkedFilesAreUnmarked: where Read does not look for attributes of the
// overlay, there are none. The kernel marks folders that hold such files.
func unmarkedFilesAreUnmarked(t *testing.T, w *world) {
	t.Helper()
	_ = filepath.WalkDir(w.o.Dirs.Upper, func(p string, e fs.DirEntry, err error) error {
		if err != nil || p == w.o.Dirs.Upper || e.IsDir() {
			return err
		}
		names, _ := listXattr(func(b []byte) (int, error) { return unix.Llistxattr(p, b) })
		marked := slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, markerPrefix) })
		above := filepath.Dir(p)
		rel, _ := filepath.Rel(w.o.Dirs.Upper, above)
		if st, err := os.Lstat(filepath.Join(w.project, rel)); err == nil && st.IsDir() {
			return nil // looked at
		}
		if n, err := unix.Lgetxattr(above, markerPrefix+"impure", make([]byte, 8)); marked && (err != nil || n == 0) {
			t.Errorf("%s has attributes of the overlay, and its folder does not say so", p)
		}
		return nil
	})
}

// randomTree adds to a tree what the seed says.
func randomTree(t *testing.T, dir string, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 2))
	modes := []os.FileMode{0o644, 0o600, 0o640, 0o755}
	if os.Geteuid() == 0 { // inside the overlay everybody may write to such a file
		modes[2] = 0o444
	}
	for i := range 20 {
		p := filepath.Join(dir, []string{"src", "docs", "docs/sub", "t1", "t1/t2", "t1/t3"}[r.IntN(6)], fmt.Sprint("u", r.IntN(8)))
		if _, err := os.Lstat(p); err == nil {
			continue
		}
		writeFile(t, p, strings.Repeat(fmt.Sprint(i, " "), r.IntN(50)), modes[r.IntN(4)])
		if r.IntN(3) == 0 && os.Geteuid() == 0 {
			must(t, unix.Setxattr(p, "user.t", fmt.Append(nil, i), 0))
		}
		if r.IntN(5) == 0 {
			_ = os.Truncate(p, 1<<20)
		}
	}
}

// randomScene does the same operations for the same seed and tree. Operations
// that the file system refuses are no part of it.
func randomScene(dir string, seed uint64) error {
	s := &scene{r: rand.New(rand.NewPCG(seed, 1)), dir: dir}
	ops := []func(a, b string, n int){
		s.write, s.write, s.mkdir, s.remove, s.move, s.symlink, s.link, s.chmod,
		s.append, s.truncate, s.over, s.xattr, s.swapFolders, s.swapFiles, s.odd,
	}
	for range 60 {
		a, b, n := s.path(), s.path(), s.r.IntN(1000)
		ops[s.r.IntN(len(ops))](a, b, n)
	}
	return nil
}

// scene is one sequence of random operations.
type scene struct {
	r   *rand.Rand
	dir string
}

func (s *scene) pick(of ...string) string { return of[s.r.IntN(len(of))] }

func (s *scene) path() string {
	folder := s.pick("src", "docs", "docs/sub", "empty", "n1", "n2", "src/deep", "n1/n2", "t1", "t1/t2", "t1/t3")
	if s.r.IntN(3) == 0 {
		return filepath.Join(s.dir, folder)
	}
	return filepath.Join(s.dir, folder, s.pick("a.go", "x.md", "f1", "f2", "u1", "u2", "u3", "u4"))
}

// plainFile tells whether writing there cannot wait for a reader.
func plainFile(p string) bool {
	st, err := os.Stat(p)
	return err == nil && st.Mode().IsRegular() || os.IsNotExist(err)
}

func (s *scene) write(a, _ string, n int) {
	if plainFile(a) {
		_ = os.WriteFile(a, fmt.Append(nil, n), 0o644)
	}
}
func (s *scene) mkdir(a, _ string, _ int)  { _ = os.Mkdir(a, 0o755) }
func (s *scene) remove(a, _ string, _ int) { _ = os.RemoveAll(a) }
func (s *scene) append(a, _ string, _ int) {
	if plainFile(a) {
		_ = appendTo(a)
	}
}
func (s *scene) link(a, b string, _ int) { _ = os.Link(a, b) }
func (s *scene) symlink(a, _ string, _ int) {
	_ = os.Symlink(s.pick("a.go", "x.md", "f1"), a)
}

func (s *scene) move(a, b string, _ int) {
	if !strings.HasPrefix(b, a) && !strings.HasPrefix(a, b) {
		moveWhole(a, b)
	}
}

func (s *scene) chmod(a, _ string, n int) {
	if st, err := os.Lstat(a); err == nil && st.Mode()&os.ModeSymlink == 0 {
		_ = os.Chmod(a, st.Mode().Perm()^os.FileMode(n&0o077))
	}
}

func (s *scene) truncate(a, _ string, n int) {
	if st, err := os.Lstat(a); err == nil && st.Mode().IsRegular() {
		_ = os.Truncate(a, int64(n*n))
	}
}

// over writes beside a file and renames over it, as editors do.
func (s *scene) over(a, _ string, n int) {
	if st, err := os.Lstat(a); err == nil && st.IsDir() {
		return
	}
	tmp := filepath.Join(filepath.Dir(a), "tmp~")
	if os.WriteFile(tmp, fmt.Append(nil, "over ", n), 0o644) == nil {
		_ = os.Rename(tmp, a)
	}
}

func (s *scene) xattr(a, _ string, n int) {
	if n%3 == 0 {
		_ = unix.Lremovexattr(a, "user.t")
		return
	}
	_ = unix.Lsetxattr(a, "user.t", fmt.Append(nil, n), 0)
}

// swapFolders exchanges two folders that were made inside: those of the project
// cannot be renamed in the overlay.
func (s *scene) swapFolders(_, _ string, n int) {
	a, b := filepath.Join(s.dir, "n1"), filepath.Join(s.dir, "n2")
	if n%2 == 0 {
		_ = os.Rename(a, filepath.Join(s.dir, "src", "n3"))
		return
	}
	_ = unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE)
}

func (s *scene) swapFiles(a, b string, _ int) {
	x, errA := os.Lstat(a)
	y, errB := os.Lstat(b)
	if errA == nil && errB == nil && x.Mode().IsRegular() && y.Mode().IsRegular() {
		_ = unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE)
	}
}

// odd makes what is held.
func (s *scene) odd(a, _ string, n int) {
	switch n % 4 {
	case 0:
		_ = os.WriteFile(filepath.Join(filepath.Dir(a), "CLAUDE.md"), fmt.Append(nil, n), 0o644)
	case 1:
		_ = unix.Mkfifo(filepath.Join(filepath.Dir(a), "ff"), 0o644) // a name that nothing opens
	case 2:
		_ = os.Symlink("/nonexistent/ringwall-test", a) // what is written through it must hit nothing
	}
}

// compared describes what must be equal to a plain copy: kind, mode, content,
// attributes, and which names are one file.
func compared(t *testing.T, root string) map[string]string {
	return describe(t, root, false)
}

// deepLook also tells the file's number, its time and its owner.
func deepLook(t *testing.T, root string) map[string]string {
	return describe(t, root, true)
}

const numbered = " number "

func withoutNumbers(m map[string]string) map[string]string {
	out := maps.Clone(m)
	for p, what := range out {
		out[p], _, _ = strings.Cut(what, numbered)
	}
	return out
}

func describe(t *testing.T, root string, all bool) map[string]string {
	t.Helper()
	out := snapshot(t, root)
	first := map[uint64]string{}
	for _, rel := range slices.Sorted(maps.Keys(out)) {
		p := filepath.Join(root, rel)
		var st unix.Stat_t
		must(t, unix.Lstat(p, &st))
		names, err := listXattr(func(b []byte) (int, error) { return unix.Llistxattr(p, b) })
		must(t, err)
		for _, n := range names {
			buf := make([]byte, 100)
			size, _ := unix.Lgetxattr(p, n, buf)
			out[rel] += fmt.Sprintf(" %s=%s", n, buf[:max(size, 0)])
		}
		if st.Mode&unix.S_IFMT == unix.S_IFREG && st.Nlink > 1 {
			if first[st.Ino] == "" {
				first[st.Ino] = rel
			} else {
				out[rel] += " same as " + first[st.Ino]
			}
		}
		if all && st.Mode&unix.S_IFMT != unix.S_IFDIR {
			out[rel] += fmt.Sprint(" of ", st.Uid, ":", st.Gid)
			if st.Mode&unix.S_IFMT == unix.S_IFREG {
				out[rel] += fmt.Sprint(" time ", st.Mtim.Nano(), " blocks ", st.Blocks)
			}
			out[rel] += fmt.Sprint(numbered, st.Ino)
		}
	}
	return out
}
