// Package seccomp builds the system call filter: a table of rules, each with
// its reason, and the classic BPF program that carries it out. It decides
// nothing about when a filter is installed.
package seccomp

// Action is what happens to a call that a rule names.
type Action int

const (
	// Deny answers EPERM, or asks the supervisor to, so that it is seen.
	Deny Action = iota
	// Missing answers ENOSYS, as an older kernel would: programs have a
	// fallback for that. Used where arguments lie in memory, which a filter
	// cannot read.
	Missing
	// NoFamily answers EAFNOSUPPORT, as a kernel without that family would.
	NoFamily
	// Watch lets the call go on after the supervisor has noted it. It is
	// never a control: the memory that it looks at can change.
	Watch
)

// Test is a condition on one argument. The zero value always holds.
type Test struct {
	Arg  int    // 0 to 5
	Mask uint32 // of the low half; 0: no condition
	// In holds the values of Arg&Mask that match; empty: any value other
	// than zero. With Not, those that do not match.
	In  []uint32
	Not bool
}

// Rule is one row.
type Rule struct {
	Call   string
	When   Test
	Action Action
	Why    string
}

// Argument values, from the kernel's uapi headers.
const (
	tiocsti   = 0x5412
	tioclinux = 0x541c

	cloneNewTime   = 0x00000080
	cloneNewNS     = 0x00020000
	cloneNewCgroup = 0x02000000
	cloneNewUTS    = 0x04000000
	cloneNewIPC    = 0x08000000
	cloneNewUser   = 0x10000000
	cloneNewPID    = 0x20000000
	cloneNewNet    = 0x40000000
	cloneNewAny    = cloneNewNS | cloneNewCgroup | cloneNewUTS | cloneNewIPC |
		cloneNewUser | cloneNewPID | cloneNewNet

	oWrite = 0x1 | 0x2 | 0x40 | 0x200 // O_WRONLY O_RDWR O_CREAT O_TRUNC

	all32 = 0xffffffff
)

// families is the address families that programs need; the rest has a long
// record of kernel bugs (AF_ALG, AF_VSOCK, AF_PACKET, AF_RDS, AF_TIPC ...).
var families = []uint32{1, 2, 10, 16} // AF_UNIX AF_INET AF_INET6 AF_NETLINK

// deny makes one row for each call with the same reason.
func deny(why string, calls ...string) []Rule {
	rules := make([]Rule, len(calls))
	for i, c := range calls {
		rules[i] = Rule{Call: c, Action: Deny, Why: why}
	}
	return rules
}

func watch(why string, when Test, calls ...string) []Rule {
	rules := make([]Rule, len(calls))
	for i, c := range calls {
		rules[i] = Rule{Call: c, When: when, Action: Watch, Why: why}
	}
	return rules
}

// Default is the table of refused calls. The namespaces already take the
// effect of most of them away; the filter keeps the code behind them out of
// reach.
func Default() []Rule {
	var t []Rule
	add := func(rules ...Rule) { t = append(t, rules...) }
	add(deny("a mount would change what the view holds",
		"mount", "umount2", "pivot_root", "chroot", "fsopen", "fsconfig", "fsmount",
		"fspick", "move_mount", "open_tree", "open_tree_attr", "mount_setattr")...)
	add(deny("a new namespace gives capabilities over it, and with them most of the kernel's attack surface",
		"unshare", "setns")...)
	add(Rule{Call: "clone", When: Test{Arg: 0, Mask: cloneNewAny}, Action: Deny,
		Why: "the same as unshare, by clone flags"})
	add(Rule{Call: "clone3", Action: Missing,
		Why: "its flags lie in memory, where a filter cannot see them; libc falls back to clone"})
	add(deny("reads or changes another process",
		"ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_getfd")...)
	add(Rule{Call: "io_uring_setup", Action: Missing,
		Why: "its operations are not seen by seccomp; programs fall back to epoll"})
	add(Rule{Call: "io_uring_enter", Action: Missing, Why: "as io_uring_setup"})
	add(Rule{Call: "io_uring_register", Action: Missing, Why: "as io_uring_setup"})
	add(deny("loads code into the kernel, or replaces it",
		"bpf", "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load")...)
	add(deny("widens the window of races in the kernel", "userfaultfd")...)
	add(deny("side channel and a long record of bugs", "perf_event_open", "lookup_dcookie")...)
	add(deny("keyrings are not separated by namespaces", "keyctl", "add_key", "request_key")...)
	add(deny("opens a file without a path, past the view (the Shocker escape)",
		"open_by_handle_at", "name_to_handle_at")...)
	add(deny("watches files of the whole system", "fanotify_init", "fanotify_mark")...)
	add(deny("acts on the whole machine",
		"reboot", "swapon", "swapoff", "syslog", "acct", "quotactl", "quotactl_fd", "nfsservctl",
		"vhangup", "sethostname", "setdomainname")...)
	add(deny("sets the clock of the whole machine",
		"settimeofday", "clock_settime", "clock_adjtime", "adjtimex")...)
	add(deny("reaches the hardware", "iopl", "ioperm", "modify_ldt", "vm86")...)
	add(deny("memory that not even the kernel can inspect", "memfd_secret")...)
	add(deny("moves pages of other processes", "move_pages", "migrate_pages")...)
	add(Rule{Call: "ioctl", When: Test{Arg: 1, Mask: all32, In: []uint32{tiocsti, tioclinux}}, Action: Deny,
		Why: "types into the terminal outside; only the low half counts (CVE-2019-7303, CVE-2023-28100)"})
	add(Rule{Call: "socket", When: Test{Arg: 0, Mask: all32, In: families, Not: true}, Action: NoFamily,
		Why: "only Unix, IPv4, IPv6 and netlink sockets are needed"})
	add(Rule{Call: "socketpair", When: Test{Arg: 0, Mask: all32, In: families, Not: true}, Action: NoFamily,
		Why: "as socket"})
	add(Rule{Call: "personality", When: Test{Arg: 0, Mask: all32, In: []uint32{0, all32}, Not: true}, Action: Deny,
		Why: "switches off address randomisation or changes the ABI"})
	return t
}

// Affinity refuses changes of the CPU set where the set is the CPU limit.
func Affinity() []Rule {
	return deny("the set of CPUs is the CPU limit of this run", "sched_setaffinity")
}

// Observation is the table of calls that the supervisor notes on their way: a
// program that opens for writing, renames or connects. Reading is not among
// them, so that the common path costs nothing.
func Observation() []Rule {
	var t []Rule
	why := "so that an attempt on a frozen path is seen"
	t = append(t, watch(why, Test{Arg: 1, Mask: oWrite}, "open")...)
	t = append(t, watch(why, Test{Arg: 2, Mask: oWrite}, "openat")...)
	t = append(t, watch(why, Test{}, "creat", "openat2", "rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat")...)
	t = append(t, watch("so that a connection that the kernel refuses is seen", Test{}, "connect")...)
	return t
}
