package stage

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ringwall/internal/evidence"
)

// The measures of the stage alone; both sides take turns in one run. `ratio` is
// that of all rounds together, and `extra-ms` what a round takes more.

var toNobody = recorderFunc(func(evidence.Event) error { return nil })

// benchStage is a project and an iteration in a fresh folder.
func benchStage(b *testing.B) (project string, o Options) {
	root := b.TempDir()
	project = filepath.Join(root, "project")
	dirs, err := Prepare(filepath.Join(root, "runs/r1/iterations/1"))
	if err != nil || os.Mkdir(project, 0o755) != nil {
		b.Fatal(err)
	}
	id, err := Pin(project)
	if err != nil {
		b.Fatal(err)
	}
	return project, Options{Project: project, ProjectID: id, Dirs: dirs, Run: "r1", Rules: testRules()}
}

func fillTree(b *testing.B, dir string, files, inEach int) {
	for i := range files {
		d := filepath.Join(dir, fmt.Sprint("m", i/inEach))
		if i%inEach == 0 && os.MkdirAll(d, 0o755) != nil {
			b.Fatal(d)
		}
		if err := os.WriteFile(filepath.Join(d, fmt.Sprint("f", i)), fmt.Append(nil, "content ", i), 0o644); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkApplyNewFiles is a dependency install of 20,000 files, beside mv of
// the same tree on the same file system.
func BenchmarkApplyNewFiles(b *testing.B) {
	var read, apply, mv time.Duration
	n := 0
	for b.Loop() {
		b.StopTimer()
		project, o := benchStage(b)
		fillTree(b, filepath.Join(o.Dirs.Upper, "node_modules"), 20_000, 20)
		other := filepath.Join(filepath.Dir(project), "other")
		fillTree(b, filepath.Join(other, "node_modules"), 20_000, 20)
		unix.Sync() // an agent takes longer than the file system's five seconds
		b.StartTimer()
		start := time.Now()
		c, err := Read(b.Context(), o)
		if err != nil {
			b.Fatal(err)
		}
		read += time.Since(start)
		start = time.Now()
		res, err := Apply(b.Context(), o, c, toNobody)
		apply += time.Since(start)
		if err != nil || res.Applied < 20_000 {
			b.Fatal(err, res.Applied)
		}
		b.StopTimer()
		start = time.Now()
		out, err := exec.Command("mv", filepath.Join(other, "node_modules"), filepath.Join(project, "moved")).CombinedOutput()
		mv += time.Since(start)
		if err != nil {
			b.Fatal(string(out))
		}
		n++
		b.StartTimer()
	}
	report(b, n, read, apply, mv)
}

func report(b *testing.B, n int, read, apply, other time.Duration) {
	ms := func(d time.Duration) float64 { return d.Seconds() * 1000 / float64(n) }
	b.ReportMetric(ms(read), "read-ms")
	b.ReportMetric(ms(apply), "apply-ms")
	b.ReportMetric(ms(other), "other-ms")
	b.ReportMetric(float64(apply)/float64(other), "apply-ratio")
}

// BenchmarkApplyHundred changes 100 files of a tree of 100,000 and of one of
// 1,000, beside a plain copy of the 100 files over the old ones.
func BenchmarkApplyHundred(b *testing.B) {
	for _, size := range []int{1_000, 100_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) { benchHundred(b, size) })
	}
}

func benchHundred(b *testing.B, size int) {
	project, o := benchStage(b)
	fillTree(b, project, size, 50)
	var read, apply, cp time.Duration
	n := 0
	for b.Loop() {
		b.StopTimer()
		n++
		dirs, err := Prepare(filepath.Join(filepath.Dir(o.Dirs.Iter), fmt.Sprint("n", n)))
		if err != nil {
			b.Fatal(err)
		}
		o.Dirs = dirs
		var changed []string
		for i := range 100 {
			at := i * (size / 100)
			rel := fmt.Sprintf("m%d/f%d", at/50, at)
			changed = append(changed, rel)
			p := filepath.Join(dirs.Upper, rel)
			if os.MkdirAll(filepath.Dir(p), 0o755) != nil || os.WriteFile(p, fmt.Append(nil, "new in round ", n, i), 0o644) != nil {
				b.Fatal(p)
			}
		}
		b.StartTimer()
		start := time.Now()
		c, err := Read(b.Context(), o)
		if err != nil || len(c.Entries) != 100 {
			b.Fatal(err, len(c.Entries))
		}
		read += time.Since(start)
		start = time.Now()
		res, err := Apply(b.Context(), o, c, toNobody)
		apply += time.Since(start)
		if err != nil || res.Applied != 100 {
			b.Fatal(err, res)
		}
		b.StopTimer()
		start = time.Now()
		for _, rel := range changed {
			copyOver(b, filepath.Join(project, rel), filepath.Join(project, rel+".copy"))
		}
		cp += time.Since(start)
		for _, rel := range changed {
			_ = os.Remove(filepath.Join(project, rel+".copy"))
		}
		b.StartTimer()
	}
	report(b, n, read, apply, cp)
	b.ReportMetric((read+apply-cp).Seconds()*1000/float64(n), "extra-ms")
}

func copyOver(b *testing.B, from, to string) {
	in, err := os.Open(from)
	if err != nil {
		b.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		b.Fatal(err)
	}
	defer out.Close()
	if _, err := io.Copy(out, in); err != nil {
		b.Fatal(err)
	}
}
