package child

import (
	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/launch"
)

const backlog = 256

// listen opens one socket of the gateway. UDP sockets tell the address that a
// packet was sent to, so that the answer can come from there.
func listen(s launch.Socket) (int, error) {
	family, kind, ok := parse(s.Network)
	if !ok {
		return -1, unix.EINVAL
	}
	fd, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return -1, err
	}
	if err := prepare(fd, family, kind, s); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func parse(network string) (family, kind int, ok bool) {
	if len(network) != 4 {
		return 0, 0, false
	}
	families := map[byte]int{'4': unix.AF_INET, '6': unix.AF_INET6}
	kinds := map[string]int{"tcp": unix.SOCK_STREAM, "udp": unix.SOCK_DGRAM}
	family, okFamily := families[network[3]]
	kind, okKind := kinds[network[:3]]
	return family, kind, okFamily && okKind
}

func prepare(fd, family, kind int, s launch.Socket) error {
	if family == unix.AF_INET6 {
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1); err != nil {
			return err
		}
	}
	if kind == unix.SOCK_DGRAM {
		if err := askDestination(fd, family); err != nil {
			return err
		}
	} else if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return err
	}
	if err := unix.Bind(fd, address(family, s)); err != nil {
		return err
	}
	if kind == unix.SOCK_DGRAM {
		return nil
	}
	return unix.Listen(fd, backlog)
}

func askDestination(fd, family int) error {
	if family == unix.AF_INET6 {
		return unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO, 1)
	}
	return unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_PKTINFO, 1)
}

func address(family int, s launch.Socket) unix.Sockaddr {
	if family == unix.AF_INET6 {
		a := &unix.SockaddrInet6{Port: s.Port}
		copy(a.Addr[:], s.Addr)
		return a
	}
	a := &unix.SockaddrInet4{Port: s.Port}
	copy(a.Addr[:], s.Addr)
	return a
}
