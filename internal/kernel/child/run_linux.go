package child

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/launch"
)

// run starts the command, passes the supervisor's signals on, and reaps until
// the command ends. What it left running dies with this process: the kernel
// empties a pid namespace when its first process goes.
//
// This process catches no signal. The kernel keeps a first process from all
// that it does not catch, those of the terminal and of its own user among them.
func run() {
	childSignal := uint64(1) << (unix.SIGCHLD - 1)
	setMask(unix.SIG_BLOCK, childSignal)
	reaper, errno := call6(unix.SYS_SIGNALFD4, ^uintptr(0), uintptr(unsafe.Pointer(&childSignal)), 8, unix.SFD_CLOEXEC, 0, 0)
	must("wait for processes to end", nil, errno)
	pid := startCommand(childSignal)
	// The ends of the command's streams are its own from here on: who reads
	// them must not wait for this process.
	call(unix.SYS_CLOSE_RANGE, launch.StreamFD, launch.FirstFD, 0)
	end := now() + spec.Seconds
	for {
		polls := [2]unix.PollFd{{Fd: launch.SocketFD, Events: unix.POLLIN}, {Fd: int32(reaper), Events: unix.POLLIN}}
		left := unix.Timespec{Sec: end - now()}
		var timeout *unix.Timespec
		if spec.Seconds > 0 {
			if left.Sec < 0 {
				exit(failedExit)
			}
			timeout = &left
		}
		_, errno := call6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(&polls[0])), uintptr(len(polls)), uintptr(unsafe.Pointer(timeout)), 0, 0, 0)
		if errno != 0 && errno != unix.EINTR {
			fail("wait for the command", nil, errno)
		}
		if polls[0].Revents != 0 {
			forward(pid)
		}
		if polls[1].Revents != 0 {
			reap(int(reaper), pid)
		}
	}
}

// now is in seconds, of a clock that nobody sets and that stops with the machine.
func now() int64 {
	var t unix.Timespec
	call(unix.SYS_CLOCK_GETTIME, unix.CLOCK_MONOTONIC, uintptr(unsafe.Pointer(&t)), 0)
	return t.Sec
}

func setMask(how uintptr, set uint64) {
	call6(unix.SYS_RT_SIGPROCMASK, how, uintptr(unsafe.Pointer(&set)), 0, 8, 0, 0)
}

// anyEnded is for wait4(2): whatever ended, also a process whose end sends no
// SIGCHLD, and nothing to wait for if none did.
const anyEnded = unix.WNOHANG | unix.WALL

// reap takes leave of every process that ended, and with the command's of the
// sandbox. The signal only says that there is something to reap: several can
// become one.
func reap(reaper, command int) {
	var info [128]byte // struct signalfd_siginfo
	call(unix.SYS_READ, uintptr(reaper), uintptr(unsafe.Pointer(&info[0])), uintptr(len(info)))
	for {
		var status int32
		pid, errno := call6(unix.SYS_WAIT4, ^uintptr(0), uintptr(unsafe.Pointer(&status)), anyEnded, 0, 0, 0)
		if errno != 0 || pid == 0 {
			return
		}
		if int(pid) == command {
			leave(status)
		}
	}
}

// leave tells how the command ended, and whether it left nothing running. Each
// process inside descends from this one, and one whose parent is gone becomes a
// child of this one: where there is no child, there is no process. The
// supervisor need not wait then until the kernel has taken the sandbox down.
func leave(status int32) {
	var alone byte
	for {
		pid, errno := call6(unix.SYS_WAIT4, ^uintptr(0), 0, anyEnded, 0, 0, 0)
		if errno == unix.ECHILD {
			alone = 1
		}
		if errno != 0 || pid == 0 {
			break
		}
	}
	out.start(launch.Exited)
	out.addNumber(uint32(status))
	out.text[out.n] = alone
	out.n++
	out.send()
	exit(0)
}

// forward passes one signal on, to the whole process group where the command
// has its own. When the supervisor is gone the sandbox ends here, besides the
// kernel's own signal for that.
func forward(command int) {
	var buf [2]byte
	n, errno := call(unix.SYS_READ, launch.SocketFD, uintptr(unsafe.Pointer(&buf[0])), 2)
	if errno == unix.EINTR {
		return
	}
	if errno != 0 || n == 0 {
		exit(failedExit)
	}
	if n == 2 && buf[0] == launch.Signal {
		target := command
		if spec.Session || spec.Terminal {
			target = -command
		}
		call(unix.SYS_KILL, uintptr(target), uintptr(buf[1]), 0)
	}
}

// startCommand forks. What the new process cannot do it says on the socket,
// which is still its own until it becomes the command.
func startCommand(blocked uint64) int {
	argv, env := vector(spec.Argv), vector(spec.Env)
	if spec.Argv.Len == 0 {
		fail("start the command", nil, unix.EINVAL)
	}
	pid, errno := call6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	must("fork", nil, errno)
	if pid == 0 {
		setMask(unix.SIG_UNBLOCK, blocked)
		become := spec.Argv
		program := become.Text()
		for fd := uintptr(0); fd < 3; fd++ {
			_, errno = call(unix.SYS_DUP3, launch.StreamFD+fd, fd, 0)
			must("hand the streams on", nil, errno)
		}
		if spec.Terminal {
			takeTerminal()
		} else if spec.Session {
			_, errno = call(unix.SYS_SETSID, 0, 0, 0)
			must("open a session", nil, errno)
		}
		_, errno = call(unix.SYS_CHDIR, uintptr(unsafe.Pointer(spec.Dir.Pointer())), 0, 0)
		must("enter", spec.Dir, errno)
		_, errno = call(unix.SYS_EXECVE, uintptr(unsafe.Pointer(program.Pointer())), argv, env)
		fail("start", program, errno)
	}
	return int(pid)
}

// vector is a list of texts as execve(2) reads it: pointers, and zero at the
// end.
func vector(list launch.List) uintptr {
	const word = unsafe.Sizeof(uintptr(0))
	addr, errno := call6(unix.SYS_MMAP, 0, uintptr(list.Len+1)*word, unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANONYMOUS, ^uintptr(0), 0)
	must("make room for the command's arguments", nil, errno)
	for i := range list.Len {
		text := list.Text()
		*(*uintptr)(unsafe.Add(unsafe.Pointer(nil), addr+uintptr(i)*word)) = uintptr(unsafe.Pointer(text.Pointer()))
	}
	return addr
}

func errnoOf(r uintptr) syscall.Errno { return syscall.Errno(r) }
