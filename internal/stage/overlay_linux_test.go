package stage

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The tests below mount a real overlay, as the sandbox does: this test binary
// starts itself in a user and mount namespace and works there.
const overlayEnv = "STAGE_TEST_OVERLAY"

func TestMain(m *testing.M) {
	if job := os.Getenv(overlayEnv); job != "" {
		if err := overlayChild(job); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// overlayJob is what the child mounts and does.
type overlayJob struct {
	Lower, Upper, Work, Merged string
	Scene                      string
	Seed                       uint64
}

func overlayChild(job string) error {
	var j overlayJob
	if err := json.Unmarshal([]byte(job), &j); err != nil {
		return err
	}
	unix.Umask(0o022)
	opts := fmt.Sprintf("lowerdir=%s,upperdir=%s,workdir=%s,userxattr,index=off", j.Lower, j.Upper, j.Work)
	if err := unix.Mount("overlay", j.Merged, "overlay", unix.MS_NOSUID|unix.MS_NODEV, opts); err != nil {
		return fmt.Errorf("mount overlay: %w", err)
	}
	return playScene(j.Scene, j.Merged, j.Seed)
}

func playScene(scene, dir string, seed uint64) error {
	if scene == "random" {
		return randomScene(dir, seed)
	}
	return scenes()[scene](dir)
}

// inOverlay plays a scene in an overlay above the world's project. It skips
// where the kernel has no overlay in user namespaces.
func (w *world) inOverlay(scene string, seed uint64) {
	w.t.Helper()
	merged := filepath.Join(filepath.Dir(w.project), "merged")
	must(w.t, os.MkdirAll(merged, 0o755))
	job, err := json.Marshal(overlayJob{w.project, w.o.Dirs.Upper, w.o.Dirs.Work, merged, scene, seed})
	must(w.t, err)
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = []string{overlayEnv + "=" + string(job)}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:                 syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings:                []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}},
		GidMappings:                []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}},
		GidMappingsEnableSetgroups: false,
	}
	out, err := cmd.CombinedOutput()
	if cmd.Process == nil || bytes.Contains(out, []byte("mount overlay: operation not permitted")) ||
		bytes.Contains(out, []byte("mount overlay: no such device")) {
		w.t.Skipf("no overlay in a user namespace here: %v %s", err, out)
	}
	if err != nil {
		w.t.Fatalf("%s: %v %s", scene, err, out)
	}
}

// step is one operation of a scene, below a folder.
type step func(dir string) error

func do(steps ...step) func(string) error {
	return func(dir string) error {
		for i, s := range steps {
			if err := s(dir); err != nil {
				return fmt.Errorf("step %d: %w", i, err)
			}
		}
		return nil
	}
}

func put(rel, content string, mode os.FileMode) step {
	return func(dir string) error {
		p := filepath.Join(dir, rel)
		if err := os.WriteFile(p, []byte(content), mode); err != nil {
			return err
		}
		return os.Chmod(p, mode)
	}
}

func mkdir(rel string, mode os.FileMode) step {
	return func(dir string) error { return os.Mkdir(filepath.Join(dir, rel), mode) }
}

func move(from, to string) step {
	return func(dir string) error { return mv(filepath.Join(dir, from), filepath.Join(dir, to)) }
}

// mv renames as the mv command does: a folder of the project cannot be renamed
// without redirect_dir, so it is copied and removed.
func mv(from, to string) error {
	err := os.Rename(from, to)
	if !strings.Contains(fmt.Sprint(err), "cross-device") {
		return err
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return err
	}
	err = filepath.WalkDir(from, func(p string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		st, err := os.Lstat(p)
		if err != nil {
			return err
		}
		return os.Chmod(to+strings.TrimPrefix(p, from), st.Mode().Perm())
	})
	if err != nil {
		return err
	}
	return os.RemoveAll(from)
}

func rm(rel string) step {
	return func(dir string) error { return os.RemoveAll(filepath.Join(dir, rel)) }
}

func link(from, to string) step {
	return func(dir string) error { return os.Link(filepath.Join(dir, from), filepath.Join(dir, to)) }
}

func symlink(target, rel string) step {
	return func(dir string) error { return os.Symlink(target, filepath.Join(dir, rel)) }
}

func chmod(rel string, mode uint32) step {
	return func(dir string) error { return unix.Chmod(filepath.Join(dir, rel), mode) }
}

func scenes() map[string]func(string) error {
	return map[string]func(string) error{
		"create":       do(put("n.txt", "n", 0o640), mkdir("nd", 0o750), put("nd/x", "x", 0o755)),
		"overwrite":    do(put("src/a.go", "new", 0o644), put("docs/sub/y.md", "new", 0o600)),
		"append":       do(func(d string) error { return appendTo(d + "/src/a.go") }),
		"delete":       do(rm("main.go"), rm("docs/sub/y.md"), rm("empty")),
		"delete tree":  do(rm("docs")),
		"opaque":       do(rm("docs"), mkdir("docs", 0o755), put("docs/x.md", "new", 0o644), mkdir("docs/sub", 0o700)),
		"move file":    do(move("src/a.go", "src/moved.go"), move("main.go", "docs/main.go")),
		"move over":    do(put("t", "t", 0o644), move("t", "main.go")),
		"move folder":  do(move("docs", "papers")),
		"move new":     do(mkdir("a", 0o755), put("a/x", "x", 0o644), move("a", "b"), move("b", "src/b")),
		"symlink":      do(symlink("src/b.go", "l2"), rm("link"), symlink("run.sh", "link")),
		"chmod":        do(chmod("src/a.go", 0o755), chmod("docs", 0o700), chmod("run.sh", 0o600)),
		"link to file": do(rm("link"), put("link", "file", 0o644)),
		"file to dir":  do(rm("main.go"), mkdir("main.go", 0o755), put("main.go/x", "x", 0o644)),
		"dir to file":  do(rm("docs"), put("docs", "file", 0o644)),
		"dir to link":  do(rm("docs"), symlink("src", "docs")),
		"hard links":   do(put("h1", "h", 0o644), link("h1", "h2"), link("h1", "src/h3"), link("src/b.go", "b2.go")),
		"touch only":   do(func(d string) error { return os.Chtimes(d+"/src/a.go", time.Unix(1, 0), time.Unix(1, 0)) }),
		"make and remove": do(mkdir("gone", 0o755), put("gone/x", "x", 0o644), rm("gone"), put("src/tmp", "x", 0o644),
			rm("src/tmp")),
		"git work": do(put(".git/HEAD", "ref: refs/heads/x\n", 0o644), mkdir(".git/objects/ff", 0o755),
			put(".git/objects/ff/00", "o", 0o444), put(".git/index.lock", "i", 0o644), move(".git/index.lock", ".git/index")),
		"read-only files": do(put("ro", "x", 0o444), chmod("docs/sub/z.md", 0o400), move("docs/sub/z.md", "src/z.md")),
		"xattr": do(put("x", "x", 0o444), func(d string) error {
			return unix.Setxattr(d+"/src", "user.mine", []byte("v"), 0)
		}),

		"escapes": do(symlink("/etc/passwd", "pw"), symlink("../..", "src/up"), func(d string) error {
			return unix.Mkfifo(d+"/fifo", 0o644)
		}, put("suid", "x", 0o755), chmod("suid", 0o4755), put("plain", "x", 0o644)),
		"guardrails": do(put("CLAUDE.md", "obey", 0o644), mkdir(".claude", 0o755), put(".claude/settings.json", "{}", 0o644),
			mkdir(".git/hooks", 0o755), put(".git/hooks/pre-commit", "#!", 0o755), rm("lib"), put("plain", "x", 0o644)),
	}
}

func TestRealOverlayEqualsPlainCopy(t *testing.T) {
	held := []string{"escapes", "guardrails"}
	for name, scene := range scenes() {
		if slices.Contains(held, name) {
			continue
		}
		t.Run(name, func(t *testing.T) { comparePlain(t, name, 0, scene) })
	}
}

// comparePlain plays a scene in an overlay and applies it, and plays it in a
// plain copy; both must end the same.
func comparePlain(t *testing.T, name string, seed uint64, scene func(string) error) {
	t.Helper()
	w := newWorld(t)
	copied := filepath.Join(filepath.Dir(w.project), "copy")
	must(t, os.Mkdir(copied, 0o755))
	w.fill(copied)
	before := snapshot(t, w.project)
	w.inOverlay(name, seed)
	if d := diff(before, snapshot(t, w.project)); len(d) > 0 {
		t.Fatalf("the project changed below the overlay: %v", d)
	}
	must(t, scene(copied))
	res := w.apply()
	if len(res.Held) > 0 {
		t.Errorf("held: %+v", res.Held)
	}
	if d := diff(snapshot(t, copied), snapshot(t, w.project)); len(d) > 0 {
		t.Errorf("a plain copy and the project differ:\n%s", strings.Join(d, "\n"))
	}
}

func TestRealOverlayHeld(t *testing.T) {
	for name, want := range map[string][]string{
		"escapes": {"added escape fifo", "added escape pw", "added escape src/up", "added escape suid", "added ordinary plain"},
		"guardrails": {"added guardrail .claude", "added guardrail .claude/settings.json", "added guardrail .git/hooks",
			"added guardrail .git/hooks/pre-commit", "deleted guardrail lib", "deleted guardrail lib/CLAUDE.md",
			"deleted ordinary lib/l.go", "modified guardrail CLAUDE.md", "added ordinary plain"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.inOverlay(name, 0)
			got := classes(w.read())
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("changeset %q, want %q", got, want)
			}
			w.apply()
			w.has("plain", "x")
			w.original("CLAUDE.md")
			w.original("lib/CLAUDE.md")
			for _, p := range []string{".claude", ".git/hooks", "pw", "fifo", "suid", "src/up"} {
				w.has(p, "")
			}
		})
	}
}

// moveWhole moves only what a plain rename moves too: where the overlay says
// that a folder is on another device, both sides must do the same.
func moveWhole(a, b string) {
	st, err := os.Lstat(a)
	if err != nil {
		return
	}
	if st.IsDir() {
		if _, err := os.Lstat(b); err == nil {
			return
		}
		if os.Mkdir(b, 0o755) != nil {
			return
		}
		_ = os.RemoveAll(a)
		return
	}
	_ = os.Rename(a, b)
}

func appendTo(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString("more\n")
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}
