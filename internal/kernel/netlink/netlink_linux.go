// Package netlink sets up the only interface of a sandbox: loopback, up, with
// every address of the world routed to it.
package netlink

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// LoopbackForAll brings lo up and adds `local default dev lo` to the local
// tables of IPv4 and IPv6, so that a connection to any address reaches a
// listener inside the namespace. Without IPv6 in the kernel that half is left
// out.
func LoopbackForAll() error {
	if err := up(); err != nil {
		return err
	}
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := addLocalDefault(fd, unix.AF_INET); err != nil {
		return err
	}
	err = addLocalDefault(fd, unix.AF_INET6)
	if err == unix.EAFNOSUPPORT || err == unix.EOPNOTSUPP {
		return nil
	}
	return err
}

// Up brings lo up and nothing more, for a sandbox without any network.
func Up() error { return up() }

func up() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	ifr, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	ifr.SetUint16(unix.IFF_UP)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, ifr)
}

const loIndex = 1 // lo is the first interface of every network namespace

// addLocalDefault sends RTM_NEWROUTE and reads the answer.
func addLocalDefault(fd int, family byte) error {
	body := []byte{family, 0, 0, 0, unix.RT_TABLE_LOCAL, unix.RTPROT_STATIC,
		unix.RT_SCOPE_HOST, unix.RTN_LOCAL, 0, 0, 0, 0}
	body = binary.NativeEndian.AppendUint16(body, 8)
	body = binary.NativeEndian.AppendUint16(body, unix.RTA_OIF)
	body = binary.NativeEndian.AppendUint32(body, loIndex)

	msg := binary.NativeEndian.AppendUint32(nil, uint32(unix.SizeofNlMsghdr+len(body)))
	msg = binary.NativeEndian.AppendUint16(msg, unix.RTM_NEWROUTE)
	msg = binary.NativeEndian.AppendUint16(msg, unix.NLM_F_REQUEST|unix.NLM_F_ACK|unix.NLM_F_CREATE)
	msg = binary.NativeEndian.AppendUint32(msg, 1)
	msg = binary.NativeEndian.AppendUint32(msg, 0)
	msg = append(msg, body...)
	if err := unix.Sendto(fd, msg, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	return answer(fd)
}

// answer reads the acknowledgement, an error message whose code is 0 or a
// negative errno.
func answer(fd int) error {
	buf := make([]byte, 4096)
	n, _, err := unix.Recvfrom(fd, buf, 0)
	if err != nil {
		return err
	}
	if n < unix.SizeofNlMsghdr+4 || binary.NativeEndian.Uint16(buf[4:]) != unix.NLMSG_ERROR {
		return unix.EPROTO
	}
	code := int32(binary.NativeEndian.Uint32(buf[unix.SizeofNlMsghdr:]))
	if code != 0 {
		return unix.Errno(-code)
	}
	return nil
}
