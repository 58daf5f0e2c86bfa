package native

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringwall/internal/backend"
	"ringwall/internal/backend/backendtest"
	"ringwall/internal/plan"
)

// inForm is a project with guardrails whose workspace is no overlay.
func inForm(t *testing.T, tg backendtest.Target, w plan.Workspace, freeze bool) *backendtest.Box {
	t.Helper()
	var box *backendtest.Box
	tg.New = func(j backendtest.Job) backend.Backend {
		n := backendOf(j)
		if n.Tree = filepath.Join(j.IterDir, "copy"); w.Form == plan.FormCopy {
			copyTree(t, box, n.Tree)
		}
		return n
	}
	box = backendtest.NewBox(t, tg)
	for _, f := range []string{"CLAUDE.md", ".claude/settings.json", "sub/deep/CLAUDE.md", "mine"} {
		box.File(f, "original\n")
	}
	w.Path = box.Project
	box.Add("isolation.workspace", plan.Op{Workspace: &w})
	for _, g := range []plan.Guardrail{{Path: "CLAUDE.md", Present: true}, {Path: ".claude", Dir: true, Present: true},
		{Path: "sub/deep/CLAUDE.md", Present: true}, {Path: "AGENTS.md"}, {Path: ".cursor", Dir: true}} {
		if freeze {
			box.Add("isolation.guardrail:"+g.Path, plan.Op{Guardrail: &g})
		}
	}
	return box
}

// copyTree is what the stage does before a run, as far as these tests need it.
func copyTree(t *testing.T, b *backendtest.Box, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(b.Project)); err != nil {
		t.Fatal(err)
	}
	for _, c := range b.Plan.Controls {
		u := c.Want.User
		if u == nil || u.Form == ownerForm {
			continue
		}
		filepath.WalkDir(to, func(path string, _ fs.DirEntry, _ error) error {
			if u.Form == accountRootForm {
				os.Lchown(path, u.HostUID, u.HostGID)
			} else {
				os.Chmod(path, 0o777) // stands for the access lists, which the stage copies
			}
			return nil
		})
	}
}

// TestFormsOfTheWorkspace: in a copy, and in the project itself, mounts hold
// what they hold in an overlay; directly in the project nothing holds the place
// of what is not there.
func TestFormsOfTheWorkspace(t *testing.T) {
	tg := target(t)
	frozen := map[string]string{"write:CLAUDE.md": "EROFS", "unlink:CLAUDE.md": "EBUSY", "rename:mine|CLAUDE.md": "EBUSY",
		"rename:CLAUDE.md|aside": "EBUSY", "link:CLAUDE.md|second": "EXDEV", "create:.claude/new": "EROFS", "rename:.claude|aside2": "EBUSY",
		"rename:sub|aside3": "EBUSY", "rename:sub/deep|sub/aside": "EBUSY", "write:sub/deep/CLAUDE.md": "EROFS", "create:new": "ok"}
	for name, w := range map[string]plan.Workspace{"copy": {Mode: plan.ModeStaged, Form: plan.FormCopy}, "direct": {Mode: plan.ModeDirect}} {
		absent := map[string]string{"copy": "EEXIST", "direct": "ok"}[name]
		t.Run(name, func(t *testing.T) {
			want := map[string]string{"create:AGENTS.md": absent, "mkdir:.cursor": absent}
			var attempts []string
			for a, answer := range frozen {
				want[a] = answer
			}
			for a := range want {
				attempts = append(attempts, a)
			}
			b := inForm(t, tg, w, true)
			b.Expect(b.Attack(attempts...), want)
			_, err := os.Lstat(filepath.Join(b.Project, "new"))
			if there := err == nil; there != (name == "direct") {
				t.Errorf("what was made is in the project: %v", there)
			}
			if text := read(t, filepath.Join(b.Project, "CLAUDE.md")); text != "original\n" {
				t.Errorf("the guardrail says %q", text)
			}
			for a := range want {
				b := inForm(t, tg, w, false)
				b.Expect(b.Attack(a), map[string]string{a: "ok"})
			}
		})
	}
}

// TestFormsFailClosed: a plan that this backend does not understand, or for
// which something is missing, starts nothing.
func TestFormsFailClosed(t *testing.T) {
	tg := target(t)
	for _, w := range []plan.Workspace{{Mode: "else"}, {Mode: plan.ModeStaged, Form: "else"}, {Mode: plan.ModeDirect, Form: plan.FormCopy},
		{Mode: plan.ModeStaged, Form: plan.FormCopy}} {
		b := backendtest.NewBox(t, tg)
		w.Path = b.Project
		b.Add("isolation.workspace", plan.Op{Workspace: &w})
		if r := b.Attack("create:new"); r.Err == nil || !strings.Contains(r.Err.Error(), "workspace") && !strings.Contains(r.Err.Error(), "copy") {
			t.Errorf("%+v: %v", w, r.Err)
		}
	}
}
