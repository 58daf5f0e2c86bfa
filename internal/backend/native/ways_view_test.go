package native

import (
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ringwall/internal/backend/backendtest"
	"ringwall/internal/kernel/launch"
	"ringwall/internal/plan"
)

// firstProcessIsClosed: nothing of the first process can be opened; the same
// of a process that does not hide can.
func firstProcessIsClosed(t *testing.T, tg backendtest.Target) {
	closed, open := map[string]string{}, map[string]string{}
	for _, file := range []string{"root", "cwd", "fd", "map_files"} {
		closed["ls:/proc/1/"+file], open["ls:/proc/self/"+file] = "EACCES", "ok"
	}
	for _, file := range []string{"environ", "maps", "auxv", "mem", "exe"} {
		closed["read:/proc/1/"+file], open["read:/proc/self/"+file] = "EACCES", "ok"
	}
	open["read:/proc/self/mem"] = "EIO" // it opens, and nothing is mapped at 0
	closed["write:/proc/1/exe"], closed["write:/proc/1/mem"], closed["write:/proc/1/oom_score_adj"] = "EACCES", "EACCES", "EACCES"
	for name, target := range map[string]backendtest.Target{"as it is": tg, "without filter and Landlock": weaker(tg, noLocks)} {
		t.Run(name, func(t *testing.T) {
			b := backendtest.NewBox(t, target)
			b.Expect(b.Attack(append(sorted(closed), sorted(open)...)...), merged(closed, open))
		})
	}
}

func merged(a, b map[string]string) map[string]string {
	out := map[string]string{}
	for _, m := range []map[string]string{a, b} {
		for k, v := range m {
			out[k] = v
		}
	}
	return out
}

// mountsHoldInANewNamespace: even where a namespace can be made, in which the
// agent may mount, what freezes and covers cannot be taken off: the kernel
// locks mounts that came from a namespace with more rights.
func mountsHoldInANewNamespace(t *testing.T, tg backendtest.Target) {
	needs(t, "/usr/bin/unshare")
	b := backendtest.NewBox(t, weaker(tg, noLocks))
	b.File("CLAUDE.md", "be good\n")
	rail(b, plan.Guardrail{Path: "CLAUDE.md", Present: true})
	r := b.Command("/bin/sh", "-c", `exec >&2; unshare -r -m sh -c 'mount -t tmpfs x /tmp && echo mounted
		umount CLAUDE.md; umount -l CLAUDE.md; umount -l .; mount -o remount,bind,rw CLAUDE.md; mv CLAUDE.md aside; echo evil >CLAUDE.md; cat CLAUDE.md'`)
	if r.Err != nil || !strings.Contains(r.Stderr, "mounted\n") || !strings.HasSuffix(r.Stderr, "be good\n") {
		t.Errorf("%v: %s", r.Err, r.Stderr)
	}
}

// devicesDoNotWork: a node that is in the view without being meant as a device
// is none, and none can be made.
func devicesDoNotWork(t *testing.T, tg backendtest.Target) {
	given := func(tg backendtest.Target) *backendtest.Box {
		return backendtest.NewBox(t, tg).Show("/dev/zero", "/given", true)
	}
	b := given(tg)
	b.Expect(b.Attack("read:/given", "mknod:/tmp/null", "mknod:null"), map[string]string{"read:/given": "EACCES", "mknod:/tmp/null": "EACCES EPERM", "mknod:null": "EACCES EPERM"})
	b = given(weaker(tg, noLandlock)) // the next to answer is the missing capability
	b.Expect(b.Attack("mknod:/tmp/null", "mknod:null"), map[string]string{"mknod:/tmp/null": "EPERM", "mknod:null": "EPERM"})
	b = given(weaker(tg, func(s *launch.Spec) {
		for i := range s.Steps {
			if s.Steps[i].Target == "/given" {
				s.Steps[i].Flags |= launch.Devices
			}
		}
	}))
	b.Expect(b.Attack("read:/given"), map[string]string{"read:/given": "ok"})
}

// procIsCovered: of /proc there is what programs measure by; the rest says
// nothing, and nothing of it can be written to.
func procIsCovered(t *testing.T, tg backendtest.Target) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	covered, open := map[string]string{}, map[string]string{}
	own := []string{"key-users", "keys", "locks"} // say less in namespaces of one's own anyway
	const needed = " cpuinfo filesystems loadavg meminfo mounts net self stat sys sysvipc thread-self uptime version "
	for _, e := range entries {
		name := "/proc/" + e.Name()
		if e.Name()[0] <= '9' || strings.Contains(needed, " "+e.Name()+" ") {
			continue
		}
		probe, readable := "tells:", unix.Access(name, unix.R_OK) == nil && !rootsOwn(procName{e.Name(), e.IsDir()})
		if e.IsDir() {
			probe = "holds:"
		}
		covered[probe+name] = "ENODATA"
		if rootsOwn(procName{e.Name(), e.IsDir()}) {
			covered[probe+name] = "EACCES"
		} else if readable && !slices.Contains(own, e.Name()) && unconfined(t, tg, probe+name) == "ok" {
			open[probe+name] = "ok"
		}
		covered["write:"+name] = "EROFS EACCES EISDIR"
	}
	covered["write:/proc/sys/kernel/core_pattern"], covered["write:/proc/sys/vm/drop_caches"] = "EACCES", "EACCES"
	covered["utimes:/proc/sys/kernel"], covered["create:/proc/bus/x"], covered["create:/proc/x"] = "EROFS", "EROFS", "ENOENT"
	b := backendtest.NewBox(t, tg)
	b.Expect(b.Attack(sorted(covered)...), covered)
	if len(open) < 10 {
		t.Errorf("only %d of what is covered says anything outside", len(open))
	}
	b = backendtest.NewBox(t, weaker(tg, uncovered))
	b.Expect(b.Attack(sorted(open)...), open)
}

// unconfined makes one attempt without a sandbox.
func unconfined(t *testing.T, tg backendtest.Target, what string) string {
	return backendtest.Outside(t, tg, what).Report(what).Errno
}

// uncovered leaves /proc as the kernel makes it.
func uncovered(s *launch.Spec) {
	s.Steps = slices.DeleteFunc(s.Steps, func(st launch.Step) bool {
		return strings.HasPrefix(st.Target, "/proc/") && st.Op != launch.Freeze
	})
}

// groupsAreDropped: in the forms with an account of its own the agent is in no
// other group. In the owner's form the kernel does not let anybody drop them
// (setgroups is denied in a user namespace that an ordinary user mapped by
// himself), and the file shows that limit.
func groupsAreDropped(t *testing.T, tg backendtest.Target) {
	dir := outside(t)
	file := dir + "/of-a-group"
	write(t, file, "hunter2\n")
	chmod(t, file, 0o440) // others may not
	groups, err := unix.Getgroups()
	if err != nil {
		t.Fatal(err)
	}
	b := backendtest.NewBox(t, tg).Show(dir, "/given", false)
	r := b.Attack("identity", "read:/given/of-a-group")
	_, inside, _ := strings.Cut(r.Report("identity").Value, " groups")
	if form(tg) == ownerForm {
		t.Logf("a named limit: of the owner's groups %v the sandbox has%s", groups, inside)
		return
	}
	if r.Err != nil || inside != "" || r.Report("read:/given/of-a-group").Errno != "EACCES" {
		t.Errorf("%v, the groups inside are%q, and a file of theirs: %+v", r.Err, inside, r.Report("read:/given/of-a-group"))
	}
	if got := unconfined(t, tg, "read:"+file); got != "ok" {
		t.Errorf("outside, the file gives %s", got)
	}
}

// TestDevicesAreWhatTheyShouldBe: something else in a device's place stops the
// start.
func TestDevicesAreWhatTheyShouldBe(t *testing.T) {
	if err := checkDevices("/dev"); err != nil {
		t.Fatal(err)
	}
	for name, swap := range map[string]func(string) error{
		"a file":  func(p string) error { return os.WriteFile(p, nil, 0o666) },
		"a link":  func(p string) error { return os.Symlink("/dev/null", p) },
		"a pipe":  func(p string) error { return unix.Mkfifo(p, 0o666) },
		"nothing": func(string) error { return nil },
	} {
		dir := t.TempDir()
		if err := swap(dir + "/null"); err != nil {
			t.Fatal(err)
		}
		if err := checkDevices(dir); err == nil || !strings.Contains(err.Error(), dir+"/null") {
			t.Errorf("%s passes for /dev/null: %v", name, err)
		}
	}
}
