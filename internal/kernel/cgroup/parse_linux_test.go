package cgroup

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// long is a mount whose options take more than a line is usually given.
var long = "50 20 0:40 / /var/lib/x rw - overlay overlay rw,lowerdir=" + strings.Repeat("/layer:", 20000) + "\n"

var samples = []struct {
	name, self, mountinfo string
	own, mounts           map[string]string
}{
	{"v1 with an empty unified hierarchy", "9:name=systemd:/\n8:pids:/\n4:memory:/api/run\n2:cpu,cpuacct:/a:b\n0::/\n",
		"31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n" +
			"32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:4 - cgroup cgroup rw,cpu,cpuacct\n" +
			"35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n" +
			"39 31 0:36 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n" +
			"41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n",
		map[string]string{"name=systemd": "/", "pids": "/", "memory": "/api/run", "cpu": "/a:b", "cpuacct": "/a:b", "": "/"},
		map[string]string{"cpu": "/sys/fs/cgroup/cpu,cpuacct", "cpuacct": "/sys/fs/cgroup/cpu,cpuacct",
			"memory": "/sys/fs/cgroup/memory", "pids": "/sys/fs/cgroup/pids", "": "/sys/fs/cgroup/unified", "rw": ""}},
	{"v2 under systemd", "0::/user.slice/user-1000.slice/user@1000.service/app.slice/x.scope\n",
		"30 24 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 master:3 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n",
		map[string]string{"": "/user.slice/user-1000.slice/user@1000.service/app.slice/x.scope"},
		map[string]string{"": "/sys/fs/cgroup"}},
	{"behind a very long line", "0::/a\n", long + "30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
		map[string]string{"": "/a"}, map[string]string{"": "/sys/fs/cgroup"}},
	{"nothing, and lines that are none", "\nx\n1:2\n", "\na b c\n- cgroup2\n1 2 3 4 5 - cgroup\n",
		map[string]string{}, map[string]string{}},
}

func TestParse(t *testing.T) {
	for _, s := range samples {
		t.Run(s.name, func(t *testing.T) {
			dir := t.TempDir()
			own, err := self(write(t, filepath.Join(dir, "cgroup"), s.self))
			if err != nil || !maps.Equal(own, s.own) {
				t.Errorf("self = %v, %v; want %v", own, err, s.own)
			}
			mounts, err := mounted(write(t, filepath.Join(dir, "mountinfo"), s.mountinfo))
			if err != nil {
				t.Fatal(err)
			}
			for c, want := range s.mounts {
				if want != "" && mounts[c] != want {
					t.Errorf("%q is mounted at %q, want %q", c, mounts[c], want)
				}
			}
			if len(s.mounts) == 0 && len(mounts) != 0 {
				t.Errorf("mounts = %v", mounts)
			}
		})
	}
	if _, err := self(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a file that is not there was read")
	}
	if _, err := mounted(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a file that is not there was read")
	}
}

const all = "cpuset cpu io memory pids\n"

// tree makes what findV2 looks at; ordinary directories do for that.
func tree(t *testing.T, control map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for dir, text := range control {
		write(t, filepath.Join(root, dir, "cgroup.subtree_control"), text)
	}
	return root
}

func TestFindV2(t *testing.T) {
	for _, c := range []struct {
		name    string
		control map[string]string
		own     string
		want    string // "-": nowhere
	}{
		{"the highest delegated group", map[string]string{".": "", "a": all, "a/b": all, "a/b/c": ""}, "/a/b/c", "a"},
		{"the root", map[string]string{".": all}, "/", "."},
		{"a controller is missing", map[string]string{".": "cpu memory\n", "a": "memory pids\n"}, "/a", "-"},
		{"a controller with a like name", map[string]string{".": "cpuset memory pids\n"}, "/", "-"},
		{"no controllers", map[string]string{".": "\n"}, "/", "-"},
		{"outside the own namespace", map[string]string{".": all}, "/../other", "-"},
		{"far outside", map[string]string{".": all}, "/../../../../../../etc", "-"},
		{"not mounted", nil, "/", "-"},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := tree(t, c.control)
			if c.control == nil {
				root = ""
			}
			got := findV2(c.own, root)
			if c.want == "-" {
				if got.Version != 0 {
					t.Errorf("found %v", got)
				}
				return
			}
			if want := filepath.Join(root, c.want); got.Version != 2 || got.Dirs[Memory] != want || got.Dirs[Pids] != want || got.Dirs[CPU] != want {
				t.Errorf("found %v, want %s", got, want)
			}
		})
	}
}

func TestFindV1(t *testing.T) {
	root := t.TempDir()
	for _, d := range []string{"memory/own", "pids", "cpu", "outside"} {
		if err := os.MkdirAll(filepath.Join(root, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	mounts := map[string]string{Memory: root + "/memory", Pids: root + "/pids", CPU: root + "/cpu"}
	// A container without a namespace of its own sees the host's path, which is
	// not there; ".." is a group of another namespace.
	own := map[string]string{Memory: "/own", Pids: "/docker/0123", CPU: "/../outside"}
	got := findV1(own, mounts)
	if got.Version != 1 || !maps.Equal(got.Dirs, map[string]string{Memory: root + "/memory/own"}) {
		t.Errorf("found %v", got)
	}
	if got := findV1(own, map[string]string{}); got.Version != 0 {
		t.Errorf("without mounts: %v", got)
	}
}

// TestCreateTakesNoOther: a group that is already there is somebody's.
func TestCreateTakesNoOther(t *testing.T) {
	for _, version := range []int{1, 2} {
		root := t.TempDir()
		place := Place{Version: version, Dirs: map[string]string{Memory: root, Pids: root, CPU: root}}
		if version == 1 {
			place.Dirs = map[string]string{Memory: root}
		}
		theirs := filepath.Join(root, "name")
		if err := os.Mkdir(theirs, 0o755); err != nil {
			t.Fatal(err)
		}
		if g, err := place.Create("name"); err == nil {
			t.Errorf("v%d: took %v", version, g.Dirs())
		}
		if _, err := os.Stat(theirs); err != nil {
			t.Errorf("v%d: the other group is gone: %v", version, err)
		}
		g, err := place.Create("other")
		if err != nil || len(g.Dirs()) != 1 {
			t.Errorf("v%d: %v, %v", version, g, err)
		}
	}
}
