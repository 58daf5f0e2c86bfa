package native

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ringwall/internal/backend/backendtest"
	"ringwall/internal/kernel/launch"
	"ringwall/internal/kernel/seccomp"
	"ringwall/internal/plan"
)

func TestKernelRows(t *testing.T) { tryRows(t, target(t), kernelRows()) }

// clocks are the calls that set one.
var clocks = []string{"settimeofday", "clock_settime", "clock_adjtime", "adjtimex"}

func kernelRows() []row {
	return []row{
		{id: "SYS-01", what: "root or capabilities inside", test: noPowers,
			inside:  map[string]string{"regain": "EPERM", "setuid:0": "EINVAL EPERM", "securebits": "ok"},
			outside: map[string]string{"securebits": "ok"}},
		{id: "SYS-02", what: "new privileges by a program's file", test: noNewPrivileges, by: []string{"suite: identity and environment"}},
		{id: "SYS-04", what: "another ABI of the same processor",
			inside: map[string]string{"number:0x40000027": "ENOSYS", "number:0x4000003b": "ENOSYS", "number:0x40000200": "ENOSYS",
				"personality:0x8": "EPERM", "personality:0x100000008": "EPERM"},
			without: noFilter, open: map[string]string{"personality:0x8": "ok"},
			test: x32IsTheFilters, by: []string{"TestOtherABI", "TestUnknownNumbers", "TestOtherArchitecturesDie"}},
		{id: "SYS-06", what: "mounts, by the old calls and the new", calls: []string{"mount", "umount2", "pivot_root", "chroot", "fsopen",
			"fsconfig", "fsmount", "fspick", "move_mount", "open_tree", "open_tree_attr", "mount_setattr"}},
		{id: "SYS-07", what: "calls that no ordinary program needs", calls: rareCalls(), by: []string{"TestFilter", "TestEveryCallIsJudgedOnce"},
			inside:  map[string]string{"own-filter": "ok", "own-landlock": "ok", "listener": "EPERM", "number:" + cachestat: "EBADF EFAULT EINVAL"},
			without: noFilter, open: map[string]string{"listener": "ok"}},
		{id: "SYS-09", what: "Landlock is silently weaker", test: landlockIsNamed,
			by:  []string{"TestEveryVersion", "TestPorts", "TestExecute", "TestLacking", "TestErrata", "TestWhatTheHostLacksIsSaid"},
			not: "versions above this kernel's (sockets by path, UDP ports): only what is asked for is tested"},
		{id: "SYS-10", what: "a lock on one thread only", test: everyThread, prepare: given,
			inside:  map[string]string{"create-threads:/given/a": "EACCES"},
			without: noLandlock, open: map[string]string{"create-threads:/given/b": "ok"}},
		{id: "SYS-11", what: "what Landlock does not handle", test: viewHoldsAlone},
		{id: "SYS-12", what: "control groups that can be written, release_agent", calls: []string{"mount"}, test: ownGroups,
			inside: map[string]string{"ls:/sys/fs/cgroup": "ENOENT", "write:/sys/fs/cgroup/cgroup.procs": "ENOENT", "write:/sys/fs/cgroup/memory/release_agent": "ENOENT",
				"stat:/sys/fs": "ENOENT"},
			outside: map[string]string{"stat:/sys/fs": "ok"}},
		{id: "SYS-16", what: "/proc and /sys tell of the machine", test: masked,
			inside: map[string]string{"ls:/sys/class/net": "ENOENT", "stat:/etc/machine-id": "ENOENT", "stat:/sys/firmware": "ENOENT", "ls:/sys/kernel": "ENOENT",
				"call:syslog": "EPERM", "stat:/proc/sched_debug": "ENOENT"},
			outside: map[string]string{"ls:/sys/class/net": "ok", "ls:/sys/kernel": "ok"},
			not:     "the kernel's version, CPUs, load and interrupts are shown: a limit in docs/threat-model.md"},
		{id: "SYS-17", what: "namespaces that are not new", by: []string{"suite: own namespaces"}, test: timeIsShared},
		{id: "SYS-18", what: "the host's name", calls: []string{"sethostname", "setdomainname"}, test: otherName},
		{id: "SYS-19", what: "another profile of a security module", calls: []string{"lsm_set_self_attr"},
			inside: map[string]string{"rewrite:/proc/self/attr/exec|unconfined": "EINVAL EPERM EACCES ENOENT", "rewrite:/proc/self/attr/current|unconfined": "EINVAL EPERM EACCES ENOENT"},
			test:   noModule, not: "a transition that a profile would allow: it takes a machine with such a module"},
		{id: "SYS-20", what: "no user namespaces: started without a sandbox", by: []string{"script no-user-namespaces", "TestNoUserNamespaces", "TestMissing"}},
		{id: "SYS-21", what: "graphics and accelerators", test: noDevices("/dev/nvidia0", "/dev/nvidiactl", "/dev/dri", "/dev/kfd"),
			inside: map[string]string{"mknod:gpu": "EPERM EACCES"}, not: "there is none on this machine; a device that is there: SYS-22"},
		{id: "SYS-22", what: "KVM, vhost, vfio, tun", test: noDevices("/dev/kvm", "/dev/net/tun", "/dev/vhost-net", "/dev/vfio", "/dev/fuse"),
			inside: map[string]string{"mknod:kvm": "EPERM EACCES"}},
		{id: "SYS-23", what: "side channels", not: "out of scope: a limit in docs/threat-model.md"},
		{id: "NET-05", what: "families and protocols of sockets", test: families, calls: []string{"socket", "socket-raw", "socket-protocol", "socket-netlink", "socketpair"},
			inside: map[string]string{"socket:2|1|0": "ok", "socket:2|2|17": "ok", "socket:10|1|6": "ok", "socket:1|5|0": "ok", "socket:16|3|0": "ok"},
			by:     []string{"TestSocketKinds", "TestSocketFamilies", "TestDNSAtAnyResolver"}},
		{id: "NET-13", what: "listening for somebody outside", test: nobodyComes, by: []string{"TestCloseLeavesNothing"}},
		{id: "IPC-04", what: "sockets by io_uring", calls: []string{"io_uring_setup", "io_uring_enter", "io_uring_register"}},
		{id: "LIF-07", what: "the clock is set, the wall limit slept through", calls: append([]string{"unshare"}, clocks...),
			inside: map[string]string{"rewrite:/proc/self/timens_offsets|monotonic 100000 0": "EACCES EPERM EROFS ENOENT"},
			by:     []string{"script run-limits", "suite: time", "TestTheLoopsTimeEndsIt"}},
		{id: "CTR-11", what: "wide comparison of a narrow argument, lists that age", by: []string{"TestTerminalIoctls", "TestFilterCorners", "TestProgramIsTheTable", "FuzzProgram", "TestNumbersAreTheKernels"}},
		{id: "CTR-13", what: "namespaces that a distribution restricts", by: []string{"TestAppArmor", "TestNamespacesRefusedByFilter"}},
		{id: "CTR-14", what: "unmounts that reach the host", test: mountsDoNotTravel, by: []string{"TestKilledSupervisor", "TestNothingIsLeft"}},
		{id: "CTR-15", what: "a weaker fallback without an own /proc", by: []string{"TestMaskedProc"}, test: noProcNoStart},
		{id: "pitfall-4", what: "a read-only mount is taken away by root in the box", test: mountsStay},
		{id: "pitfall-11", what: "the launcher's secrets in /proc/PID/environ",
			inside: map[string]string{"read:/proc/1/environ": "EACCES EPERM", "read:/proc/1/mem": "EACCES EPERM"}, test: noSecretInEnviron, by: []string{"script run-hidden"}},
		{id: "pitfall-12", what: "a host that lacks something: found by trying", by: []string{"TestNoUserNamespaces", "TestNoOtherNamespaces", "TestAppArmor",
			"TestNamespacesRefusedByFilter", "TestOldMountCalls", "TestMaskedProc", "TestWhatTheHostLacksIsSaid"}},
		{id: "pitfall-20", what: "no look at the architecture, clone3, x32, personality", calls: []string{"clone3", "personality", "clone"}, by: []string{"TestOtherABI", "TestUnknownNumbers"}},
	}
}

// rareCalls is what the specification lists; those of them that only another
// architecture has are not here.
func rareCalls() []string {
	calls := append(slices.Clone(clocks), strings.Fields("bpf perf_event_open userfaultfd kexec_load kexec_file_load init_module "+
		"finit_module delete_module acct swapon swapoff quotactl quotactl_fd reboot syslog lookup_dcookie nfsservctl kcmp add_key keyctl "+
		"request_key io_uring_setup io_uring_enter io_uring_register process_madvise pidfd_getfd name_to_handle_at open_by_handle_at "+
		"fanotify_init fanotify_mark mount_setattr ptrace process_vm_readv process_vm_writev memfd_secret move_pages migrate_pages mbind "+
		"set_mempolicy statmount listmount listns seccomp prctl mmap memfd_create shmget sendto sendmsg sendmmsg setsockopt-filter "+
		"setsockopt-tables setsockopt-tls setsockopt-encap")...)
	return append(calls, archCalls...)
}

// given shows a writable folder of the host that Landlock does not list.
func given(b *backendtest.Box) {
	dir := b.T.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil {
		b.T.Fatal(err)
	}
	b.Show(dir, "/given", true)
}

func noPowers(t *testing.T, tg backendtest.Target) {
	const none = "0000000000000000"
	sets := []string{"status:CapInh", "status:CapPrm", "status:CapEff", "status:CapBnd", "status:CapAmb"}
	in := backendtest.NewBox(t, tg).Attack(append(sets, "securebits", "identity")...)
	for _, s := range sets {
		if got := in.Report(s); got.Value != none {
			t.Errorf("%s is %q", s, got.Value)
		}
	}
	if got := in.Report("securebits").Value; got != "ef" { // all of them, locked, but for KEEP_CAPS, locked off
		t.Errorf("the secure bits are %q", got)
	}
	if got := in.Report("identity").Value; !strings.HasPrefix(got, "1000 1000 1000 1000") {
		t.Errorf("the identity is %q", got)
	}
	out := backendtest.Outside(t, tg, "status:CapBnd", "securebits")
	if out.Report("status:CapBnd").Value == none || out.Report("securebits").Value != "0" {
		t.Errorf("outside it is the same: %+v", out.Reports)
	}
}

func noNewPrivileges(t *testing.T, tg backendtest.Target) {
	in := backendtest.NewBox(t, tg).Attack("status:NoNewPrivs").Report("status:NoNewPrivs")
	out := backendtest.Outside(t, tg, "status:NoNewPrivs").Report("status:NoNewPrivs")
	if in.Value != "1" || out.Value != "0" {
		t.Errorf("no_new_privs is %q inside and %q outside", in.Value, out.Value)
	}
}

// x32IsTheFilters: a kernel without x32 would say ENOSYS too.
func x32IsTheFilters(t *testing.T, tg backendtest.Target) {
	want := map[string]string{"number:0x40000027": mark, "number:0x40000200": mark, "number:" + itoa(seccomp.NewestCall+1): mark}
	b := backendtest.NewBox(t, weaker(tg, marked)).Add("isolation.syscalls", quietly)
	b.Expect(b.Attack(sorted(want)...), want)
}

func landlockIsNamed(t *testing.T, tg backendtest.Target) {
	if tg.Host.Landlock > 0 && tg.Host.Landlock < 9 && len(tg.Host.LandlockLacks) == 0 {
		t.Errorf("version %d lacks nothing", tg.Host.Landlock)
	}
}

// everyThread looks at the threads of the attacker and of the first process.
func everyThread(t *testing.T, tg backendtest.Target) {
	const locked = "CapPrm 0000000000000000, CapEff 0000000000000000, CapBnd 0000000000000000, NoNewPrivs 1, Seccomp "
	for _, c := range []struct {
		tg   backendtest.Target
		want string
	}{{tg, locked + "2"}, {weaker(tg, noFilter), locked + "0"}} {
		r := backendtest.NewBox(t, c.tg).Attack("threads:self", "threads:1")
		for _, who := range []string{"threads:self", "threads:1"} {
			// The first process's other threads never start a program: their
			// bounding set is of no use to them.
			for form := range strings.SplitSeq(r.Report(who).Value, "; ") {
				if who == "threads:1" && !strings.Contains(form, "CapBnd 0000000000000000") {
					before, after, _ := strings.Cut(form, "CapBnd ")
					form = before + "CapBnd 0000000000000000" + after[16:]
				}
				if form != c.want {
					t.Errorf("%s: %q, want %q", who, form, c.want)
				}
			}
		}
	}
}

// viewHoldsAlone: looking, changing modes and times, going there: the view
// refuses it, with Landlock and without. Shown in the view, it goes.
func viewHoldsAlone(t *testing.T, tg backendtest.Target) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "canary")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	attempts := []string{"stat:" + file, "read:" + file, "ls:" + dir, "chmod:" + file, "utimes:" + file, "setxattr:" + file, "truncate:" + file}
	want := map[string]string{}
	for _, a := range attempts {
		want[a] = "ENOENT"
	}
	for _, each := range []backendtest.Target{tg, weaker(tg, noLandlock), weaker(tg, noLocks)} {
		b := backendtest.NewBox(t, each)
		b.Expect(b.Attack(attempts...), want)
	}
	seen := map[string]string{"stat:" + file: "ok", "read:" + file: "ok", "ls:" + dir: "ok"}
	b := backendtest.NewBox(t, tg).Show(dir, dir, false)
	b.Expect(b.Attack(sorted(seen)...), seen)
}

func ownGroups(t *testing.T, tg backendtest.Target) {
	in := backendtest.NewBox(t, tg).Attack("read:/proc/self/cgroup").Report("read:/proc/self/cgroup")
	for line := range strings.Lines(in.Value) {
		f := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(f) != 3 || f[2] != "/" {
			t.Errorf("a control group of the host's is shown: %q", line)
		}
	}
	if in.Errno != "ok" || in.Value == "" {
		t.Errorf("%+v", in)
	}
}

// masked compares what files of /proc show with the masks and without.
func masked(t *testing.T, tg backendtest.Target) {
	files := []string{"read:/proc/kallsyms", "read:/proc/keys", "read:/proc/timer_list", "read:/proc/kcore", "read:/proc/config.gz"}
	in := backendtest.NewBox(t, tg).Attack(files...)
	out := backendtest.NewBox(t, weaker(tg, without(launch.Cover))).Attack(files...)
	shown := 0
	for _, f := range files {
		if v := in.Report(f).Value; v != "" {
			t.Errorf("%s shows %.40q", f, v)
		}
		if out.Report(f).Value != "" {
			shown++
		}
	}
	if shown == 0 {
		t.Errorf("without the masks nothing is shown either: %+v", out.Reports)
	}
}

func timeIsShared(t *testing.T, tg backendtest.Target) {
	r := backendtest.NewBox(t, tg).Attack("namespace:time")
	if host, err := os.Readlink("/proc/self/ns/time"); err == nil && r.Report("namespace:time").Value != host {
		t.Errorf("the time namespace is %+v, the host's %s", r.Report("namespace:time"), host)
	}
}

func otherName(t *testing.T, tg backendtest.Target) {
	in := backendtest.NewBox(t, tg).Attack("hostname").Report("hostname").Value
	if host, err := os.Hostname(); err != nil || in == host || in != "sandbox" {
		t.Errorf("the name is %q, the host's %q, %v", in, host, err)
	}
}

func noModule(t *testing.T, _ backendtest.Target) {
	if label, err := os.ReadFile("/proc/self/attr/current"); err == nil {
		t.Logf("this process runs under %q", label)
	}
}

// noDevices: nothing of a device is in the view. Those that the host has are
// there without a sandbox.
func noDevices(paths ...string) func(*testing.T, backendtest.Target) {
	return func(t *testing.T, tg backendtest.Target) {
		want, host := map[string]string{}, map[string]string{}
		for _, p := range paths {
			want["stat:"+p] = "ENOENT"
			if _, err := os.Stat(p); err == nil {
				host["stat:"+p] = "ok"
			}
		}
		b := backendtest.NewBox(t, tg)
		b.Expect(b.Attack(sorted(want)...), want)
		if len(host) == 0 {
			t.Logf("this host has none of %v", paths)
			return
		}
		b.Expect(backendtest.Outside(t, tg, sorted(host)...), host)
	}
}

// mountsStay: even with new namespaces allowed, where one is root, what was
// mounted read-only cannot be taken away; with the filter there are none.
func mountsStay(t *testing.T, tg backendtest.Target) {
	const script = `unshare --user --map-root-user --mount sh -c 'echo root=$(id -u) >&2; umount CLAUDE.md && echo unmounted >&2; mount -o remount,bind,rw CLAUDE.md && echo writable >&2; echo bad >>CLAUDE.md && echo written >&2'`
	run := func(tg backendtest.Target) string {
		b := backendtest.NewBox(t, tg)
		b.File("CLAUDE.md", "be good\n")
		b.Add("isolation.guardrail:CLAUDE.md", plan.Op{Guardrail: &plan.Guardrail{Path: "CLAUDE.md", Present: true}})
		return b.Command("/bin/sh", "-c", script).Stderr
	}
	if got := run(tg); strings.Contains(got, "root=0") || !strings.Contains(got, "unshare") {
		t.Errorf("with the filter: %q", got)
	}
	got := run(weaker(tg, noLocks))
	if !strings.Contains(got, "root=0") {
		t.Errorf("without the locks nobody becomes root of a namespace either: %q", got)
	}
	for _, bad := range []string{"unmounted", "writable", "written"} {
		if strings.Contains(got, bad+"\n") {
			t.Errorf("without the locks the mount does not hold: %q", got)
		}
	}
}

func noSecretInEnviron(t *testing.T, tg backendtest.Target) {
	const secret = "sk-hunter2-77"
	t.Setenv("ANTHROPIC_API_KEY", secret)
	in := backendtest.NewBox(t, tg).Attack("search:/proc|"+secret, "environ")
	if v := in.Report("search:/proc|" + secret).Value; v != "" || strings.Contains(in.Report("environ").Value, secret) {
		t.Errorf("the secret is in %s", v)
	}
	if v := backendtest.Outside(t, tg, "environ").Report("environ").Value; !strings.Contains(v, secret) {
		t.Error("outside the secret is not there either")
	}
}
