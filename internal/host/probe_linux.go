package host

import (
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/cgroup"
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
func Probe(env []string) (Facts, error) {
	f, err := Basics(env)
	if err != nil {
		return f, err
	}
	if err := os.MkdirAll(f.StateDir, 0o700); err != nil {
		return f, err
	}
	f.SmallInit = initprog.Embedded()
	f.Landlock = landlock.ABI()
	f.Seccomp, f.Observe = seccompAbilities()
	if place, err := cgroup.Find(); err == nil {
		f.Cgroups = Cgroups{Version: place.Version, Dirs: place.Dirs, Swap: place.Swap}
	} else {
		f.Cgroups.Why = err.Error()
	}
	if !f.recall() {
		trySandbox(&f)
		f.remember()
	}
	f.Root, f.Etc = entries("/", rootNames), entries("/etc", etcNames)
	f.Path, f.Tools = tools(f)
	return f, nil
}

// Basics is what can be told without trying anything.
func Basics(env []string) (Facts, error) {
	f := Facts{OS: runtime.GOOS, Arch: runtime.GOARCH, UID: os.Getuid(), GID: os.Getgid(),
		CPUs: runtime.NumCPU(), Env: environment(env)}
	f.Groups, _ = os.Getgroups()
	f.Kernel, f.Name = uname()
	f.Home = f.Env["HOME"]
	if u, err := user.LookupId(strconv.Itoa(f.UID)); err == nil {
		f.User = u.Username
		if f.Home == "" {
			f.Home = u.HomeDir
		}
	}
	f.StateDir = stateDir(f)
	f.Memory = memory()
	if f.UID == 0 {
		f.Account = account()
	}
	return f, nil
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

func account() *Account {
	u, err := user.Lookup(AccountName)
	if err != nil {
		return &Account{UID: spareID, GID: spareID}
	}
	uid, err1 := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	if errors.Join(err1, err2) != nil || uid == 0 || gid == 0 {
		return &Account{UID: spareID, GID: spareID}
	}
	return &Account{Name: u.Username, UID: uid, GID: gid}
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

// entries lists which of the names exist in a directory.
func entries(dir string, names []string) []Entry {
	var out []Entry
	for _, n := range names {
		path := filepath.Join(dir, n)
		info, err := os.Lstat(path)
		if err != nil {
			continue
		}
		e := Entry{Path: path}
		if info.Mode()&os.ModeSymlink != 0 {
			e.Link, _ = os.Readlink(path)
		}
		out = append(out, e)
	}
	return out
}

// tools finds directories of programs that PATH names outside /usr: the whole
// of a toolchain (the parent of bin), since programs need what lies beside.
func tools(f Facts) (path, trees []string) {
	seen := map[string]bool{}
	for _, dir := range strings.Split(f.Env["PATH"], ":") {
		real, err := filepath.EvalSymlinks(dir)
		if err != nil || !filepath.IsAbs(dir) {
			continue
		}
		path = append(path, dir)
		for _, d := range []string{dir, real} {
			tree := toolTree(d, f.Home)
			if tree != "" && !seen[tree] {
				seen[tree] = true
				trees = append(trees, tree)
			}
		}
	}
	return path, trees
}

// toolTree is what to show for one entry of PATH; "" for what the view has
// anyway. It is the folder itself, unless its parent is plainly a toolchain:
// a parent may as well be a project, or a home.
func toolTree(dir, home string) string {
	if strings.HasPrefix(dir, "/usr/") || dir == "/bin" || dir == "/sbin" || dir == "/" || dir == home {
		return ""
	}
	parent := filepath.Dir(dir)
	if filepath.Base(dir) == "shims" && isDir(filepath.Join(parent, "versions")) {
		return parent // pyenv, rbenv: each is a git clone itself
	}
	private := parent == "/" || parent == home || parent == filepath.Join(home, ".local") || parent == filepath.Join(home, "go")
	if filepath.Base(dir) != "bin" || private || !isToolchain(parent) {
		return dir
	}
	return parent
}

// isToolchain looks for what programs in bin need beside it, and for what only
// a project has.
func isToolchain(dir string) bool {
	for _, mark := range []string{".git", ".hg", "ringwall.toml"} {
		if _, err := os.Lstat(filepath.Join(dir, mark)); err == nil {
			return false
		}
	}
	for _, mark := range []string{"lib", "libexec", "pkg", "versions", "toolchains"} {
		if isDir(filepath.Join(dir, mark)) {
			return true
		}
	}
	return false
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
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
