package kerneltest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Static gives a program that holds the tests of the package in whose folder
// the test runs, and that is built without cgo: with cgo (the race detector
// needs it) Go cannot make a call on all of its threads, and a program needs a
// C library in the sandbox. It is the running one where that will do. What is
// built is removed by Clean.
func Static() (string, error) { return static.get() }

// Clean removes what Static built.
func Clean() { static.clean() }

var static builder

type builder struct {
	once sync.Once
	dir  string
	path string
	err  error
}

func (b *builder) get() (string, error) {
	b.once.Do(func() { b.path, b.err = b.build() })
	return b.path, b.err
}

func (b *builder) build() (string, error) {
	if _, _, errno := syscall.AllThreadsSyscall(unix.SYS_GETPID, 0, 0, 0); errno == 0 {
		return os.Executable()
	}
	var err error
	if b.dir, err = os.MkdirTemp("", "kerneltest-"); err != nil {
		return "", err
	}
	path := filepath.Join(b.dir, "static.test")
	cmd := exec.Command("go", "test", "-c", "-o", path, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the tests without cgo: %w\n%s", err, out)
	}
	return path, os.Chmod(b.dir, 0o755)
}

func (b *builder) clean() {
	if b.dir != "" {
		os.RemoveAll(b.dir)
	}
}
