// Package isolation is layer 3: who the agent is for the kernel, what it can
// see and change of the file system, and which system calls it has. It only
// says what is wanted; a backend carries it out.
package isolation

import (
	"ringwall/internal/host"
	"ringwall/internal/plan"
	"ringwall/internal/policy"
	"ringwall/internal/project"
)

// What the agent sees of itself.
const (
	UserName = "agent"
	UserID   = 1000
	Home     = "/home/agent"
	HostName = "ringwall"
)

// Layer compiles the isolation part of a policy.
type Layer struct{}

// ID names the layer.
func (Layer) ID() plan.LayerID { return plan.Isolation }

// Plan says what to isolate. The order of the controls that make up the view
// is the order in which they are mounted.
func (Layer) Plan(p policy.Policy, h host.Facts, pr project.Facts) ([]plan.Control, error) {
	c := &compiler{policy: p, host: h, project: pr}
	c.identity()
	c.view()
	c.ask()
	c.stubs()
	c.workspace()
	c.gates()
	c.environment()
	c.kernel()
	c.decoys()
	return c.controls, nil
}

// compiler collects controls.
type compiler struct {
	policy   policy.Policy
	host     host.Facts
	project  project.Facts
	controls []plan.Control
}

// add appends a control that the run cannot do without, if the host can.
func (c *compiler) add(id string, want plan.Op, can host.Ability, from string) {
	control := plan.Control{ID: "isolation." + id, Layer: plan.Isolation, Want: want,
		Status: plan.Enforced, Must: true, From: from}
	if !can.OK {
		control.Status, control.Why = plan.Unavailable, can.Why
		if can.Fix != "" {
			control.Why += "; " + can.Fix
		}
	}
	c.controls = append(c.controls, control)
}

const byDefault = "default"

// identity: own namespaces, and the user in them.
func (c *compiler) identity() {
	c.add("namespaces", plan.Op{Namespaces: &plan.Namespaces{
		Kinds: []string{"user", "mount", "pid", "network", "ipc", "uts", "cgroup"}}}, c.host.Sandbox, byDefault)
	user := plan.Control{ID: "isolation.user", Layer: plan.Isolation, From: byDefault,
		Want: plan.Op{User: c.user()}}
	user.Status, user.Why = c.userStatus(user.Want.User.Form)
	c.controls = append(c.controls, user)
}

// Forms of identity, the stronger first.
const (
	FormAccount     = "account"      // beside its owner, who started the run without root
	FormAccountRoot = "account-root" // started by root
	FormOwner       = "owner"        // whoever started the run
)

func (c *compiler) user() *plan.User {
	u := &plan.User{Form: FormOwner, HostUID: c.host.UID, HostGID: c.host.GID,
		UID: UserID, GID: UserID, Name: UserName, Home: Home, Host: HostName}
	switch a := c.host.Account; {
	case a == nil:
	case c.host.IsRoot():
		u.Form, u.HostUID, u.HostGID = FormAccountRoot, a.UID, a.GID
	case c.host.Beside.OK && c.host.Shared.OK:
		u.Form, u.HostUID, u.HostGID = FormAccount, a.UID, a.GID
	}
	return u
}

// userStatus says for the weakest form what the next one lacks.
func (c *compiler) userStatus(form string) (plan.Status, string) {
	if form != FormOwner {
		return plan.Enforced, ""
	}
	why := "behind the namespaces the agent's processes carry your own user and group numbers, " +
		"supplementary groups included"
	for _, lack := range []host.Ability{c.host.Beside, c.host.Shared} {
		if !lack.OK && lack.Why != "" {
			return plan.Downgraded, why + ": " + lack.Why + "; " + lack.Fix
		}
	}
	return plan.Downgraded, why
}

// kernel: what is left of the kernel's surface.
func (c *compiler) kernel() {
	can := host.Ability{OK: true}
	c.add("descriptors", plan.Op{Descriptors: &plan.Descriptors{Keep: 3}}, can, byDefault)
	c.add("capabilities", plan.Op{Capabilities: &plan.Capabilities{Keep: []string{}}}, can, byDefault)
	c.add("no-new-privs", plan.Op{NoNewPrivs: &plan.NoNewPrivs{}}, can, byDefault)
	c.add("syscalls", plan.Op{Syscalls: &plan.Syscalls{Profile: "default", Observe: c.host.Observe.OK}},
		c.host.Seccomp, byDefault)
	c.landlock()
}

// landlock is a second lock; the mounts hold without it, so that a kernel
// without it is a downgrade and no refusal.
func (c *compiler) landlock() {
	control := plan.Control{ID: "isolation.landlock", Layer: plan.Isolation, From: byDefault,
		Status: plan.Enforced, Want: plan.Op{Landlock: &plan.Landlock{ABI: c.host.Landlock,
			Write: []string{c.project.Path, Home, "/tmp", "/var/tmp", "/dev"}}}}
	switch abi := c.host.Landlock; {
	case abi == 0:
		control.Status = plan.Unavailable
		control.Why = "this kernel has no Landlock; the mounts hold alone"
	case abi < newestUsed:
		control.Status = plan.Downgraded
		control.Why = "an older Landlock than 6 (Linux 6.12): abstract sockets and signals are bounded by the namespaces alone"
	}
	c.controls = append(c.controls, control)
}

// newestUsed is the version of Landlock whose rights are all used.
const newestUsed = 6
