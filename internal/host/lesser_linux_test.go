package host

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/namespace"
)

// take makes this process's host a lesser one: "FILE=TEXT" writes a setting,
// "fake=FILE" makes a file of /proc say 1 that does not exist here, "mask=FILE"
// hides one as a container does, "no=CALL" is a kernel without a call, and
// "namespaces=" a container that refuses new ones.
func take(what, value string) error {
	switch what {
	case "fake":
		return fake(value)
	case "mask":
		return unix.Mount("/dev/null", value, "", unix.MS_BIND, "")
	case "no":
		return filter(refuse(missingCalls[value], unix.ENOSYS))
	case "namespaces":
		// clone and unshare with CLONE_NEWUSER give EPERM, clone3 ENOSYS, as in
		// the filters that container engines use.
		return filter(append(append(refuse(unix.SYS_CLONE3, unix.ENOSYS), refuseFlag(unix.SYS_CLONE)...), refuseFlag(unix.SYS_UNSHARE)...))
	}
	return os.WriteFile(what, []byte(value), 0)
}

var missingCalls = map[string]uint32{"fsopen": unix.SYS_FSOPEN, "mount_setattr": unix.SYS_MOUNT_SETATTR,
	"landlock_create_ruleset": unix.SYS_LANDLOCK_CREATE_RULESET, "seccomp": unix.SYS_SECCOMP}

// fake puts a folder over the file's that has nothing else.
func fake(file string) error {
	dir := filepath.Dir(file)
	if err := unix.Mount("fake", dir, "tmpfs", 0, ""); err != nil {
		return err
	}
	return os.WriteFile(file, []byte("1\n"), 0o644)
}

func refuse(nr uint32, errno syscall.Errno) []unix.SockFilter {
	return []unix.SockFilter{{Code: 0x15, Jf: 1, K: nr}, {Code: 0x06, K: 0x00050000 | uint32(errno)}}
}

// refuseFlag refuses a call whose first argument has CLONE_NEWUSER.
func refuseFlag(nr uint32) []unix.SockFilter {
	return []unix.SockFilter{{Code: 0x15, Jf: 4, K: nr}, {Code: 0x20, K: 16}, {Code: 0x45, Jf: 1, K: unix.CLONE_NEWUSER},
		{Code: 0x06, K: 0x00050000 | uint32(unix.EPERM)}, {Code: 0x20}}
}

// filter installs a filter on every thread: what it does not answer is allowed.
func filter(rules []unix.SockFilter) error {
	p := append([]unix.SockFilter{{Code: 0x20}}, rules...)
	p = append(p, unix.SockFilter{Code: 0x06, K: 0x7fff0000})
	prog := unix.SockFprog{Len: uint16(len(p)), Filter: &p[0]}
	const setModeFilter, tsync = 1, 1
	if _, _, errno := unix.Syscall(unix.SYS_SECCOMP, setModeFilter, tsync, uintptr(unsafe.Pointer(&prog))); errno != 0 {
		return errno
	}
	return nil
}

// lesser probes a host with something taken away: what is missing is found by
// trying and explained with its fix. The same host with nothing taken away can
// confine.
func lesser(t *testing.T, why, fix string, settings ...string) {
	t.Helper()
	builtIn(t)
	if f := restricted(t, 1000); !f.Sandbox.OK {
		t.Skipf("this host cannot confine: %+v", f.Sandbox)
	}
	f := restricted(t, 1000, settings...)
	if f.Sandbox.OK || f.Overlay.OK || !strings.Contains(f.Sandbox.Why, why) || !strings.Contains(f.Sandbox.Fix, fix) {
		t.Errorf("%v: %+v", settings, f.Sandbox)
	}
}

func TestNamespacesRefusedByFilter(t *testing.T) {
	lesser(t, "a system call filter", "seccomp=unconfined", "namespaces=")
}

func TestOldMountCalls(t *testing.T) {
	lesser(t, "too old", "Linux 5.14", "no=fsopen")
	lesser(t, "too old", "Linux 5.14", "no=mount_setattr")
}

// TestMaskedProc: below a /proc of which parts are hidden the kernel mounts no
// whole one, and ringwall does not do with less.
func TestMaskedProc(t *testing.T) {
	lesser(t, "parts of /proc are masked", "procMount: Unmasked", "mask=/proc/version")
}

// TestFewUsers: root of a container that has no number to spare for the agent.
func TestFewUsers(t *testing.T) {
	builtIn(t)
	f := restricted(t, 0)
	if f.Sandbox.OK || !strings.Contains(f.Sandbox.Fix, "ordinary user of the container") {
		t.Errorf("%+v", f.Sandbox)
	}
}

// TestAppArmor: Ubuntu's switch is there, and namespaces are refused.
func TestAppArmor(t *testing.T) {
	lesser(t, "AppArmor restricts", "apparmor_parser", "fake="+apparmorSwitch, "namespaces=")
}

// TestNoLandlock, TestNoSeccomp: the one is a lack that the plan names, without
// the other nothing starts.
func TestNoLandlock(t *testing.T) {
	builtIn(t)
	f := restricted(t, 1000, "no=landlock_create_ruleset")
	if f.Landlock != 0 || len(f.LandlockLacks) == 0 || !f.Sandbox.OK {
		t.Errorf("Landlock %d, lacks %q, sandbox %+v", f.Landlock, f.LandlockLacks, f.Sandbox)
	}
}

func TestNoSeccomp(t *testing.T) {
	builtIn(t)
	f := restricted(t, 1000, "no=seccomp")
	if f.Seccomp.OK || f.Observe.OK || !strings.Contains(f.Seccomp.Fix, "CONFIG_SECCOMP_FILTER") {
		t.Errorf("%+v %+v", f.Seccomp, f.Observe)
	}
}

// TestExplain goes over the causes that cannot be made here.
func TestExplain(t *testing.T) {
	proc := &namespace.Failure{What: "mount a proc file system at /proc", Errno: unix.EPERM}
	tmpfs := &namespace.Failure{What: "mount a tmpfs at /tmp", Errno: unix.EACCES}
	const clone = "/proc/sys/kernel/unprivileged_userns_clone"
	const most = "/proc/sys/user/max_user_namespaces"
	for _, c := range []struct {
		err   error
		root  bool
		files map[string]string
		fix   string
	}{
		{tmpfs, false, map[string]string{apparmorSwitch: "1"}, "ringwall doctor --apparmor"},
		{unix.EPERM, false, map[string]string{apparmorSwitch: "1"}, "ringwall doctor --apparmor"},
		{unix.EPERM, true, map[string]string{apparmorSwitch: "1", clone: "0"}, "allow user namespaces"}, // root is not restricted
		{unix.EPERM, false, map[string]string{apparmorSwitch: "0", clone: "0"}, "kernel.unprivileged_userns_clone=1"},
		{unix.ENOSPC, false, map[string]string{clone: "0", most: "0"}, "user.max_user_namespaces=10000"},
		{unix.ENOSPC, true, map[string]string{most: "99"}, "siblings"},
		{proc, true, nil, "systempaths=unconfined"},
		{unix.EPERM, true, map[string]string{"/proc/self/status": "Name:\tx\nSeccomp:\t2\n"}, "seccomp=unconfined"},
		{unix.EPERM, true, map[string]string{"/proc/self/status": "Seccomp:\t0\n"}, "allow user namespaces"},
		{unix.EPERM, true, map[string]string{"/proc/self/uid_map": "0 0 1\n1 100000 1000"}, "ordinary user of the container"},
		{unix.EPERM, true, map[string]string{"/proc/self/uid_map": "0 0 4294967295"}, "allow user namespaces"},
		{unix.ENOSYS, true, nil, "Linux 5.14"},
	} {
		a := explain(situation{err: c.err, root: c.root, account: spareID, read: func(p string) string { return c.files[p] }})
		if a.OK || !strings.HasPrefix(a.Why, c.err.Error()) || !strings.Contains(a.Fix, c.fix) {
			t.Errorf("%v, root %v, %v: %+v, want %q", c.err, c.root, c.files, a, c.fix)
		}
	}
	if a := explain(situation{}); !a.OK || a.Why+a.Fix != "" {
		t.Errorf("nothing is wrong, and explained: %+v", a)
	}
}

func TestAppArmorProfile(t *testing.T) {
	text, err := AppArmorProfile("/home/a b/bin/ring*{wall")
	if err != nil || !strings.Contains(text, `profile ringwall "/home/a b/bin/ring\*\{wall" flags=(unconfined) {`) || !strings.Contains(text, "  userns,\n") {
		t.Errorf("%v\n%s", err, text)
	}
	for _, bad := range []string{"", "bin/ringwall", "/a\nprofile evil", "/a\x00", "/\xff"} {
		if text, err := AppArmorProfile(bad); err == nil {
			t.Errorf("%q gives\n%s", bad, text)
		}
	}
}
