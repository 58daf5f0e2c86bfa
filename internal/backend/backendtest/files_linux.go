package backendtest

import (
	"bytes"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// most is how much of a file a report tells.
const most = 4096

var fileProbes = map[string]probe{
	"read":    read,
	"stat":    func(p string) (string, error) { var s unix.Stat_t; return "", unix.Lstat(p, &s) },
	"ls":      list,
	"exec":    func(p string) (string, error) { return run(p) },
	"create":  func(p string) (string, error) { return open(p, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL) },
	"write":   func(p string) (string, error) { return open(p, unix.O_WRONLY) },
	"trunc":   func(p string) (string, error) { return open(p, unix.O_WRONLY|unix.O_TRUNC) },
	"rewrite": rewrite,
	"mkdir":   func(p string) (string, error) { return "", unix.Mkdir(p, 0o755) },
	"unlink":  func(p string) (string, error) { return "", unix.Unlink(p) },
	"rmdir":   func(p string) (string, error) { return "", unix.Rmdir(p) },
	"chmod":   func(p string) (string, error) { return "", unix.Chmod(p, 0o777) },
	"utimes": func(p string) (string, error) {
		return "", unix.UtimesNanoAt(unix.AT_FDCWD, p, make([]unix.Timespec, 2), 0)
	},
	"setxattr": func(p string) (string, error) { return "", unix.Setxattr(p, "user.x", []byte("1"), 0) },
	"opaque":   func(p string) (string, error) { return "", unix.Setxattr(p, "user.overlay.opaque", []byte("y"), 0) },
	"rename":   func(p string) (string, error) { a, b := two(p); return "", unix.Rename(a, b) },
	"exchange": func(p string) (string, error) {
		a, b := two(p)
		return "", unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE)
	},
	"link":    func(p string) (string, error) { a, b := two(p); return "", unix.Link(a, b) },
	"symlink": func(p string) (string, error) { a, b := two(p); return "", unix.Symlink(a, b) },
	"mknod": func(p string) (string, error) {
		return "", unix.Mknod(p, unix.S_IFCHR|0o666, int(unix.Mkdev(1, 3)))
	},
	"whiteout": func(p string) (string, error) { return "", unix.Mknod(p, unix.S_IFCHR, 0) },
	"search":   search,
	"truncate": func(p string) (string, error) { return "", unix.Truncate(p, 0) },
	"mapped":   mapped,
	"at":       at,
	"openat2":  openat2,
}

func open(path string, flags int) (string, error) {
	fd, err := unix.Open(path, flags|unix.O_CLOEXEC|unix.O_NONBLOCK, 0o644)
	if err == nil {
		unix.Close(fd)
	}
	return "", err
}

func read(path string) (string, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return "", err
	}
	defer unix.Close(fd)
	buf := make([]byte, most)
	n, err := unix.Read(fd, buf)
	return string(buf[:max(n, 0)]), err
}

// rewrite puts a text in a file that exists.
func rewrite(arg string) (string, error) {
	path, text := two(arg)
	return "", os.WriteFile(path, []byte(text), 0o644)
}

func list(path string) (string, error) {
	entries, err := os.ReadDir(path)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " "), err
}

// mapped writes through a shared mapping, which no write(2) sees.
func mapped(path string) (string, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", err
	}
	defer unix.Close(fd)
	m, err := unix.Mmap(fd, 0, 1, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return "", err
	}
	m[0] = 'X'
	return "", unix.Munmap(m)
}

// search looks for a text in every file below a folder, and names those that
// have it: "search:/|TOKEN".
func search(arg string) (string, error) {
	root, text := two(arg)
	var found []string
	filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil
		}
		if info, err := d.Info(); err != nil || info.Size() > 1<<20 {
			return nil
		}
		data, err := os.ReadFile(path)
		if err == nil && bytes.Contains(data, []byte(text)) {
			found = append(found, path)
		}
		return nil
	})
	sort.Strings(found)
	return strings.Join(found, " "), nil
}

// machineProbes tell what the sandbox gives its process.
var machineProbes = map[string]probe{
	"environ":     func(string) (string, error) { e := os.Environ(); sort.Strings(e); return strings.Join(e, "\n"), nil },
	"descriptors": descriptors,
	"identity":    identity,
	"status":      status,
	"hostname":    func(string) (string, error) { return os.Hostname() },
	"namespace":   func(n string) (string, error) { return os.Readlink("/proc/self/ns/" + n) },
	"cwd":         func(string) (string, error) { return os.Getwd() },
	"exit":        func(n string) (string, error) { code, _ := strconv.Atoi(n); os.Exit(code); return "", nil },
	"limit":       limit,
}

// descriptors lists what is open, but for the one that lists it.
func descriptors(string) (string, error) {
	var open []string
	for fd := range 1024 {
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil && !runtimes(fd) {
			open = append(open, strconv.Itoa(fd))
		}
	}
	return strings.Join(open, " "), nil
}

// runtimes tells whether a descriptor is one that Go's runtime opened.
func runtimes(fd int) bool {
	what, _ := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
	return strings.HasPrefix(what, "anon_inode:[event")
}

func identity(string) (string, error) {
	groups, err := unix.Getgroups()
	text := strconv.Itoa(unix.Getuid()) + " " + strconv.Itoa(unix.Geteuid()) + " " +
		strconv.Itoa(unix.Getgid()) + " " + strconv.Itoa(unix.Getegid()) + " groups"
	for _, g := range groups {
		text += " " + strconv.Itoa(g)
	}
	return text, err
}

// status gives a line of /proc/self/status.
func status(key string) (string, error) {
	data, err := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(data)) {
		if k, v, _ := strings.Cut(line, ":"); k == key {
			return strings.TrimSpace(v), nil
		}
	}
	return "", err
}

// limit tries to raise a limit of resources: "limit:7".
func limit(resource string) (string, error) {
	n, _ := strconv.Atoi(resource)
	var now unix.Rlimit
	if err := unix.Getrlimit(n, &now); err != nil {
		return "", err
	}
	now.Max++
	return strconv.FormatUint(now.Cur, 10), unix.Setrlimit(n, &now)
}
