package host

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/cgroup"
	"ringwall/internal/kernel/direct"
	"ringwall/internal/kernel/initprog"
	"ringwall/internal/kernel/landlock"
	"ringwall/internal/kernel/seccomp"
)

// AccountName is the dedicated account that agents run under when ringwall is
// started by root.
const AccountName = "ringwall"

// spareID is used by root where there is no such account: a number that
// neither Debian nor systemd hands out (60578 to 61183 are unused).
const spareID = 61100

// Probe finds out what this host can do. It leaves nothing behind but a note in
// the state directory that saves the next start the time.
func Probe(env []string) (Facts, error) { return ProbeEarly(env, func(Facts) {}) }

// ProbeEarly is Probe that tells what this host can do as soon as that is known,
// before it looks at what there is to show: something may be begun meanwhile.
func ProbeEarly(env []string, able func(Facts)) (Facts, error) {
	f, err := Basics(env)
	if err != nil {
		return f, err
	}
	if err := os.MkdirAll(f.StateDir, 0o700); err != nil {
		return f, err
	}
	f.SmallInit = initprog.Embedded()
	f.Landlock = landlock.ABI()
	f.LandlockLacks = landlock.Lacking(f.Landlock)
	f.Seccomp, f.Observe = seccompAbilities()
	base := f.baseKey()
	key := f.cacheKey(base)
	f.key = key
	if !f.recall(key) {
		f.Cgroups = findCgroups()
		trySandbox(&f)
		f.remember(key)
	}
	able(f)
	f.lookBeside(key)
	f.CPUFiles = cpuFiles()
	f.Self = self()
	f.show(base)
	return f, nil
}

func findCgroups() Cgroups {
	place, err := cgroup.Find()
	if err != nil {
		return Cgroups{Why: err.Error()}
	}
	return Cgroups{Version: place.Version, Dirs: place.Dirs, Swap: place.Swap}
}

// Basics is what can be told without trying anything.
func Basics(env []string) (Facts, error) {
	f := Facts{OS: runtime.GOOS, Arch: runtime.GOARCH, UID: os.Getuid(), GID: os.Getgid(),
		CPUs: runtime.NumCPU(), Env: environment(env)}
	f.Groups, _ = os.Getgroups()
	f.Kernel, f.Name = uname()
	f.Home = f.Env["HOME"]
	users := readPasswd()
	if u, ok := users.find(func(e account) bool { return e.uid == f.UID }); ok {
		f.User = u.name
		if f.Home == "" {
			f.Home = u.home
		}
	}
	f.StateDir = stateDir(f)
	f.Memory = memory()
	if f.Account = accountFor(f.User, users); f.UID == 0 {
		f.Account = users.dedicated()
	}
	return f, nil
}

// self is this program's file, if it is still there.
func self() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return ""
	}
	return path
}

func uname() (release, name string) {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return "", ""
	}
	return unix.ByteSliceToString(u.Release[:]), unix.ByteSliceToString(u.Nodename[:])
}

func memory() int64 {
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return 0
	}
	return int64(info.Totalram) * int64(info.Unit)
}

// seccompAbilities asks the kernel which answers a filter may give.
func seccompAbilities() (filter, observe Ability) {
	if err := seccomp.Supported(); err != nil {
		a := Ability{Why: "the kernel takes no seccomp filters: " + err.Error(),
			Fix: "use a kernel with CONFIG_SECCOMP_FILTER"}
		return a, a
	}
	filter = Ability{OK: true}
	if err := seccomp.NotifySupported(); err != nil {
		return filter, Ability{Why: "seccomp cannot notify: " + err.Error(), Fix: "use Linux 5.0 or later"}
	}
	return filter, Ability{OK: true}
}

// cpuFiles reads what programs count the CPUs by. The view has the texts, and
// nothing of sysfs itself.
func cpuFiles() map[string]string {
	out := map[string]string{}
	for _, n := range cpuNames {
		if text, err := direct.Read("/sys/devices/system/cpu/" + n); err == nil {
			out[n] = string(text)
		}
	}
	return out
}

func environment(env []string) map[string]string {
	m := make(map[string]string, len(env))
	for _, kv := range env {
		if k, v, ok := strings.Cut(kv, "="); ok {
			m[k] = v
		}
	}
	return m
}
