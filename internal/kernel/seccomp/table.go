package seccomp

// deny makes one row for each call with the same reason.
func deny(why string, calls ...string) []Rule { return rows(Deny, why, nil, calls) }

// absent makes one row for each call that is not to exist.
func absent(why string, calls ...string) []Rule { return rows(Missing, why, nil, calls) }

func watch(why string, when []Test, calls ...string) []Rule { return rows(Watch, why, when, calls) }

func rows(a Action, why string, when []Test, calls []string) []Rule {
	rules := make([]Rule, len(calls))
	for i, c := range calls {
		rules[i] = Rule{Call: c, When: when, Action: a, Why: why}
	}
	return rules
}

// Default is the table of refused calls. The namespaces already take the
// effect of most of them away; the filter keeps the code behind them out of
// reach.
func Default() []Rule {
	t := make([]Rule, 0, 160)
	for _, part := range [][]Rule{namespaceRules(), processRules(), kernelRules(), fileRules(), argumentRules(), socketRules(), optionRules()} {
		t = append(t, part...)
	}
	return t
}

func namespaceRules() []Rule {
	t := deny("a mount would change what the view holds",
		"mount", "umount2", "pivot_root", "chroot", "fsopen", "fsconfig", "fsmount",
		"fspick", "move_mount", "open_tree", "open_tree_attr", "mount_setattr")
	t = append(t, deny("a new namespace gives capabilities over it, and with them most of the kernel's attack surface",
		"unshare", "setns")...)
	t = append(t, Rule{Call: "clone", When: []Test{{Arg: 0, Mask: cloneNewAny}}, Action: Deny,
		Why: "the same as unshare, by clone flags"})
	t = append(t, absent("its flags lie in memory, where a filter cannot see them; libc falls back to clone", "clone3")...)
	t = append(t, absent("lists mounts and namespaces beyond what /proc tells; programs fall back to /proc",
		"statmount", "listmount", "listns")...)
	return append(t, deny("changes the profile that a security module holds the process to", "lsm_set_self_attr")...)
}

func processRules() []Rule {
	t := deny("reads or changes another process",
		"ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_getfd")
	t = append(t, deny("moves pages of other processes", "move_pages", "migrate_pages")...)
	t = append(t, Rule{Call: "seccomp", When: []Test{{Arg: 1, Mask: filterNewListener}}, Action: Deny,
		Why: "the newer of two listeners is the one that is asked: it would answer for calls that are refused here"})
	return append(t, Rule{Call: "prctl", When: []Test{{Arg: 0, In: []uint32{prSetMM}}}, Action: Deny,
		Why: "rewrites what the kernel tells of a process: its program, arguments and environment"})
}

func kernelRules() []Rule {
	t := absent("its operations are not seen by seccomp; programs fall back to epoll",
		"io_uring_setup", "io_uring_enter", "io_uring_register")
	add := func(rules []Rule) { t = append(t, rules...) }
	add(deny("loads code into the kernel, or replaces it",
		"bpf", "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load"))
	add(deny("widens the window of races in the kernel", "userfaultfd"))
	add(deny("side channel and a long record of bugs", "perf_event_open", "lookup_dcookie"))
	add(deny("keyrings are not separated by namespaces", "keyctl", "add_key", "request_key"))
	add(deny("acts on the whole machine",
		"reboot", "swapon", "swapoff", "syslog", "acct", "quotactl", "quotactl_fd",
		"vhangup", "sethostname", "setdomainname"))
	add(deny("sets the clock of the whole machine",
		"settimeofday", "clock_settime", "clock_adjtime", "adjtimex"))
	add(deny("reaches the hardware", "iopl", "ioperm", "modify_ldt"))
	add(deny("memory that not even the kernel can inspect", "memfd_secret"))
	add(absent("chooses the memory of a processor; without it programs take the machine for one that has no choice",
		"mbind", "set_mempolicy", "get_mempolicy", "set_mempolicy_home_node"))
	add(absent("long out of use; what is left behind the number nobody looks after",
		"uselib", "ustat", "sysfs", "_sysctl", "remap_file_pages", "create_module", "get_kernel_syms",
		"query_module", "nfsservctl", "getpmsg", "putpmsg", "afs_syscall", "tuxcall", "security",
		"epoll_ctl_old", "epoll_wait_old", "vserver", "set_thread_area", "get_thread_area"))
	return t
}

func fileRules() []Rule {
	t := deny("opens a file without a path, past the view (the Shocker escape)",
		"open_by_handle_at", "name_to_handle_at")
	return append(t, deny("watches files of the whole system", "fanotify_init", "fanotify_mark")...)
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
	t = append(t, watch(why, []Test{{Arg: 1, Mask: oWrite}}, "open")...)
	t = append(t, watch(why, []Test{{Arg: 2, Mask: oWrite}}, "openat")...)
	t = append(t, watch(why, nil, "creat", "openat2", "rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat")...)
	t = append(t, watch("so that a connection that the kernel refuses is seen", nil, "connect")...)
	return t
}
