package upper

import (
	"errors"
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
	"ringwall/internal/kernel/namespace"
)

// TestMain: this program is also the helper, and what an agent does.
func TestMain(m *testing.M) {
	switch {
	case os.Args[0] == Name:
		os.Exit(Main(os.Args, look))
	case len(os.Args) == 3 && os.Args[1] == "litter":
		if err := errors.Join(namespace.AwaitMaps(3), litter(os.Args[2])); err != nil {
			os.Stderr.WriteString(err.Error())
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// look counts names.
func look(folder string, args []string) ([]byte, error) {
	n := 0
	err := filepath.WalkDir(folder, func(string, os.DirEntry, error) error { n++; return nil })
	return []byte(strconv.Itoa(n) + strings.Join(args, "")), err
}

// litter makes, as user 1000 of a pair, what an agent can leave.
func litter(dir string) error {
	if err := errors.Join(syscall.Setgroups(nil), syscall.Setresgid(1000, 1000, 1000), syscall.Setresuid(1000, 1000, 1000)); err != nil {
		return err
	}
	syscall.Umask(0o022)
	at := func(name string) string { return filepath.Join(dir, name) }
	deep := at("deep")
	for range 300 {
		deep += "/d"
	}
	return errors.Join(
		os.WriteFile(at("plain"), []byte("x"), 0o644), os.WriteFile(at("private"), []byte("x"), 0o600), os.WriteFile(at("nothing"), nil, 0),
		os.WriteFile(at("program"), []byte("x"), 0o755), unix.Chmod(at("program"), 0o6755),
		os.WriteFile(at("locked"), nil, 0o644), unix.Chmod(at("locked"), 0o2644),
		os.Mkdir(at("closed"), 0o700), os.WriteFile(at("closed/in"), []byte("x"), 0o600), os.Chmod(at("closed"), 0),
		os.MkdirAll(deep, 0o755), os.Symlink("/etc/passwd", at("link")), os.Symlink("plain", at("-rf")), syscall.Mkfifo(at("fifo"), 0o600),
		os.Link(at("plain"), at("second")), os.WriteFile(at("odd \n name"), nil, 0o644),
		unix.Setxattr(at("program"), acl.Access, acl.FromMode(0o755).Add(0, 7).Encode(), 0),
	)
}

// pairOf is this user with the first number that is delegated to them.
func pairOf(t *testing.T) namespace.Identity {
	t.Helper()
	uid, gid := kerneltest.Delegated(t)
	newUIDMap, newGIDMap, err := namespace.FindMappers()
	if err != nil {
		t.Fatal(err)
	}
	return namespace.Identity{HostUID: uid, HostGID: gid, UID: 1000, GID: 1000, Delegated: &namespace.Delegation{
		OwnerUID: os.Getuid(), OwnerGID: os.Getgid(), NewUIDMap: newUIDMap, NewGIDMap: newGIDMap}}
}

// littered is a folder of ours in which the account made what it can.
func littered(t *testing.T, pair namespace.Identity) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "upper")
	if err := errors.Join(os.Mkdir(dir, 0o777), os.Chmod(dir, 0o777), os.Chmod(filepath.Dir(dir), 0o755), os.Chmod(filepath.Dir(filepath.Dir(dir)), 0o755)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { Give(dir, pair); exec.Command("chmod", "-R", "u+rwX", dir).Run() })
	cmd := exec.Command("/proc/self/exe", "litter", dir)
	cmd.Stderr = os.Stderr
	gate, open, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.ExtraFiles = []*os.File{gate}
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER, AmbientCaps: []uintptr{unix.CAP_SETUID, unix.CAP_SETGID}}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := namespace.Delegate(cmd.Process.Pid, pair); err != nil {
		t.Fatal(err)
	}
	open.Write([]byte{1})
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestGive(t *testing.T) {
	pair := pairOf(t)
	dir := littered(t, pair)
	// Before, the owner can do little.
	if err := os.WriteFile(filepath.Join(dir, "plain"), nil, 0); !errors.Is(err, unix.EACCES) {
		t.Errorf("the owner writes the account's file: %v", err)
	}
	if _, err := os.ReadDir(filepath.Join(dir, "closed")); !errors.Is(err, unix.EACCES) {
		t.Errorf("the owner reads the account's folder: %v", err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "deep")); !errors.Is(err, unix.EACCES) {
		t.Errorf("the owner removes the account's folders: %v", err)
	}
	if err := Give(dir, pair); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "closed"), 0o700); err != nil {
		t.Fatal(err)
	}
	checkGiven(t, dir, pair.HostUID)
	f, err := openFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if there, err := holds(int(f.Fd()), id{uint32(pair.HostUID), uint32(pair.HostGID)}); there || err != nil {
		t.Errorf("something is left: %v, %v", there, err)
	}
}

// checkGiven looks at what came of the litter.
func checkGiven(t *testing.T, dir string, account int) {
	t.Helper()
	for name, want := range map[string]struct {
		mode os.FileMode
		may  uint16 // what the account may still do
	}{
		"plain": {0o664, 6}, "private": {0o660, 6}, "nothing": {0, 0}, "program": {0o775, 7}, "locked": {0o664, 6}, "closed/in": {0o660, 6},
		"deep/d/d/d": {os.ModeDir | 0o775, 7}, "second": {0o664, 6}, "odd \n name": {0o664, 6},
	} {
		path := filepath.Join(dir, name)
		info, err := os.Lstat(path)
		if err != nil {
			t.Error(err)
			continue
		}
		if info.Mode() != want.mode || int(info.Sys().(*syscall.Stat_t).Uid) != os.Getuid() {
			t.Errorf("%q: %v, %+v", name, info.Mode(), info.Sys())
		}
		if l, err := listOf(path, acl.Access); err != nil {
			t.Errorf("%q: %v", name, err)
		} else if may, _ := l.Grants(uint32(account)); may != want.may {
			t.Errorf("%q: the account may %o", name, may)
		}
	}
	if l, err := listOf(filepath.Join(dir, "deep/d"), acl.Default); err != nil || l == nil {
		t.Errorf("what is made in a folder later: %v, %v", l, err)
	}
	for _, link := range []string{"link", "-rf", "fifo"} {
		if info, err := os.Lstat(filepath.Join(dir, link)); err != nil || int(info.Sys().(*syscall.Stat_t).Uid) != os.Getuid() {
			t.Errorf("%s: %v, %v", link, info, err)
		}
	}
}

// TestGiveStaysInside: a link to a file of the owner's is no way to it.
func TestGiveStaysInside(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root, for a file of somebody else's that could be taken")
	}
	dir := t.TempDir()
	outside := filepath.Join(dir, "outside")
	upper := filepath.Join(dir, "upper")
	const account = 61102
	err := errors.Join(os.WriteFile(outside, nil, 0o600), os.Chown(outside, account, account), os.Mkdir(upper, 0o755),
		os.Symlink("../outside", filepath.Join(upper, "link")), os.Symlink("..", filepath.Join(upper, "up")),
		os.Lchown(filepath.Join(upper, "up"), account, account), os.Lchown(filepath.Join(upper, "link"), account, account))
	if err != nil {
		t.Fatal(err)
	}
	f, err := openFolder(upper)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := give(int(f.Fd()), id{account, account}, id{0, 0}); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]uint32{outside: account, upper + "/link": 0, upper + "/up": 0} {
		info, err := os.Lstat(path)
		if err != nil || info.Sys().(*syscall.Stat_t).Uid != want {
			t.Errorf("%s belongs to %v, %v", path, info.Sys(), err)
		}
	}
}

// TestNothingToGive: no helper is started for a folder that has nothing of the
// account's.
func TestNothingToGive(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "a/b"), 0o755); err != nil {
		t.Fatal(err)
	}
	broken := namespace.Identity{HostUID: 61102, HostGID: 61102, Delegated: &namespace.Delegation{NewUIDMap: "/nonexistent", NewGIDMap: "/nonexistent"}}
	if err := Give(dir, broken); err != nil {
		t.Error(err)
	}
	if os.Getuid() == 0 {
		if err := os.Chown(filepath.Join(dir, "a/b"), 61102, 61102); err != nil {
			t.Fatal(err)
		}
		if err := Give(dir, broken); err == nil {
			t.Error("something was to give, and nobody tried")
		}
	}
}

func TestLook(t *testing.T) {
	pair := pairOf(t)
	dir := littered(t, pair)
	all, err := Look(dir, pair, "a", "b")
	if n, _ := strings.CutSuffix(string(all), "ab"); err != nil || n != "314" {
		t.Errorf("%q, %v", all, err)
	}
	if _, err := os.ReadDir(filepath.Join(dir, "closed")); !errors.Is(err, unix.EACCES) {
		t.Errorf("the owner sees it all without the helper: %v", err)
	}
	if _, err := Look(filepath.Join(dir, "gone"), pair); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

func TestHelperByHand(t *testing.T) {
	for _, args := range [][]string{{Name}, {Name, "give"}, {Name, "give", "x", "y"}, {Name, "remove"}} {
		if err := serve(args, look); err == nil {
			t.Errorf("%q is carried out", args)
		}
	}
}
