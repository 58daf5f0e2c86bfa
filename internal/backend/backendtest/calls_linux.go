package backendtest

import (
	"errors"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Call is one system call that the filter has to refuse, with arguments that
// harm nothing and for which the kernel itself has another answer: so that the
// errno tells who answered.
type Call struct {
	Name string
	Nr   uintptr
	Args []uintptr
	// Same: the kernel itself says EPERM too, for want of a capability. Who
	// answered is then told by the supervisor's record alone.
	Same bool
}

const (
	bad   = ^uintptr(0) // a descriptor, or flags, that do not exist
	noOne = 0x3fffffff  // a process that does not exist
	page  = 1           // an address that is not mapped
	high  = 0x40000000  // a flag that does not exist
)

// Calls lists at least one attempt for each row of the filter's table.
func Calls() []Call { return slices.Concat(archCalls(), wholeCalls(), narrowed()) }

// wholeCalls are those that are refused whatever their arguments.
func wholeCalls() []Call {
	return []Call{
		{Name: "mount", Nr: unix.SYS_MOUNT, Args: []uintptr{0, 0, page}},
		{Name: "umount2", Nr: unix.SYS_UMOUNT2, Args: []uintptr{text("/tmp\x00"), high}},
		{Name: "pivot_root", Nr: unix.SYS_PIVOT_ROOT, Args: []uintptr{text("/\x00"), text("/\x00")}, Same: true},
		{Name: "chroot", Nr: unix.SYS_CHROOT, Args: []uintptr{text("/nonexistent\x00")}},
		{Name: "fsopen", Nr: unix.SYS_FSOPEN, Args: []uintptr{text("tmpfs\x00")}, Same: true},
		{Name: "fsconfig", Nr: unix.SYS_FSCONFIG, Args: []uintptr{bad, 6}},
		{Name: "fsmount", Nr: unix.SYS_FSMOUNT, Args: []uintptr{bad}, Same: true},
		{Name: "fspick", Nr: unix.SYS_FSPICK, Args: []uintptr{bad, text("/\x00")}, Same: true},
		{Name: "move_mount", Nr: unix.SYS_MOVE_MOUNT, Args: []uintptr{bad, text("\x00")}, Same: true},
		{Name: "open_tree", Nr: unix.SYS_OPEN_TREE, Args: []uintptr{bad, text("/\x00"), high}},
		{Name: "open_tree_attr", Nr: unix.SYS_OPEN_TREE_ATTR, Args: []uintptr{bad, text("/\x00"), high, 0, 1}},
		{Name: "mount_setattr", Nr: unix.SYS_MOUNT_SETATTR, Args: []uintptr{bad, text("/\x00"), high}},
		{Name: "unshare", Nr: unix.SYS_UNSHARE},
		{Name: "setns", Nr: unix.SYS_SETNS, Args: []uintptr{bad}},
		{Name: "clone3", Nr: unix.SYS_CLONE3},
		{Name: "ptrace", Nr: unix.SYS_PTRACE, Args: []uintptr{unix.PTRACE_ATTACH, noOne}},
		{Name: "process_vm_readv", Nr: unix.SYS_PROCESS_VM_READV, Args: []uintptr{noOne}},
		{Name: "process_vm_writev", Nr: unix.SYS_PROCESS_VM_WRITEV, Args: []uintptr{noOne}},
		{Name: "process_madvise", Nr: unix.SYS_PROCESS_MADVISE, Args: []uintptr{bad, 0, 0, 0, high}},
		{Name: "kcmp", Nr: unix.SYS_KCMP, Args: []uintptr{noOne, noOne}},
		{Name: "pidfd_getfd", Nr: unix.SYS_PIDFD_GETFD, Args: []uintptr{bad}},
		{Name: "io_uring_setup", Nr: unix.SYS_IO_URING_SETUP, Args: []uintptr{1, page}},
		{Name: "io_uring_enter", Nr: unix.SYS_IO_URING_ENTER, Args: []uintptr{bad}},
		{Name: "io_uring_register", Nr: unix.SYS_IO_URING_REGISTER, Args: []uintptr{bad}},
		{Name: "bpf", Nr: unix.SYS_BPF, Args: []uintptr{9999}},
		{Name: "init_module", Nr: unix.SYS_INIT_MODULE, Same: true},
		{Name: "finit_module", Nr: unix.SYS_FINIT_MODULE, Args: []uintptr{bad}, Same: true},
		{Name: "delete_module", Nr: unix.SYS_DELETE_MODULE, Same: true},
		{Name: "kexec_load", Nr: unix.SYS_KEXEC_LOAD, Same: true},
		{Name: "kexec_file_load", Nr: unix.SYS_KEXEC_FILE_LOAD, Args: []uintptr{bad, bad}, Same: true},
		{Name: "userfaultfd", Nr: unix.SYS_USERFAULTFD, Args: []uintptr{1 | high}},
		{Name: "perf_event_open", Nr: unix.SYS_PERF_EVENT_OPEN, Args: []uintptr{0, 0, 0, 0, high}},
		{Name: "lookup_dcookie", Nr: unix.SYS_LOOKUP_DCOOKIE},
		{Name: "keyctl", Nr: unix.SYS_KEYCTL, Args: []uintptr{9999}},
		{Name: "add_key", Nr: unix.SYS_ADD_KEY, Args: []uintptr{page}},
		{Name: "request_key", Nr: unix.SYS_REQUEST_KEY, Args: []uintptr{page}},
		{Name: "open_by_handle_at", Nr: unix.SYS_OPEN_BY_HANDLE_AT, Args: []uintptr{bad - 200, page}},
		{Name: "name_to_handle_at", Nr: unix.SYS_NAME_TO_HANDLE_AT, Args: []uintptr{bad, text("/\x00"), 0, 0, high}},
		{Name: "fanotify_init", Nr: unix.SYS_FANOTIFY_INIT, Args: []uintptr{unix.FAN_REPORT_FID | unix.FAN_CLOEXEC}},
		{Name: "fanotify_mark", Nr: unix.SYS_FANOTIFY_MARK, Args: []uintptr{bad}},
		{Name: "reboot", Nr: unix.SYS_REBOOT, Same: true},
		{Name: "swapon", Nr: unix.SYS_SWAPON, Args: []uintptr{text("/nonexistent\x00"), high}},
		{Name: "swapoff", Nr: unix.SYS_SWAPOFF, Args: []uintptr{text("/nonexistent\x00")}, Same: true},
		{Name: "syslog", Nr: unix.SYS_SYSLOG, Args: []uintptr{10}, Same: true}, // as kernel.dmesg_restrict has it
		{Name: "acct", Nr: unix.SYS_ACCT, Args: []uintptr{text("/nonexistent\x00")}, Same: true},
		{Name: "quotactl", Nr: unix.SYS_QUOTACTL, Args: []uintptr{0xff}},
		{Name: "quotactl_fd", Nr: unix.SYS_QUOTACTL_FD, Args: []uintptr{bad}},
		{Name: "vhangup", Nr: unix.SYS_VHANGUP, Same: true},
		{Name: "sethostname", Nr: unix.SYS_SETHOSTNAME, Args: []uintptr{text("x\x00"), 1}, Same: true},
		{Name: "setdomainname", Nr: unix.SYS_SETDOMAINNAME, Args: []uintptr{text("x\x00"), 1}, Same: true},
		{Name: "settimeofday", Nr: unix.SYS_SETTIMEOFDAY, Args: []uintptr{page}},
		{Name: "clock_settime", Nr: unix.SYS_CLOCK_SETTIME, Args: []uintptr{9999}},
		{Name: "clock_adjtime", Nr: unix.SYS_CLOCK_ADJTIME, Args: []uintptr{9999, page}},
		{Name: "adjtimex", Nr: unix.SYS_ADJTIMEX, Args: []uintptr{page}},
		{Name: "memfd_secret", Nr: unix.SYS_MEMFD_SECRET, Args: []uintptr{high}},
		{Name: "move_pages", Nr: unix.SYS_MOVE_PAGES, Args: []uintptr{noOne, 0, 0, 0, 0, high}},
		{Name: "migrate_pages", Nr: unix.SYS_MIGRATE_PAGES, Args: []uintptr{noOne}},
		{Name: "lsm_set_self_attr", Nr: unix.SYS_LSM_SET_SELF_ATTR, Args: []uintptr{bad, 0, 0, high}},
		{Name: "statmount", Nr: unix.SYS_STATMOUNT, Args: []uintptr{page}},
		{Name: "listmount", Nr: unix.SYS_LISTMOUNT, Args: []uintptr{page}},
		{Name: "listns", Nr: unix.SYS_LISTNS, Args: []uintptr{page}}, // Linux 6.19
		{Name: "mbind", Nr: unix.SYS_MBIND, Args: []uintptr{page, 1}},
		{Name: "set_mempolicy", Nr: unix.SYS_SET_MEMPOLICY, Args: []uintptr{0xff}},
		{Name: "get_mempolicy", Nr: unix.SYS_GET_MEMPOLICY, Args: []uintptr{0, 0, 0, 0, high}},
		{Name: "set_mempolicy_home_node", Nr: unix.SYS_SET_MEMPOLICY_HOME_NODE, Args: []uintptr{page}},
		{Name: "remap_file_pages", Nr: unix.SYS_REMAP_FILE_PAGES, Args: []uintptr{page, 0, high}},
		{Name: "nfsservctl", Nr: unix.SYS_NFSSERVCTL},
	}
}

// narrowed lists one attempt for each row that narrows a call by its arguments.
func narrowed() []Call {
	ioctl := func(name string, cmd uintptr) Call {
		return Call{Name: name, Nr: unix.SYS_IOCTL, Args: []uintptr{0, cmd, pointer()}}
	}
	socket := func(name string, family, kind, protocol uintptr) Call {
		return Call{Name: name, Nr: unix.SYS_SOCKET, Args: []uintptr{family, kind, protocol}}
	}
	option := func(name string, level, opt uintptr) Call {
		return Call{Name: name, Nr: unix.SYS_SETSOCKOPT, Args: []uintptr{bad, level, opt}}
	}
	raw := socket("socket-raw", unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_ICMP)
	raw.Same = true // the kernel wants a capability
	return []Call{
		ioctl("ioctl", unix.TIOCSTI), ioctl("ioctl-discipline", unix.TIOCSETD), ioctl("ioctl-keyboard", 0x4b47),
		socket("socket", unix.AF_PACKET, unix.SOCK_DGRAM, 0), raw,
		socket("socket-protocol", unix.AF_INET, unix.SOCK_STREAM, unix.IPPROTO_MPTCP),
		socket("socket-netlink", unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_KOBJECT_UEVENT),
		{Name: "socketpair", Nr: unix.SYS_SOCKETPAIR, Args: []uintptr{unix.AF_VSOCK, unix.SOCK_STREAM, 0, pointer()}},
		{Name: "personality", Nr: unix.SYS_PERSONALITY, Args: []uintptr{0x0040000}}, // ADDR_NO_RANDOMIZE
		{Name: "clone", Nr: unix.SYS_CLONE, Args: []uintptr{unix.CLONE_NEWUSER | unix.CLONE_NEWNS | uintptr(unix.SIGCHLD)}},
		{Name: "seccomp", Nr: unix.SYS_SECCOMP, Args: []uintptr{1, 8, page}},
		{Name: "prctl", Nr: unix.SYS_PRCTL, Args: []uintptr{unix.PR_SET_MM, 99, 0, 0, 1}},
		{Name: "mmap", Nr: unix.SYS_MMAP, Args: []uintptr{0, 1, 0, unix.MAP_HUGETLB | unix.MAP_PRIVATE, bad}},
		{Name: "memfd_create", Nr: unix.SYS_MEMFD_CREATE, Args: []uintptr{page, unix.MFD_HUGETLB}},
		{Name: "shmget", Nr: unix.SYS_SHMGET, Args: []uintptr{0, 0, 0x800}},
		{Name: "sendto", Nr: unix.SYS_SENDTO, Args: []uintptr{bad, 0, 0, unix.MSG_OOB}},
		{Name: "sendmsg", Nr: unix.SYS_SENDMSG, Args: []uintptr{bad, page, unix.MSG_OOB}},
		{Name: "sendmmsg", Nr: unix.SYS_SENDMMSG, Args: []uintptr{bad, page, 1, unix.MSG_OOB}},
		option("setsockopt-filter", unix.SOL_SOCKET, unix.SO_ATTACH_FILTER), option("setsockopt-tables", unix.SOL_IP, 64),
		option("setsockopt-tls", unix.SOL_TCP, unix.TCP_ULP), option("setsockopt-encap", unix.SOL_UDP, unix.UDP_ENCAP),
	}
}

// text is the address of a constant, which never moves.
func text(s string) uintptr { return uintptr(unsafe.Pointer(unsafe.StringData(s))) }

// tableCall makes one call of the table.
func tableCall(name string) (string, error) {
	for _, c := range Calls() {
		if c.Name != name {
			continue
		}
		if name == "clone" {
			return clone("0x10020000") // the child has to end
		}
		return "", call(c.Nr, c.Args...)
	}
	return "", errors.New("not in the table: " + name)
}
