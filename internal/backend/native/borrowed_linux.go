package native

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// openFiles are paths that lead to what a process has open, until release is
// called. The folder of another account's process is closed to this one; but
// who owns its user namespace may trace it, and so may borrow its descriptors
// one by one.
func openFiles(pid int) (paths []string, release func(), err error) {
	dir := fmt.Sprintf("/proc/%d/fd/", pid)
	f, err := os.Open(dir)
	if os.IsPermission(err) {
		return borrow(pid)
	}
	if err != nil {
		return nil, func() {}, err
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	for _, n := range names {
		paths = append(paths, dir+n)
	}
	return paths, func() {}, err
}

func borrow(pid int) (paths []string, release func(), err error) {
	process, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return nil, func() {}, err
	}
	defer unix.Close(process)
	var fds []int
	release = func() {
		for _, fd := range fds {
			unix.Close(fd)
		}
	}
	for n := range slots(pid) {
		fd, err := unix.PidfdGetfd(process, n, 0)
		switch err {
		case nil:
			fds, paths = append(fds, fd), append(paths, "/proc/self/fd/"+strconv.Itoa(fd))
		case unix.EBADF: // none of that number
		default:
			return paths, release, err
		}
	}
	return paths, release, nil
}

// slots is the size of a process's table of descriptors; no number in it is as
// large.
func slots(pid int) int {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(data)) {
		if n, ok := strings.CutPrefix(line, "FDSize:"); ok {
			size, _ := strconv.Atoi(strings.TrimSpace(n))
			return size
		}
	}
	return 0
}
