package native

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ringwall/internal/backend/backendtest"
	"ringwall/internal/kernel/launch"
	"ringwall/internal/plan"
)

// absentBox is a project that lacks guardrails, in folders that it has and in
// one that it has not.
func absentBox(t *testing.T, target backendtest.Target) *backendtest.Box {
	b := backendtest.NewBox(t, target)
	b.File("sub/deep/mine", "mine\n")
	b.File("mine", "mine\n")
	if err := os.Chmod(filepath.Join(b.Project, "sub/deep"), 0o750); err != nil {
		t.Fatal(err)
	}
	for _, g := range []plan.Guardrail{{Path: "AGENTS.md"}, {Path: ".cursor", Dir: true},
		{Path: ".claude/settings.json"}, {Path: "sub/deep/CLAUDE.md"}} {
		b.Add("isolation.guardrail:"+g.Path, plan.Op{Guardrail: &g})
	}
	return b
}

// onAbsent are attempts on names that are taken, with the answers: on the names,
// on the folders that they stand in, and on what makes overlayfs forget a layer.
var onAbsent = map[string]string{
	"create:AGENTS.md": "EEXIST", "write:AGENTS.md": "EROFS EACCES", "unlink:AGENTS.md": "EBUSY", "rename:mine|AGENTS.md": "EBUSY",
	"rename:AGENTS.md|x": "EBUSY", "exchange:mine|AGENTS.md": "EBUSY", "link:AGENTS.md|x": "EXDEV EPERM", "chmod:AGENTS.md": "EROFS EPERM",
	"symlink:mine|AGENTS.md": "EEXIST", "whiteout:AGENTS.md": "EEXIST EPERM",
	"create:.claude/settings.json": "EEXIST", "unlink:.claude/settings.json": "EBUSY", "rename:.claude|x": "EBUSY", "rmdir:.claude": "EBUSY",
	"create:sub/deep/CLAUDE.md": "EEXIST", "rename:mine|sub/deep/CLAUDE.md": "EBUSY EXDEV", "unlink:sub/deep/CLAUDE.md": "EBUSY",
	"rename:sub/deep|sub/x": "EBUSY", "rename:sub|x": "EBUSY", "exchange:sub/deep|sub": "EBUSY EINVAL EXDEV",
	"whiteout:sub/deep/CLAUDE.md": "EEXIST EPERM", "whiteout:.claude": "EEXIST EPERM",
	"create:.cursor/rules": "EROFS EACCES", "mkdir:.cursor/x": "EROFS EACCES", "rmdir:.cursor": "EBUSY", "rename:sub|.cursor": "EBUSY",
	"symlink:/etc|.cursor": "EEXIST", "mkdir:.cursor": "EEXIST", "create:AGENTS.md/x": "ENOTDIR",
}

// eachIdentity runs a test with each identity that this host has.
func eachIdentity(t *testing.T, test func(*testing.T, backendtest.Target)) {
	t.Run("alone", func(t *testing.T) { test(t, target(t)) })
	t.Run("beside", func(t *testing.T) { test(t, besideTarget(t)) })
}

// TestAbsentLeavesNothing: names that are taken are tried in every way, and
// afterwards there is nothing of them in the project or among the changes, and
// in the state directory one layer, which is as it was.
func TestAbsentLeavesNothing(t *testing.T) {
	eachIdentity(t, func(t *testing.T, target backendtest.Target) {
		b := absentBox(t, target)
		before := listing(t, b.Project)
		b.Expect(b.Attack(sorted(onAbsent)...), onAbsent)
		if left := listing(t, filepath.Join(b.IterDir, "upper")); left != ". " {
			t.Errorf("among the changes is %q", left)
		}
		if after := listing(t, b.Project); after != before {
			t.Errorf("the project was %q and is %q", before, after)
		}
		layers := listing(t, b.Layers)
		if n := strings.Count(layers, "AGENTS.md"); n != 1 {
			t.Errorf("there are %d layers: %q", n, layers)
		}
		b.Expect(b.Attack("create:AGENTS.md"), map[string]string{"create:AGENTS.md": "EEXIST"})
		if again := listing(t, b.Layers); again != layers {
			t.Errorf("the layer was %q and is %q", layers, again)
		}
	})
}

// TestAbsentWithoutLayer: where there can be no layer the names are taken one by
// one, and hold as well. So they do if the kernel does not take the layer.
func TestAbsentWithoutLayer(t *testing.T) {
	eachIdentity(t, func(t *testing.T, target backendtest.Target) {
		for name, spoil := range map[string]func(*backendtest.Box){
			"no place for it": func(b *backendtest.Box) { b.Layers = "" },
			"a place that is not ours alone": func(b *backendtest.Box) {
				must(t, os.Mkdir(b.Layers, 0o700))
				must(t, os.Chmod(b.Layers, 0o755))
			},
			"an attribute of the project's folder": func(b *backendtest.Box) {
				must(t, unix.Setxattr(filepath.Join(b.Project, "sub"), "user.x", []byte("y"), 0))
			},
		} {
			t.Run(name, func(t *testing.T) {
				b := absentBox(t, target)
				spoil(b)
				b.Expect(b.Attack(sorted(onAbsent)...), onAbsent)
				if left := listing(t, filepath.Join(b.IterDir, "upper")); !strings.Contains(left, "AGENTS.md") {
					t.Errorf("among the changes is %q: there was a layer", left)
				}
			})
		}
	})
}

// TestLayerThatIsRefused: a layer that overlaps another is one that the kernel
// does not take.
func TestLayerThatIsRefused(t *testing.T) {
	tgt := target(t)
	if tgt.Host.IsRoot() {
		t.Skip("as root the layer is handed over as a mount, which a test cannot exchange")
	}
	b := absentBox(t, tgt)
	b.Target = weaker(tgt, func(s *launch.Spec) {
		for i := range s.Steps {
			if s.Steps[i].Op == launch.Between {
				s.Steps[i].Source = filepath.Join(b.IterDir, "upper")
			}
		}
	})
	b.Expect(b.Attack(sorted(onAbsent)...), onAbsent)
}

// TestAbsentIsOpenWithoutTheControl: with neither layer nor mounts each name can
// be had.
func TestAbsentIsOpenWithoutTheControl(t *testing.T) {
	for _, attempt := range []string{"create:AGENTS.md", "rename:mine|AGENTS.md", "symlink:mine|AGENTS.md", "mkdir:.cursor",
		"create:sub/deep/CLAUDE.md", "mkdir:.claude"} {
		b := absentBox(t, weaker(target(t), without(launch.Absent, launch.Between)))
		if strings.Contains(attempt, ".claude") { // its folder is a mount point too
			b.Drop("isolation.guardrail:.claude/settings.json")
		}
		b.Expect(b.Attack(attempt), map[string]string{attempt: "ok"})
	}
	// The layer alone only fills the name: it is the mount that holds it.
	b := absentBox(t, weaker(target(t), without(launch.Absent)))
	b.Expect(b.Attack("unlink:AGENTS.md", "create:AGENTS.md"), map[string]string{"unlink:AGENTS.md": "ok", "create:AGENTS.md": "ok"})
}

// TestLayerLooksLikeTheProject: a folder that both have is the project's, by
// mode, owner and time, and all is on one device, with one number for one file.
func TestLayerLooksLikeTheProject(t *testing.T) {
	eachIdentity(t, func(t *testing.T, target backendtest.Target) {
		b := absentBox(t, target)
		then := time.Unix(1e9, 0)
		must(t, os.Chtimes(filepath.Join(b.Project, "sub/deep"), then, then))
		r := b.Command("/bin/sh", "-c", `exec >&2; stat -c "%a %Y" sub/deep; stat -c %u sub/deep mine | uniq | wc -l
			stat -c %d . mine sub sub/deep sub/deep/mine .claude | sort -u | wc -l
			find . -inum $(stat -c %i sub/deep/mine); find . -name 'C*' -o -name 'A*'; ls -a . sub/deep`)
		own := fmt.Sprintf("%o", mode(t, filepath.Join(b.Project, "sub/deep")))
		want := own + " 1000000000\n1\n1\n./sub/deep/mine\n"
		if r.Err != nil || !strings.HasPrefix(r.Stderr, want) {
			t.Errorf("it looks like %q, %v, want %q", r.Stderr, r.Err, want)
		}
		if n := strings.Count(r.Stderr, "AGENTS.md"); n != 2 {
			t.Errorf("AGENTS.md is listed %d times, not twice", n)
		}
	})
}

// TestWorkBesideAbsent: in the folders of the layer the agent works as in any
// other, and what it leaves is its own work and nothing else. A folder that was
// copied up has the mode of the project's.
func TestWorkBesideAbsent(t *testing.T) {
	eachIdentity(t, func(t *testing.T, target backendtest.Target) {
		b := absentBox(t, target)
		for range 2 {
			r := b.Command("/bin/sh", "-c", "echo x >sub/deep/new && echo x >sub/other && rm sub/deep/mine && cat sub/deep/CLAUDE.md AGENTS.md")
			if r.Err != nil || r.ExitCode != 0 {
				t.Fatalf("%+v, %v: %s", r.Result, r.Err, r.Stderr)
			}
			want := ". sub/ sub/deep/ sub/deep/mine sub/deep/new sub/other "
			if got := listing(t, filepath.Join(b.IterDir, "upper")); got != want {
				t.Errorf("the changes are %q, want %q", got, want)
			}
			for _, dir := range []string{"sub", "sub/deep"} {
				if copied, own := mode(t, filepath.Join(b.IterDir, "upper", dir)), mode(t, filepath.Join(b.Project, dir)); copied != own {
					t.Errorf("the copy of %s has mode %v, the project's %v", dir, copied, own)
				}
			}
			for _, name := range []string{"mine", "new", "other"} {
				if layers := listing(t, b.Layers); strings.Contains(layers, name) {
					t.Errorf("the agent's %s is in the layer: %q", name, layers)
				}
			}
			must(t, os.WriteFile(filepath.Join(b.Project, "sub/deep/mine"), nil, 0o644))
			b.NextIteration()
		}
	})
}

// TestOpaqueIsNotTheAgents: overlayfs' own mark, by which a folder hides what is
// below it, means nothing when it comes from inside.
func TestOpaqueIsNotTheAgents(t *testing.T) {
	eachIdentity(t, func(t *testing.T, target backendtest.Target) {
		b := absentBox(t, target)
		want := map[string]string{"opaque:.": "ok EPERM EOPNOTSUPP", "opaque:sub": "ok EPERM EOPNOTSUPP", "opaque:sub/deep": "ok EPERM EOPNOTSUPP"}
		b.Expect(b.Attack(sorted(want)...), want)
		for _, dir := range []string{".", "sub", "sub/deep"} {
			if _, err := unix.Getxattr(filepath.Join(b.IterDir, "upper", dir), "user.overlay.opaque", nil); err == nil {
				t.Errorf("%s has the mark", dir)
			}
		}
		// Overlayfs forgets at the next mount what it knows of a folder.
		taken := map[string]string{"create:AGENTS.md": "EEXIST", "create:sub/deep/CLAUDE.md": "EEXIST", "read:sub/deep/mine": "ok"}
		b.Expect(b.Attack(sorted(taken)...), taken)
	})
}

// TestFolderRemovedMeanwhile: a person takes a folder away that has a taken name
// in it. The name stays taken, and nothing comes back.
func TestFolderRemovedMeanwhile(t *testing.T) {
	b := absentBox(t, target(t))
	gone := make(chan error, 1)
	go func() {
		for range 500 {
			if _, err := os.Lstat(filepath.Join(b.IterDir, "upper/started")); err == nil {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		gone <- os.RemoveAll(filepath.Join(b.Project, "sub"))
	}()
	r := b.Command("/bin/sh", "-c", "echo >started; sleep 1; test -e sub/deep/CLAUDE.md && ! echo evil >sub/deep/CLAUDE.md && ! mv sub x")
	must(t, <-gone)
	if r.Err != nil || r.ExitCode != 0 {
		t.Errorf("%+v, %v: %s", r.Result, r.Err, r.Stderr)
	}
	if left := listing(t, filepath.Join(b.IterDir, "upper")); left != ". started " {
		t.Errorf("among the changes is %q", left)
	}
	if _, err := os.Lstat(filepath.Join(b.Project, "sub")); !os.IsNotExist(err) {
		t.Errorf("the folder is there: %v", err)
	}
}

func mode(t *testing.T, path string) os.FileMode {
	t.Helper()
	info, err := os.Lstat(path)
	must(t, err)
	return info.Mode().Perm()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// listing are the names in a tree, folders with a slash, each with a blank.
func listing(t *testing.T, dir string) string {
	t.Helper()
	var out strings.Builder
	must(t, filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		if e.IsDir() && rel != "." {
			rel += "/"
		}
		out.WriteString(rel + " ")
		return nil
	}))
	return out.String()
}
