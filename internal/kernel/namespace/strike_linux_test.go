package namespace

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/kerneltest"
)

// refused is how attempts on another user's processes end.
var refused = map[string]string{"signal": "EPERM", "trace": "EPERM", "read memory": "EPERM", "open memory": "EACCES"}

// landed is how they end on one's own.
var landed = map[string]string{"signal": "ok", "trace": "ok", "read memory": "ok", "open memory": "ok"}

// TestAccountCannotTouchOwner: the account's processes are in the owner's
// process namespace here, and see the owner's. What refuses is the number.
func TestAccountCannotTouchOwner(t *testing.T) {
	id := delegated(t)
	pid, where := sleeper(t, os.Getuid())
	caps := []uintptr{unix.CAP_SETUID, unix.CAP_SETGID}
	got := pair(t, id, 0, caps, "strike", "pair", "1000", pid, where)
	kerneltest.Compare(t, got, refused)
	if got["uid on the host"] != four(id.HostUID) {
		t.Errorf("the attempts were made as %s", got["uid on the host"])
	}
	// The counterpart: as the owner. In a user namespace of its own tracing is
	// refused even so; without one all is open.
	kerneltest.Compare(t, pair(t, id, 0, caps, "strike", "pair", "0", pid, where), map[string]string{"signal": "ok"})
	kerneltest.Compare(t, plain(t, "strike", "", "", pid, where), landed)
}

// TestAccountWithoutNamespaces: the same with no namespace at all, which only
// root can make happen.
func TestAccountWithoutNamespaces(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root, to be two users without a namespace")
	}
	const owner, account = 61101, 61102
	pid, where := sleeper(t, owner)
	kerneltest.Compare(t, plain(t, "strike", "become", strconv.Itoa(account), pid, where), refused)
	kerneltest.Compare(t, plain(t, "strike", "become", strconv.Itoa(owner), pid, where), landed)
}

// sleeper starts a process of that user and gives its number and the address of
// something in it.
func sleeper(t *testing.T, uid int) (pid, where string) {
	t.Helper()
	cmd := exec.Command("/bin/sleep", "100")
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}}
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	pid = strconv.Itoa(cmd.Process.Pid)
	maps, err := os.ReadFile("/proc/" + pid + "/maps")
	must(t, err)
	where, _, _ = strings.Cut(string(maps), "-")
	return pid, where
}

// plain runs a part in no new namespace.
func plain(t *testing.T, args ...string) map[string]string {
	t.Helper()
	program, err := kerneltest.Static()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd := exec.Command(program, append([]string{"again"}, args...)...)
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out.String())
	}
	return listen(&out, nopCloser{io.Discard}, 0)
}

// strike tries what a process can do to another. Its arguments: how it comes to
// be who it is, as whom, the other's number, and an
// address in it.
func strike(args []string) {
	runtime.LockOSThread()
	id, _ := strconv.Atoi(args[1])
	switch args[0] {
	case "pair":
		kerneltest.Must("maps", AwaitMaps(3))
		become(id)
		lookAtMe()
	case "become":
		become(id)
	}
	pid, _ := strconv.Atoi(args[2])
	where, _ := strconv.ParseUint(args[3], 16, 64)
	attempts(pid, uintptr(where))
}

func attempts(pid int, where uintptr) {
	kerneltest.Say("signal", unix.Kill(pid, 0))
	var b [8]byte
	local := []unix.Iovec{{Base: &b[0], Len: 8}}
	_, err := unix.ProcessVMReadv(pid, local, []unix.RemoteIovec{{Base: where, Len: 8}}, 0)
	kerneltest.Say("read memory", err)
	fd, err := unix.Open(fmt.Sprintf("/proc/%d/mem", pid), unix.O_RDWR, 0)
	kerneltest.Say("open memory", err)
	unix.Close(fd)
	err = unix.PtraceAttach(pid)
	kerneltest.Say("trace", err)
	if err == nil {
		unix.Wait4(pid, nil, 0, nil)
		unix.PtraceDetach(pid)
	}
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// TestOwnersProgramDoesNotGiveTheOwnerBack: the owner is 0 of the account's user
// namespace, so that a set-user-ID program of the owner's would lead back to
// that number. It does not under no_new_privs, as everything in a sandbox is;
// without it, it does.
func TestOwnersProgramDoesNotGiveTheOwnerBack(t *testing.T) {
	id := delegated(t)
	dir, err := os.MkdirTemp("/tmp", "setuid")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	must(t, os.Chmod(dir, 0o755))
	program := filepath.Join(dir, "id")
	text, err := os.ReadFile("/usr/bin/id")
	must(t, err)
	must(t, os.WriteFile(program, text, 0o755))
	must(t, unix.Chmod(program, 0o6755))
	caps := []uintptr{unix.CAP_SETUID, unix.CAP_SETGID}
	for locked, want := range map[string]string{"no_new_privs": "1000", "": "0"} {
		if got := pair(t, id, 0, caps, "run", program, locked); got["euid"] != want {
			t.Errorf("with %q the program runs as %v, want %s", locked, got, want)
		}
	}
}

// run starts a program as 1000, with no_new_privs if that is asked for.
func run(args []string) {
	runtime.LockOSThread()
	kerneltest.Must("maps", AwaitMaps(3))
	become(1000)
	if args[1] != "" {
		kerneltest.Must("no_new_privs", unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
	}
	out, err := exec.Command(args[0], "-u").CombinedOutput()
	kerneltest.Must("run", err)
	fmt.Printf("euid\t%s\n", strings.TrimSpace(string(out)))
}
