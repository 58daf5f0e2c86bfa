package host

import (
	"os"
	"testing"
	"time"

	"ringwall/internal/kernel/seen"
)

// BenchmarkFind is to find out what this host has to show.
func BenchmarkFind(b *testing.B) {
	f, err := Basics(os.Environ())
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		fresh := f
		fresh.find(seen.New(f.Env, time.Now()))
	}
}

// BenchmarkShown is to remember it.
func BenchmarkShown(b *testing.B) {
	f, err := Basics(os.Environ())
	if err != nil {
		b.Fatal(err)
	}
	f.StateDir = b.TempDir()
	base, eyes := f.baseKey(), seen.New(f.Env, time.Now().Add(time.Hour))
	if err := f.rememberShown(eyes, base, f.find(eyes)); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		again := f
		if _, err := again.recallShown(base); err != nil {
			b.Fatal(err)
		}
	}
}
