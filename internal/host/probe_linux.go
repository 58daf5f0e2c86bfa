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
	key := f.cacheKey()
	if !f.recall(key) {
		f.Cgroups = findCgroups()
		trySandbox(&f)
		f.remember(key)
	}
	f.Root, f.Etc = entries("/", rootNames), entries("/etc", etcNames)
	f.Path, f.Tools = tools(f)
	f.Self = self()
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
	if f.UID == 0 {
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

// entries lists which of the names exist in a directory.
func entries(dir string, names []string) []Entry {
	list, err := direct.List(dir)
	if err != nil {
		return nil
	}
	there := make(map[string]direct.Entry, len(list))
	for _, e := range list {
		there[e.Name] = e
	}
	var out []Entry
	for _, n := range names {
		found, ok := there[n]
		if !ok {
			continue
		}
		e := Entry{Path: filepath.Join(dir, n)}
		if found.Link {
			e.Link, _ = os.Readlink(e.Path)
		}
		out = append(out, e)
	}
	return out
}

// tools finds directories of programs that PATH names outside /usr: the whole
// of a toolchain (the parent of bin), since programs need what lies beside.
func tools(f Facts) (path, trees []string) {
	asked, seen := map[string]bool{}, map[string]bool{"": true}
	for _, dir := range strings.Split(f.Env["PATH"], ":") {
		if !filepath.IsAbs(dir) || asked[dir] {
			continue
		}
		real, err := direct.Folder(dir)
		if err != nil {
			continue
		}
		path = append(path, dir)
		for _, d := range []string{dir, real} {
			if asked[d] {
				continue
			}
			asked[d] = true
			if tree := toolTree(d, f.Home); !seen[tree] {
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
