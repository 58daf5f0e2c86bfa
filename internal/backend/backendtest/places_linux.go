package backendtest

import (
	"strings"

	"golang.org/x/sys/unix"
)

// These are attempts on files that are not named from the project's folder:
// what a path means depends on where it starts from.

// from makes another attempt in another working directory:
// "from:DIR|write:NAME".
func from(arg string) (string, error) {
	dir, rest := two(arg)
	name, arg, _ := strings.Cut(rest, ":")
	p, known := find(name)
	if !known {
		return "", unix.ENOSYS
	}
	back, err := unix.Open(".", unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", err
	}
	defer unix.Close(back)
	if err := unix.Chdir(dir); err != nil {
		return "", err
	}
	defer unix.Fchdir(back)
	return p(arg)
}

// at opens a file for writing by a descriptor of its folder: "at:DIR|NAME".
func at(arg string) (string, error) {
	dir, name := two(arg)
	d, err := unix.Open(dir, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", err
	}
	defer unix.Close(d)
	fd, err := unix.Openat(d, name, unix.O_WRONLY|unix.O_CREAT|unix.O_CLOEXEC, 0o644)
	if err == nil {
		unix.Close(fd)
	}
	return "", err
}

// openat2 opens with the call whose flags lie in memory: "openat2:PATH|w".
func openat2(arg string) (string, error) {
	path, mode := two(arg)
	how := unix.OpenHow{Flags: unix.O_RDONLY | unix.O_CLOEXEC}
	if mode == "w" {
		how.Flags = unix.O_WRONLY | unix.O_CLOEXEC
	}
	fd, err := unix.Openat2(unix.AT_FDCWD, path, &how)
	if err == nil {
		unix.Close(fd)
	}
	return "", err
}
