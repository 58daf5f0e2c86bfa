package native

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"golang.org/x/sys/unix"

	"ringwall/internal/evidence"
	"ringwall/internal/kernel/cgroup"
	"ringwall/internal/kernel/launch"
	"ringwall/internal/plan"
)

// rlimits says which limit of setrlimit(2) stands for a resource.
var rlimits = map[string]int{
	"pids": unix.RLIMIT_NPROC, "memory": unix.RLIMIT_DATA, "files": unix.RLIMIT_NOFILE,
	"core": unix.RLIMIT_CORE, "file_size": unix.RLIMIT_FSIZE,
}

func byGroup(l *plan.Limit) bool { return strings.HasPrefix(l.By, "cgroup") }

// limit prepares what the first process has to set on itself.
func (t *translation) limit(l *plan.Limit) {
	res, has := rlimits[l.Resource]
	if has && !byGroup(l) {
		t.spec.Rlimits = append(t.spec.Rlimits, launch.Rlimit{Resource: res, Value: uint64(l.Value)})
	}
	if l.Resource == "cpu" {
		t.spec.Rlimits = append(t.spec.Rlimits, noPriority...)
		if l.By == "CPU affinity" {
			t.spec.CPUs = chooseCPUs(int(l.Value / 1000))
		}
	}
}

// noPriority goes with the CPU limit: an owner whose session may ask for
// real-time scheduling or a better priority would hand that on, and a process
// with it takes its CPU from everybody else.
var noPriority = []launch.Rlimit{{Resource: unix.RLIMIT_RTPRIO}, {Resource: unix.RLIMIT_NICE}}

// chooseCPUs takes n of the CPUs that the supervisor may use, by chance, so
// that many sandboxes do not crowd on the first.
func chooseCPUs(n int) []int {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return nil
	}
	var all []int
	for c := range len(set) * 64 {
		if set.IsSet(c) {
			all = append(all, c)
		}
	}
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:min(n, len(all))]
}

// limit gives a limit of the plan by its resource; 0 where there is none.
func (r *run) limit(resource string) int64 {
	if l := r.find(resource); l != nil {
		return l.Value
	}
	return 0
}

func (r *run) find(resource string) *plan.Limit {
	if c, ok := r.plan.Find("infrastructure." + resource); ok {
		return c.Want.Limit
	}
	return nil
}

// place is where the control group goes, if any limit is to be kept by one.
func (r *run) place() cgroup.Place {
	place := cgroup.Place{Version: r.native.Host.Cgroups.Version, Dirs: map[string]string{}}
	for _, c := range r.plan.Controls {
		if l := c.Want.Limit; l != nil && byGroup(l) {
			place.Dirs[l.Resource] = r.native.Host.Cgroups.Dirs[l.Resource]
		}
	}
	return place
}

// setGroupLimits puts the group's limits in force. The first process is born
// into it.
func (r *run) setGroupLimits() error {
	for _, c := range r.plan.Controls {
		if l := c.Want.Limit; l != nil && byGroup(l) {
			if err := r.group.Limit(l.Resource, l.Value); err != nil {
				return fmt.Errorf("%s: %w", c.ID, err)
			}
		}
	}
	return nil
}

// readLimitsBack asks the kernel what is in force for the first process, and
// records the answer. A limit that is wider than the plan's stops the start.
// Those that the first process sets itself can be asked about when it has.
func (r *run) readLimitsBack(itsOwn bool) error {
	for _, c := range r.plan.Controls {
		l := c.Want.Limit
		if l == nil || ofProcess(l) != itsOwn {
			continue
		}
		inForce, err := r.inForce(l)
		if err != nil {
			return fmt.Errorf("%s: read back: %w", c.ID, err)
		}
		if inForce < 0 || inForce > l.Value {
			return fmt.Errorf("%s: the kernel has %d in force where %d was set", c.ID, inForce, l.Value)
		}
		e := &evidence.LimitSet{Resource: l.Resource, Asked: l.Value, InForce: inForce, By: l.By}
		if err := r.recorder.Record(evidence.Event{LimitSet: e}); err != nil {
			return err
		}
	}
	return nil
}

// ofProcess tells whether a limit is one that the first process sets.
func ofProcess(l *plan.Limit) bool {
	_, resource := rlimits[l.Resource]
	return !byGroup(l) && (resource || l.By == "CPU affinity")
}

// inForce is a limit as the kernel has it. What the supervisor keeps by itself
// is in force by its being there.
func (r *run) inForce(l *plan.Limit) (int64, error) {
	if byGroup(l) {
		return r.group.InForce(l.Resource)
	}
	if l.By == "CPU affinity" {
		var set unix.CPUSet
		err := unix.SchedGetaffinity(r.process.PID, &set)
		return int64(set.Count()) * 1000, err
	}
	if res, ok := rlimits[l.Resource]; ok {
		var now unix.Rlimit
		err := unix.Prlimit(r.process.PID, res, nil, &now)
		return int64(now.Max), err // RLIM_INFINITY is negative
	}
	return l.Value, nil
}

// reached records that a limit was hit.
func (r *run) reached(resource string, ended bool) {
	r.record(evidence.Event{LimitReached: &evidence.LimitReached{
		Resource: resource, Value: r.limit(resource), Control: "infrastructure." + resource, Ended: ended}})
}
