package child

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/launch"
)

const failedExit = 125

// spec is what the supervisor wants, read where the kernel mapped it.
var spec launch.View

// readSpec maps the sealed file that the supervisor passed. Sealed, it cannot
// change while it is read.
func readSpec() {
	var stat unix.Stat_t
	_, errno := call(unix.SYS_FSTAT, launch.SpecFD, uintptr(unsafe.Pointer(&stat)), 0)
	must("read the launch specification", nil, errno)
	addr, errno := call6(unix.SYS_MMAP, 0, uintptr(stat.Size), unix.PROT_READ, unix.MAP_PRIVATE, launch.SpecFD, 0)
	must("read the launch specification", nil, errno)
	closeFD(launch.SpecFD)
	if !spec.Parse(unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(nil), addr)), stat.Size)) {
		fail("understand the launch specification", nil, unix.EBADMSG)
	}
}

// receive takes what the supervisor passes: the specification, the command's
// streams and the mounts. The kernel gives them the lowest free numbers, one
// after the other, which is how the specification speaks of them.
func receive() {
	// What ringwall itself was started with, and did not close, ends here: an
	// open descriptor is a right (CVE-2024-21626), and would take a number.
	_, errno := call(unix.SYS_CLOSE_RANGE, launch.SpecFD, ^uintptr(0)>>33, 0)
	must("close inherited descriptors", nil, errno)
	next := int32(launch.SpecFD)
	for {
		in.iov = unix.Iovec{Base: &in.word, Len: 1}
		in.msg = unix.Msghdr{Iov: &in.iov, Iovlen: 1, Control: (*byte)(unsafe.Pointer(&in.header)),
			Controllen: uint64(unix.SizeofCmsghdr + 4*launch.PerMessage)}
		n, errno := call(unix.SYS_RECVMSG, launch.SocketFD, uintptr(unsafe.Pointer(&in.msg)), unix.MSG_CMSG_CLOEXEC)
		if errno == unix.EINTR {
			continue
		}
		if errno != 0 || n != 1 || in.msg.Flags&(unix.MSG_TRUNC|unix.MSG_CTRUNC) != 0 {
			exit(failedExit)
		}
		for i := range (in.header.Len - unix.SizeofCmsghdr) / 4 {
			if in.fds[i] != next {
				fail("take over descriptors", nil, unix.EBADF)
			}
			next++
		}
		if in.word == launch.SpecWord {
			return
		}
	}
}

// in is a message that is received, laid out for the kernel.
var in struct {
	word   byte
	iov    unix.Iovec
	msg    unix.Msghdr
	header unix.Cmsghdr
	fds    [launch.PerMessage]int32
}

// waitFor waits for that word of the supervisor. A closed socket means that it
// is gone; another word, that the two do not understand each other.
func waitFor(word byte) {
	var buf [1]byte
	for {
		n, errno := call(unix.SYS_READ, launch.SocketFD, uintptr(unsafe.Pointer(&buf[0])), 1)
		if errno == unix.EINTR {
			continue
		}
		if errno != 0 || n != 1 || buf[0] != word {
			exit(failedExit)
		}
		return
	}
}

// message is one that is under way to the supervisor.
type message struct {
	text [1024]byte
	n    int
	// control is a cmsghdr with SCM_RIGHTS and up to so many descriptors.
	header unix.Cmsghdr
	fds    [launch.PerMessage]int32
	nfds   int
}

var out message

func (m *message) start(kind byte) {
	m.text[0], m.n, m.nfds = kind, 1, 0
}

// add appends what fits; a path may be longer than a message needs to be.
func (m *message) add(s []byte) {
	m.n += copy(m.text[m.n:], s)
}

func (m *message) addString(s string) {
	m.n += copy(m.text[m.n:], s)
}

// addNumber appends four bytes in the machine's order.
func (m *message) addNumber(n uint32) {
	*(*uint32)(unsafe.Pointer(&m.text[m.n])) = n
	m.n += 4
}

func (m *message) pass(fd int) {
	m.fds[m.nfds] = int32(fd)
	m.nfds++
}

// send gives the message to the supervisor. If that fails there is nobody left
// to run for.
func (m *message) send() {
	iov := unix.Iovec{Base: &m.text[0], Len: uint64(m.n)}
	msg := unix.Msghdr{Iov: &iov, Iovlen: 1}
	if m.nfds > 0 {
		m.header = unix.Cmsghdr{Len: uint64(unix.SizeofCmsghdr + 4*m.nfds), Level: unix.SOL_SOCKET, Type: unix.SCM_RIGHTS}
		msg.Control = (*byte)(unsafe.Pointer(&m.header))
		msg.Controllen = uint64(unix.SizeofCmsghdr + (4*m.nfds+7)&^7)
	}
	for {
		_, errno := call(unix.SYS_SENDMSG, launch.SocketFD, uintptr(unsafe.Pointer(&msg)), unix.MSG_NOSIGNAL)
		if errno == unix.EINTR {
			continue
		}
		if errno != 0 {
			exit(failedExit)
		}
		return
	}
}

// say sends a word, with one descriptor unless it is negative.
func say(kind byte, fd int) {
	out.start(kind)
	if fd >= 0 {
		out.pass(fd)
	}
	out.send()
}

// must ends the sandbox if errno is set.
func must(what string, path []byte, errno syscall.Errno) {
	if errno != 0 {
		fail(what, path, errno)
	}
}

// fail tells the supervisor what could not be done, and why, and ends. A
// half-built sandbox never runs anything.
func fail(what string, path []byte, errno syscall.Errno) {
	out.start(launch.Failed)
	out.addNumber(uint32(errno))
	out.addString(what)
	if len(path) > 0 {
		out.addString(" ")
		out.add(path)
	}
	out.send()
	exit(failedExit)
}
