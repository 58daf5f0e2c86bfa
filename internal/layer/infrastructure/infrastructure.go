// Package infrastructure is layer 5: how much of the machine the agent can
// use, and for how long.
package infrastructure

import (
	"fmt"
	"slices"
	"time"

	"ringwall/internal/host"
	"ringwall/internal/plan"
	"ringwall/internal/policy"
	"ringwall/internal/project"
)

// Layer compiles the limits.
type Layer struct{}

// ID names the layer.
func (Layer) ID() plan.LayerID { return plan.Infrastructure }

// Ways to bound a resource. The backend carries out what the plan names, and
// reads back what it set.
const (
	ByCgroup   = "cgroup v%d %s"
	ByRlimit   = "rlimit"          // the kernel, process by process
	ByNproc    = "RLIMIT_NPROC"    // the kernel, over the own user namespace
	ByData     = "RLIMIT_DATA"     // the kernel by process, and a watch over the sum
	ByAffinity = "CPU affinity"    // with sched_setaffinity refused
	ByWatch    = "watch"           // the supervisor looks, and ends the run
	ByTimer    = "supervisor"      // a monotonic clock outside
	ByMeter    = "supervisor"      // everything that is written passes through it
	ByHost     = "the host's CPUs" // there are no more
)

// noCore is the limit of a core dump, in bytes. It is not 0: the kernel does
// not ask for the limit where core_pattern names a program, and starts it as
// root outside, except for exactly this value (core(5)). No file is written
// either, since none would be that small.
const noCore = 1

// Plan makes one control a resource.
func (Layer) Plan(p policy.Policy, h host.Facts, _ project.Facts) ([]plan.Control, error) {
	l := p.Limits
	out := []plan.Control{
		memory(l.Memory, h), pids(l.PIDs, h), cpu(l.MilliCPUs, h),
		watched("disk", l.Disk), watched("inodes", l.Inodes),
		enforced("file_size", fileSize(l), ByRlimit), enforced("files", l.Files, ByRlimit),
		enforced("core", noCore, ByRlimit), enforced("output", l.Output, ByMeter),
		enforced("time", int64(l.Time/time.Second), ByTimer),
	}
	for i := range out {
		key := keyOf(out[i].Want.Limit.Resource)
		// The machine's policy, where its limit is the smaller.
		out[i].From = p.Where("limits." + key)
		out[i].Must = slices.Contains(l.Must, key)
	}
	return out, nil
}

// fileSize bounds one file: no file can be larger than all of them together.
func fileSize(l policy.Limits) int64 {
	if l.FileSize > 0 {
		return min(l.FileSize, l.Disk)
	}
	return l.Disk
}

// keyOf is a resource's key in the policy.
func keyOf(resource string) string {
	if resource == "cpu" {
		return "cpus"
	}
	return resource
}

func enforced(resource string, value int64, by string) plan.Control {
	return plan.Control{ID: "infrastructure." + resource, Layer: plan.Infrastructure,
		Want:   plan.Op{Limit: &plan.Limit{Resource: resource, Value: value, By: by}},
		Status: plan.Enforced}
}

func downgraded(resource string, value int64, by, why string) plan.Control {
	c := enforced(resource, value, by)
	c.Status, c.Why = plan.Downgraded, why
	return c
}

func cgroup(h host.Facts, controller string) (string, bool) {
	if h.Cgroups.Dirs[controller] == "" {
		return "", false
	}
	return fmt.Sprintf(ByCgroup, h.Cgroups.Version, controller), true
}

func memory(value int64, h host.Facts) plan.Control {
	by, ok := cgroup(h, "memory")
	switch {
	case ok && h.Cgroups.Swap:
		return downgraded("memory", value, by,
			"this kernel does not count swap by control group (boot with swapaccount=1): what is swapped out comes on top")
	case ok:
		return enforced("memory", value, by)
	}
	return downgraded("memory", value, ByData,
		"no memory controller is delegated to you: RLIMIT_DATA bounds each process, and the supervisor watches the sum")
}

func pids(value int64, h host.Facts) plan.Control {
	if by, ok := cgroup(h, "pids"); ok {
		return enforced("pids", value, by)
	}
	return downgraded("pids", value, ByNproc,
		"no pids controller is delegated to you: RLIMIT_NPROC counts the processes of the own user namespace (Linux 5.14)")
}

func cpu(milli int64, h host.Facts) plan.Control {
	if by, ok := cgroup(h, "cpu"); ok {
		return enforced("cpu", milli, by)
	}
	switch {
	case milli >= int64(h.CPUs)*1000:
		return enforced("cpu", milli, ByHost)
	case milli%1000 == 0:
		return enforced("cpu", milli, ByAffinity)
	}
	whole := (milli + 999) / 1000 * 1000
	return downgraded("cpu", whole, ByAffinity,
		"no cpu controller is delegated to you: only whole CPUs can be given")
}

// watched is what no quota bounds that an ordinary user could set.
func watched(resource string, value int64) plan.Control {
	return downgraded(resource, value, ByWatch,
		"no quota can be set on the state directory's file system: the supervisor looks often and ends the iteration beyond the limit")
}
