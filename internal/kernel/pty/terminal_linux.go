package pty

import (
	"os"

	"golang.org/x/sys/unix"
)

// Caller is the terminal that this process was started on.
type Caller struct {
	tty     *os.File     // for its modes
	in, out *os.File     // nil: it cannot be read from, or written to
	opened  *os.File     // by us
	raw     bool         // whether it has the modes that we set
	found   unix.Termios // its modes before that
	set     unix.Termios // the modes that we set
}

// On finds the terminal among a process's first three files. FDs has a bit for
// each of them that is that terminal; it is 0, and there is no Caller, where
// none is. Another terminal than the first counts as an ordinary file.
func On(std [3]*os.File) (c *Caller, fds uint8) {
	c = new(Caller)
	var device uint32
	for i, f := range std {
		n, isTerminal := deviceOf(f)
		if !isTerminal || fds != 0 && n != device {
			continue
		}
		device, fds = n, fds|1<<i
		c.take(f)
	}
	if fds == 0 {
		return nil, 0
	}
	if c.in == nil || c.out == nil {
		c.bothWays(device)
	}
	return c, fds
}

// take uses a file for what it was opened for.
func (c *Caller) take(f *os.File) {
	flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFL, 0)
	if err != nil {
		return
	}
	if c.tty == nil {
		c.tty = f
	}
	if c.in == nil && flags&unix.O_ACCMODE != unix.O_WRONLY {
		c.in = f
	}
	if c.out == nil && flags&unix.O_ACCMODE != unix.O_RDONLY {
		c.out = f
	}
}

// bothWays opens a terminal that was given for reading or for writing only, if
// it is the one that this process belongs to. Otherwise the one way is all.
func (c *Caller) bothWays(device uint32) {
	f, err := os.OpenFile("/dev/tty", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return
	}
	if n, isTerminal := deviceOf(f); !isTerminal || n != device {
		f.Close()
		return
	}
	c.opened = f
	c.take(f)
}

// deviceOf is the number of a terminal's device. /dev/tty has one of its own,
// so the kernel is asked for that of the terminal behind it.
func deviceOf(f *os.File) (uint32, bool) {
	if f == nil {
		return 0, false
	}
	if _, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS); err != nil {
		return 0, false
	}
	n, err := unix.IoctlGetUint32(int(f.Fd()), unix.TIOCGDEV)
	return n, err == nil
}

// Close lets go of what was opened beside the process's own files.
func (c *Caller) Close() {
	if c.opened != nil {
		c.opened.Close()
	}
}

// File is the terminal, for a process that restores it.
func (c *Caller) File() *os.File { return c.tty }

// foreground tells whether this process may use the terminal now. Where it is
// not the controlling one there is nobody to share it with.
func (c *Caller) foreground() bool {
	group, err := unix.IoctlGetInt(int(c.tty.Fd()), unix.TIOCGPGRP)
	return err != nil || group == unix.Getpgrp()
}

// inLines tells whether the terminal works as for a person who types lines:
// then no other process reads keys or a password.
func (c *Caller) inLines() bool {
	now, err := unix.IoctlGetTermios(int(c.tty.Fd()), unix.TCGETS)
	return err == nil && forLines(now)
}

func forLines(t *unix.Termios) bool {
	const both = unix.ICANON | unix.ECHO
	return t.Lflag&both == both
}

// usual is how a command finds its terminal. The caller's is copied, unless
// another process, such as the shell that started us in the background, has it
// for itself.
func (c *Caller) usual() unix.Termios {
	t := c.found
	if forLines(&t) {
		return t
	}
	t.Iflag = t.Iflag&unix.IUTF8 | unix.ICRNL | unix.IXON | unix.BRKINT
	t.Oflag = unix.OPOST | unix.ONLCR
	t.Lflag = unix.ICANON | unix.ISIG | unix.IEXTEN | unix.ECHO | unix.ECHOE | unix.ECHOK | unix.ECHOCTL | unix.ECHOKE
	for i, key := range usualKeys {
		t.Cc[i] = key
	}
	return t
}

// usualKeys are the control characters of a terminal that nobody changed.
var usualKeys = map[int]byte{
	unix.VINTR: 0x03, unix.VQUIT: 0x1c, unix.VERASE: 0x7f, unix.VKILL: 0x15, unix.VEOF: 0x04,
	unix.VSTART: 0x11, unix.VSTOP: 0x13, unix.VSUSP: 0x1a, unix.VREPRINT: 0x12, unix.VDISCARD: 0x0f,
	unix.VWERASE: 0x17, unix.VLNEXT: 0x16, unix.VMIN: 1,
}

func sameModes(a, b *unix.Termios) bool {
	x, y := *a, *b
	x.Lflag, y.Lflag = x.Lflag&^volatile, y.Lflag&^volatile
	return x == y
}

// volatile are flags that the kernel or we ourselves change.
const volatile = unix.PENDIN | unix.FLUSHO | unix.EXTPROC

// look reads the modes that are to be restored.
func (c *Caller) look() error {
	now, err := unix.IoctlGetTermios(int(c.tty.Fd()), unix.TCGETS)
	if err != nil {
		return err
	}
	if c.set == (unix.Termios{}) || *now != c.set { // else they are ours, from before a stop
		c.found = *now
	}
	return nil
}

// makeRaw hands every key through as it is pressed. With lines, line ends are
// still made for what other processes write to the terminal.
func (c *Caller) makeRaw(lines bool) error {
	if err := c.look(); err != nil {
		return err
	}
	t := c.found
	t.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON | unix.IXOFF
	if !lines {
		t.Oflag &^= unix.OPOST
	}
	t.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	if err := setModes(c.tty, unix.TCSETS, &t); err != nil {
		return err
	}
	now, err := unix.IoctlGetTermios(int(c.tty.Fd()), unix.TCGETS)
	if err != nil {
		return err
	}
	c.raw, c.set = true, *now
	return nil
}

// restore puts the modes back, and drops what was typed and not read: it was
// typed for the command, or by the terminal itself as an answer to it.
func (c *Caller) restore() error {
	if !c.raw {
		return nil
	}
	c.raw = false
	unix.IoctlSetInt(int(c.tty.Fd()), unix.TCFLSH, unix.TCIFLUSH)
	return setModes(c.tty, unix.TCSETS, &c.found)
}

func setModes(f *os.File, request uint, t *unix.Termios) error {
	for {
		err := unix.IoctlSetTermios(int(f.Fd()), request, t)
		if err != unix.EINTR {
			return err
		}
	}
}
