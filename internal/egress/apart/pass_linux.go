package apart

import (
	"errors"
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/launch"
)

// Before the first frame the listening sockets go over, each message one byte.
const (
	moreSockets = 'm'
	lastSockets = 'l'
)

// maxSockets bounds what the gateway takes.
const maxSockets = 4096

// socketPair makes the tie between supervisor and gateway.
func socketPair() (ours, theirs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	return os.NewFile(uintptr(fds[0]), "gateway"), os.NewFile(uintptr(fds[1]), "gateway"), nil
}

// passSockets hands the descriptors over, as many at a time as a message takes.
func passSockets(fd int, files []*os.File) error {
	for {
		n := min(len(files), launch.PerMessage)
		word, fds := byte(moreSockets), make([]int, n)
		for i, f := range files[:n] {
			fds[i] = int(f.Fd())
		}
		if files = files[n:]; len(files) == 0 {
			word = lastSockets
		}
		if err := launch.Send(fd, []byte{word}, fds...); err != nil || len(files) == 0 {
			return err
		}
	}
}

// takeSockets is the gateway's side of it.
func takeSockets(fd int) ([]*os.File, error) {
	var files []*os.File
	for len(files) <= maxSockets {
		var word [1]byte
		n, fds, err := launch.Receive(fd, word[:])
		for _, s := range fds {
			files = append(files, os.NewFile(uintptr(s), "gateway-socket"))
		}
		switch {
		case err != nil:
			return nil, fmt.Errorf("receive the sockets: %w", err)
		case n != 1 || word[0] != moreSockets && word[0] != lastSockets:
			return nil, errFrame
		case word[0] == lastSockets:
			return files, nil
		}
	}
	return nil, errors.New("receive the sockets: too many")
}

// connOf makes a connection of one end; the file is closed.
func connOf(f *os.File) (net.Conn, error) {
	defer f.Close()
	return net.FileConn(f)
}
