package native

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"ringwall/internal/backend/backendtest"
	"ringwall/internal/plan"
)

var waysOfProcesses = []wayOut{
	{id: "PRC-01", try: func(t *testing.T, _ *backendtest.Box) ([]attempt, control) {
		victim := exec.Command("/bin/sleep", "300")
		if err := victim.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() { victim.Wait(); close(ended) }()
		t.Cleanup(func() {
			select {
			case <-ended:
				t.Error("the host's process is gone")
			default:
				victim.Process.Kill()
			}
			<-ended
		})
		pid := strconv.Itoa(victim.Process.Pid)
		return append(each("ESRCH", "kill:"+pid+"|0", "kill:"+pid+"|18"), each("ENOENT", "stat:/proc/"+pid, "read:/proc/"+pid+"/environ")...), noSandbox
	}},
	{id: "PRC-03", try: func(*testing.T, *backendtest.Box) ([]attempt, control) {
		return each("EPERM", "ptrace-child:", "vm-read:self", "getfd:self"), leaveOut("the filter", noFilter)
	}, also: firstProcessIsNotTraced},
	{id: "PRC-06", try: func(*testing.T, *backendtest.Box) ([]attempt, control) {
		return each("EPERM", "personality:0x40000", "personality:0x400000", "personality:0x8"), leaveOut("the filter", noFilter)
	}, also: coresAreOff},
}

// firstProcessIsNotTraced: it is not dumpable, whatever the filter says, and
// there is no other process inside that is not the agent's.
func firstProcessIsNotTraced(t *testing.T, tg backendtest.Target) {
	want := map[string]string{"ptrace-attach:1": "EPERM", "ptrace-seize:1": "EPERM", "vm-read:1": "EPERM", "getfd:1": "EPERM", "write:/proc/1/mem": "EACCES"}
	for _, target := range []backendtest.Target{tg, weaker(tg, noLocks)} {
		b := backendtest.NewBox(t, target)
		r := b.Attack(append(sorted(want), "processes")...)
		b.Expect(r, want)
		if pids := strings.Fields(r.Report("processes").Value); len(pids) != 2 {
			t.Errorf("the processes inside: %v", pids)
		}
	}
}

// coresAreOff: a dump could reach a program of the host's. The limit is the one
// at which the kernel starts none, and no call changes it, though it says so.
func coresAreOff(t *testing.T, tg backendtest.Target) {
	const read, lower = "limit:4", "lower-core"
	b := backendtest.NewBox(t, tg)
	r := b.Attack(read, lower)
	b.Expect(r, map[string]string{read: "ok", lower: "ok"})
	if was, is := r.Report(read).Value, r.Report(lower).Value; was != "1" || is != "1" {
		t.Errorf("RLIMIT_CORE is %s, and %s after it was set to 0", was, is)
	}
	b = backendtest.NewBox(t, weaker(tg, noFilter))
	if v := b.Attack(lower).Report(lower).Value; v != "0" {
		t.Errorf("without the filter RLIMIT_CORE is %s after it was set to 0", v)
	}
}

var waysOfSecrets = []wayOut{
	{id: "ENV-02", try: func(_ *testing.T, b *backendtest.Box) ([]attempt, control) {
		// Neither the list of mounts nor anything else says where ringwall keeps a
		// run on the host.
		return each("ENODATA", "says:/proc/self/mountinfo|/iteration", "says:/proc/1/mountinfo|/iteration"),
			control{name: "its absence from the view", plan: func(b *backendtest.Box) { b.Show(b.IterDir, "/given", false) }}
	}, also: hostIsNotNamed},
	{id: "ENV-03", also: startFilesAreRingwalls},
	{id: "ENV-04", reason: "what was ever committed is readable, a named limit: git's own content is the agent's to work with"},
	{id: "ENV-05", also: tokensBesideProgramsAreCovered, shown: []string{"TestPrivate", "TestPrivateIsCovered", "TestTools"}},
	{id: "ENV-07", reason: "nothing in the file system's view can tell what goes to a model in its own words; files with known secrets are masked (TestSuite, secrets)"},
}

// hostIsNotNamed: the host's home, state and name, and its boot's number, are
// nowhere to be read.
func hostIsNotNamed(t *testing.T, tg backendtest.Target) {
	boot := strings.TrimSpace(read(t, "/proc/sys/kernel/random/boot_id"))
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"says:/proc/sys/kernel/random/boot_id|" + boot: "ENODATA", "says:/proc/sys/kernel/hostname|" + name: "ENODATA",
		"stat:/etc/machine-id": "ENOENT", "stat:/var/lib/dbus/machine-id": "ENOENT", "stat:/sys/class/dmi": "ENOENT", "tells:/proc/sys/kernel/random/boot_id": "ok"}
	for _, file := range []string{"environ", "mountinfo", "mounts", "mountstats", "cgroup", "maps"} {
		want["says:/proc/self/"+file+"|"+tg.Host.StateDir] = "ENODATA"
	}
	b := backendtest.NewBox(t, tg)
	b.Expect(b.Attack(sorted(want)...), want)
	for _, what := range []string{"says:/proc/sys/kernel/random/boot_id|" + boot, "says:/proc/sys/kernel/hostname|" + name} {
		if got := unconfined(t, tg, what); got != "ok" {
			t.Errorf("outside, %s: %s", what, got)
		}
	}
	b = backendtest.NewBox(t, weaker(tg, uncovered))
	b.Expect(b.Attack("says:/proc/sys/kernel/random/boot_id|"+boot), map[string]string{"says:/proc/sys/kernel/random/boot_id|" + boot: "ok"})
}

// startFilesAreRingwalls: a login shell has the environment that it was given.
// How the layer makes the file is in package isolation.
func startFilesAreRingwalls(t *testing.T, tg backendtest.Target) {
	const login = "runs:/bin/sh|-lc|env"
	b := backendtest.NewBox(t, tg)
	r := b.Attack(login)
	b.Expect(r, map[string]string{login: "ok"})
	if v := r.Report(login).Value; strings.Contains(v, "hunter2") || !strings.Contains(v, "PATH=/usr/bin:/bin\n") {
		t.Errorf("a login shell has %q", v)
	}
	b = backendtest.NewBox(t, tg)
	b.Add("isolation.view:/etc/profile", plan.Op{Mount: &plan.Mount{Kind: plan.File, Target: "/etc/profile", Content: "export TOKEN=hunter2\n"}})
	if v := b.Attack(login).Report(login).Value; !strings.Contains(v, "TOKEN=hunter2") {
		t.Errorf("a start file that exports has no effect: %q", v)
	}
}

// tokensBesideProgramsAreCovered: what the plan hides below a tree that it
// shows cannot be read under any name.
func tokensBesideProgramsAreCovered(t *testing.T, tg backendtest.Target) {
	dir := outside(t, "etc/npmrc", "var/db", "bin/tool")
	if err := exec.Command("ln", dir+"/etc/npmrc", dir+"/etc/other").Run(); err != nil {
		t.Fatal(err)
	}
	b := backendtest.NewBox(t, tg).Show(dir, dir, false)
	b.Add("isolation.view:"+dir+"/etc/npmrc", plan.Op{Mount: &plan.Mount{Kind: plan.Hide, Target: dir + "/etc/npmrc", Content: "registry=x\n"}})
	b.Add("isolation.view:"+dir+"/var", plan.Op{Mount: &plan.Mount{Kind: plan.Tmpfs, Target: dir + "/var", Size: 4096, NoExec: true}})
	search := "search:" + dir + "|hunter2"
	r := b.Attack(search, "read:"+dir+"/etc/npmrc", "create:"+dir+"/var/x", "unlink:"+dir+"/etc/npmrc")
	b.Expect(r, map[string]string{search: "ok", "read:" + dir + "/etc/npmrc": "ok", "create:" + dir + "/var/x": "EROFS", "unlink:" + dir + "/etc/npmrc": "EROFS EBUSY"})
	// A second link that nobody knows of is found: a named limit.
	if v := r.Report(search).Value; v != dir+"/bin/tool "+dir+"/etc/other" {
		t.Errorf("the text is found in %q", v)
	}
	if v := r.Report("read:" + dir + "/etc/npmrc").Value; v != "registry=x\n" {
		t.Errorf("in its place stands %q", v)
	}
	open := backendtest.NewBox(t, tg).Show(dir, dir, false)
	if v := open.Attack(search).Report(search).Value; len(strings.Fields(v)) != 4 {
		t.Errorf("with nothing hidden the text is found in %q", v)
	}
}
