// Package direct reads and writes small files in the fewest system calls. An
// os.File is first offered to the runtime's poller, which doubles the calls and
// wakes other threads: much for a file of /proc that holds one number, little
// for any other.
package direct

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// maxFile bounds what is read, in bytes.
const maxFile = 4 << 20

// Read returns the content of a file.
func Read(path string) ([]byte, error) {
	fd, err := Open(path, unix.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	return ReadOpen(fd, path, 4095)
}

// ReadOpen returns what is left of a file that is open already, of about that
// many bytes. The path is for the error.
func ReadOpen(fd int, path string, size int) ([]byte, error) {
	buf := make([]byte, 0, min(size, maxFile)+1)
	for {
		n, err := unix.Read(fd, buf[len(buf):cap(buf)])
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return nil, &os.PathError{Op: "read", Path: path, Err: err}
		case n == 0:
			return buf, nil
		}
		buf = buf[:len(buf)+n]
		if len(buf) > maxFile {
			return nil, &os.PathError{Op: "read", Path: path, Err: unix.EFBIG}
		}
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
	}
}

// Write writes a text to a file that is there, in one call, as the kernel
// demands of its own.
func Write(path, text string) error {
	fd, err := Open(path, unix.O_WRONLY)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	n, err := unix.Write(fd, []byte(text))
	if err == nil && n < len(text) {
		err = unix.EIO
	}
	if err != nil {
		return &os.PathError{Op: "write", Path: path, Err: err}
	}
	return nil
}

// Open opens a file, which the caller closes. It does not stay open in a program
// that is started.
func Open(path string, flags int) (int, error) {
	for {
		fd, err := unix.Open(path, flags|unix.O_CLOEXEC, 0)
		if err == nil {
			return fd, nil
		}
		if err != unix.EINTR {
			return -1, &os.PathError{Op: "open", Path: path, Err: err}
		}
	}
}

// Folder resolves every link in the path of a folder, as the kernel does. What
// is no folder is an error.
func Folder(path string) (string, error) {
	fd, err := Open(path, unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return "", err
	}
	defer unix.Close(fd)
	var buf [unix.PathMax]byte
	n, err := unix.Readlink("/proc/self/fd/"+strconv.Itoa(fd), buf[:])
	if err == nil && (n == len(buf) || n == 0 || buf[0] != '/') {
		err = unix.ENOENT // not reachable from our root
	}
	if err != nil {
		return "", &os.PathError{Op: "resolve", Path: path, Err: err}
	}
	return string(buf[:n]), nil
}
