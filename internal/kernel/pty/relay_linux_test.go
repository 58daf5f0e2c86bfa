package pty

import (
	"bytes"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/launch"
)

// pair makes a terminal: the end of who shows it, and the end of its programs.
func pair(t *testing.T) (master int, slave *os.File) {
	t.Helper()
	master, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(master, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	fd, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(master), unix.TIOCGPTPEER, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC)
	if errno != 0 {
		t.Fatal(errno)
	}
	slave = os.NewFile(fd, "slave")
	t.Cleanup(func() { slave.Close() })
	return master, slave
}

// connected is a relay between two terminals. A test plays the person and the
// command.
type connected struct {
	*testing.T
	relay   *Relay
	person  int      // what a person types and sees
	caller  *os.File // the terminal that the relay is on
	command *os.File // the command's terminal
	guard   *bytes.Buffer
	hungUp  chan struct{}
}

func connect(t *testing.T, shared bool) *connected {
	t.Helper()
	c := &connected{T: t, guard: new(bytes.Buffer), hungUp: make(chan struct{}, 8)}
	c.person, c.caller = pair(t)
	master, command := pair(t)
	c.command = command
	caller, fds := On([3]*os.File{c.caller, c.caller, c.caller})
	if fds != 7 {
		t.Fatalf("descriptors %b are the terminal", fds)
	}
	unix.IoctlSetWinsize(int(c.caller.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 30, Col: 100})
	c.relay = &Relay{Caller: caller, FDs: fds, Shared: shared}
	if err := c.relay.Start(master, c.guard, func() { c.hungUp <- struct{}{} }); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.end(); unix.Close(c.person) })
	return c
}

// end is the command's end.
func (c *connected) end() {
	c.command.Close()
	c.relay.Stop()
}

func (c *connected) modes(f *os.File) *unix.Termios {
	c.Helper()
	t, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	if err != nil {
		c.Fatal(err)
	}
	return t
}

func (c *connected) write(fd int, text string) {
	c.Helper()
	if _, err := unix.Write(fd, []byte(text)); err != nil {
		c.Fatal(err)
	}
}

// read demands that exactly this arrives.
func (c *connected) read(fd int, want string) {
	c.Helper()
	var got []byte
	buf := make([]byte, 4096)
	for end := time.Now().Add(5 * time.Second); len(got) < len(want) && time.Now().Before(end); {
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		if n, _ := unix.Poll(fds, 100); n == 0 {
			continue
		}
		n, err := unix.Read(fd, buf)
		if err != nil {
			c.Fatal(err)
		}
		got = append(got, buf[:n]...)
	}
	if string(got) != want {
		c.Fatalf("%q arrived, want %q", got, want)
	}
}

func TestRelay(t *testing.T) {
	c := connect(t, false)
	command := int(c.command.Fd())
	c.write(c.person, "typed\r")
	c.read(command, "typed\n")
	c.read(c.person, "typed\r\n") // the echo is the inner terminal's
	c.write(command, "a\x1b]52;c;AA==\ab\n")
	c.read(c.person, "ab\r\n")
	size, err := unix.IoctlGetWinsize(command, unix.TIOCGWINSZ)
	if err != nil || size.Row != 30 || size.Col != 100 {
		t.Errorf("the size is %+v, %v", size, err)
	}
	unix.IoctlSetWinsize(int(c.caller.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 5, Col: 6})
	c.relay.Resize()
	if size, err := unix.IoctlGetWinsize(command, unix.TIOCGWINSZ); err != nil || size.Row != 5 || size.Col != 6 {
		t.Errorf("the size is %+v, %v", size, err)
	}
	if !c.relay.Interrupt(unix.SIGINT) || c.relay.Interrupt(unix.SIGTERM) {
		t.Error("what the terminal can send is not as it was")
	}
}

// TestStopLetsOutputArrive, restores the modes, and can be said twice.
func TestStopLetsOutputArrive(t *testing.T) {
	c := connect(t, false)
	before := c.relay.Caller.found
	if c.modes(c.caller).Lflag&unix.ICANON != 0 {
		t.Error("the terminal is not raw")
	}
	c.write(int(c.command.Fd()), "last words\x1b[?25l")
	c.end()
	c.relay.Stop()
	c.read(c.person, "last words\x1b[?25l\x1b[?25h")
	if now := c.modes(c.caller); *now != before {
		t.Errorf("the modes are %+v, were %+v", now, before)
	}
	c.relay.Resize()
	c.relay.Pause()
	c.relay.Resume()
	if c.relay.Interrupt(unix.SIGINT) {
		t.Error("it still interrupts")
	}
}

// TestGuardIsTold: the first message restores, and the last one nothing.
func TestGuardIsTold(t *testing.T) {
	c := connect(t, false)
	c.write(int(c.command.Fd()), "\x1b[?1049h")
	c.read(c.person, "\x1b[?1049h")
	c.end()
	told := c.guard.Bytes()
	if len(told)%launch.GuardSize != 0 || len(told) < 3*launch.GuardSize {
		t.Fatalf("%d bytes", len(told))
	}
	if first := told[:launch.GuardSize]; first[0] != 0 || !bytes.Equal(first[1:1+launch.TermiosSize], kernelForm(&c.relay.Caller.found)) {
		t.Errorf("first %x", first)
	}
	const undo = "\x1b[?1049l"
	second := told[launch.GuardSize : 2*launch.GuardSize]
	if int(second[0]) != len(undo) || !bytes.HasPrefix(second[1+2*launch.TermiosSize:], []byte(undo)) {
		t.Errorf("then %x", second)
	}
	if last := told[len(told)-launch.GuardSize:]; !bytes.Equal(last, make([]byte, launch.GuardSize)) {
		t.Errorf("last %x", last)
	}
}

// TestPause gives the terminal back for a while.
func TestPause(t *testing.T) {
	c := connect(t, false)
	before := c.relay.Caller.found
	c.relay.Pause()
	if now := c.modes(c.caller); *now != before {
		t.Errorf("the modes are %+v, were %+v", now, before)
	}
	c.relay.Resume()
	c.write(c.person, "x\r")
	c.read(int(c.command.Fd()), "x\n")
	c.end()
	if now := c.modes(c.caller); *now != before {
		t.Errorf("at the end they are %+v, were %+v", now, before)
	}
}

// TestShared: lines go in while the command wants no more, and a terminal that
// somebody has switched to keys is not read.
func TestShared(t *testing.T) {
	c := connect(t, true)
	command := int(c.command.Fd())
	before := *c.modes(c.caller)
	c.write(c.person, "line\r")
	c.read(command, "line\n")
	c.read(c.person, "line\r\n") // shown once
	keys := before
	keys.Lflag &^= unix.ICANON
	unix.IoctlSetTermios(int(c.caller.Fd()), unix.TCSETS, &keys)
	time.Sleep(3 * glance)
	c.write(c.person, "k")
	time.Sleep(3 * glance)
	c.read(int(c.caller.Fd()), "k")
	unix.IoctlSetTermios(int(c.caller.Fd()), unix.TCSETS, &before)

	own := c.modes(c.command)
	hidden := *own
	hidden.Lflag &^= unix.ECHO
	unix.IoctlSetTermios(command, unix.TCSETS, &hidden)
	for end := time.Now().Add(5 * time.Second); c.modes(c.caller).Lflag&unix.ECHO != 0; time.Sleep(glance) {
		if time.Now().After(end) {
			t.Fatal("the terminal still shows what is typed")
		}
	}
	unix.IoctlSetTermios(command, unix.TCSETS, own)
	for end := time.Now().Add(5 * time.Second); *c.modes(c.caller) != before; time.Sleep(glance) {
		if time.Now().After(end) {
			t.Fatal("the terminal does not go back")
		}
	}
	c.write(c.person, "a\r\x04")
	c.read(command, "a\n")
	if n, err := unix.Read(command, make([]byte, 9)); n != 0 || err != nil {
		t.Errorf("the end of the input is %d, %v", n, err)
	}
}

// TestHungUp: who started the relay is told when the caller's terminal goes.
func TestHungUp(t *testing.T) {
	c := connect(t, false)
	unix.Close(c.person)
	c.person = -1
	c.write(int(c.command.Fd()), "to nobody\n")
	select {
	case <-c.hungUp:
	case <-time.After(5 * time.Second):
		t.Error("nobody was told")
	}
}

func TestOnFindsOneTerminal(t *testing.T) {
	_, a := pair(t)
	_, b := pair(t)
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	for _, test := range []struct {
		std [3]*os.File
		fds uint8
		in  *os.File
	}{
		{[3]*os.File{null, null, null}, 0, nil},
		{[3]*os.File{nil, nil, nil}, 0, nil},
		{[3]*os.File{a, null, a}, 5, a},
		{[3]*os.File{null, a, b}, 2, a},
		{[3]*os.File{a, b, a}, 5, a},
	} {
		c, fds := On(test.std)
		if fds != test.fds || (c == nil) != (fds == 0) || c != nil && c.in != test.in {
			t.Errorf("%v: %b", test.std, fds)
		}
	}
}
