package apart

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/launch"
)

// attempt is one thing that somebody who took the gateway over would try. An
// error number of a refusal is part of what is expected.
type attempt struct {
	name string
	try  func(args []string) error
	want []error // refused as one of these
	// lacks is what is missing without the lock: the counterpart leaves that out.
	lacks string
}

// Locks that the counterparts leave out.
const (
	noFilter = "filter" // the gateway's own
	noLocks  = "locks"  // that, the sandbox's and Landlock
	noView   = "view"
	noLimits = "limits"
)

var (
	refused = []error{unix.EPERM}
	absent  = []error{unix.ENOENT, unix.ENOTDIR}
	missing = []error{unix.ENOSYS}
)

var attempts = []attempt{
	{"read a file of the owner", func(a []string) error { return reads(a[0]) }, absent, noView},
	{"read the accounts of the host", func([]string) error { return reads("/etc/passwd") }, absent, noView},
	{"list processes", func([]string) error { return reads("/proc/self/status") }, absent, noView},
	{"fork", func([]string) error { return fork() }, refused, noFilter},
	{"trace its parent", func([]string) error { return unix.PtraceSeize(1) }, refused, ""},
	{"signal its parent", func([]string) error { return unix.Kill(1, 0) }, refused, noFilter},
	{"listen", func([]string) error { return listens() }, refused, noFilter},
	{"bind a port", func([]string) error { return binds() }, refused, noFilter},
	{"a unix socket", func([]string) error { return socket(unix.AF_UNIX, unix.SOCK_STREAM, 0) }, []error{unix.EAFNOSUPPORT}, noFilter},
	{"a raw socket", func([]string) error { return socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP) },
		[]error{unix.EPROTONOSUPPORT}, ""},
	{"netlink beyond the routes", func([]string) error { return socket(unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_KOBJECT_UEVENT) },
		[]error{unix.EPROTONOSUPPORT}, noLocks},
	{"write to its resolver's file", func([]string) error { return writes("/etc/hosts") }, refused, noLocks},
	{"make a file", func([]string) error { return writes("/etc/new") }, refused, noLocks},
	{"memory that runs", func([]string) error { return runnable() }, refused, noFilter},
	{"a new namespace", func([]string) error { return unix.Unshare(unix.CLONE_NEWUSER) }, missing, ""},
	{"io_uring", func([]string) error { return call(unix.SYS_IO_URING_SETUP, 1, 0) }, missing, ""},
	{"bpf", func([]string) error { return call(unix.SYS_BPF, 0, 0) }, missing, ""},
	{"keyrings", func([]string) error { return call(unix.SYS_KEYCTL, 0, 0) }, missing, ""},
	{"raise its limits", func([]string) error {
		return unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{Cur: 1 << 20, Max: 1 << 20})
	}, missing, ""},
	{"be dumpable again", func([]string) error { return unix.Prctl(unix.PR_SET_DUMPABLE, 1, 0, 0, 0) }, refused, noFilter},
	{"more memory than its bound", func([]string) error { return takes(maxMemory + 1<<20) }, []error{unix.ENOMEM}, noLimits},
	{"find more in its view", func([]string) error { return more("/", "etc", "run") }, absent, noView},
	{"trace a thread of its own", func([]string) error { return ptrace(unix.PTRACE_TRACEME) }, refused, noLocks},
	{"run a program", func([]string) error { return unix.Exec(Name, []string{Name, ran}, nil) }, refused, noFilter},
}

func reads(path string) error { _, err := os.ReadFile(path); return err }

func writes(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err == nil {
		f.Close()
	}
	return err
}

// fork makes a process that ends at once.
func fork() error {
	pid, _, errno := unix.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	if errno == 0 && pid == 0 {
		unix.RawSyscall(unix.SYS_EXIT_GROUP, 0, 0, 0)
	}
	return number0(errno)
}

func number0(errno unix.Errno) error {
	if errno == 0 {
		return nil
	}
	return errno
}

func call(nr, a, b uintptr) error {
	_, _, errno := unix.RawSyscall(nr, a, b, 0)
	return number0(errno)
}

func ptrace(request uintptr) error {
	_, _, errno := unix.RawSyscall6(unix.SYS_PTRACE, request, 0, 0, 0, 0, 0)
	return number0(errno)
}

func listens() error {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err == nil {
		l.Close()
	}
	return err
}

// binds takes a port without listening at it, which UDP needs no more for.
func binds() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
}

func socket(family, kind, protocol int) error {
	fd, err := unix.Socket(family, kind, protocol)
	if err == nil {
		unix.Close(fd)
	}
	return err
}

func takes(size int) error {
	m, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE|unix.MAP_NORESERVE)
	if err == nil {
		unix.Munmap(m)
	}
	return err
}

// more finds what a folder holds besides some names.
func more(dir string, known ...string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if linked {
		known = append(known, "lib", "lib64", "usr")
	}
	for _, e := range entries {
		if !slices.Contains(known, e.Name()) {
			return nil
		}
	}
	return unix.ENOENT
}

func runnable() error {
	m, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE|unix.PROT_EXEC, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err == nil {
		unix.Munmap(m)
	}
	return err
}

// ran is the argument of the program that should not be run.
const ran = "ran"

func index(name string) int {
	return slices.IndexFunc(attempts, func(a attempt) bool { return a.name == name })
}

// instead is what this program does in the gateway's place: it locks itself in
// as the gateway does, unless that is what is left out, tries everything and
// tells the errors as numbers, one line each.
func instead(args []string) int {
	if args[0] == says {
		return speak(args[1])
	}
	if args[0] == ran {
		fmt.Fprintf(os.Stdin, "%d 0\n", index("run a program"))
		return 0
	}
	if args[0] != noFilter && args[0] != noLocks {
		if err := lockIn(); err != nil {
			sayFault(err)
			return 1
		}
	}
	var b strings.Builder
	last := index("trace a thread of its own")
	for i, a := range attempts {
		if i >= last {
			os.Stdin.WriteString(b.String()) // what comes may be the end of this program
			b.Reset()
		}
		var errno unix.Errno
		if err := a.try(args[1:]); err != nil && !errors.As(err, &errno) {
			errno = unix.EIO
		}
		fmt.Fprintf(&b, "%d %d\n", i, int(errno))
	}
	os.Stdin.WriteString(b.String())
	return 0
}

// tryAll runs this program in the gateway's place and gives the error of each
// attempt that it made.
func tryAll(t *testing.T, left string, canary string) map[string]error {
	t.Helper()
	cfg := config(&net.TCPAddr{Port: 1}, 2, &notes{})
	cfg.weaken = func(s *launch.Spec) {
		s.Argv = []string{Name, left, canary}
		if left == noLocks {
			s.Filter, s.Landlock = nil, 0
			s.Env = append(s.Env, "GODEBUG=asyncpreemptoff=1") // a signal stops who is traced
		}
		if left == noLimits {
			s.Rlimits = nil
		}
		if left == noView {
			s.Steps = append(s.Steps, launch.Step{Op: launch.Proc, Target: "/proc"},
				launch.Step{Op: launch.File, Target: "/etc/passwd", Data: "x", Mode: 0o444},
				launch.Step{Op: launch.File, Target: canary, Data: "x", Mode: 0o444})
		}
	}
	ours, theirs, err := socketPair()
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	p, err := cfg.confine(theirs)
	theirs.Close()
	if err != nil {
		t.Fatal(err)
	}
	defer p.end()
	b := make([]byte, 64<<10)
	n := 0
	for {
		m, err := ours.Read(b[n:])
		if n += m; err != nil {
			break
		}
	}
	got := map[string]error{}
	for line := range strings.Lines(string(b[:n])) {
		index, errno, ok := strings.Cut(strings.TrimSpace(line), " ")
		i, err1 := strconv.Atoi(index)
		e, err2 := strconv.Atoi(errno)
		if !ok || err1 != nil || err2 != nil {
			t.Fatalf("it says %q", b[:n])
		}
		got[attempts[i].name] = number0(unix.Errno(e))
	}
	made := len(attempts)
	if left == noLocks {
		made-- // its parent traces it by then, and an exec stops it
	}
	if len(got) < made {
		t.Fatalf("without the %s, %d of %d attempts were made: %q; %v", left, len(got), made, b[:n], p.why())
	}
	return got
}

// TestConfined: what somebody could do who took the gateway over. Each attempt
// that one lock alone holds succeeds without that lock.
func TestConfined(t *testing.T) {
	needUserNamespaces(t)
	canary := t.TempDir() + "/canary"
	if err := os.WriteFile(canary, []byte("secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, err := range tryAll(t, "all", canary) {
		if want := expected(name); !isOne(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
	for _, left := range []string{noFilter, noLocks, noView, noLimits} {
		got := tryAll(t, left, canary)
		for _, a := range attempts {
			if err := got[a.name]; a.lacks == left && err != nil {
				t.Errorf("without the %s: %s: %v, so that nothing is proven", left, a.name, err)
			}
		}
	}
}

func expected(name string) []error {
	for _, a := range attempts {
		if a.name == name {
			return a.want
		}
	}
	return nil
}

func isOne(err error, of []error) bool {
	for _, e := range of {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
