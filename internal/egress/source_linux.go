package egress

import (
	"errors"
	"fmt"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// allowAnySource6 lets a UDP socket answer from an address that no interface
// has. Linux checks the source of an IPv6 datagram against the addresses of the
// interfaces, and not against the local routes as it does for IPv4
// (ip6_datagram_send_ctl); IPV6_FREEBIND needs no capability.
func allowAnySource6(c net.PacketConn) error {
	sc, ok := c.(syscall.Conn)
	if !ok {
		return errors.New("not a socket")
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return err
	}
	var opt error
	err = raw.Control(func(fd uintptr) {
		opt = unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_FREEBIND, 1)
	})
	if err = errors.Join(err, opt); err != nil {
		return fmt.Errorf("IPV6_FREEBIND: %w", err)
	}
	return nil
}
