package project

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// largeTree has that many files, 20 in a folder: one in ten is data, which is
// read for tokens, the rest is source.
func largeTree(tb testing.TB, files int) string {
	tb.Helper()
	dir := tb.TempDir()
	for _, d := range []string{".git/objects", ".git/refs", ".git/hooks"} {
		write(tb, dir, d+"/", "")
	}
	write(tb, dir, ".git/HEAD", "ref: refs/heads/main\n")
	for i := range files / 20 {
		at := filepath.Join(dir, fmt.Sprintf("area%d/pkg%d", i%50, i))
		if err := os.MkdirAll(at, 0o755); err != nil {
			tb.Fatal(err)
		}
		for j := range 20 {
			name, text := fmt.Sprintf("file%d.go", j), "package x\n"
			if j < 2 {
				name, text = fmt.Sprintf("data%d.json", j), `{"name": "value", "list": [1, 2, 3]}`
			}
			if err := os.WriteFile(filepath.Join(at, name), []byte(text), 0o644); err != nil {
				tb.Fatal(err)
			}
		}
	}
	return dir
}

// BenchmarkStart100k is the look at a project of 100,000 files at a start.
func BenchmarkStart100k(b *testing.B) {
	dir := largeTree(b, 100_000)
	opts := Options{Path: dir, Home: b.TempDir(), Index: filepath.Join(b.TempDir(), "index"),
		now: func() time.Time { return time.Now().Add(time.Hour) }}
	run := func(b *testing.B) {
		if _, err := Inspect(opts); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("cold", func(b *testing.B) {
		for b.Loop() {
			os.Remove(opts.Index)
			run(b)
		}
	})
	b.Run("warm", func(b *testing.B) {
		run(b)
		for b.Loop() {
			run(b)
		}
	})
}
