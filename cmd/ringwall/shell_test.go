//go:build linux

package main_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestShell: a shell behaves as one outside does.
func TestShell(t *testing.T) {
	needs(t, "bash")
	s := newTerminal(t)
	before := s.modes()
	s.start("ringwall", "run", "--", "bash", "--norc")
	s.expect("$ ")
	s.say("tty", "/dev/pts/0\r\n")
	s.say("stty size", "24 80\r\n")
	s.say("echo /dev/pts/*", "/dev/pts/0 /dev/pts/ptmx\r\n") // none of the host
	s.size(30, 100)
	s.say("for i in $(seq 500); do test $(stty size | cut -d' ' -f1) = 30 && break; sleep .01; done; stty size", "30 100\r\n")

	s.say("echo sta''rted; sleep 600", "started\r\n")
	s.key("\x03", "$ ")
	s.say("echo rc=$?", "rc=130\r\n")
	s.say("echo sta''rted; sleep 600", "started\r\n")
	s.key("\x1a", "Stopped")
	s.say("jobs; echo li''sted", "listed\r\n")
	s.say("fg", "fg\r\nsleep 600\r\n")
	s.key("\x03", "$ ")
	s.say("echo rc=$?", "rc=130\r\n")
	s.say("sleep 600 & kill %1; wait %1; echo rc=$?", "rc=143\r\n")
	s.say("exit 7", "exit\r\n")
	s.wait(7)
	if s.modes() != before {
		t.Errorf("the terminal's modes are %+v, were %+v", s.modes(), before)
	}
}

// TestTerminalIsRestored: however it ends, the terminal is as it was.
func TestTerminalIsRestored(t *testing.T) {
	// Not a child of the shell: dash loses a SIGINT that comes while it forks.
	const wait = "echo ready; exec sleep 600"
	for _, test := range []struct {
		name, script string
		signal       syscall.Signal
		code         int
	}{
		{"exit 0", "echo ready; read x", 0, 0},
		{"exit 7", "echo ready; read x; exit 7", 0, 7},
		{"SIGTERM", wait, unix.SIGTERM, 128 + 15},
		{"SIGINT", wait, unix.SIGINT, 128 + 2},
		{"SIGHUP", wait, unix.SIGHUP, 128 + 1},
		{"SIGQUIT", wait, unix.SIGQUIT, 128 + 3},
		{"SIGKILL", wait, unix.SIGKILL, -1},
		{"SIGKILL of a shell that ignores the rest", "trap '' TERM HUP; " + wait, unix.SIGKILL, -1},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newTerminal(t)
			before := s.modes()
			s.start("ringwall", "run", "--", "sh", "-c", test.script)
			s.expect("ready\r\n")
			if !s.isRaw() {
				t.Fatal("the terminal is not raw while the command runs: the test shows nothing")
			}
			if test.signal == 0 {
				s.send("\r")
			} else {
				s.must(s.cmd.Process.Signal(test.signal))
			}
			s.wait(test.code)
			if !s.eventually(func() bool { return s.modes() == before || test.signal != unix.SIGKILL }) || s.modes() != before {
				t.Errorf("the terminal's modes are %+v, were %+v", s.modes(), before)
			}
		})
	}
}

func TestTerminalIsRestoredAfterAFailedStart(t *testing.T) {
	s := newTerminal(t)
	before := s.modes()
	s.start("ringwall", "run", "--", "/nonexistent")
	s.expect("error: ")
	s.wait(125)
	if s.modes() != before {
		t.Errorf("the terminal's modes are %+v, were %+v", s.modes(), before)
	}
}

// TestTerminalIsNotRestoredTwice: what somebody else made of the terminal, while
// ringwall was killed, stays.
func TestTerminalIsNotRestoredTwice(t *testing.T) {
	s := newTerminal(t)
	s.start("ringwall", "run", "--", "sh", "-c", "echo ready; sleep 600")
	s.expect("ready\r\n")
	other := s.modes()
	other.Lflag |= unix.ICANON
	s.must(s.cmd.Process.Signal(unix.SIGSTOP))
	s.must(unix.IoctlSetTermios(s.slave, unix.TCSETS, &other))
	s.must(s.cmd.Process.Kill())
	s.wait(-1)
	if left := s.leftOutside(patience); len(left) > 0 {
		t.Fatalf("left behind:\n%s", lines(left))
	}
	if s.modes() != other {
		t.Errorf("the terminal's modes are %+v, somebody else had set %+v", s.modes(), other)
	}
}

// TestScreenIsRestored: what the command switched on is off afterwards, and
// what it did not is not touched.
func TestScreenIsRestored(t *testing.T) {
	const on = `printf '\033[?1049h\033[?25l\033[?1002h\033[?2004h'; echo ready; read x`
	for name, end := range map[string]func(*terminal){
		"it ends":    func(s *terminal) { s.send("\r"); s.wait(0) },
		"killed":     func(s *terminal) { s.must(s.cmd.Process.Kill()); s.wait(-1) },
		"terminated": func(s *terminal) { s.must(s.cmd.Process.Signal(unix.SIGTERM)); s.wait(143) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newTerminal(t)
			s.start("ringwall", "run", "--", "sh", "-c", on)
			s.expect("ready\r\n")
			end(s)
			s.expect("\x1b[?1002l\x1b[?2004l\x1b[?1049l\x1b[?25h")
		})
	}
	s := newTerminal(t)
	s.start("ringwall", "run", "--", "echo", "plain")
	s.wait(0)
	s.shows("plain\r\n")
}

// TestClipboardIsOutOfReach: the sequence that writes it does not arrive. It
// does where nothing is between.
func TestClipboardIsOutOfReach(t *testing.T) {
	const script = `printf 'a\033]52;c;cm0K\ab\n'`
	s := newTerminal(t)
	s.start("ringwall", "run", "--", "sh", "-c", script)
	s.wait(0)
	s.shows("ab\r\n")
	s = newTerminal(t)
	s.start("/bin/sh", "-c", script)
	s.wait(0)
	s.shows("a\x1b]52;c;cm0K\ab\r\n")
}

// TestOutputArrives: all that a command writes before its end is there, though
// something else that it started still has the terminal, and though the person's
// terminal takes its time.
func TestOutputArrives(t *testing.T) {
	for lines, slow := range map[int]time.Duration{100000: 0, 20000: 20 * time.Millisecond} {
		s := newTerminal(t)
		s.slow.Store(int64(slow))
		s.start("ringwall", "run", "--", "sh", "-c", fmt.Sprintf("sleep 600 & seq %d", lines))
		s.wait(0)
		var want strings.Builder
		for i := range lines {
			fmt.Fprintf(&want, "%d\r\n", i+1)
		}
		s.shows(want.String())
	}
}

// TestTypingIntoTheTerminal: a command cannot type, neither into the terminal
// that it has nor at all. Unconfined it can.
func TestTypingIntoTheTerminal(t *testing.T) {
	needs(t, "perl")
	const script = `$x = "x"; print ioctl(STDIN, 0x5412, $x) ? "typed" : "refused: $!", "\n"`
	s := newTerminal(t)
	s.start("ringwall", "run", "--", "perl", "-e", script)
	s.expect("refused: Operation not permitted")
	s.wait(0)
	if read("/proc/sys/dev/tty/legacy_tiocsti") == "0\n" {
		t.Skip("needs dev.tty.legacy_tiocsti: unconfined it is refused here too")
	}
	s = newTerminal(t)
	s.start("/usr/bin/env", "perl", "-e", script)
	s.expect("typed")
	s.wait(0)
}

// TestStopWithoutAShell: where nobody could let it go on, it is not stopped, and
// keeps the terminal.
func TestStopWithoutAShell(t *testing.T) {
	s := newTerminal(t)
	s.start("ringwall", "run", "--", "sh", "-c", "echo ready; read x; echo \"<$x>\"")
	s.expect("ready\r\n")
	s.must(s.cmd.Process.Signal(unix.SIGTSTP))
	time.Sleep(300 * time.Millisecond)
	if !s.isRaw() {
		t.Error("the terminal was given back")
	}
	s.say("word", "<word>\r\n")
	s.wait(0)
}

// TestOtherTerminal: one that is not the first is no terminal inside either: no
// device of the host goes in.
func TestOtherTerminal(t *testing.T) {
	s, other := newTerminal(t), newTerminal(t)
	s.cmd = s.program("ringwall", "run", "--", "sh", "-c", "readlink /proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2")
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = s.tty, other.tty, s.tty
	s.must(s.cmd.Start())
	s.wait(0)
	other.expect("/dev/pts/0\r\npipe:[")
	other.expect("/dev/pts/0\r\n")
}

// TestHangUp: when the terminal goes away, so does all that ran on it.
func TestHangUp(t *testing.T) {
	s := newTerminal(t)
	s.start("ringwall", "run", "--", "sh", "-c", "echo ready; sleep 600")
	s.expect("ready\r\n")
	s.must(s.master.Close())
	s.wait(128 + 1)
}
