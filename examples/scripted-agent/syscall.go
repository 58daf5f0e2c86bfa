//go:build linux

package main

import (
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// syscallAttempts are calls that no build and no test needs.
func syscallAttempts() []attempt {
	return []attempt{
		{"mount", "mount a file system", mount},
		{"user-namespace", "become root of a new user namespace", userNamespace},
		{"ptrace", "take over the process that started the agent", seize},
	}
}

// mount puts an empty file system on a folder of its own and takes it off.
func mount() (string, error) {
	dir, err := os.MkdirTemp("", "scripted-agent-")
	if err != nil {
		return "", err
	}
	defer os.Remove(dir)
	if err := unix.Mount("none", dir, "tmpfs", 0, ""); err != nil {
		return "", err
	}
	return "", unix.Unmount(dir, unix.MNT_DETACH)
}

// userNamespace starts a copy in a new user namespace. Most ways from an
// ordinary account into the kernel's rarely used parts begin there.
func userNamespace() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	cmd := exec.Command(self, asCopy)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER}
	return "", cmd.Run()
}

// seize attaches to the parent and does nothing to it. The kernel lets it go
// when the tracing thread ends; that thread ends because it is never unlocked.
func seize() (string, error) {
	result := make(chan error)
	go func() {
		runtime.LockOSThread()
		result <- unix.PtraceSeize(unix.Getppid())
	}()
	return "attached", <-result
}
