package stage

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestConflicts(t *testing.T) {
	eachWay(t, func(t *testing.T, w *world) {
		for _, p := range []string{"main.go", "src/a.go", "src/b.go", "docs/x.md", "run.sh"} {
			w.write(p, "agent's "+p, 0o644)
		}
		w.write("both.txt", "agent's", 0o644)
		w.write("folder/agents", "agent's", 0o644)
		w.whiteout("docs/sub/y.md")
		w.whiteout("empty")
		c := w.read()
		p := func(rel string) string { return filepath.Join(w.project, rel) }
		writeFile(t, p("main.go"), "mine", 0o644)
		writeFile(t, p("both.txt"), "mine", 0o644)
		must(t, os.Mkdir(p("folder"), 0o700))
		writeFile(t, p("docs/sub/y.md"), "mine", 0o644)
		writeFile(t, p("empty/new"), "mine", 0o644)
		must(t, os.Remove(p("src/a.go")))
		must(t, os.Chmod(p("run.sh"), 0o700))
		res, err := Apply(context.Background(), w.o, c, w)
		must(t, err)
		w.ended()
		for rel, want := range map[string]string{
			"main.go": "mine", "both.txt": "mine", "docs/sub/y.md": "mine", "empty/new": "mine", "src/a.go": "",
			"src/b.go": "agent's src/b.go", "docs/x.md": "agent's docs/x.md", "run.sh": "original of run.sh\n",
		} {
			w.has(rel, want)
		}
		w.has("folder/agents", "agent's")
		if st, _ := os.Stat(p("folder")); st.Mode().Perm() != 0o700 {
			t.Errorf("a person's folder has mode %v now", st.Mode())
		}
		if res.Applied != 3 || len(res.Held) != 6 {
			t.Errorf("applied %d, held %+v", res.Applied, res.Held)
		}
		for _, h := range res.Held {
			if h.Class != Conflict || h.Detail == "" || h.Action != Deleted && h.File == "" {
				t.Errorf("held %+v", h)
			}
		}
	})
}

func TestChangedDuringTheIterationIsConflict(t *testing.T) {
	w := newWorld(t)
	w.write("main.go", "agent's", 0o644)
	w.write("src/a.go", "agent's", 0o644)
	w.whiteout("docs")
	time.Sleep(20 * time.Millisecond) // the file system's clock ticks every few milliseconds
	w.o.Since = time.Now()
	w.wantClasses("deleted ordinary docs", "deleted ordinary docs/sub", "deleted ordinary docs/sub/y.md", "deleted ordinary docs/sub/z.md",
		"deleted ordinary docs/x.md", "modified ordinary main.go", "modified ordinary src/a.go")
	time.Sleep(20 * time.Millisecond)
	writeFile(t, filepath.Join(w.project, "main.go"), "mine", 0o644)
	writeFile(t, filepath.Join(w.project, "docs/sub/y.md"), "mine", 0o644)
	w.wantClasses("deleted conflict docs", "deleted conflict docs/sub", "deleted conflict docs/sub/y.md", "deleted ordinary docs/sub/z.md",
		"deleted ordinary docs/x.md", "modified conflict main.go", "modified ordinary src/a.go")
	w.apply()
	w.has("main.go", "mine")
	w.has("docs/sub/y.md", "mine")
	w.has("src/a.go", "agent's")
}
