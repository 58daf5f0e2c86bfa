// Package keeper starts a process beside this one that costs next to nothing
// and outlives it. It shares this process's memory, runs no Go, holds one
// descriptor, and waits until the other end of that is closed, by us or by our
// death. Then it removes the directories that it was told of, and ends.
//
// It serves two ends: a control group outlives every process, so somebody has
// to remove it after a SIGKILL; and a user namespace lives only as long as a
// process in it or a descriptor of it.
package keeper

import (
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Keeper is one such process.
type Keeper struct {
	PID  int
	page []byte // what the process reads; it must not move or be freed
	sign int    // closing it is the sign
}

// The page begins with what the process needs, as its code reads it.
const (
	offFD    = 0  // the reading end
	offPaths = 8  // address of the list of paths
	offPause = 16 // struct timespec between two tries
	offTries = 32
	offBuf   = 40 // one byte
	offList  = 64 // addresses, ended by 0; then the paths, each ended by 0
)

// Between two tries to remove a directory that is in use, and how many there
// are: the kernel takes its time to end the processes of a killed sandbox.
const (
	pause = 1_000_000 // nanoseconds
	tries = 3000
)

// Start makes a keeper that removes those directories, empty ones, in that
// order. Flags are added to those of clone(2).
func Start(flags uintptr, dirs ...string) (*Keeper, error) {
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		return nil, os.NewSyscallError("pipe2", err)
	}
	defer unix.Close(pipe[0])
	page, err := fill(pipe[0], dirs)
	if err != nil {
		unix.Close(pipe[1])
		return nil, err
	}
	pid, err := spawn(flags, page)
	if err != nil {
		unix.Munmap(page)
		unix.Close(pipe[1])
		return nil, os.NewSyscallError("clone", err)
	}
	return &Keeper{PID: pid, page: page, sign: pipe[1]}, nil
}

// fill writes the page. It is not of Go's heap, which may be given back while
// the process still reads it.
func fill(fd int, dirs []string) ([]byte, error) {
	size := offList + 8*(len(dirs)+1)
	text := size
	for _, d := range dirs {
		size += len(d) + 1
	}
	page, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return nil, fmt.Errorf("make room for a process: %w", err)
	}
	base := uint64(uintptr(unsafe.Pointer(&page[0])))
	put := func(off int, v uint64) { binary.NativeEndian.PutUint64(page[off:], v) }
	put(offFD, uint64(fd))
	put(offPaths, base+offList)
	put(offPause+8, pause)
	put(offTries, tries)
	for i, d := range dirs {
		put(offList+8*i, base+uint64(text))
		text += copy(page[text:], d) + 1
	}
	return page, nil
}

// spawn clones with every signal blocked: a handler of Go's must never run in
// a process that is none of Go's. What was blocked stays so in the new one.
func spawn(flags uintptr, page []byte) (int, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all, old unix.Sigset_t
	for i := range all.Val {
		all.Val[i] = ^all.Val[i]
	}
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, &all, &old); err != nil {
		return 0, err
	}
	pid := clone(flags|unix.CLONE_VM|uintptr(unix.SIGCHLD), unsafe.Pointer(&page[0]))
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil); err != nil {
		return 0, err
	}
	if pid < 0 {
		return 0, unix.Errno(-pid)
	}
	return pid, nil
}

// clone makes the process, which begins and ends in this function's own code.
//
//go:noescape
func clone(flags uintptr, page unsafe.Pointer) int

// Dismiss gives the sign and waits for the end.
func (k *Keeper) Dismiss() error {
	unix.Close(k.sign)
	for {
		var status unix.WaitStatus
		_, err := unix.Wait4(k.PID, &status, 0, nil)
		if err == unix.EINTR {
			continue
		}
		if err == nil {
			err = unix.Munmap(k.page)
		}
		return err
	}
}
