//go:build linux

package main_test

import (
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal is a terminal as a person's terminal program makes one, with a
// project to work on.
type terminal struct {
	*killer
	master *os.File // the terminal program's end
	tty    *os.File
	slave  int // of tty
	mu     sync.Mutex
	screen strings.Builder // all that was written
	seen   int             // of it, by expect
	slow   atomic.Int64    // how long each 4096 bytes take, in nanoseconds
	cmd    *exec.Cmd
}

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	k := &killer{T: t, rig: rig{work: t.TempDir(), mark: rand.Text()}}
	k.project = filepath.Join(k.work, "project")
	k.must(k.makeHome())
	k.must(os.MkdirAll(k.project, 0o755))
	k.write("ringwall.toml", "version = 1\ncommand = [\"true\"]\n")
	k.run(0, "git", "init", "--quiet")
	k.run(0, "ringwall", "trust")
	s := &terminal{killer: k}
	s.open()
	t.Cleanup(s.end)
	return s
}

// open makes the terminal, of 24 rows and 80 columns.
func (s *terminal) open() {
	s.Helper()
	var err error
	// Not blocking, so that it is closed at once although it is being read.
	s.master, err = os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	s.must(err)
	conn, err := s.master.SyscallConn()
	s.must(err)
	s.must(conn.Control(func(fd uintptr) {
		err = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0)
		slave, _, errno := unix.Syscall(unix.SYS_IOCTL, fd, unix.TIOCGPTPEER, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC)
		if err == nil && errno != 0 {
			err = errno
		}
		s.slave, s.tty = int(slave), os.NewFile(slave, "tty")
	}))
	s.must(err)
	s.size(24, 80)
	go s.show()
}

// show keeps what is written, until the terminal is gone.
func (s *terminal) show() {
	buf := make([]byte, 4096)
	for {
		n, err := s.master.Read(buf)
		time.Sleep(time.Duration(s.slow.Load()))
		s.mu.Lock()
		s.screen.Write(buf[:n])
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (s *terminal) end() {
	if s.cmd != nil && s.cmd.ProcessState == nil {
		s.cmd.Process.Kill()
		s.cmd.Wait()
	}
	if left := s.leftAfter(patience); len(left) > 0 {
		s.Errorf("left behind:\n%s", lines(left))
	}
	if s.Failed() {
		s.Logf("on the screen:\n%q", s.text())
	}
	s.tty.Close()
	s.master.Close()
}

func (s *terminal) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.screen.String()
}

func (s *terminal) size(rows, columns uint16) {
	s.Helper()
	s.must(unix.IoctlSetWinsize(s.slave, unix.TIOCSWINSZ, &unix.Winsize{Row: rows, Col: columns}))
}

// modes are those of the terminal as the programs on it see them.
func (s *terminal) modes() unix.Termios {
	s.Helper()
	t, err := unix.IoctlGetTermios(s.slave, unix.TCGETS)
	s.must(err)
	return *t
}

func (s *terminal) isRaw() bool { return s.modes().Lflag&(unix.ICANON|unix.ECHO|unix.ISIG) == 0 }

// start runs a program as the leader of a session on the terminal.
func (s *terminal) start(name string, args ...string) {
	s.Helper()
	s.cmd = s.program(name, args...)
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = s.tty, s.tty, s.tty
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	s.must(s.cmd.Start())
}

func (s *terminal) send(text string) {
	s.Helper()
	_, err := s.master.WriteString(text)
	s.must(err)
}

// expect waits until text appears after what was expected last.
func (s *terminal) expect(text string) {
	s.Helper()
	if !s.eventually(func() bool {
		rest := s.text()[s.seen:]
		i := strings.Index(rest, text)
		if i >= 0 {
			s.seen += i + len(text)
		}
		return i >= 0
	}) {
		s.Fatalf("%q never came; since the last: %q", text, s.text()[s.seen:])
	}
}

// shows demands that exactly this was written.
func (s *terminal) shows(want string) {
	s.Helper()
	if !s.eventually(func() bool { return len(s.text()) >= len(want) }) || s.text() != want {
		got := s.text()
		s.Errorf("%d bytes are on the screen, want %d; the last are %q", len(got), len(want), got[max(0, len(got)-200):])
	}
}

// say types a line and waits for what it brings.
func (s *terminal) say(line, answer string) {
	s.Helper()
	s.send(line + "\r")
	s.expect(answer)
}

// key types one, again every half second until text appears: a shell that is
// just about to start a program, or to give it the terminal, lets it pass.
func (s *terminal) key(key, text string) {
	s.Helper()
	var typed time.Time
	if !s.eventually(func() bool {
		if time.Since(typed) > 500*time.Millisecond {
			typed = time.Now()
			s.send(key)
		}
		return strings.Contains(s.text()[s.seen:], text)
	}) {
		s.Fatalf("%q never came after %q; since the last: %q", text, key, s.text()[s.seen:])
	}
	s.expect(text)
}

func (s *terminal) eventually(is func() bool) bool {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if is() {
			return true
		}
	}
	return false
}

// wait demands an exit code.
func (s *terminal) wait(code int) {
	s.Helper()
	done := make(chan error, 1)
	go func() { done <- s.cmd.Wait() }()
	select {
	case err := <-done:
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) || s.cmd.ProcessState.ExitCode() != code {
			s.Errorf("it ended with %v, want exit code %d", s.cmd.ProcessState, code)
		}
	case <-time.After(patience):
		s.Fatal("it does not end")
	}
}

func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("needs %s", p)
		}
	}
}
