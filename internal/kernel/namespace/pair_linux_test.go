package namespace

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/acl"
	"ringwall/internal/kernel/kerneltest"
	"ringwall/internal/kernel/mount"
)

// TestMain: this program is also what runs in a user namespace of two.
func TestMain(m *testing.M) {
	kerneltest.Main(m, map[string]func([]string){"worker": worker, "strike": strike, "give": give, "run": run})
}

// delegated is an owner with an account beside: this user, and the first number
// that /etc/subuid and /etc/subgid give them.
func delegated(t *testing.T) Identity {
	t.Helper()
	uid, gid := kerneltest.Delegated(t)
	newUIDMap, newGIDMap, err := FindMappers()
	must(t, err)
	return Identity{HostUID: uid, HostGID: gid, UID: 1000, GID: 1000, Delegated: &Delegation{
		OwnerUID: os.Getuid(), OwnerGID: os.Getgid(), NewUIDMap: newUIDMap, NewGIDMap: newGIDMap}}
}

// pair runs a part in a user namespace of two. It begins as 0.
func pair(t *testing.T, id Identity, flags uintptr, caps []uintptr, args ...string) map[string]string {
	t.Helper()
	program, err := kerneltest.Static()
	must(t, err)
	gate, open, err := os.Pipe()
	must(t, err)
	defer gate.Close()
	cmd := exec.Command(program, append([]string{"again"}, args...)...)
	cmd.ExtraFiles = []*os.File{gate}
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER | flags, AmbientCaps: caps}
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	err = Delegate(cmd.Process.Pid, id)
	if err == nil {
		_, err = open.Write([]byte{1})
	}
	open.Close()
	got := listen(out, in, cmd.Process.Pid)
	if wait := cmd.Wait(); err != nil || wait != nil {
		t.Fatalf("%v: %v, %v\n%v", args, err, wait, got)
	}
	return got
}

// listen collects what a part says. When it asks to be looked at, it gets its
// answer after that.
func listen(out io.Reader, in io.WriteCloser, pid int) map[string]string {
	defer in.Close()
	got := map[string]string{}
	for s := bufio.NewScanner(out); s.Scan(); {
		k, v, _ := strings.Cut(s.Text(), "\t")
		if got[k] = v; k == "look at me" {
			got["uid on the host"] = hostUID(pid)
			in.Write([]byte("\n"))
		}
	}
	return got
}

// hostUID is what the host's /proc says of a process.
func hostUID(pid int) string {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(text)) {
		if ids, ok := strings.CutPrefix(line, "Uid:"); ok {
			return strings.Join(strings.Fields(ids), " ")
		}
	}
	return ""
}

// lookAtMe waits until the test has looked.
func lookAtMe() {
	fmt.Println("look at me\t")
	os.Stdin.Read(make([]byte, 1))
}

// four is a number in all its four roles: real, effective, saved, file system.
func four(id int) string { return strings.TrimSpace(strings.Repeat(strconv.Itoa(id)+" ", 4)) }

// become is what the first process does between the mounts and its locks.
func become(id int) {
	kerneltest.Must("no groups", syscall.Setgroups(nil))
	kerneltest.Must("group", syscall.Setresgid(id, id, id))
	kerneltest.Must("user", syscall.Setresuid(id, id, id))
}

// TestWorkspaceOfTwo shows the mechanics of the account beside its owner: the
// overlay is the owner's, all that works in it is the account's.
func TestWorkspaceOfTwo(t *testing.T) {
	id := delegated(t)
	dir := t.TempDir()
	for _, d := range []string{"lower", "lower/sub", "upper", "work"} {
		must(t, os.Mkdir(filepath.Join(dir, d), 0o755))
	}
	for name, mode := range map[string]os.FileMode{"shared": 0o644, "unshared": 0o644, "private": 0o600} {
		must(t, os.WriteFile(filepath.Join(dir, "lower", name), []byte("old\n"), mode))
	}
	for _, name := range []string{"lower", "lower/sub", "lower/shared", "upper"} {
		share(t, filepath.Join(dir, name), uint32(id.HostUID))
	}
	caps := []uintptr{unix.CAP_SYS_ADMIN, unix.CAP_DAC_OVERRIDE, unix.CAP_FOWNER, unix.CAP_CHOWN, unix.CAP_SETUID, unix.CAP_SETGID}
	got := pair(t, id, unix.CLONE_NEWNS, caps, "worker", dir)
	kerneltest.Compare(t, got, map[string]string{
		"edit shared": "ok", "edit unshared": "EACCES", "read private": "EACCES", "make": "ok", "make in sub": "ok",
		"close": "ok", "uid on the host": four(id.HostUID), "mode of the owner's": "EPERM",
	})
	owners(t, filepath.Join(dir, "upper"), map[string]int{"shared": id.Delegated.OwnerUID, "made": id.HostUID, "closed": id.HostUID, "sub/made": id.HostUID})
	if _, err := os.ReadDir(filepath.Join(dir, "upper", "closed")); !errors.Is(err, unix.EACCES) {
		t.Errorf("the owner reads what the account closed: %v", err)
	}
	if text, _ := os.ReadFile(filepath.Join(dir, "lower", "shared")); string(text) != "old\n" {
		t.Errorf("the project has changed: %q", text)
	}
	kerneltest.Compare(t, pair(t, id, 0, pairCaps, "give", filepath.Join(dir, "upper")), map[string]string{"give": "ok"})
	owners(t, filepath.Join(dir, "upper"), map[string]int{"shared": id.Delegated.OwnerUID, "made": id.Delegated.OwnerUID, "closed": id.Delegated.OwnerUID, "closed/deep": id.Delegated.OwnerUID, "sub/made": id.Delegated.OwnerUID})
	os.Chmod(filepath.Join(dir, "work", "work"), 0o700)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// share gives the account what the owner has, as setfacl would.
func share(t *testing.T, path string, uid uint32) {
	t.Helper()
	info, err := os.Stat(path)
	must(t, err)
	l := acl.FromMode(uint32(info.Mode().Perm()))
	shared := l.Add(uid, l.Of(acl.UserObj)).Encode()
	if err := unix.Setxattr(path, acl.Access, shared, 0); errors.Is(err, unix.ENOTSUP) {
		t.Skip("the file system of TMPDIR keeps no access control lists")
	} else {
		must(t, err)
	}
}

func owners(t *testing.T, dir string, want map[string]int) {
	t.Helper()
	for name, uid := range want {
		info, err := os.Lstat(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
		} else if got := info.Sys().(*syscall.Stat_t); int(got.Uid) != uid {
			t.Errorf("%s belongs to %d, not to %d", name, got.Uid, uid)
		}
	}
}

// place is where the workspace is mounted: the account cannot walk to the
// owner's folder.
const place = "/mnt"

// worker mounts the overlay as 0 and then works in it as 1000.
func worker(args []string) {
	kerneltest.Must("maps", AwaitMaps(3))
	dir := args[0]
	kerneltest.Must("private mounts", mount.PrivateAll())
	kerneltest.Must("overlay", overlay(dir))
	become(1000)
	at := func(name string) string { return filepath.Join(place, name) }
	kerneltest.Say("edit shared", appendTo(at("shared")))
	kerneltest.Say("edit unshared", appendTo(at("unshared")))
	_, err := os.ReadFile(at("private"))
	kerneltest.Say("read private", err)
	kerneltest.Say("make", os.WriteFile(at("made"), []byte("x"), 0o600))
	kerneltest.Say("make in sub", os.WriteFile(at("sub/made"), []byte("x"), 0o644))
	kerneltest.Say("close", errors.Join(os.Mkdir(at("closed"), 0o700), os.WriteFile(at("closed/deep"), nil, 0)))
	kerneltest.Say("mode of the owner's", os.Chmod(at("shared"), 0o777))
	lookAtMe()
}

func overlay(dir string) error {
	fd, err := mount.New("overlay", mount.Attributes{},
		mount.Option{Key: "lowerdir", Value: filepath.Join(dir, "lower")}, mount.Option{Key: "upperdir", Value: filepath.Join(dir, "upper")},
		mount.Option{Key: "workdir", Value: filepath.Join(dir, "work")}, mount.Option{Key: "userxattr"}, mount.Option{Key: "index", Value: "off"})
	if err != nil {
		return err
	}
	target, err := unix.Open(place, unix.O_PATH, 0)
	if err != nil {
		return err
	}
	defer unix.Close(target)
	return mount.Attach(fd, target)
}

func appendTo(path string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString("new\n")
	return errors.Join(err, f.Close())
}

// give hands everything below a folder to 0.
func give(args []string) {
	kerneltest.Must("maps", AwaitMaps(3))
	kerneltest.Say("give", filepath.Walk(args[0], func(path string, _ os.FileInfo, err error) error {
		return errors.Join(err, os.Lchown(path, 0, 0))
	}))
}
