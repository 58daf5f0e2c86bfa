package backendtest

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// wayProbes are attempts of the known ways out that need more than one call, or
// whose success shows in what they find.
var wayProbes = map[string]probe{
	"tells":        tells,
	"holds":        holds,
	"env":          variable,
	"runs":         runs,
	"name-handle":  nameHandle,
	"io-uring":     func(string) (string, error) { return "", newFD(unix.SYS_IO_URING_SETUP, 1, pointer()) },
	"shm":          segment,
	"queue":        queue,
	"ptrace-child": ptraceChild,
	"inotify":      inotify,
	"lock":         lock,
	"wait":         wait,
	"says":         says,
}

// tells is ok only if a file can be read and says something.
func tells(path string) (string, error) {
	text, err := read(path)
	if err == nil && text == "" {
		err = unix.ENODATA
	}
	return text, err
}

// holds is ok only if a folder has an entry.
func holds(path string) (string, error) {
	names, err := list(path)
	if err == nil && names == "" {
		err = unix.ENODATA
	}
	return names, err
}

func variable(name string) (string, error) {
	value, found := os.LookupEnv(name)
	if !found {
		return "", unix.ENOENT
	}
	return value, nil
}

// runs starts a program, and is ok only if that ends well: "runs:/bin/sh|x".
// ENOEXEC stands for one that started and could not do it.
func runs(arg string) (string, error) {
	words := strings.Split(arg, "|")
	out, err := exec.Command(words[0], words[1:]...).CombinedOutput()
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		err = unix.ENOEXEC
	}
	return string(out), err
}

// newFD makes a call whose result is a descriptor, and closes it.
func newFD(nr uintptr, args ...uintptr) error {
	var a [6]uintptr
	copy(a[:], args)
	fd, _, errno := unix.RawSyscall6(nr, a[0], a[1], a[2], a[3], a[4], a[5])
	if errno != 0 {
		return errno
	}
	return unix.Close(int(fd))
}

// nameHandle asks for a file's handle, by which it could be opened past every
// path.
func nameHandle(path string) (string, error) {
	_, _, err := unix.NameToHandleAt(unix.AT_FDCWD, path, 0)
	return "", err
}

// segment looks for a System V segment: "shm:KEY".
func segment(key string) (string, error) {
	_, err := unix.SysvShmGet(int(number(key)), 0, 0)
	return "", err
}

// queue opens a POSIX message queue that exists.
func queue(name string) (string, error) {
	b := append([]byte(name), 0)
	return "", newFD(unix.SYS_MQ_OPEN, uintptr(unsafe.Pointer(&b[0])), unix.O_RDONLY)
}

// ptraceChild traces a process of its own, which nothing but the filter keeps
// it from.
func ptraceChild(string) (string, error) {
	cmd := exec.Command("/bin/sleep", "10")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: unix.SIGKILL}
	if err := cmd.Start(); err != nil {
		return "start", err
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	return "", call(unix.SYS_PTRACE, unix.PTRACE_SEIZE, uintptr(cmd.Process.Pid))
}

// inotify asks to be told what others do to a file.
func inotify(path string) (string, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC)
	if err != nil {
		return "init", err
	}
	defer unix.Close(fd)
	_, err = unix.InotifyAddWatch(fd, path, unix.IN_OPEN)
	return "", err
}

// lock takes an exclusive lock that others may wait for.
func lock(path string) (string, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "open", err
	}
	defer unix.Close(fd)
	return "", unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB)
}

// wait looks for a file for a while.
func wait(path string) (string, error) {
	var stat unix.Stat_t
	err := unix.Lstat(path, &stat)
	for end := time.Now().Add(2 * time.Second); err != nil && time.Now().Before(end); err = unix.Lstat(path, &stat) {
		time.Sleep(10 * time.Millisecond)
	}
	return "", err
}

// says is ok only if a file can be read and holds a text: "says:FILE|TEXT".
func says(arg string) (string, error) {
	path, text := two(arg)
	data, err := os.ReadFile(path)
	if err == nil && !bytes.Contains(data, []byte(text)) {
		err = unix.ENODATA
	}
	return "", err
}
