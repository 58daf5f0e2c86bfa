package seccomp

import "strings"

// group is allowed calls with what they are for in one word.
type group struct{ use, calls string }

// allowed is every call that programs may make. A call that is neither here nor
// refused by a row of its own was not judged, and does not exist inside. Rows
// with a condition narrow a call of this list.
var allowed = []group{
	{"files", "read write open close stat fstat lstat lseek pread64 pwrite64 readv writev access dup dup2 " +
		"sendfile fcntl flock fsync fdatasync truncate ftruncate getdents getcwd chdir fchdir rename mkdir " +
		"rmdir creat link unlink symlink readlink chmod fchmod chown fchown lchown umask utime mknod statfs " +
		"fstatfs sync readahead setxattr lsetxattr fsetxattr getxattr lgetxattr fgetxattr listxattr llistxattr " +
		"flistxattr removexattr lremovexattr fremovexattr getdents64 fadvise64 utimes openat mkdirat mknodat " +
		"fchownat futimesat newfstatat unlinkat renameat linkat symlinkat readlinkat fchmodat faccessat splice " +
		"tee sync_file_range vmsplice utimensat fallocate dup3 preadv pwritev syncfs renameat2 copy_file_range " +
		"preadv2 pwritev2 statx openat2 close_range faccessat2 cachestat fchmodat2 setxattrat getxattrat " +
		"listxattrat removexattrat file_getattr file_setattr"},
	{"descriptors", "ioctl pipe pipe2 io_setup io_destroy io_getevents io_submit io_cancel io_pgetevents memfd_create"},
	{"memory", "mmap mprotect munmap brk mremap msync mincore madvise mlock munlock mlockall munlockall mlock2 " +
		"pkey_mprotect pkey_alloc pkey_free membarrier map_shadow_stack mseal"},
	{"processes", "clone fork vfork execve execveat exit exit_group wait4 waitid getpid getppid gettid setpgid " +
		"getpgrp getpgid setsid getsid prctl arch_prctl set_tid_address pidfd_open pidfd_send_signal " +
		"process_mrelease rseq rseq_slice_yield uretprobe uprobe"},
	{"signals", "rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigqueueinfo " +
		"rt_tgsigqueueinfo rt_sigsuspend sigaltstack kill tkill tgkill pause restart_syscall signalfd signalfd4"},
	{"identity", "getuid getgid geteuid getegid setuid setgid setreuid setregid getgroups setgroups setresuid " +
		"getresuid setresgid getresgid setfsuid setfsgid capget capset lsm_get_self_attr lsm_list_modules"},
	{"sockets", "socket connect accept sendto recvfrom sendmsg recvmsg shutdown bind listen getsockname " +
		"getpeername socketpair setsockopt getsockopt accept4 recvmmsg sendmmsg"},
	{"events", "poll select pselect6 ppoll epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait " +
		"epoll_pwait2 eventfd eventfd2 inotify_init inotify_init1 inotify_add_watch inotify_rm_watch"},
	{"time", "nanosleep getitimer alarm setitimer gettimeofday times time timer_create timer_settime " +
		"timer_gettime timer_getoverrun timer_delete clock_gettime clock_getres clock_nanosleep timerfd_create " +
		"timerfd_settime timerfd_gettime"},
	{"locks", "futex futex_waitv futex_wake futex_wait futex_requeue set_robust_list get_robust_list"},
	{"queues", "shmget shmat shmctl shmdt semget semop semctl semtimedop msgget msgsnd msgrcv msgctl mq_open " +
		"mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr"},
	{"scheduling", "sched_yield getpriority setpriority sched_setparam sched_getparam sched_setscheduler " +
		"sched_getscheduler sched_get_priority_max sched_get_priority_min sched_rr_get_interval " +
		"sched_setaffinity sched_getaffinity sched_setattr sched_getattr ioprio_set ioprio_get getcpu"},
	{"limits", "getrlimit setrlimit prlimit64 getrusage"},
	{"machine", "uname sysinfo getrandom personality"},
	{"locking-in", "seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self"},
}

// Use tells what an allowed call is for; empty for one that is not allowed.
func Use(call string) string { return uses()[call] }

func uses() map[string]string {
	m := make(map[string]string, NewestCall)
	for _, g := range allowed {
		for c := range strings.FieldsSeq(g.calls) {
			m[c] = g.use
		}
	}
	return m
}
