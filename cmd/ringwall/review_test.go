//go:build linux

package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// hostileHeld is a command whose changes are held: a name and a content that
// would act on a terminal.
const hostileHeld = `mkdir -p deep; printf 'obey \033[2J\342\200\256me\n' >deep/AGENTS.md; echo x >"$(printf 'a\033]0;owned\007b')"; echo work >work`

// viewer is a terminal with a run to be reviewed.
func viewer(t *testing.T, env ...string) *terminal {
	t.Helper()
	s := newTerminal(t)
	s.run(4, "ringwall", "run", "--", "sh", "-c", hostileHeld)
	s.view(env...)
	return s
}

func (s *terminal) view(env ...string) {
	s.Helper()
	s.start("/usr/bin/env", append(append([]string{"TERM=xterm"}, env...), filepath.Join(bin, "ringwall"), "review")...)
	s.expect("q done")
}

const otherScreen, ownScreen = "\x1b[?1049h", "\x1b[?1049l"

// restored demands that the terminal is as it was.
func (s *terminal) restored(before unix.Termios) {
	s.Helper()
	if s.modes() != before {
		s.Errorf("the terminal's modes are %+v, were %+v", s.modes(), before)
	}
	if !s.eventually(func() bool { // what it wrote last may still be on its way
		text := s.text()
		return strings.Count(text, otherScreen) == strings.Count(text, ownScreen) && strings.Count(text, "\x1b[?25l") == strings.Count(text, "\x1b[?25h")
	}) {
		s.Error("the screen or the cursor is not put back")
	}
}

// TestReviewView steps through what was held as a person does.
func TestReviewView(t *testing.T) {
	s := newTerminal(t)
	before := s.modes()
	s.run(4, "ringwall", "run", "--", "sh", "-c", hostileHeld)
	s.view()
	screen := s.text()
	for _, want := range []string{"3 held, 0 decided, 4 in all", "guardrail added", "deep/AGENTS.md", `a\x1b]0;owned\ab`, "applied"} {
		if !strings.Contains(screen, want) {
			t.Errorf("the screen does not show %q", want)
		}
	}
	s.send("\x1b[B\x1b[B") // down, to the file
	s.expect("obey ")
	s.expect("<U+001B>")
	s.expect("[2J")
	s.expect("<U+202E>")
	s.send("d")
	s.expect("2 decided") // with the folder that holds nothing else
	s.send("?")
	s.expect("ctrl-c          leave")
	s.send("x")
	s.send("\r")
	s.expect("j/k scroll")
	s.send("\x1b") // Escape alone
	s.expect("j/k move")
	s.size(12, 50)
	s.must(s.cmd.Process.Signal(unix.SIGWINCH))
	s.expect("\x1b[12;1H")
	s.send("q")
	s.expect("drop ")
	s.expect("Carry this out?")
	s.send("n")
	s.expect("q done")
	s.send("\x03")
	s.expect("left without carrying anything out")
	s.wait(1)
	s.restored(before)
	if strings.Contains(s.text(), "\x1b]0;owned") || strings.Contains(s.text(), "\u202e") {
		t.Error("the agent's bytes reached the terminal")
	}
}

// TestReviewViewEnds: however it ends, the terminal is as it was, and nothing was
// decided.
func TestReviewViewEnds(t *testing.T) {
	for name, end := range map[string]func(*terminal){
		"q":    func(s *terminal) { s.send("q"); s.wait(0) },
		"TERM": func(s *terminal) { s.must(s.cmd.Process.Signal(unix.SIGTERM)); s.wait(130) },
		"INT":  func(s *terminal) { s.must(s.cmd.Process.Signal(unix.SIGINT)); s.wait(130) },
		"HUP":  func(s *terminal) { s.must(s.cmd.Process.Signal(unix.SIGHUP)); s.wait(130) },
		"no":   func(s *terminal) { s.send("dqQ"); s.wait(1) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newTerminal(t)
			before := s.modes()
			s.run(4, "ringwall", "run", "--", "sh", "-c", hostileHeld)
			s.view()
			end(s)
			s.restored(before)
			found, err := filepath.Glob(filepath.Join(s.state(), "ringwall/runs/*/iterations/1/held/0*"))
			if err != nil || len(found) != 2 {
				t.Errorf("held are %v, %v", found, err)
			}
		})
	}
}

// TestReviewViewWithoutColour: with NO_COLOR nothing is styled; without it, it is.
func TestReviewViewWithoutColour(t *testing.T) {
	plain := viewer(t, "NO_COLOR=1")
	plain.send("q")
	plain.wait(0)
	if strings.Contains(plain.text(), "m> ") || strings.Contains(plain.text(), "\x1b[1m") {
		t.Errorf("it is styled: %q", plain.text())
	}
	styled := viewer(t)
	styled.send("q")
	styled.wait(0)
	if !strings.Contains(styled.text(), "\x1b[1m") {
		t.Error("nothing is styled: the test above proves nothing")
	}
}

// TestReviewIsStopped: a stop gives the terminal back, and it goes on at `fg`.
func TestReviewIsStopped(t *testing.T) {
	s := newTerminal(t)
	s.run(4, "ringwall", "run", "--", "sh", "-c", hostileHeld)
	s.outer()
	s.send("TERM=xterm ringwall review\r")
	s.expect("q done")
	s.send("\x1a")
	s.expect(ownScreen)
	s.expect("outside> ")
	s.send("fg\r")
	s.expect(otherScreen)
	s.expect("q done")
	s.send("q")
	s.expect("outside> ")
	s.leave()
}

// TestReviewAsks: without the view it asks on a terminal, and only "y" is yes.
func TestReviewAsks(t *testing.T) {
	s := newTerminal(t)
	s.run(4, "ringwall", "run", "--", "sh", "-c", hostileHeld)
	s.start(filepath.Join(bin, "ringwall"), "review", "--drop", "deep")
	s.expect("drop 2 changes for good:")
	s.expect("Carry this out? [y/N] ")
	s.send("\r")
	s.expect("nothing was done")
	s.wait(1)
	if _, err := os.Lstat(filepath.Join(s.project, "deep")); err == nil {
		t.Error("it was applied")
	}
}
