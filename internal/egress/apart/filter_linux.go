package apart

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/seccomp"
)

// needed is every system call that the gateway makes once it runs: those of Go's
// runtime, of package net, and of reading the resolver's files and certificates.
const needed = "read write readv writev close lseek pread64 fstat newfstatat getdents64 readlinkat openat " +
	"mmap munmap mprotect madvise mincore futex sched_yield sched_getaffinity clone exit exit_group gettid getpid tgkill " +
	"rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack restart_syscall nanosleep clock_gettime clock_nanosleep getrandom uname prctl " +
	"brk set_robust_list rseq " +
	"epoll_create1 epoll_ctl epoll_pwait epoll_wait eventfd2 pipe2 splice fcntl " +
	"socket bind connect accept4 sendto recvfrom sendmsg recvmsg shutdown getsockname getpeername setsockopt getsockopt"

// Argument values, from the kernel's uapi headers.
const (
	openWrites   = unix.O_WRONLY | unix.O_RDWR | unix.O_CREAT | unix.O_TRUNC
	setVMA       = 0x53564d41 // PR_SET_VMA: names for what the runtime maps
	sockTypeMask = 0xf
)

// filter is the second one, on top of the sandbox's own: what this program never
// does it cannot be made to do.
func filter() ([]byte, error) {
	p, err := seccomp.Assemble(rules(os.Getpid()), seccomp.Options{Only: strings.Fields(needed)})
	return seccomp.Bytes(p), err
}

func rules(self int) []seccomp.Rule {
	const other = true
	when := func(arg int, mask uint32, not bool, in ...uint32) seccomp.Test {
		return seccomp.Test{Arg: arg, Mask: mask, Not: not, In: in}
	}
	deny := func(why, call string, tests ...seccomp.Test) seccomp.Rule {
		return seccomp.Rule{Call: call, When: tests, Action: seccomp.Deny, Why: why}
	}
	rules := []seccomp.Rule{
		deny("it starts threads, no processes", "clone", when(0, unix.CLONE_THREAD, other, unix.CLONE_THREAD)),
		deny("it reads files and writes none", "openat", when(2, openWrites, false)),
		deny("nothing that it reads is run", "mmap", when(2, unix.PROT_EXEC, false)),
		deny("nothing that it reads is run", "mprotect", when(2, unix.PROT_EXEC, false)),
		deny("it signals itself alone", "tgkill", when(0, 0, other, uint32(self))),
		deny("it binds no address: a shorter one than those of IP is netlink's", "bind", when(2, 0, other, unix.SizeofSockaddrNetlink)),
		deny("it changes nothing about itself", "prctl", when(0, 0, other, setVMA)),
		deny("a descriptor's owner can be signalled", "fcntl", when(1, 0, other, unix.F_GETFD, unix.F_SETFD, unix.F_GETFL,
			unix.F_SETFL, unix.F_DUPFD_CLOEXEC, unix.F_SETPIPE_SZ, unix.F_GETPIPE_SZ)),
		{Call: "socket", When: []seccomp.Test{when(0, 0, other, unix.AF_INET, unix.AF_INET6, unix.AF_NETLINK)},
			Action: seccomp.NoFamily, Why: "it speaks TCP and UDP"},
		{Call: "socket", When: []seccomp.Test{when(0, 0, false, unix.AF_INET, unix.AF_INET6),
			when(1, sockTypeMask, other, unix.SOCK_STREAM, unix.SOCK_DGRAM)}, Action: seccomp.NoProtocol, Why: "it speaks TCP and UDP"},
		{Call: "socket", When: []seccomp.Test{when(0, 0, false, unix.AF_NETLINK), when(2, 0, other, unix.NETLINK_ROUTE)},
			Action: seccomp.NoProtocol, Why: "it asks for the addresses of this machine, which no name may lead to"},
	}
	for _, call := range strings.Fields("execve execveat ptrace process_vm_readv process_vm_writev kill tkill listen") {
		rules = append(rules, deny("the gateway has no use for it", call))
	}
	return rules
}

// lockIn gives up what is left: from here on nothing can look into this process,
// and it can do no more than it needs. It comes before the first secret.
func lockIn() error {
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return os.NewSyscallError("prctl(PR_SET_DUMPABLE)", err)
	}
	program, err := filter()
	if err != nil {
		return err
	}
	if _, err := seccomp.Install(program, false); err != nil {
		return fmt.Errorf("install the system call filter: %w", err)
	}
	return nil
}
