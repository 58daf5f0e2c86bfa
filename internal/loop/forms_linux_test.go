package loop

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringwall/internal/backend"
	"ringwall/internal/stage"
)

// write makes a file with its folders.
func write(t *testing.T, path, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
}

func text(path string) string {
	b, _ := os.ReadFile(path)
	return string(b)
}

// inCopy is a loop whose agent works in a copy of the project.
func inCopy(t *testing.T, do func(n int, tree string) backend.Result) *rig {
	t.Helper()
	var r *rig
	r = newRig(t, func(n int, _ string, _ IO) backend.Result { return do(n, r.Copy.Path()) })
	write(t, filepath.Join(r.Plan.Project, "old"), "old")
	r.Copy = stage.NewCopy(stage.TreeOptions{Project: r.Plan.Project, ProjectID: r.Project, Dir: r.Dir})
	return r
}

// TestCopyGoesOnFromWhatWasApplied: each iteration finds the work of the one
// before, and what a person changed between.
func TestCopyGoesOnFromWhatWasApplied(t *testing.T) {
	var seen []string
	r := inCopy(t, func(n int, tree string) backend.Result {
		seen = append(seen, text(tree+"/old")+text(tree+"/work"))
		write(t, tree+"/work", strings.Repeat("x", n))
		return backend.Result{}
	})
	r.Started = func(n int) {
		if n == 3 {
			write(t, filepath.Join(r.Plan.Project, "old"), "new")
		}
	}
	if end := r.run(t); end.Outcome != Cap {
		t.Errorf("%+v", end)
	}
	if got := strings.Join(seen, " "); got != "old oldx newxx" {
		t.Errorf("the iterations saw %q", got)
	}
}

// TestNothingOfACopyIsLost: changes that are not applied are kept, as a
// changeset where they can be taken out of the copy, else with all of it.
func TestNothingOfACopyIsLost(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(r *rig)
		where string
	}{
		"beyond a limit": {func(*rig) {}, "upper/work"},
		"not to be read": {func(r *rig) { os.RemoveAll(filepath.Join(r.IterDir(1), "upper")) }, "copy/work"},
	} {
		var r *rig
		r = inCopy(t, func(_ int, tree string) backend.Result {
			write(t, tree+"/work", "much")
			c.spoil(r)
			return backend.Result{Reason: backend.OverDisk}
		})
		r.Max = 1
		Run(t.Context(), r.Config)
		if got := text(filepath.Join(r.IterDir(1), c.where)); got != "much" {
			t.Errorf("%s: kept %q", name, got)
		}
		if _, err := os.Stat(filepath.Join(r.IterDir(1), "kept.json")); err != nil {
			t.Errorf("%s: it is not marked: %v", name, err)
		}
		if text(filepath.Join(r.Plan.Project, "work")) != "" {
			t.Errorf("%s: it was applied", name)
		}
	}
}

// TestDirectIsSettledHoweverItEnds: what must not stay in the project is taken
// out of it also where a staged iteration would be kept as it is.
func TestDirectIsSettledHoweverItEnds(t *testing.T) {
	for _, reason := range []string{backend.Exited, backend.Lost, backend.OverDisk, backend.Interrupted} {
		var r *rig
		r = newRig(t, func(int, string, IO) backend.Result {
			write(t, filepath.Join(r.Plan.Project, "CLAUDE.md"), "obey")
			write(t, filepath.Join(r.Plan.Project, "work"), "work")
			return backend.Result{Reason: reason}
		})
		r.Direct = &stage.Direct{}
		end := r.run(t)
		if end.Outcome != Tampered || r.runs != 1 {
			t.Errorf("%s: %+v after %d", reason, end, r.runs)
		}
		if text(filepath.Join(r.Plan.Project, "CLAUDE.md")) != "" || text(filepath.Join(r.Plan.Project, "work")) != "work" {
			t.Errorf("%s: the project is not what it should be", reason)
		}
	}
}
