package stage

import (
	"os"
	"path/filepath"
	"testing"

	"ringwall/internal/plan"
)

// TestMemoryAtTheGate: memory is an ordinary change, and says that it is one;
// what else is changed in its frozen folder is held, and so is a guardrail's
// name, or a link, in the memory itself (CFG-22). Without the rule all is held.
func TestMemoryAtTheGate(t *testing.T) {
	fill := func(t *testing.T, w *world) {
		w.o.Rules.Guardrails = append(w.o.Rules.Guardrails, plan.Guardrail{Path: "docs", Dir: true, Present: true, Around: true})
		w.write("docs/x.md", "learned", 0o644)
		w.write("docs/sub/new/n.md", "note", 0o644)
		w.write("docs/sub/CLAUDE.md", "evil", 0o644)
		w.write("docs/other.md", "evil", 0o644)
		w.symlink("../main.go", "docs/sub/l")
		w.whiteout("docs/sub/y.md")
	}
	w := newWorld(t)
	fill(t, w)
	w.o.Rules.Memory = []string{"docs/x.md", "docs/sub"}
	w.wantClasses("added guardrail docs/other.md", "added guardrail docs/sub/CLAUDE.md", "added guardrail docs/sub/l",
		"added ordinary docs/sub/new", "added ordinary docs/sub/new/n.md", "deleted ordinary docs/sub/y.md", "modified ordinary docs/x.md")
	for _, e := range w.read().Entries {
		if (e.Class == Ordinary) != (e.Detail == memoryDetail) {
			t.Errorf("%s: %s", e.Path, e.Detail)
		}
	}
	if res := w.apply(); res.Applied != 4 || len(res.Held) != 3 {
		t.Errorf("result %+v", res)
	}
	w.has("docs/x.md", "learned")
	w.has("docs/other.md", "")

	w = newWorld(t)
	fill(t, w)
	w.o.Rules.Guardrails[len(w.o.Rules.Guardrails)-1].Around = false
	for _, e := range w.read().Entries {
		if e.Class == Ordinary {
			t.Errorf("without the rule %s is %s", e.Path, e.Class)
		}
	}
}

// TestFolderAroundMemory: the folder itself stays as it is.
func TestFolderAroundMemory(t *testing.T) {
	w := newWorld(t)
	w.o.Rules.Guardrails = []plan.Guardrail{{Path: "docs", Dir: true, Present: true, Around: true}}
	w.o.Rules.Memory = []string{"docs/x.md"}
	w.write("docs/x.md", "learned", 0o644)
	must(t, os.Chmod(filepath.Dir(w.up("docs/x.md")), 0o700))
	w.wantClasses("mode guardrail docs", "modified ordinary docs/x.md")
}

// TestWorktreeAtTheGate: what changes with git's ordinary work in the part of a
// worktree that was there is applied; what leads git, and a new one, are not
// (GIT-07).
func TestWorktreeAtTheGate(t *testing.T) {
	w := newWorld(t)
	writeFile(t, filepath.Join(w.project, ".git/worktrees/old/logs/HEAD"), "a\n", 0o644)
	writeFile(t, filepath.Join(w.project, ".git/worktrees/old/gitdir"), "/x/.git\n", 0o644)
	w.write(".git/worktrees/old/logs/HEAD", "a\nb\n", 0o644)
	w.write(".git/worktrees/old/gitdir", "/evil/.git\n", 0o644)
	w.write(".git/worktrees/new/HEAD", "x\n", 0o644)
	w.write(".git/worktrees/.git/HEAD", "x\n", 0o644)
	w.wantClasses("added guardrail .git/worktrees/.git", "added guardrail .git/worktrees/.git/HEAD",
		"added guardrail .git/worktrees/new", "added guardrail .git/worktrees/new/HEAD",
		"modified guardrail .git/worktrees/old/gitdir", "modified ordinary .git/worktrees/old/logs/HEAD")
}
