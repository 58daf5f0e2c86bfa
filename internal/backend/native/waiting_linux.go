package native

import (
	"golang.org/x/sys/unix"

	"ringwall/internal/host"
	"ringwall/internal/kernel/cgroup"
	"ringwall/internal/kernel/keeper"
	"ringwall/internal/kernel/namespace"
)

// Waiting is a first process that was started before it was known what it is
// for: the kernel makes its namespaces while the policy is read and the plan is
// made. It holds nothing and can do nothing until it is admitted. It is in its
// control group already, whose limits come with the plan.
type Waiting struct {
	begun   chan struct{}
	taken   bool
	process *namespace.Process
	group   *cgroup.Group
	janitor *keeper.Keeper
	control string // that could not be carried out
	err     error
	ahead   *ahead
	buried  chan struct{} // nil: not begun
}

// bury removes what is left of a run. The kernel takes a while to take a sandbox
// down, which whoever calls Abandon in the end can spend on something else.
func (w *Waiting) bury(r *run) {
	if w == nil || !w.taken || w.buried != nil {
		r.bury()
		return
	}
	w.buried = make(chan struct{})
	go func() {
		defer close(w.buried)
		r.bury()
	}()
}

// Prestart begins one; name is the Native's. Give it to that Native, and call
// Abandon in the end, whether it was used or not.
func Prestart(h host.Facts, name string) *Waiting {
	w := &Waiting{begun: make(chan struct{}), ahead: lookAhead(h)}
	go func() {
		defer close(w.begun)
		w.begin(cgroup.Place{Version: h.Cgroups.Version, Dirs: h.Cgroups.Dirs}, name)
	}()
	return w
}

// take hands the process over, once; nil where there is none.
func (w *Waiting) take() *Waiting {
	if w == nil || w.taken {
		return nil
	}
	<-w.begun
	w.taken = true
	return w
}

// Abandon ends the process, and removes its control group, if nobody took it,
// and else waits until nothing of it is left.
func (w *Waiting) Abandon() {
	if w != nil {
		w.ahead.close()
	}
	if w.take() == nil {
		if w != nil && w.buried != nil {
			<-w.buried
		}
		return
	}
	r := run{process: w.process, group: w.group, janitor: w.janitor}
	r.release()
}

// begin makes the control group, and starts the process in it. First comes the
// janitor, which removes the group should this process be killed.
func (w *Waiting) begin(place cgroup.Place, name string) {
	var birth namespace.Birth
	if len(place.Dirs) > 0 {
		w.control = "infrastructure"
		if birth, w.err = w.makeGroup(place, name); w.err != nil {
			return
		}
		if birth.Cgroup > 0 {
			defer unix.Close(birth.Cgroup)
		}
	}
	w.control = "isolation.namespaces"
	w.process, w.err = namespace.Begin(birth)
}

func (w *Waiting) makeGroup(place cgroup.Place, name string) (birth namespace.Birth, err error) {
	if w.janitor, err = hireJanitor(place, name); err != nil {
		return birth, err
	}
	if w.group, err = place.Create(name); err != nil {
		return birth, err
	}
	birth.Enter = w.group.Enter
	birth.Cgroup, err = w.group.Open()
	return birth, err
}
