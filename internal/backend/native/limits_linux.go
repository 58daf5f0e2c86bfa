package native

import (
	"errors"
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
	"core": unix.RLIMIT_CORE, "disk": unix.RLIMIT_FSIZE,
}

func byGroup(l *plan.Limit) bool { return strings.HasPrefix(l.By, "cgroup") }

// limit prepares what the first process has to set on itself.
func (t *translation) limit(l *plan.Limit) {
	res, has := rlimits[l.Resource]
	if has && !byGroup(l) {
		// The watched disk limit also bounds each single file.
		t.spec.Rlimits = append(t.spec.Rlimits, launch.Rlimit{Resource: res, Value: uint64(l.Value)})
	}
	if l.Resource == "cpu" && l.By == "CPU affinity" {
		t.spec.CPUs = chooseCPUs(int(l.Value / 1000))
	}
}

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

// makeGroup makes the control group, if any limit is to be kept by one, and
// first the janitor that removes it should this process be killed.
func (r *run) makeGroup() error {
	place := cgroup.Place{Version: r.native.Host.Cgroups.Version, Dirs: map[string]string{}}
	for _, c := range r.plan.Controls {
		if l := c.Want.Limit; l != nil && byGroup(l) {
			place.Dirs[l.Resource] = r.native.Host.Cgroups.Dirs[l.Resource]
		}
	}
	if len(place.Dirs) == 0 {
		return nil
	}
	var err error
	if r.janitor, err = hireJanitor(place, r.native.Name); err != nil {
		return err
	}
	r.group, err = place.Create(r.native.Name)
	return err
}

// enforceLimits puts the limits in force, reads each back and records what the
// kernel says. A limit that is not in force as planned stops the start.
func (r *run) enforceLimits() error {
	if r.group != nil {
		if err := r.group.Add(r.process.PID); err != nil {
			return err
		}
	}
	for _, c := range r.plan.Controls {
		if c.Want.Limit == nil {
			continue
		}
		if err := r.enforce(c); err != nil {
			return fmt.Errorf("%s: %w", c.ID, err)
		}
	}
	return nil
}

func (r *run) enforce(c plan.Control) error {
	l := c.Want.Limit
	inForce := l.Value
	if byGroup(l) {
		var err error
		if inForce, err = r.group.Limit(l.Resource, l.Value); err != nil {
			return err
		}
	}
	if inForce > l.Value {
		return errors.New("the kernel reports a wider limit than was set")
	}
	return r.recorder.Record(evidence.Event{LimitSet: &evidence.LimitSet{
		Resource: l.Resource, Asked: l.Value, InForce: inForce, By: l.By}})
}

// reached records that a limit was hit.
func (r *run) reached(resource string, ended bool) {
	r.recorder.Record(evidence.Event{LimitReached: &evidence.LimitReached{
		Resource: resource, Value: r.limit(resource), Control: "infrastructure." + resource, Ended: ended}})
}
