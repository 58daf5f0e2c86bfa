package landlock

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/kerneltest"
)

func TestMain(m *testing.M) {
	kerneltest.Main(m, map[string]func([]string){"restrict": restrict, "ports": tryPorts, "execute": tryExecute})
}

// restrict tries, in a folder that is allowed and in one that is not.
func restrict(args []string) {
	base := args[1]
	outside := listener()
	fifo(base)
	other := exec.Command("/bin/sleep", "60")
	kerneltest.Must("start another process", other.Start())
	defer other.Process.Kill()
	if version, _ := strconv.Atoi(args[0]); version > 0 {
		r, err := New(version)
		kerneltest.Must("New", err)
		for _, path := range []string{base + "/allowed", base + "/file"} {
			fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
			kerneltest.Must("open", err)
			kerneltest.Must("AllowWrite", r.AllowWrite(fd, path != base+"/file"))
			unix.Close(fd)
		}
		spread := threads()
		kerneltest.Must("no_new_privs everywhere", noNewPrivs())
		kerneltest.Must("Restrict", r.Restrict())
		kerneltest.Say("write, another thread", <-spread(base+"/other/thread"))
	}
	for _, dir := range []string{"allowed", "other"} {
		tree(dir, filepath.Join(base, dir))
	}
	fd, err := unix.Open(base+"/file", unix.O_WRONLY|unix.O_TRUNC, 0)
	unix.Close(fd)
	kerneltest.Say("the file", err)
	_, err = os.ReadFile(base + "/other/old")
	kerneltest.Say("read elsewhere", err)
	kerneltest.Say("move out", unix.Rename(base+"/allowed/mine", base+"/other/mine"))
	kerneltest.Say("abstract socket", connect(outside))
	kerneltest.Say("signal", unix.Kill(other.Process.Pid, 0))
	null, err := unix.Open("/dev/null", unix.O_RDONLY, 0)
	kerneltest.Must("open a device", err)
	_, err = unix.IoctlGetTermios(null, unix.TCGETS)
	kerneltest.Say("control a device", err)
	kerneltest.Say("move between folders", unix.Rename(base+"/allowed/old", base+"/allowed/sub/old"))
}

func tree(name, dir string) {
	fd, err := unix.Open(dir+"/new", unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY, 0o600)
	unix.Close(fd)
	kerneltest.Say(name+" create", err)
	fd, err = unix.Open(dir+"/old", unix.O_WRONLY, 0)
	unix.Close(fd)
	kerneltest.Say(name+" write", err)
	kerneltest.Say(name+" truncate", unix.Truncate(dir+"/old", 0))
	kerneltest.Say(name+" mkdir", unix.Mkdir(dir+"/d", 0o700))
	kerneltest.Say(name+" symlink", unix.Symlink("x", dir+"/l"))
	kerneltest.Say(name+" socket", bind(dir+"/s"))
	kerneltest.Say(name+" fifo", unix.Mkfifo(dir+"/f", 0o600))
	kerneltest.Say(name+" node", unix.Mknod(dir+"/n", unix.S_IFCHR|0o600, int(unix.Mkdev(0, 0)))) // an overlay's whiteout: anybody may
	fd, err = unix.Open(dir+"/pipe", unix.O_RDWR|unix.O_NONBLOCK, 0)
	unix.Close(fd)
	kerneltest.Say(name+" open a fifo", err)
	kerneltest.Say(name+" unlink", unix.Unlink(dir+"/victim"))
}

func fifo(base string) {
	for _, d := range []string{"/allowed/pipe", "/other/pipe"} {
		kerneltest.Must("mkfifo", unix.Mkfifo(base+d, 0o600))
	}
}

func bind(path string) error {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Bind(fd, &unix.SockaddrUnix{Name: path})
}

// listener is an abstract socket that was made before, outside the domain.
func listener() string {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	kerneltest.Must("socket", err)
	kerneltest.Must("bind", unix.Bind(fd, &unix.SockaddrUnix{Name: "@landlock-test"}))
	kerneltest.Must("listen", unix.Listen(fd, 1))
	return "@landlock-test"
}

func connect(name string) error {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Connect(fd, &unix.SockaddrUnix{Name: name})
}

// noNewPrivs is said on every thread, as Restrict demands.
func noNewPrivs() error {
	_, _, errno := syscall.AllThreadsSyscall6(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// threads starts some that stay, and returns a way to try a write on one.
func threads() func(string) chan error {
	work, out := make(chan string), make(chan error, 4)
	for range 4 {
		go func() {
			runtime.LockOSThread()
			path := <-work
			fd, err := unix.Open(path, unix.O_CREAT|unix.O_WRONLY, 0o600)
			unix.Close(fd)
			out <- err
			select {}
		}()
	}
	return func(path string) chan error { work <- path; return out }
}

func prepare(t *testing.T) string {
	t.Helper()
	base := t.TempDir()
	for _, d := range []string{"/allowed", "/other", "/allowed/sub"} {
		if err := os.Mkdir(base+d, 0o700); err != nil {
			t.Fatal(err)
		}
		for _, f := range []string{"/old", "/victim", "/mine"} {
			if err := os.WriteFile(base+d+f, []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.Remove(base + "/other/mine"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(base+"/file", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return base
}

// changes are the attempts that a version from 3 on refuses outside.
var changes = []string{"create", "write", "truncate", "mkdir", "symlink", "socket", "fifo", "open a fifo", "unlink"}

// TestEveryVersion asks for each version that this kernel has: what a version
// does not know yet goes through, and what it knows is refused. Version 0 is
// without Landlock: everything goes through.
func TestEveryVersion(t *testing.T) {
	if ABI() == 0 {
		t.Skip("this kernel has no Landlock")
	}
	for version := range ABI() + 1 {
		t.Run(strconv.Itoa(version), func(t *testing.T) {
			kerneltest.Compare(t, kerneltest.Inside(t, "restrict", strconv.Itoa(version), prepare(t)), expected(version))
		})
	}
	for _, f := range features {
		if f.version > ABI() {
			t.Logf("not tried: %s, which came with version %d", f.name, f.version)
		}
	}
}

// expected is how each attempt ends under a version.
func expected(version int) map[string]string {
	since := func(v int, errno string) string {
		if version >= v {
			return errno
		}
		return "ok"
	}
	want := map[string]string{"the file": "ok", "read elsewhere": "ok", "move out": since(1, "EACCES"), "move between folders": "ok",
		"allowed node": since(1, "EACCES"), "other node": since(1, "EACCES"), "allowed open a fifo": "ok",
		"abstract socket": since(6, "EPERM"), "signal": since(6, "EPERM"), "control a device": since(5, "EACCES")}
	if version > 0 {
		want["write, another thread"] = "EACCES"
	}
	if version < 5 { // the device's own answer
		want["control a device"] = "ENOTTY"
	}
	if version == 1 { // any move into another folder was refused
		want["move between folders"] = "EXDEV"
	}
	for _, c := range changes {
		want["allowed "+c], want["other "+c] = "ok", since(1, "EACCES")
	}
	want["other truncate"] = since(3, "EACCES")
	return want
}

func TestRights(t *testing.T) {
	var before unix.LandlockRulesetAttr
	for v := 1; v <= 12; v++ {
		a := handled(v, Options{})
		if a.Handled_access_fs&before.Handled_access_fs != before.Handled_access_fs {
			t.Errorf("version %d handles less than the one before", v)
		}
		if a.Handled_access_fs&(unix.LANDLOCK_ACCESS_FS_READ_FILE|unix.LANDLOCK_ACCESS_FS_READ_DIR|unix.LANDLOCK_ACCESS_FS_EXECUTE) != 0 {
			t.Errorf("version %d handles reading, which costs time on every open, or execution", v)
		}
		if a.Handled_access_net != 0 {
			t.Errorf("version %d closes ports that nobody asked to close", v)
		}
		if (a.Scoped != 0) != (v >= 6) || (a.Handled_access_fs&unix.LANDLOCK_ACCESS_FS_RESOLVE_UNIX != 0) != (v >= 9) || (flags(v) != 0) != (v >= 7) {
			t.Errorf("version %d has the scopes %#x, files %#x, flags %#x", v, a.Scoped, a.Handled_access_fs, flags(v))
		}
		before = a
	}
	all := Options{Execute: true, Bind: true, Connect: true}
	for v, want := range map[int]uint64{3: 0, 4: 3, 9: 3, 10: 15} {
		if got := handled(v, all).Handled_access_net; got != want {
			t.Errorf("version %d closes the ports %#x, want %#x", v, got, want)
		}
	}
}

func TestLacking(t *testing.T) {
	for v, want := range map[int]string{0: "files", 5: "abstract sockets and signals", 8: "sockets by path"} {
		if got := Lacking(v); len(got) == 0 || got[0] != want {
			t.Errorf("version %d lacks %q", v, got)
		}
	}
	if got := Lacking(9); len(got) != 0 {
		t.Errorf("version 9 lacks %q", got)
	}
}

func TestErrata(t *testing.T) {
	if ABI() < 7 { // the question came with Linux 6.15
		t.Skipf("Landlock %d cannot tell", ABI())
	}
	t.Logf("corrected: %#b", Errata())
	if Errata() < 0 || Errata()&1 == 0 {
		t.Errorf("the errata are %#b: the first was corrected before any kernel could tell", Errata())
	}
}

// TestEveryVersionIsTaken: the kernel refuses a structure with a field that
// the version does not have, so each size must fit.
func TestEveryVersionIsTaken(t *testing.T) {
	for v := 1; v <= ABI(); v++ {
		r, err := NewWith(v, Options{Execute: true, Bind: true, Connect: true})
		if err != nil {
			t.Errorf("version %d: %v", v, err)
			continue
		}
		unix.Close(r.fd)
	}
}
