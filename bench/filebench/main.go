// Command filebench makes, opens and removes many small files in the working
// directory, and prints how long one of each took, in microseconds. bench/files
// runs it bare and inside.
package main

import (
	"fmt"
	"os"
	"time"
)

const files = 20000

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	dir, err := os.MkdirTemp(".", "filebench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	name := func(i int) string { return fmt.Sprintf("%s/%d", dir, i) }
	for _, step := range []struct {
		name string
		do   func(int) error
	}{
		{"create", func(i int) error { return os.WriteFile(name(i), []byte("x"), 0o644) }},
		{"open", func(i int) error {
			f, err := os.Open(name(i))
			if err != nil {
				return err
			}
			return f.Close()
		}},
		{"stat", func(i int) error { _, err := os.Stat(name(i)); return err }},
		{"remove", func(i int) error { return os.Remove(name(i)) }},
	} {
		began := time.Now()
		for i := range files {
			if err := step.do(i); err != nil {
				return err
			}
		}
		fmt.Printf("%s %.1f\n", step.name, float64(time.Since(began).Microseconds())/files)
	}
	return nil
}
