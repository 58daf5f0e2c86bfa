// Package native is ringwall's own backend: namespaces, mounts, Landlock,
// seccomp and limits through the kernel's interfaces alone, without root and
// without a program that would have to be installed.
package native

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"ringwall/internal/backend"
	"ringwall/internal/egress/apart"
	"ringwall/internal/egress/bait"
	"ringwall/internal/evidence"
	"ringwall/internal/host"
	"ringwall/internal/kernel/cgroup"
	"ringwall/internal/kernel/keeper"
	"ringwall/internal/kernel/launch"
	"ringwall/internal/kernel/namespace"
	"ringwall/internal/kernel/pty"
	"ringwall/internal/kernel/seccomp"
	"ringwall/internal/plan"
)

// Native runs one command at a time. Its fields are what a plan must not
// hold: open files, secrets, where the changes go.
type Native struct {
	Host    host.Facts
	Stdin   *os.File // nil: empty
	Stdout  *os.File
	Stderr  *os.File
	IterDir string // has upper/ and work/, on one file system
	// Layers is a folder on the same file system, this project's and this run's
	// alone: what stays from run to run. Empty: nothing does.
	Layers string
	// Tree is the folder that stands for the project where the plan says that a
	// copy does, and TreeHas what it took when it was made. ProjectHas is the
	// same of the project, for direct mode.
	Tree                string
	TreeHas, ProjectHas Usage
	// Above runs the command over what the iteration left in upper/, which stays
	// as it is; IterDir then has check/ as well, with an upper/ and work/ of its own.
	Above bool
	Dir   string // inside, where the command starts; empty: the project
	// ProjectOwner is the user and group that the project's files belong to.
	ProjectOwner [2]int
	Secrets      map[string]string // by credential name, as credform.Decode reads them
	// Refresh reads a secret again that its service refused; nil: none can be.
	Refresh func(ctx context.Context, name string) (string, error)
	// Terminal, if set, connects the terminal that the command gets with the
	// caller's.
	Terminal *pty.Relay
	// Signals are passed on to the command.
	Signals <-chan os.Signal
	// Name is unique on this machine; the control group bears it.
	Name string
	// Waiting, if set, is the first process to use for the first run.
	Waiting *Waiting
	// Admitted, if set, is called when the first process knows what to do. What
	// must be done before the command runs, and does not bear on how, is done
	// here, while the view is built. An error ends the start.
	Admitted func() error
	// Progress, if set, is called about four times a second.
	Progress func(backend.Counts)
}

// Usage is what a tree takes on the disk.
type Usage struct{ Bytes, Entries, Files int64 }

var _ backend.Backend = (*Native)(nil)

// Probe tells whether the kernel gives what the backend stands on.
func (*Native) Probe(h host.Facts) backend.Support {
	for _, a := range []host.Ability{h.Sandbox, h.Seccomp} {
		if !a.OK {
			return backend.Support{Why: a.Why, Fix: a.Fix}
		}
	}
	return backend.Support{OK: true}
}

// grace is how long a command has to end after it was asked to.
const grace = 3 * time.Second

// Run implements backend.Backend.
func (n *Native) Run(ctx context.Context, p plan.Plan, rec evidence.Recorder) (backend.Result, error) {
	r := newRun(n, p, rec)
	if n.Dir == "" {
		n.Dir = p.Project
	}
	go r.shown() // it is needed soon, and made meanwhile
	if err := r.prepare(); err != nil {
		return backend.Result{}, err
	}
	if err := r.launch(); err != nil {
		r.release()
		return backend.Result{}, err
	}
	res, err := r.supervise(ctx)
	r.part()
	n.Waiting.bury(r)
	return res, err
}

// run is one command behind its walls.
type run struct {
	native   *Native
	plan     plan.Plan
	recorder evidence.Recorder

	user         *plan.User
	identity     namespace.Identity
	given        bool                   // what the account made
	shown        func() ([]byte, error) // the plan as the agent sees it
	ahead        *ahead                 // nil: nothing was made ahead
	mapping      *host.Mapping          // nil: none, or not needed any more
	layers       []string               // above the owner's caches
	layered      bool                   // absent guardrails stand in a layer of their own
	placeholders map[string]string
	decoys       map[string]bait.Bait // by path
	alarm        atomic.Pointer[evidence.Alarm]
	rules        []seccomp.Rule
	stores       stores
	gateway      *apart.Gateway
	group        *cgroup.Group
	janitor      *keeper.Keeper
	process      *namespace.Process
	terminal     []int // the other end of the command's, until it is connected
	guard        *guard
	watcher      *watcher
	observer     *observer
	meter        *meter      // nil: no limit on output
	stop         chan string // reasons to end the run
}

func newRun(n *Native, p plan.Plan, rec evidence.Recorder) *run {
	r := &run{native: n, plan: p, recorder: rec, stop: make(chan string, 8)}
	r.shown = sync.OnceValues(func() ([]byte, error) { return p.Shown().Canonical() })
	if n.Waiting != nil {
		r.ahead = n.Waiting.ahead
	}
	return r
}

// prepare makes everything that does not need the first process.
func (r *run) prepare() error {
	for _, c := range r.plan.Controls {
		if c.Want.User != nil {
			r.user = c.Want.User
		}
	}
	if r.user == nil || r.user.HostUID == 0 {
		return r.failed("isolation.user", fmt.Errorf("the plan names no unprivileged user"))
	}
	var err error
	if r.identity, err = identity(r.native.Host, r.user); err != nil {
		return r.failed("isolation.user", err)
	}
	if err := errors.Join(r.sameMode(), r.share()); err != nil {
		return r.failed("isolation.workspace", err)
	}
	if err := errors.Join(r.choosePlaceholders(), r.chooseDecoys()); err != nil {
		return r.failed("", err)
	}
	if err := r.openTrust(); err != nil {
		return r.failed("network.trust", err)
	}
	if err := r.openGateway(); err != nil {
		return r.failed("network.gateway", err)
	}
	return nil
}

// sameMode gives the upper directory the project's permissions: it is what the
// project's folder shows inside.
func (r *run) sameMode() error {
	if !r.overlaid() {
		return nil // a copy has the mode already
	}
	info, err := os.Stat(r.plan.Project)
	if err != nil {
		return err
	}
	return os.Chmod(r.writes(), info.Mode().Perm())
}

func (r *run) failed(control string, err error) error {
	e := &backend.StartError{Control: control, Err: err}
	denied := errors.Is(err, unix.EACCES) || errors.Is(err, unix.EOVERFLOW)
	if denied && r.user != nil && r.user.Form == accountRootForm {
		e.Fix = "started by root, ringwall maps one user and one group, those of the project's folder: let all of its files belong to them"
	}
	return e
}

// launch starts the first process and goes with it through the handshake that
// package launch draws.
func (r *run) launch() error {
	spec, files, err := r.translate()
	if err != nil {
		return r.failed("", err)
	}
	defer closeAll(files)
	return r.start(spec, files)
}

func (r *run) start(spec *launch.Spec, files []*os.File) error {
	if err := r.begin(); err != nil {
		return err
	}
	r.watcher = newWatcher(r)
	out, errs, err := r.outputs()
	if err != nil {
		r.meter.start()
		r.kill()
		r.meter.unused()
		return r.failed("infrastructure.output", err)
	}
	err = r.process.Admit(spec, namespace.Options{
		Identity: r.identity, Files: files, Stdin: r.native.Stdin, Stdout: out, Stderr: errs,
	})
	r.meter.start()
	if err != nil {
		err = r.failed("isolation.namespaces", err)
	} else if err = r.meet(spec); err != nil {
		err = r.failed("", err)
	}
	if err != nil {
		r.kill()
		r.meter.unused()
	}
	return err
}

// meet does what is to be done meanwhile, and then goes with the first process
// to the command.
func (r *run) meet(spec *launch.Spec) error {
	if r.native.Admitted != nil {
		if err := r.native.Admitted(); err != nil {
			return err
		}
	}
	r.dropMapping()
	if err := r.readLimitsBack(false); err != nil {
		return err
	}
	return r.handshake(spec)
}

// begin starts the first process in its control group, or takes the one that
// waits for this run.
func (r *run) begin() error {
	w := r.native.Waiting.take()
	if w == nil {
		w = new(Waiting)
		w.begin(r.place(), r.native.Name)
	}
	r.process, r.group, r.janitor = w.process, w.group, w.janitor
	if w.err != nil {
		return r.failed(w.control, w.err)
	}
	if err := r.setGroupLimits(); err != nil {
		r.kill()
		return r.failed("infrastructure", err)
	}
	return nil
}

// kill ends everything inside and returns when it is gone. The kernel ends a
// process namespace with its first process, and a control group of version 2
// as a whole, wherever a process got to by forking.
func (r *run) kill() {
	r.process.Kill()
	r.group.Kill()
	r.process.Wait()
}

// release lets go of everything, in the reverse order. By then every process
// of the run is dead.
func (r *run) release() {
	r.endProcesses()
	r.part()
	r.bury()
}

// endProcesses waits until every process of the run is gone.
func (r *run) endProcesses() {
	if r.process != nil {
		r.kill()
		r.process.Close()
		r.claim(nil)
		r.process = nil
	}
}

// part ends what notes and answers for the run. After it nothing is recorded
// any more.
func (r *run) part() {
	r.closeTerminal()
	if r.observer != nil {
		r.observer.close()
	}
	if r.watcher != nil {
		r.watcher.close()
	}
	if r.gateway != nil {
		r.gateway.Close()
	}
	r.stores.close()
}

// dropMapping ends the process that was needed to map the project's owner.
func (r *run) dropMapping() {
	r.mapping.Close()
	r.mapping = nil
}

// bury removes what would outlive the processes.
func (r *run) bury() {
	r.endProcesses()
	r.dropMapping()
	if r.group != nil {
		r.group.Remove()
	}
	if r.janitor != nil {
		r.janitor.Dismiss()
	}
}
