package backendtest

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

var processProbes = map[string]probe{
	"ptrace-attach": func(pid string) (string, error) { return "", call(unix.SYS_PTRACE, unix.PTRACE_ATTACH, number(pid)) },
	"ptrace-seize":  func(pid string) (string, error) { return "", call(unix.SYS_PTRACE, unix.PTRACE_SEIZE, number(pid)) },
	"vm-read":       vmRead,
	"getfd":         getfd,
	"kill":          kill,
	"kill-many":     killMany,
	"kill-child":    killChild,
	"queue-many":    queueMany,
	"setns":         setns,
	"call":          tableCall,
	"clone":         clone,
	"terminal":      func(cmd string) (string, error) { return "", call(unix.SYS_IOCTL, 0, number(cmd), pointer()) },
	"personality":   func(v string) (string, error) { return "", call(unix.SYS_PERSONALITY, number(v)) },
	"number":        func(n string) (string, error) { return "", call(number(n)) },
	"listener":      listener,
	"garbage":       garbage,
	"run":           run,
	"processes":     processes,
	"sleep":         sleep,
	"file":          fileThenSleep,
	"daemon":        daemon,
	"orphan-output": orphanOutput,
}

// number reads a decimal or 0x number; "self" is the caller.
func number(s string) uintptr {
	if s == "self" {
		return uintptr(os.Getpid())
	}
	n, _ := strconv.ParseUint(s, 0, 64)
	return uintptr(n)
}

var scratch [512]byte

// pointer is an address that is mapped.
func pointer() uintptr { return uintptr(unsafe.Pointer(&scratch)) }

func vmRead(pid string) (string, error) {
	local := []unix.Iovec{{Base: &scratch[0], Len: 8}}
	remote := []unix.RemoteIovec{{Base: pointer(), Len: 8}}
	_, err := unix.ProcessVMReadv(int(number(pid)), local, remote, 0)
	return "", err
}

func getfd(pid string) (string, error) {
	fd, err := unix.PidfdOpen(int(number(pid)), 0)
	if err != nil {
		return "pidfd_open", err
	}
	defer unix.Close(fd)
	_, err = unix.PidfdGetfd(fd, 0, 0)
	return "", err
}

// kill sends a signal: "kill:1|9".
func kill(arg string) (string, error) {
	pid, sig := two(arg)
	n, _ := strconv.Atoi(pid)
	return "", unix.Kill(n, syscall.Signal(number(sig)))
}

// killMany sends every signal to a process, and waits a moment for what it does.
func killMany(pid string) (string, error) {
	n, _ := strconv.Atoi(pid)
	for sig := 1; sig <= 64; sig++ {
		if err := unix.Kill(n, syscall.Signal(sig)); err != nil && err != unix.EINVAL {
			return strconv.Itoa(sig), err
		}
	}
	time.Sleep(200 * time.Millisecond)
	return "", unix.Kill(n, 0)
}

// queueMany sends every signal by the calls that carry data, to the process and
// to its thread.
func queueMany(pid string) (string, error) {
	n := number(pid)
	fd, err := unix.PidfdOpen(int(n), 0)
	if err != nil {
		return "pidfd_open", err
	}
	defer unix.Close(fd)
	const queued = 1<<32 - 1 // SI_QUEUE is -1
	for sig := uintptr(1); sig <= 64; sig++ {
		info := [16]uint64{uint64(sig), queued}
		call(unix.SYS_RT_SIGQUEUEINFO, n, sig, uintptr(unsafe.Pointer(&info)))
		call(unix.SYS_RT_TGSIGQUEUEINFO, n, n, sig, uintptr(unsafe.Pointer(&info)))
		call(unix.SYS_TGKILL, n, n, sig)
		call(unix.SYS_TKILL, n, sig)
		call(unix.SYS_PIDFD_SEND_SIGNAL, uintptr(fd), sig, 0, 0)
	}
	time.Sleep(200 * time.Millisecond)
	return "", unix.Kill(int(n), 0)
}

// killChild does the same to a process of its own, which ends of it.
func killChild(string) (string, error) {
	cmd := exec.Command("/bin/sleep", "60")
	if err := cmd.Start(); err != nil {
		return "", err
	}
	_, err := killMany(strconv.Itoa(cmd.Process.Pid))
	cmd.Wait()
	if err == nil && cmd.ProcessState.Success() {
		return "", nil
	}
	return "", unix.ESRCH
}

func setns(path string) (string, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "open", err
	}
	defer unix.Close(fd)
	return "", unix.Setns(fd, 0)
}

// clone starts a child with these flags that ends at once.
func clone(flags string) (string, error) {
	pid, _, errno := syscall.RawSyscall(unix.SYS_CLONE, number(flags)|uintptr(unix.SIGCHLD), 0, 0)
	if errno != 0 {
		return "", errno
	}
	if pid == 0 {
		for {
			syscall.RawSyscall(unix.SYS_EXIT_GROUP, 0, 0, 0)
		}
	}
	_, err := unix.Wait4(int(pid), nil, 0, nil)
	return "", err
}

// garbage makes the calls that a supervisor looks at with arguments that mean
// nothing: addresses of every family and length, pointers to nowhere, and a
// text that ends with the last page that is mapped.
func garbage(string) (string, error) {
	edge, err := unix.Mmap(-1, 0, 8192, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return "", err
	}
	if err := unix.Munmap(edge); err == nil {
		edge, err = unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
		if err != nil {
			return "", err
		}
	}
	for i := range edge {
		edge[i] = 'a'
	}
	last := uintptr(unsafe.Pointer(&edge[4000]))
	pointers := []uintptr{0, 1, pointer(), last, last + 95, ^uintptr(0), ^uintptr(0) - 4095, 1 << 63}
	for family := range byte(20) {
		scratch = [512]byte{family}
		for length := range uintptr(40) {
			call(unix.SYS_CONNECT, bad, pointer(), length)
		}
	}
	for _, p := range pointers {
		for _, n := range []uintptr{0, 1, 2, 3, 128, 1 << 31, ^uintptr(0)} {
			call(unix.SYS_CONNECT, bad, p, n)
		}
		for _, fd := range []uintptr{bad, 0, 1 << 31, 1 << 40} {
			call(unix.SYS_OPENAT, fd, p, unix.O_WRONLY)
			call(unix.SYS_OPENAT2, fd, p, p, 24)
			call(unix.SYS_RENAMEAT2, fd, p, fd, p)
			call(unix.SYS_LINKAT, fd, p, fd, p)
			call(unix.SYS_SYMLINKAT, p, fd, p)
		}
	}
	return "", nil
}

// listener tries to become the one who answers for refused calls: a second
// filter that passes them to a listener of its own would win over ours. This
// one passes getpgid alone, so that where it is taken the attacker goes on.
func listener(string) (string, error) {
	pass := []unix.SockFilter{
		{Code: 0x20},                             // A = the call's number
		{Code: 0x15, Jf: 1, K: unix.SYS_GETPGID}, // is it getpgid?
		{Code: 0x06, K: 0x7fc00000},              // return USER_NOTIF
		{Code: 0x06, K: 0x7fff0000},              // return ALLOW
	}
	prog := unix.SockFprog{Len: uint16(len(pass)), Filter: &pass[0]}
	const setModeFilter, newListener = 1, 8
	return "", call(unix.SYS_SECCOMP, setModeFilter, newListener, uintptr(unsafe.Pointer(&prog)))
}

// run starts a program and gives what it wrote: "run:/usr/bin/id|-u".
func run(arg string) (string, error) {
	words := strings.Split(arg, "|")
	out, err := exec.Command(words[0], words[1:]...).CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return string(out), errors.New(exit.String())
	}
	return strings.TrimSpace(string(out)), err
}

// processes lists the numbers in /proc.
func processes(string) (string, error) {
	entries, err := os.ReadDir("/proc")
	var pids []string
	for _, e := range entries {
		if _, err := strconv.Atoi(e.Name()); err == nil {
			pids = append(pids, e.Name())
		}
	}
	return strings.Join(pids, " "), err
}

func sleep(ms string) (string, error) {
	time.Sleep(time.Duration(number(ms)) * time.Millisecond)
	return "", nil
}

// fileThenSleep tells that it runs, by a file, and stays.
func fileThenSleep(path string) (string, error) {
	if err := os.WriteFile(path, []byte("here"), 0o644); err != nil {
		return "", err
	}
	time.Sleep(time.Hour)
	return "", nil
}

// daemon forks twice, with a session of its own, and leaves a process that
// ignores what asks it to end, and that writes to a file while it lives.
func daemon(path string) (string, error) {
	script := `trap "" TERM HUP INT; while :; do echo alive >>"$1"; sleep 0.05; done`
	cmd := exec.Command("/bin/sh", "-c", `(setsid sh -c '`+script+`' daemon "$1" >/dev/null 2>&1 &) `, "sh", path)
	return "", cmd.Run()
}

// orphanOutput leaves a process behind that keeps standard output open.
func orphanOutput(string) (string, error) {
	cmd := exec.Command("/bin/sh", "-c", `(setsid sleep 1000 &)`)
	cmd.Stdout = os.Stdout
	return "", cmd.Run()
}
