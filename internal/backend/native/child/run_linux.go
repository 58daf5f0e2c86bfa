package child

import (
	"syscall"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/launch"
)

// run starts the command and reaps until it ends. What it left running dies
// with this process: the kernel empties a pid namespace when its first
// process goes.
func run(spec *launch.Spec) {
	pid := start(spec)
	go func() {
		say(launch.Exited, number(uint32(reap(pid))))
		unix.Exit(0)
	}()
	// On the thread that forked the command: Landlock gave each thread a domain
	// of its own, and scopes signals to the one of the sender (EPERM).
	forward(pid, spec.Session || spec.Terminal)
}

func start(spec *launch.Spec) int {
	pid, err := syscall.ForkExec(spec.Argv[0], spec.Argv, &syscall.ProcAttr{
		Dir:   spec.Dir,
		Env:   spec.Env,
		Files: []uintptr{0, 1, 2},
		Sys:   &syscall.SysProcAttr{Setsid: spec.Session || spec.Terminal, Setctty: spec.Terminal, Ctty: firstBit(spec.TerminalFDs)},
	})
	must("start "+spec.Argv[0], err)
	return pid
}

// reap waits for every process that ends and returns the command's status.
func reap(command int) syscall.WaitStatus {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		if err == syscall.EINTR {
			continue
		}
		must("wait for the command", err)
		if pid == command && (status.Exited() || status.Signaled()) {
			return status
		}
	}
}

// forward passes the supervisor's signals on, to the whole process group where
// the command has its own. When the supervisor is gone the sandbox ends here,
// besides the kernel's own signal for that.
func forward(pid int, group bool) {
	target := pid
	if group {
		target = -pid
	}
	var buf [2]byte
	for {
		n, err := unix.Read(launch.SocketFD, buf[:])
		if err == unix.EINTR {
			continue
		}
		if err != nil || n == 0 {
			unix.Exit(failedExit)
		}
		if n == 2 && buf[0] == launch.Signal {
			syscall.Kill(target, syscall.Signal(buf[1]))
		}
	}
}
