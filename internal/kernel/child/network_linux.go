package child

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/launch"
)

const backlog = 256

// network brings loopback up and hands the gateway's listeners over. Sockets
// belong to the namespace that they were made in, wherever they are used. In the
// host's own namespace there is nothing to do.
func network() {
	if spec.HostNetwork {
		return
	}
	must("bring loopback up", nil, loopbackUp())
	if spec.AnyRoute {
		must("route every address to loopback", nil, routeEverything())
	}
	out.start(launch.Sockets)
	var s launch.SocketView
	for sockets, i := spec.Sockets, 0; i < sockets.Len; i++ {
		sockets.Socket(&s)
		fd, errno := listen(&s)
		must("open a listener for the gateway", nil, errno)
		out.pass(fd)
		if out.nfds == len(out.fds) || i == sockets.Len-1 {
			handOver()
		}
	}
}

// handOver sends the descriptors that were collected, and closes them here.
func handOver() {
	out.send()
	for _, fd := range out.fds[:out.nfds] {
		closeFD(int(fd))
	}
	out.start(launch.Sockets)
}

func loopbackUp() syscall.Errno {
	fd, errno := call(unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if errno != 0 {
		return errno
	}
	// struct ifreq: the name, then the flags.
	request := [40]byte{'l', 'o', unix.IFNAMSIZ: unix.IFF_UP}
	_, errno = call(unix.SYS_IOCTL, fd, unix.SIOCSIFFLAGS, uintptr(unsafe.Pointer(&request[0])))
	closeFD(int(fd))
	return errno
}

// routeRequest is RTM_NEWROUTE for `local default dev lo`.
type routeRequest struct {
	header unix.NlMsghdr
	route  unix.RtMsg
	attr   unix.RtAttr
	device uint32
}

const loIndex = 1 // lo is the first interface of every network namespace

// routeEverything adds `local default dev lo` to the local tables of IPv4 and
// IPv6, so that a connection to any address reaches a listener inside. Without
// IPv6 in the kernel that half is left out.
func routeEverything() syscall.Errno {
	fd, errno := call(unix.SYS_SOCKET, unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if errno != 0 {
		return errno
	}
	if errno = addLocalDefault(fd, unix.AF_INET); errno == 0 {
		errno = addLocalDefault(fd, unix.AF_INET6)
		if errno == unix.EAFNOSUPPORT || errno == unix.EOPNOTSUPP {
			errno = 0
		}
	}
	if errno == 0 {
		errno = secondAddresses(fd)
	}
	closeFD(int(fd))
	return errno
}

// addressRequest is RTM_NEWADDR for one address of lo.
type addressRequest struct {
	header unix.NlMsghdr
	msg    unix.IfAddrmsg
	attr   unix.RtAttr
	addr   [16]byte
}

// secondAddresses gives lo an address of each family that is not the loopback's
// own. Where there is none, the C library takes the machine for one without that
// family, and answers a program that asks for it alone (AI_ADDRCONFIG) with
// nothing. The second lies beside the range that names get.
func secondAddresses(fd uintptr) syscall.Errno {
	errno := addAddress(fd, unix.AF_INET, 4, [16]byte{127, 0, 0, 2})
	if errno != 0 {
		return errno
	}
	errno = addAddress(fd, unix.AF_INET6, 16, [16]byte{0xfd, 0x72, 0x69, 0x6e, 0x67, 0x77, 0x61, 0x6c, 0x6c, 0x01, 15: 1})
	if errno == unix.EAFNOSUPPORT || errno == unix.EOPNOTSUPP || errno == unix.EACCES {
		return 0 // there is no IPv6, or it is switched off
	}
	return errno
}

func addAddress(fd uintptr, family uint8, size uint16, addr [16]byte) syscall.Errno {
	request := addressRequest{
		header: unix.NlMsghdr{Type: unix.RTM_NEWADDR, Flags: unix.NLM_F_REQUEST | unix.NLM_F_ACK | unix.NLM_F_CREATE, Seq: 1},
		msg: unix.IfAddrmsg{Family: family, Prefixlen: uint8(size) * 8, Flags: unix.IFA_F_NODAD,
			Scope: unix.RT_SCOPE_HOST, Index: loIndex},
		attr: unix.RtAttr{Len: 4 + size, Type: unix.IFA_LOCAL},
		addr: addr,
	}
	request.header.Len = uint32(unsafe.Sizeof(request)) - 16 + uint32(size)
	return tellKernel(fd, unsafe.Pointer(&request), uintptr(request.header.Len))
}

func addLocalDefault(fd uintptr, family uint8) syscall.Errno {
	request := routeRequest{
		header: unix.NlMsghdr{Type: unix.RTM_NEWROUTE, Flags: unix.NLM_F_REQUEST | unix.NLM_F_ACK | unix.NLM_F_CREATE, Seq: 1},
		route: unix.RtMsg{Family: family, Table: unix.RT_TABLE_LOCAL, Protocol: unix.RTPROT_STATIC,
			Scope: unix.RT_SCOPE_HOST, Type: unix.RTN_LOCAL},
		attr:   unix.RtAttr{Len: 8, Type: unix.RTA_OIF},
		device: loIndex,
	}
	request.header.Len = uint32(unsafe.Sizeof(request))
	return tellKernel(fd, unsafe.Pointer(&request), unsafe.Sizeof(request))
}

func tellKernel(fd uintptr, request unsafe.Pointer, size uintptr) syscall.Errno {
	kernel := unix.RawSockaddrNetlink{Family: unix.AF_NETLINK}
	_, errno := call6(unix.SYS_SENDTO, fd, uintptr(request), size, 0,
		uintptr(unsafe.Pointer(&kernel)), unsafe.Sizeof(kernel))
	if errno != 0 {
		return errno
	}
	return acknowledged(fd)
}

// acknowledged reads the answer, an error message whose code is 0 or a negative
// errno.
func acknowledged(fd uintptr) syscall.Errno {
	var answer struct {
		unix.NlMsghdr
		unix.NlMsgerr
		rest [1024]byte
	}
	n, errno := call6(unix.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(&answer)), unsafe.Sizeof(answer), 0, 0, 0)
	switch {
	case errno != 0:
		return errno
	case n < unix.SizeofNlMsghdr+4 || answer.Type != unix.NLMSG_ERROR:
		return unix.EPROTO
	}
	return syscall.Errno(-answer.Error)
}

// listen opens one socket of the gateway. UDP sockets tell the address that a
// packet was sent to, so that the answer can come from there.
func listen(s *launch.SocketView) (int, syscall.Errno) {
	if len(s.Network) != 4 {
		return -1, unix.EINVAL
	}
	v6, udp := s.Network[3] == '6', s.Network[0] == 'u'
	family, kind := uintptr(unix.AF_INET), uintptr(unix.SOCK_STREAM)
	if v6 {
		family = unix.AF_INET6
	}
	if udp {
		kind = unix.SOCK_DGRAM
	}
	fd, errno := call(unix.SYS_SOCKET, family, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if errno != 0 {
		return -1, errno
	}
	return int(fd), prepare(fd, s, v6, udp)
}

func prepare(fd uintptr, s *launch.SocketView, v6, udp bool) syscall.Errno {
	var errno syscall.Errno
	if v6 {
		errno = option(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY)
	}
	if errno == 0 {
		switch {
		case udp && v6:
			errno = option(fd, unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO)
		case udp:
			errno = option(fd, unix.IPPROTO_IP, unix.IP_PKTINFO)
		default:
			errno = option(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR)
		}
	}
	if errno == 0 {
		errno = bindTo(fd, s, v6)
	}
	if errno == 0 && !udp {
		_, errno = call(unix.SYS_LISTEN, fd, backlog, 0)
	}
	return errno
}

func option(fd, level, name uintptr) syscall.Errno {
	one := int32(1)
	_, errno := call6(unix.SYS_SETSOCKOPT, fd, level, name, uintptr(unsafe.Pointer(&one)), 4, 0)
	return errno
}

func bindTo(fd uintptr, s *launch.SocketView, v6 bool) syscall.Errno {
	port := uint16(s.Port)<<8 | uint16(s.Port)>>8 // in the network's order
	if v6 {
		a := unix.RawSockaddrInet6{Family: unix.AF_INET6, Port: port}
		copy(a.Addr[:], s.Addr)
		_, errno := call(unix.SYS_BIND, fd, uintptr(unsafe.Pointer(&a)), unsafe.Sizeof(a))
		return errno
	}
	a := unix.RawSockaddrInet4{Family: unix.AF_INET, Port: port}
	copy(a.Addr[:], s.Addr)
	_, errno := call(unix.SYS_BIND, fd, uintptr(unsafe.Pointer(&a)), unsafe.Sizeof(a))
	return errno
}
