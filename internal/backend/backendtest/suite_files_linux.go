package backendtest

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringwall/internal/plan"
)

// Canary makes a file outside every grant that everybody may read.
func Canary(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/var/tmp", "ringwall-canary-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "canary")
	if err := os.WriteFile(path, []byte("canary text"), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func testHostFiles(t *testing.T, target Target) {
	c := Canary(t)
	b := NewBox(t, target)
	if err := os.Symlink(c, filepath.Join(b.Project, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Dir(c), filepath.Join(b.Project, "dir")); err != nil {
		t.Fatal(err)
	}
	ways := []string{c, "link", "dir/canary", "/proc/self/root" + c, "/proc/self/cwd/../../../../../../.." + c,
		b.Project + "/../../../.." + c, "/proc/thread-self/root" + c}
	want := map[string]string{"stat:" + c: "ENOENT", "ls:" + filepath.Dir(c): "ENOENT", "create:dir/new": "ENOENT", "write:link": "ENOENT"}
	for _, w := range ways {
		want["read:"+w] = "ENOENT"
	}
	for _, w := range []string{"/proc/1/root" + c, "/proc/1/cwd", "/proc/1/environ", "/proc/1/mem", "/proc/1/maps", "/proc/1/fd", "/proc/1/auxv", "/proc/1/stack", "/proc/1/syscall"} {
		want["read:"+w] = "EACCES EPERM"
	}
	want["write:/proc/1/exe"], want["write:/proc/1/mem"], want["ls:/proc/1/fd"] = "EACCES EPERM", "EACCES EPERM", "EACCES EPERM"
	want["write:/proc/1/oom_score_adj"] = "EACCES EPERM"
	for _, gone := range []string{"/run", "/var/run", "/root", "/home/ringwall-test", "/etc/shadow", "/etc/machine-id", "/etc/ssh",
		"/var/lib", "/boot", "/mnt", "/media", "/srv", "/opt", "/sys/kernel", "/sys/fs", "/sys/class", "/sys/firmware", "/dev/mem",
		"/dev/kmsg", "/dev/kvm", "/dev/fuse", "/dev/net/tun", "/dev/sda", "/dev/vda", "/dev/mapper", "/.host", "/.lower", "/.stage", "/.mask"} {
		want["stat:"+gone] = "ENOENT"
	}
	b.Expect(b.Attack(keys(want)...), want)
	if data, err := os.ReadFile(c); err != nil || string(data) != "canary text" {
		t.Errorf("the canary is %q, %v", data, err)
	}
	shown := NewBox(t, target).Show(filepath.Dir(c), filepath.Dir(c), false)
	shown.Expect(shown.Attack("read:"+c), map[string]string{"read:" + c: "ok"})
	out := Outside(t, target, "read:"+c)
	if out.Report("read:"+c).Value != "canary text" {
		t.Errorf("outside, the canary cannot be read either: %+v", out)
	}
}

func keys(m map[string]string) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	return out
}

// testShared: what lies in the host's shared places does not exist inside, and
// what is written to them inside does not exist on the host.
func testShared(t *testing.T, target Target) {
	b := NewBox(t, target)
	want := map[string]string{}
	var inside []string
	for _, dir := range []string{"/tmp", "/dev/shm", "/var/tmp"} {
		f, err := os.CreateTemp(dir, "ringwall-shared-")
		if err != nil {
			t.Logf("%s: %v", dir, err)
			continue
		}
		f.Close()
		t.Cleanup(func() { os.Remove(f.Name()) })
		want["stat:"+f.Name()] = "ENOENT"
		name := f.Name() + "-inside"
		if dir != "/var/tmp" { // which the plan does not have
			want["create:"+name] = "ok"
		}
		inside = append(inside, name)
	}
	// The project lies in /tmp here: the folders on the way to it must not be
	// moved aside, since what takes their place would stand at the same path.
	parent := filepath.Dir(b.Project)
	want["rename:"+parent+"|"+parent+"-aside"] = "EBUSY"
	want["rename:"+b.Project+"|"+b.Project+"-aside"] = "EBUSY"
	want["rmdir:"+parent] = "EBUSY ENOTEMPTY"
	socket := filepath.Join(b.Project, "host.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	os.Chmod(socket, 0o777)
	want["unix:host.sock"] = "ECONNREFUSED"
	b.Expect(b.Attack(keys(want)...), want)
	for _, name := range inside {
		if _, err := os.Lstat(name); err == nil {
			os.Remove(name)
			t.Errorf("%s is on the host", name)
		}
	}
	if got := Outside(t, target, "unix:"+socket).Report("unix:" + socket); got.Errno != "ok" {
		t.Errorf("the host's socket is not reached from outside either: %+v", got)
	}
}

func testSystem(t *testing.T, target Target) {
	want := map[string]string{
		"create:/new": "EROFS", "mkdir:/run": "EROFS", "create:/etc/new": "EROFS", "write:/etc/passwd": "EROFS EACCES", "unlink:/etc/passwd": "EROFS EBUSY EACCES",
		"create:/usr/bin/new": "EROFS", "create:/usr/local/bin/new": "EROFS", "rename:/usr|/usr2": "EROFS EBUSY EXDEV", "mkdir:/home/other": "EROFS",
		"write:" + Program: "EROFS ETXTBSY EACCES", "chmod:" + Program: "EROFS", "utimes:/usr": "EROFS", "create:/dev/new": "EROFS EACCES",
		"unlink:/dev/null": "EROFS EBUSY", "mknod:/tmp/null": "EPERM EACCES", "write:/proc/sys/kernel/core_pattern": "EROFS EACCES",
		"write:/proc/sys/kernel/hostname": "EROFS EACCES", "write:/proc/sysrq-trigger": "EROFS EACCES EPERM ENOENT", "write:/proc/irq/default_smp_affinity": "ENOENT", "create:/proc/irq/new": "EROFS",
		"write:/proc/sys/vm/drop_caches": "EROFS EACCES", "write:/proc/sys/net/ipv4/ip_forward": "EROFS EACCES", "write:/proc/self/uid_map": "EPERM EACCES",
		"create:/proc/new": "ENOENT EACCES EROFS", "rename:/proc|/p": "EROFS EBUSY EXDEV",
		"create:/tmp/mine": "ok", "create:" + Home + "/mine": "ok", "create:mine": "ok",
	}
	b := NewBox(t, target)
	r := b.Attack(append(keys(want), "read:/proc/kcore", "read:/proc/kallsyms", "read:/proc/keys", "read:/proc/timer_list", "read:/proc/config.gz")...)
	b.Expect(r, want)
	for _, masked := range []string{"kcore", "kallsyms", "keys", "timer_list", "config.gz"} {
		if rep := r.Report("read:/proc/" + masked); rep.Value != "" {
			t.Errorf("/proc/%s shows %.40q", masked, rep.Value)
		}
	}
	own := NewBox(t, target)
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	own.Show(dir, "/given", true).Add("isolation.landlock", plan.Op{Landlock: &plan.Landlock{}})
	own.Expect(own.Attack("create:/given/new"), map[string]string{"create:/given/new": "ok"})
}

// testSecrets: the text stands in the secret's place, and the secret's bytes
// are nowhere.
func testSecrets(t *testing.T, target Target) {
	const secret = "hunter2-9f8e7d"
	build := func() *Box {
		b := NewBox(t, target)
		b.File(".env", "PASSWORD="+secret+"\n")
		b.File("conf/keys/prod.pem", secret)
		return b
	}
	attempts := []string{"search:" + build().Project + "|" + secret}
	b := build()
	attempts[0] = "search:" + b.Project + "|" + secret
	for _, p := range []string{".env", "conf/keys/prod.pem"} {
		b.Add("isolation.secret:"+p, plan.Op{Mask: &plan.Mask{Path: p, Reason: "a secret"}})
	}
	want := map[string]string{"read:.env": "ok", "write:.env": "EROFS EACCES", "unlink:.env": "EBUSY", "rename:.env|x": "EBUSY", "link:.env|x": "EXDEV EPERM",
		"rename:conf|c": "EBUSY", "rename:conf/keys|conf/k": "EBUSY", "rename:conf/keys/prod.pem|conf/keys/k": "EBUSY", "exchange:.env|mine": "EBUSY",
		"create:mine": "ok", "stat:/.mask": "ENOENT"}
	r := b.Attack(append([]string{"create:mine"}, append(keys(want), attempts...)...)...)
	delete(want, "create:mine")
	b.Expect(r, want)
	if v := r.Report("read:.env").Value; !strings.Contains(v, "ringwall") || strings.Contains(v, secret) {
		t.Errorf("in the secret's place stands %q", v)
	}
	if v := r.Report(attempts[0]).Value; v != "" {
		t.Errorf("the secret's bytes are in %s", v)
	}
	open := build()
	search := "search:" + open.Project + "|" + secret
	if v := open.Attack(search).Report(search).Value; len(strings.Fields(v)) != 2 {
		t.Errorf("without the control the secret is found in %q, want both files", v)
	}
}
