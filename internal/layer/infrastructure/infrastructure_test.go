package infrastructure

import (
	"testing"

	"ringwall/internal/host"
	"ringwall/internal/plan"
	"ringwall/internal/policy"
	"ringwall/internal/project"
)

// TestHow: each limit names what keeps it, the strongest that the host has.
func TestHow(t *testing.T) {
	dirs := map[string]string{"memory": "/m", "pids": "/p", "cpu": "/c"}
	for _, c := range []struct {
		name, cpus string
		h          host.Facts
		id, by     string
		status     plan.Status
	}{
		{"cgroup", "2", host.Facts{CPUs: 8, Cgroups: host.Cgroups{Version: 2, Dirs: dirs}}, "infrastructure.memory", "cgroup v2 memory", plan.Enforced},
		{"cgroup", "2", host.Facts{CPUs: 8, Cgroups: host.Cgroups{Version: 1, Dirs: dirs}}, "infrastructure.cpu", "cgroup v1 cpu", plan.Enforced},
		{"none", "2", host.Facts{CPUs: 8}, "infrastructure.memory", ByData, plan.Downgraded},
		{"none", "2", host.Facts{CPUs: 8}, "infrastructure.pids", ByNproc, plan.Downgraded},
		{"whole CPUs", "2", host.Facts{CPUs: 8}, "infrastructure.cpu", ByAffinity, plan.Enforced},
		{"parts of a CPU", "0.5", host.Facts{CPUs: 8}, "infrastructure.cpu", ByAffinity, plan.Downgraded},
		{"a small host", "2", host.Facts{CPUs: 2}, "infrastructure.cpu", ByHost, plan.Enforced},
		{"disk", "2", host.Facts{CPUs: 2, Cgroups: host.Cgroups{Version: 2, Dirs: dirs}}, "infrastructure.disk", ByWatch, plan.Downgraded},
		{"swap", "2", host.Facts{CPUs: 2, Cgroups: host.Cgroups{Version: 1, Dirs: dirs, Swap: true}}, "infrastructure.memory", "cgroup v1 memory", plan.Downgraded},
		{"inodes", "2", host.Facts{CPUs: 2}, "infrastructure.inodes", ByWatch, plan.Downgraded},
		{"output", "2", host.Facts{CPUs: 2}, "infrastructure.output", ByMeter, plan.Enforced},
		{"time", "2", host.Facts{CPUs: 2}, "infrastructure.time", ByTimer, plan.Enforced},
	} {
		p, err := policy.Parse("ringwall.toml", []byte("version = 1\n[limits]\ncpus = "+c.cpus+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		controls, err := Layer{}.Plan(p, c.h, project.Facts{})
		if err != nil {
			t.Fatal(err)
		}
		got, ok := plan.Plan{Controls: controls}.Find(c.id)
		if !ok || got.Want.Limit.By != c.by || got.Status != c.status {
			t.Errorf("%s: %+v by %q, want %q and %s", c.name, got, got.Want.Limit.By, c.by, c.status)
		}
		if err := (plan.Plan{Controls: controls}).Check(); err != nil {
			t.Error(err)
		}
	}
}

// TestDemanded: a limit that the policy demands and the host cannot keep as it
// is written stops the run; one that it keeps does not.
func TestDemanded(t *testing.T) {
	p, err := policy.Parse("ringwall.toml", []byte("version = 1\n[limits]\nmust = [\"memory\", \"cpus\"]\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		h    host.Facts
		want string
	}{
		"all":    {host.Facts{CPUs: 4, Cgroups: host.Cgroups{Version: 2, Dirs: map[string]string{"memory": "/g", "cpu": "/g"}}}, ""},
		"memory": {host.Facts{CPUs: 4}, "infrastructure.memory"},
	} {
		controls, err := Layer{}.Plan(p, c.h, project.Facts{})
		if err != nil {
			t.Fatal(err)
		}
		missing := ""
		for _, m := range (plan.Plan{Controls: controls}).Missing() {
			missing += m.ID
		}
		if missing != c.want {
			t.Errorf("%s: missing %q, want %q", name, missing, c.want)
		}
	}
}

// TestFromNamesTheFile: a limit that the machine's policy made smaller comes
// from there, and not from a line of the project's.
func TestFromNamesTheFile(t *testing.T) {
	parse := func(name, text string) policy.Policy {
		p, err := policy.Parse(name, []byte("version = 1\n[limits]\n"+text))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	p, _, err := policy.Merge(parse(policy.MachineFile, "pids = 100\n"), parse(policy.FileName, "memory = \"1GiB\"\npids = 200\n"))
	if err != nil {
		t.Fatal(err)
	}
	controls, err := Layer{}.Plan(p, host.Facts{}, project.Facts{})
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{
		"infrastructure.memory": "ringwall.toml:3", "infrastructure.pids": policy.MachineFile + ":3", "infrastructure.files": "default",
	} {
		if c, _ := (plan.Plan{Controls: controls}).Find(id); c.From != want {
			t.Errorf("%s is from %q, want %q", id, c.From, want)
		}
	}
}
