package host

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/initprog"
	"ringwall/internal/kernel/launch"
)

// TestMain: the test binary is also the program that looks at a host that was
// made for it.
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) > 1 && os.Args[1] == "probe":
		probeFor(os.Args[2:])
	}
	os.Exit(m.Run())
}

// probeFor takes abilities away from itself, and looks.
func probeFor(args []string) {
	runtime.LockOSThread()
	for _, setting := range args {
		what, value, _ := strings.Cut(setting, "=")
		if err := take(what, value); err != nil {
			os.Stderr.WriteString(setting + ": " + err.Error() + "\n")
			os.Exit(1)
		}
	}
	f, err := Probe(os.Environ())
	if err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
	json.NewEncoder(os.Stdout).Encode(f)
	os.Exit(0)
}

func builtIn(t *testing.T) {
	t.Helper()
	if !initprog.Embedded() {
		t.Skip("the first process is not built in: scripts/build does")
	}
}

// restricted probes in a user namespace of its own, as that user, with these
// settings.
func restricted(t *testing.T, uid int, settings ...string) Facts {
	t.Helper()
	cmd := exec.Command("/proc/self/exe", append([]string{"probe"}, settings...)...)
	cmd.Env = []string{"PATH=/usr/bin", "HOME=" + t.TempDir()}
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: uid, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: uid, HostID: os.Getgid(), Size: 1}},
		AmbientCaps: []uintptr{unix.CAP_SYS_RESOURCE, unix.CAP_SYS_ADMIN},
	}
	out, err := cmd.Output()
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOSPC) {
		t.Skipf("a user namespace to take namespaces away in is not to be had: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	var f Facts
	if err := json.Unmarshal(out, &f); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestProbe(t *testing.T) {
	builtIn(t)
	state := t.TempDir()
	env := []string{"PATH=/usr/bin:/bin", "HOME=" + t.TempDir(), "XDG_STATE_HOME=" + state}
	f, err := Probe(env)
	if err != nil {
		t.Fatal(err)
	}
	if f.UID != os.Getuid() || f.Kernel == "" || f.CPUs < 1 || f.Memory < 1<<20 || f.StateDir != filepath.Join(state, "ringwall") {
		t.Errorf("%+v", f)
	}
	if !f.Sandbox.OK || !f.Overlay.OK || !f.Seccomp.OK {
		t.Skipf("this host cannot confine: %+v %+v %+v", f.Sandbox, f.Overlay, f.Seccomp)
	}
	if f.IsRoot() != (f.Account != nil) || f.IsRoot() != f.Idmap.OK {
		t.Errorf("as user %d: account %+v, id-mapped mounts %+v", f.UID, f.Account, f.Idmap)
	}
	if f.Account != nil && (f.Account.UID == 0 || f.Account.GID == 0) {
		t.Errorf("the account for agents is root: %+v", f.Account)
	}
	for _, e := range append(slices.Clone(f.Root), f.Etc...) {
		if _, err := os.Lstat(e.Path); err != nil {
			t.Error(err)
		}
		for _, secret := range []string{"/etc/shadow", "/etc/gshadow", "/etc/sudoers", "/etc/machine-id", "/etc/ssh", "/run", "/root", "/home", "/var", "/etc/passwd", "/etc/hosts", "/etc/gitconfig"} {
			if e.Path == secret {
				t.Errorf("%s is to be shown", secret)
			}
		}
	}
	left, err := os.ReadDir(f.StateDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range left {
		if strings.HasPrefix(e.Name(), "probe-") {
			t.Errorf("%s was left", e.Name())
		}
	}
}

// TestNoUserNamespaces: what is missing is found by trying, and the fix named.
func TestNoUserNamespaces(t *testing.T) {
	builtIn(t)
	const limit = "/proc/sys/user/max_user_namespaces="
	for _, uid := range []int{0, 1000} {
		f := restricted(t, uid, limit+"0")
		if f.Sandbox.OK || f.Overlay.OK || f.Sandbox.Why == "" || !strings.Contains(f.Sandbox.Fix, "user.max_user_namespaces") || f.Overlay.Fix == "" {
			t.Errorf("as %d, with none allowed: %+v %+v", uid, f.Sandbox, f.Overlay)
		}
		if f.Seccomp.Why != "" {
			t.Errorf("as %d: what does not need them is missing too: %+v", uid, f.Seccomp)
		}
	}
	if f := restricted(t, 1000); !f.Sandbox.OK {
		t.Errorf("with nothing taken away: %+v", f.Sandbox)
	}
}

// TestNoOtherNamespaces: each kind can be bounded by itself.
func TestNoOtherNamespaces(t *testing.T) {
	builtIn(t)
	for _, kind := range []string{"mnt", "pid", "net", "ipc", "uts", "cgroup"} {
		f := restricted(t, 1000, "/proc/sys/user/max_"+kind+"_namespaces=0")
		if f.Sandbox.OK || f.Sandbox.Fix == "" {
			t.Errorf("without %s namespaces: %+v", kind, f.Sandbox)
		}
	}
}

// TestRecall: what is remembered counts only on the very host that it was
// found on, and only in its owner's own words.
func TestRecall(t *testing.T) {
	builtIn(t)
	env := []string{"PATH=/usr/bin", "XDG_STATE_HOME=" + t.TempDir(), "HOME=" + t.TempDir()}
	f, err := Probe(env)
	if err != nil || !f.Sandbox.OK {
		t.Skipf("this host cannot confine: %+v, %v", f.Sandbox, err)
	}
	good, err := os.ReadFile(f.cacheFile())
	if err != nil {
		t.Fatal(err)
	}
	same := Facts{StateDir: f.StateDir, Kernel: f.Kernel, UID: f.UID, GID: f.GID, Account: f.Account}
	if !same.recall(same.cacheKey(same.baseKey())) || !reflect.DeepEqual(same.Cgroups, f.Cgroups) || same.Idmap.OK != f.Idmap.OK {
		t.Errorf("the same host is not recognised: %+v", same)
	}
	for name, other := range map[string]Facts{
		"another kernel": {StateDir: f.StateDir, Kernel: "0", UID: f.UID, GID: f.GID, Account: f.Account},
		"another user":   {StateDir: f.StateDir, Kernel: f.Kernel, UID: f.UID + 1, GID: f.GID, Account: f.Account},
	} {
		if other.recall(other.cacheKey(other.baseKey())) || other.Sandbox.OK {
			t.Errorf("%s is taken for this one", name)
		}
	}
	for _, text := range []string{"", "{}", string(good[:len(good)-1]), strings.Replace(string(good), f.Kernel, "0"+f.Kernel[1:], 1)} {
		if err := os.WriteFile(f.cacheFile(), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if again := f; again.recall(f.cacheKey(f.baseKey())) {
			t.Errorf("%q is believed", text)
		}
	}
	if err := os.WriteFile(f.cacheFile(), good, 0o600); err != nil || !f.recall(f.cacheKey(f.baseKey())) {
		t.Errorf("the record itself is not believed any more: %v", err)
	}
	if f.remember(""); !f.recall(f.cacheKey(f.baseKey())) || f.recall("") {
		t.Error("something is remembered of a host without a name")
	}
	if err := f.Forget(); err != nil || f.Forget() != nil {
		t.Errorf("forget: %v", err)
	}
	if f.recall(f.cacheKey(f.baseKey())) {
		t.Error("what was forgotten is remembered")
	}
}

func TestMappedIsRootsOnly(t *testing.T) {
	if os.Getuid() == 0 {
		f := Facts{Account: &Account{UID: spareID, GID: spareID}}
		dir := t.TempDir()
		files, err := f.Mapped(0, 0, dir)
		if err != nil {
			t.Skipf("no id-mapped mounts on %s: %v", dir, err)
		}
		defer closeAll(files)
		var stat unix.Stat_t
		if err := unix.Fstat(int(files[0].Fd()), &stat); err != nil || stat.Uid != spareID {
			t.Errorf("the folder belongs to %d, %v", stat.Uid, err)
		}
		return
	}
	f := Facts{Account: &Account{UID: spareID, GID: spareID}}
	if files, err := f.Mapped(os.Getuid(), os.Getgid(), t.TempDir()); err == nil {
		closeAll(files)
		t.Error("an ordinary user mapped a folder to another account")
	}
}

func TestOverlayProbeTellsWhy(t *testing.T) {
	builtIn(t)
	f := Facts{UID: os.Getuid(), GID: os.Getgid()}
	if f.UID == 0 {
		f.Account = &Account{UID: spareID, GID: spareID}
	}
	err := probe(&f, append(base(), launch.Step{Op: launch.Bind, Target: "/x", Source: "/nonexistent"}))
	if err == nil || !strings.Contains(err.Error(), "/x") {
		t.Errorf("a step that cannot be carried out: %v", err)
	}
}
