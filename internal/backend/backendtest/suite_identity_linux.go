package backendtest

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func testIdentity(t *testing.T, target Target) {
	t.Setenv("RINGWALL_TEST_LEAK", "secret")
	leak := PlantDescriptor(t)
	b := NewBox(t, target)
	r := b.Attack("identity", "environ", "descriptors", "hostname", "cwd", "status:CapEff", "status:CapPrm",
		"status:CapBnd", "status:CapInh", "status:CapAmb", "status:NoNewPrivs", "status:Seccomp", "processes",
		"read:/proc/self/fd/"+leak)
	none := "0000000000000000"
	for probe, want := range map[string]string{
		"environ": "HOME=" + Home + "\nLANG=C\nPATH=/usr/bin:/bin", "descriptors": "0 1 2", "hostname": "sandbox",
		"cwd": b.Project, "status:CapEff": none, "status:CapPrm": none, "status:CapBnd": none, "status:CapInh": none,
		"status:CapAmb": none, "status:NoNewPrivs": "1", "status:Seccomp": "2",
	} {
		if got := r.Report(probe); got.Errno != "ok" || got.Value != want {
			t.Errorf("%s: %s %q, want %q", probe, got.Errno, got.Value, want)
		}
	}
	b.Expect(r, map[string]string{"read:/proc/self/fd/" + leak: "ENOENT"})
	testGroups(t, target, r.Report("identity").Value)
	if pids := strings.Fields(r.Report("processes").Value); len(pids) != 2 || pids[0] != "1" {
		t.Errorf("the processes inside are %v, want the first one and the attacker", pids)
	}
	// Outside all of this is otherwise.
	out := Outside(t, target, "environ", "processes", "hostname")
	if !strings.Contains(out.Report("environ").Value, "RINGWALL_TEST_LEAK") || len(strings.Fields(out.Report("processes").Value)) < 3 ||
		out.Report("hostname").Value == "sandbox" {
		t.Errorf("the attempts show nothing outside either: %+v", out.Reports)
	}
	testSetuid(t, target)
}

// PlantDescriptor opens a file that every child would inherit, as a careless
// caller of ringwall's would (CVE-2024-21626).
func PlantDescriptor(t *testing.T) string {
	t.Helper()
	fd, err := unix.Open("/", unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		t.Fatal(err)
	}
	const place = 40
	if err := unix.Dup3(fd, place, 0); err != nil {
		t.Fatal(err)
	}
	unix.Close(fd)
	t.Cleanup(func() { unix.Close(place) })
	return "40"
}

// testGroups: root drops its groups, and so does an account of its own; an
// ordinary user cannot, and has them all shown as the one that is mapped, or as
// nobody's.
func testGroups(t *testing.T, target Target, identity string) {
	t.Helper()
	ids, groups, _ := strings.Cut(identity, " groups")
	if ids != "1000 1000 1000 1000" {
		t.Errorf("the ids are %s", ids)
	}
	if (os.Getuid() == 0 || target.beside()) && groups != "" {
		t.Errorf("the supplementary groups are%s", groups)
	}
	if strings.Contains(groups+" ", " 0 ") {
		t.Errorf("root's group is among%s", groups)
	}
}

// testSetuid starts a set-user-ID program: the mounts take the bit away, and
// no_new_privs what it gives.
func testSetuid(t *testing.T, target Target) {
	t.Helper()
	info, err := os.Stat("/usr/bin/su")
	if err != nil || info.Mode()&os.ModeSetuid == 0 {
		t.Log("no set-user-ID program to try on this host")
		return
	}
	b := NewBox(t, target)
	r := b.Command("/bin/sh", "-c", `cp /usr/bin/id id; chmod 6755 id; ./id -u >&2; ./id -g >&2; grep -c nosuid /proc/self/mountinfo >&2; grep -vc nosuid /proc/self/mountinfo >&2`)
	lines := strings.Fields(r.Stderr)
	if len(lines) != 4 || lines[0] != "1000" || lines[1] != "1000" || lines[3] != "0" {
		t.Errorf("a set-user-ID program, and mounts with and without nosuid: %q", r.Stderr)
	}
}

func testNamespaces(t *testing.T, target Target) {
	kinds := []string{"user", "mnt", "pid", "net", "ipc", "uts", "cgroup"}
	var probes []string
	for _, k := range kinds {
		probes = append(probes, "namespace:"+k)
	}
	in := NewBox(t, target).Attack(probes...)
	out := Outside(t, target, probes...)
	for i, p := range probes {
		inside, outside := in.Report(p), out.Report(p)
		host, err := os.Readlink("/proc/self/ns/" + kinds[i])
		if err != nil || inside.Errno != "ok" || inside.Value == host || inside.Value == "" {
			t.Errorf("%s: inside %+v, host %s", p, inside, host)
		}
		if outside.Value != host {
			t.Errorf("%s: outside %+v, host %s", p, outside, host)
		}
	}
}
