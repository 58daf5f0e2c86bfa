package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// calls is what the calls are made on.
type calls struct {
	file    *byte   // in a deep tree; is there
	names   []*byte // in a folder of our own; not there between two rounds
	dir     string
	sock    uintptr
	command []string
	addr    [16]byte // a struct sockaddr_in on loopback
	stat    unix.Statx_t
}

// most is how many names there are: a round makes at most so many files.
const most = 4096

func newCalls(file, folder string, command []string) *calls {
	c := &calls{file: cstring(file), command: command, dir: filepath.Join(folder, fmt.Sprintf("probe-%d", os.Getpid()))}
	for i := range most {
		c.names = append(c.names, cstring(fmt.Sprintf("%s/%d", c.dir, i)))
	}
	os.Mkdir(c.dir, 0o755)
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		fmt.Fprintln(os.Stderr, "probe: socket:", err)
		os.Exit(1)
	}
	c.sock = uintptr(fd)
	c.addr = [16]byte{unix.AF_INET, 0, 0, 9, 127, 0, 0, 1}
	return c
}

func cstring(s string) *byte { return &append([]byte(s), 0)[0] }

func (c *calls) clean() { os.RemoveAll(c.dir) }

// call is one kind: one is timed, the others are not.
type call struct {
	before, after func(count int) error
	one           func(i int) syscall.Errno
}

func nothing(int) error { return nil }

const (
	making  = unix.O_WRONLY | unix.O_CREAT | unix.O_TRUNC | unix.O_CLOEXEC
	writing = unix.O_WRONLY | unix.O_CLOEXEC
	reading = unix.O_RDONLY | unix.O_CLOEXEC
)

func (c *calls) table() map[string]call {
	return map[string]call{
		"getppid": {nothing, nothing, func(int) syscall.Errno { return raw(unix.SYS_GETPPID, 0, 0, 0, 0) }},
		"stat":    {nothing, nothing, func(int) syscall.Errno { return c.look(c.file) }},
		"open":    {nothing, nothing, func(int) syscall.Errno { return open(c.file, reading) }},
		"create":  {nothing, c.remove, func(i int) syscall.Errno { return open(c.names[i%most], making) }},
		"rewrite": {c.make, c.remove, func(i int) syscall.Errno { return open(c.names[0], writing) }},
		"rename":  {c.make, c.remove, c.rename},
		"unlink":  {c.makeAll, nothing, func(i int) syscall.Errno { return unlink(c.names[i%most]) }},
		"connect": {nothing, nothing, c.connect},
		"command": {nothing, nothing, c.start},
	}
}

func raw(nr, a, b, d, e uintptr) syscall.Errno {
	_, _, errno := unix.RawSyscall6(nr, a, b, d, e, 0, 0)
	return errno
}

const atCwd = ^uintptr(99) // AT_FDCWD

func pointer(p *byte) uintptr { return uintptr(unsafe.Pointer(p)) }

// open opens and closes.
func open(path *byte, flags uintptr) syscall.Errno {
	fd, _, errno := unix.RawSyscall6(unix.SYS_OPENAT, atCwd, pointer(path), flags, 0o644, 0, 0)
	if errno != 0 {
		return errno
	}
	return raw(unix.SYS_CLOSE, fd, 0, 0, 0)
}

func unlink(path *byte) syscall.Errno { return raw(unix.SYS_UNLINKAT, atCwd, pointer(path), 0, 0) }

// look is stat(2), as C libraries make it today.
func (c *calls) look(path *byte) syscall.Errno {
	_, _, errno := unix.RawSyscall6(unix.SYS_STATX, atCwd, pointer(path), 0, unix.STATX_BASIC_STATS, uintptr(unsafe.Pointer(&c.stat)), 0)
	return errno
}

// rename moves the first file to the second name and back.
func (c *calls) rename(i int) syscall.Errno {
	return raw(unix.SYS_RENAMEAT, atCwd, pointer(c.names[i%2]), atCwd, pointer(c.names[(i+1)%2]))
}

func (c *calls) connect(int) syscall.Errno {
	return raw(unix.SYS_CONNECT, c.sock, uintptr(unsafe.Pointer(&c.addr)), 16, 0)
}

// start runs the command to its end.
func (c *calls) start(int) syscall.Errno {
	cmd := exec.Command(c.command[0], c.command[1:]...)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		fmt.Fprintf(os.Stderr, "probe: %v: %v\n", c.command, err)
		return unix.ECANCELED
	}
	return 0
}

func (c *calls) make(int) error { return asError(open(c.names[0], making)) }

func (c *calls) makeAll(count int) error {
	for i := range min(count, most) {
		if errno := open(c.names[i], making); errno != 0 {
			return errno
		}
	}
	return nil
}

// remove takes away what a round has made.
func (c *calls) remove(count int) error {
	for i := range min(max(count, 2), most) {
		if errno := unlink(c.names[i]); errno != 0 && errno != unix.ENOENT {
			return errno
		}
	}
	return nil
}

func asError(errno syscall.Errno) error {
	if errno != 0 {
		return errno
	}
	return nil
}
