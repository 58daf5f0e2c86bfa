package landlock

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/kerneltest"
)

func TestMain(m *testing.M) {
	kerneltest.Main(m, map[string]func([]string){"restrict": restrict})
}

// restrict tries, in a folder that is allowed and in one that is not.
func restrict(args []string) {
	base := args[1]
	outside := listener()
	fifo(base)
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
	for _, d := range []string{"/allowed", "/other"} {
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

func TestRestrict(t *testing.T) {
	if ABI() < 3 {
		t.Skipf("this kernel has Landlock %d", ABI())
	}
	for _, version := range []int{3, ABI()} {
		got := kerneltest.Inside(t, "restrict", strconv.Itoa(version), prepare(t))
		want := map[string]string{"the file": "ok", "read elsewhere": "ok", "move out": "EACCES",
			"write, another thread": "EACCES", "allowed node": "EACCES", "other node": "EACCES"}
		for _, c := range changes {
			want["allowed "+c], want["other "+c] = "ok", "EACCES"
		}
		if version >= 6 {
			want["abstract socket"] = "EPERM"
		}
		kerneltest.Compare(t, got, want)
	}
	got := kerneltest.Inside(t, "restrict", "0", prepare(t))
	want := map[string]string{"the file": "ok", "read elsewhere": "ok", "move out": "ok", "abstract socket": "ok",
		"allowed node": "ok", "other node": "ok"}
	for _, c := range changes {
		want["allowed "+c], want["other "+c] = "ok", "ok"
	}
	kerneltest.Compare(t, got, want)
}

func TestRights(t *testing.T) {
	var before uint64
	for v := 1; v <= 9; v++ {
		files, scopes := rights(v)
		if files&before != before {
			t.Errorf("version %d handles less than the one before", v)
		}
		if files&(unix.LANDLOCK_ACCESS_FS_READ_FILE|unix.LANDLOCK_ACCESS_FS_READ_DIR|unix.LANDLOCK_ACCESS_FS_EXECUTE) != 0 {
			t.Errorf("version %d handles reading, which costs time on every open", v)
		}
		if (scopes != 0) != (v >= 6) {
			t.Errorf("version %d has the scopes %#x", v, scopes)
		}
		before = files
	}
}

// TestEveryVersionIsTaken: the kernel refuses a structure with a field that
// the version does not have, so each size must fit.
func TestEveryVersionIsTaken(t *testing.T) {
	for v := 1; v <= ABI(); v++ {
		r, err := New(v)
		if err != nil {
			t.Errorf("version %d: %v", v, err)
			continue
		}
		unix.Close(r.fd)
	}
}
