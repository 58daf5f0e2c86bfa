package namespace

import (
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/initprog"
	"ringwall/internal/kernel/launch"
)

// A fork copies the page tables of this process, and each page that it then
// writes to; with several threads, each of those stops the other CPUs for a
// moment. So the new process shares this one's memory until it becomes the
// small program, as one made by vfork(2) does, and runs none of Go's code there:
// it makes the system calls of a list that was written before, one after the
// other, and ends at the first that fails. It has no stack and needs none.

// entry is one system call of the list.
type entry struct {
	nr   uintptr
	args [5]uintptr
}

const listEnd = ^uintptr(0)

// spawn makes a process by clone(2) or clone3(2), which does what the list says
// and never returns. It gives the process's number, or a negative errno.
//
//go:noescape
func spawn(nr, a, b, c uintptr, list *entry) int

// birthPage is what the new process reads. It lies outside of Go's heap, which
// could be moved or given back before the process is done with it.
type birthPage struct {
	list   [40]entry
	n      int
	header unix.CapUserHeader
	caps   [2]unix.CapUserData
	argv   [2]*byte
	env    [1]*byte
	name   [16]byte
	empty  [1]byte
	clone  unixCloneArgs
	pidfd  int32
}

// unixCloneArgs is struct clone_args (linux/sched.h), up to cgroup.
type unixCloneArgs struct {
	flags, pidfd, childTID, parentTID, exitSignal, stack, stackSize, tls, setTID, setTIDSize, cgroup uint64
}

func newBirthPage() (*birthPage, []byte, error) {
	mem, err := unix.Mmap(-1, 0, int(unsafe.Sizeof(birthPage{})), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return nil, nil, os.NewSyscallError("mmap", err)
	}
	return (*birthPage)(unsafe.Pointer(&mem[0])), mem, nil
}

func (p *birthPage) add(nr uintptr, args ...uintptr) {
	e := entry{nr: nr}
	copy(e.args[:], args)
	p.list[p.n] = e
	p.n++
}

func at[T any](p *T) uintptr { return uintptr(unsafe.Pointer(p)) }

// fill writes the list: the descriptors, the capabilities that it needs to build
// the view and that have to outlive an exec by nobody, the wish to die with
// this thread, and the program. The descriptors are all above those that they
// become.
func (p *birthPage) fill(program, null, socket uintptr) {
	for fd := range uintptr(3) {
		p.add(unix.SYS_DUP3, null, fd, 0)
	}
	p.add(unix.SYS_DUP3, socket, launch.SocketFD, 0)
	p.header = unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	for _, c := range setupCaps {
		d := &p.caps[c/32]
		d.Effective |= 1 << (c % 32)
		d.Permitted, d.Inheritable = d.Effective, d.Effective
	}
	p.add(unix.SYS_CAPSET, at(&p.header), at(&p.caps[0]))
	for _, c := range setupCaps {
		p.add(unix.SYS_PRCTL, unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_RAISE, c, 0, 0)
	}
	p.add(unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL))
	copy(p.name[:], initprog.Name)
	p.argv[0] = &p.name[0]
	p.add(unix.SYS_EXECVEAT, program, at(&p.empty[0]), at(&p.argv[0]), at(&p.env[0]), unix.AT_EMPTY_PATH)
	p.list[p.n].nr = listEnd
}

// birth makes the process, with every signal blocked: a handler of Go's must
// never run in it. It unblocks them when it is the small program.
func (p *birthPage) birth(b Birth) (pid, pidfd int, err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var every, old unix.Sigset_t
	for i := range every.Val {
		every.Val[i] = ^every.Val[i]
	}
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, &every, &old); err != nil {
		return 0, -1, err
	}
	flags := uintptr(all | unix.CLONE_VM | unix.CLONE_PIDFD)
	if b.HostNetwork {
		flags &^= unix.CLONE_NEWNET
	}
	if b.Cgroup > 0 {
		p.clone = unixCloneArgs{flags: uint64(flags) | unix.CLONE_INTO_CGROUP, pidfd: uint64(at(&p.pidfd)),
			exitSignal: uint64(unix.SIGCHLD), cgroup: uint64(b.Cgroup)}
		pid = spawn(unix.SYS_CLONE3, at(&p.clone), unsafe.Sizeof(p.clone), 0, &p.list[0])
	} else {
		pid = spawn(unix.SYS_CLONE, flags|uintptr(unix.SIGCHLD), 0, at(&p.pidfd), &p.list[0])
	}
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil); err != nil {
		return 0, -1, err
	}
	if pid < 0 {
		return 0, -1, os.NewSyscallError("clone", unix.Errno(-pid))
	}
	return pid, int(p.pidfd), nil
}
