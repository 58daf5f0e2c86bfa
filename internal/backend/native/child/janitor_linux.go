package child

import (
	"time"

	"golang.org/x/sys/unix"
)

// janitor waits, outside the sandbox, until the supervisor is gone, however it
// ended, and removes the control groups that nobody else could: they outlive
// every process. Its descriptor 3 is the reading end of a pipe that only the
// supervisor holds the other end of.
func janitor(groups []string) {
	unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	var buf [1]byte
	for {
		n, err := unix.Read(3, buf[:])
		if n <= 0 && err != unix.EINTR {
			break
		}
	}
	for _, g := range groups {
		removeGroup(g)
	}
	unix.Exit(0)
}

// removeGroup retries for as long as the kernel takes to end the processes
// that were in the group.
func removeGroup(path string) {
	for range 200 {
		if err := unix.Rmdir(path); err != unix.EBUSY {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}
