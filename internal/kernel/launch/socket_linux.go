package launch

import (
	"golang.org/x/sys/unix"
)

// SocketPair makes the socket between supervisor and first process. Messages
// keep their bounds, and descriptors can travel with them.
func SocketPair() (ours, theirs int, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, -1, err
	}
	return fds[0], fds[1], nil
}

// Send writes one message with descriptors.
func Send(socket int, msg []byte, fds ...int) error {
	var oob []byte
	if len(fds) > 0 {
		oob = unix.UnixRights(fds...)
	}
	for {
		err := unix.Sendmsg(socket, msg, oob, nil, unix.MSG_NOSIGNAL)
		if err != unix.EINTR {
			return err
		}
	}
}

// Receive reads one message and its descriptors; n is 0 when the other side
// is gone. A message that was cut is an error, and its descriptors are closed.
func Receive(socket int, msg []byte) (n int, fds []int, err error) {
	oob := make([]byte, unix.CmsgSpace(64*4))
	var oobn, flags int
	for {
		n, oobn, flags, _, err = unix.Recvmsg(socket, msg, oob, unix.MSG_CMSG_CLOEXEC)
		// The other side ended before it read all that was sent to it. That is told
		// once, and before its own last words, which are still there.
		if err != unix.EINTR && err != unix.ECONNRESET {
			break
		}
	}
	if err != nil {
		return 0, nil, err
	}
	fds, err = rights(oob[:oobn])
	if err == nil && flags&(unix.MSG_TRUNC|unix.MSG_CTRUNC) != 0 {
		err = unix.EMSGSIZE
	}
	if err != nil {
		closeAll(fds)
		return 0, nil, err
	}
	return n, fds, nil
}

func closeAll(fds []int) {
	for _, fd := range fds {
		unix.Close(fd)
	}
}

func rights(oob []byte) ([]int, error) {
	if len(oob) == 0 {
		return nil, nil
	}
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil, err
	}
	var fds []int
	for i := range messages {
		got, err := unix.ParseUnixRights(&messages[i])
		if err != nil {
			return fds, err
		}
		fds = append(fds, got...)
	}
	return fds, nil
}
