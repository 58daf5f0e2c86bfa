package mount

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/kerneltest"
)

func TestMain(m *testing.M) {
	kerneltest.Main(m, map[string]func([]string){"attributes": attributes, "propagation": propagation, "later": later,
		"nothing": func([]string) {}})
}

var kinds = map[string]Attributes{
	"read-only": {ReadOnly: true}, "writable": {}, "noexec": {NoExec: true},
	"devices": {Devices: true}, "no devices": {},
}

// attributes attaches a copy of a folder with each kind of attributes, and
// tries what they are about, in it and in a mount below it.
func attributes(args []string) {
	base := args[0]
	program, err := os.Executable()
	kerneltest.Must("find the program", err)
	dir := tree(base, program)
	for name, a := range kinds {
		fd, err := Clone(unix.AT_FDCWD, dir, a)
		kerneltest.Must("clone", err)
		// While it is detached, its path is still the old one.
		target := filepath.Join(base, "target")
		kerneltest.Must("mkdir", os.MkdirAll(target, 0o755))
		at, err := unix.Open(target, unix.O_PATH|unix.O_CLOEXEC, 0)
		kerneltest.Must("open", err)
		kerneltest.Must("attach", Attach(fd, at))
		unix.Close(at)
		for _, sub := range []string{"", "/below"} {
			try(name+sub, target+sub)
		}
		kerneltest.Must("unmount", unix.Unmount(target, unix.MNT_DETACH))
	}
}

// tree is a folder with a program, a device and a second mount in it.
func tree(base, program string) string {
	dir := filepath.Join(base, "tree")
	kerneltest.Must("mkdir", os.MkdirAll(dir+"/below", 0o755))
	kerneltest.Must("mount", unix.Mount("none", dir+"/below", "tmpfs", 0, ""))
	for _, d := range []string{dir, dir + "/below"} {
		for name, from := range map[string]string{"/null": "/dev/null", "/program": program} {
			kerneltest.Must("make "+name, os.WriteFile(d+name, nil, 0o755))
			kerneltest.Must("bind "+name, unix.Mount(from, d+name, "", unix.MS_BIND, ""))
		}
	}
	return dir
}

func try(name, dir string) {
	fd, err := unix.Open(dir+"/new", unix.O_CREAT|unix.O_WRONLY, 0o600)
	unix.Close(fd)
	unix.Unlink(dir + "/new")
	kerneltest.Say(name+" write", err)
	fd, err = unix.Open(dir+"/null", unix.O_RDONLY, 0)
	unix.Close(fd)
	kerneltest.Say(name+" device", err)
	_, err = os.StartProcess(dir+"/program", []string{"x", "again", "nothing"}, &os.ProcAttr{})
	kerneltest.Say(name+" exec", err)
	var s unix.Statfs_t
	err = unix.Statfs(dir, &s)
	if err == nil && s.Flags&unix.ST_NOSUID == 0 {
		err = unix.ENOTSUP
	}
	kerneltest.Say(name+" nosuid", err)
}

func TestAttributes(t *testing.T) {
	got := kerneltest.Inside(t, "attributes", t.TempDir())
	want := map[string]string{}
	for _, sub := range []string{"", "/below"} {
		for name, how := range map[string][3]string{ // write, device, exec
			"read-only": {"EROFS", "EACCES", "ok"}, "writable": {"ok", "EACCES", "ok"},
			"noexec": {"ok", "EACCES", "EACCES"}, "devices": {"ok", "ok", "ok"}, "no devices": {"ok", "EACCES", "ok"},
		} {
			want[name+sub+" write"], want[name+sub+" device"], want[name+sub+" exec"] = how[0], how[1], how[2]
			want[name+sub+" nosuid"] = "ok"
		}
	}
	kerneltest.Compare(t, got, want)
}

// propagation mounts and unmounts after this namespace was cut off from, or
// left connected to, another: what arrives there is what would arrive on the
// host.
func propagation(args []string) {
	kerneltest.Must("share", unix.Mount("", "/", "", unix.MS_REC|unix.MS_SHARED, ""))
	outer, err := os.Open("/proc/self/ns/mnt")
	kerneltest.Must("open the namespace", err)
	kerneltest.Must("a second namespace", unix.Unshare(unix.CLONE_NEWNS|unix.CLONE_FS))
	if args[1] == "private" {
		kerneltest.Must("PrivateAll", PrivateAll())
	}
	kerneltest.Must("mount", unix.Mount("none", args[0], "tmpfs", 0, ""))
	kerneltest.Must("write", os.WriteFile(args[0]+"/inner", nil, 0o600))
	kerneltest.Must("go back", unix.Setns(int(outer.Fd()), unix.CLONE_NEWNS))
	kerneltest.Say("seen in the first namespace", unix.Access(args[0]+"/inner", unix.F_OK))
}

func TestPrivateAll(t *testing.T) {
	kerneltest.Compare(t, kerneltest.Inside(t, "propagation", t.TempDir(), "private"),
		map[string]string{"seen in the first namespace": "ENOENT"})
	kerneltest.Compare(t, kerneltest.Inside(t, "propagation", t.TempDir(), "shared"),
		map[string]string{"seen in the first namespace": "ok"})
}

// later mounts on the original after it was cloned: the copy must not change.
func later(args []string) {
	dir := args[0] + "/tree"
	kerneltest.Must("mkdir", os.MkdirAll(dir, 0o755))
	kerneltest.Must("a mount of its own", unix.Mount(dir, dir, "", unix.MS_BIND, ""))
	kerneltest.Must("share", unix.Mount("", dir, "", unix.MS_SHARED, ""))
	fd, err := Clone(unix.AT_FDCWD, dir, Attributes{ReadOnly: true})
	kerneltest.Must("clone", err)
	_, err = unix.Openat(fd, "new", unix.O_CREAT|unix.O_WRONLY, 0o600)
	kerneltest.Say("write before it is attached", err)
	copied := args[0] + "/copy"
	kerneltest.Must("mkdir", os.MkdirAll(copied, 0o755))
	at, err := unix.Open(copied, unix.O_PATH|unix.O_CLOEXEC, 0)
	kerneltest.Must("open", err)
	kerneltest.Must("attach", Attach(fd, at))
	kerneltest.Must("mkdir", os.Mkdir(dir+"/sub", 0o755))
	kerneltest.Must("mount", unix.Mount("none", dir+"/sub", "tmpfs", 0, ""))
	kerneltest.Must("write", os.WriteFile(dir+"/sub/late", nil, 0o600))
	kerneltest.Say("in the original", unix.Access(dir+"/sub/late", unix.F_OK))
	kerneltest.Say("in the copy", unix.Access(copied+"/sub/late", unix.F_OK))
}

func TestCloneReceivesNothingLater(t *testing.T) {
	kerneltest.Compare(t, kerneltest.Inside(t, "later", t.TempDir()), map[string]string{
		"in the original": "ok", "in the copy": "ENOENT", "write before it is attached": "EROFS"})
}

func TestNewRefusesUnknownOptions(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root: a file system is made in the first namespace")
	}
	if fd, err := New("tmpfs", Attributes{}, Option{"no-such-option", "1"}); err == nil {
		unix.Close(fd)
		t.Error("an option that does not exist was taken")
	}
	fd, err := New("tmpfs", Attributes{}, Option{"size", "1m"})
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(fd)
}
