//go:build linux

package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestInitOnATerminal: init shows what it found and would write, asks once, and
// has not written before the answer. Nothing that it says by itself is wider
// than the terminal.
func TestInitOnATerminal(t *testing.T) {
	for answer, want := range map[string]int{"n": 1, "y": 0} {
		s := newTerminal(t)
		s.must(os.Remove(filepath.Join(s.project, "ringwall.toml")))
		s.write("go.mod", "module example.com/x\n")
		s.write("CLAUDE.md", "Mine.\n")
		s.start("ringwall", "init")
		s.expect("Write this? [y/N] ")
		if s.written() {
			t.Error("it wrote before the answer")
		}
		for line := range strings.SplitSeq(s.text(), "\r\n") {
			if len(line) > 80 && !strings.HasPrefix(line, "+") {
				t.Errorf("%d columns: %q", len(line), line)
			}
		}
		s.send(answer + "\r")
		s.wait(want)
		if s.written() != (answer == "y") {
			t.Errorf("answer %q, and written: %t", answer, s.written())
		}
	}
}

// written tells whether anything of init's is in the project.
func (s *terminal) written() bool {
	text, err := os.ReadFile(filepath.Join(s.project, "CLAUDE.md"))
	s.must(err)
	return exists(filepath.Join(s.project, "ringwall.toml")) || string(text) != "Mine.\n"
}
