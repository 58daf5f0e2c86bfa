package backendtest

import (
	"strings"

	"ringwall/internal/host"
	"ringwall/internal/plan"
)

// Where things are inside.
const (
	Program = "/attacker" // the attacker
	Home    = "/home/agent"
)

// Form of the identity, as the plan names it.
const (
	ownerForm   = "owner"
	accountForm = "account-root"
	besideForm  = "account"
)

// basePlan is a plan as the layers make it for an ordinary project, written by
// hand: a backend sees nothing but plans.
func basePlan(h host.Facts, project, attacker string) plan.Plan {
	p := plan.Plan{Version: plan.Version, Project: project, Agent: "generic"}
	add := func(id string, op plan.Op) { p.Controls = append(p.Controls, control(id, op)) }
	mount := func(m plan.Mount) { add("isolation.view:"+m.Target, plan.Op{Mount: &m}) }
	add("isolation.namespaces", plan.Op{Namespaces: &plan.Namespaces{Kinds: namespaces}})
	add("isolation.user", plan.Op{User: user(h)})
	for _, e := range h.Root {
		mount(entry(e))
	}
	for _, e := range h.Etc {
		mount(plan.Mount{Kind: plan.Bind, Target: e.Path, Source: e.Path, NoExec: true, Optional: true})
	}
	mount(plan.Mount{Kind: plan.File, Target: "/etc/passwd", Content: "agent:x:1000:1000::" + Home + ":/bin/sh\n"})
	if user(h).Form == besideForm { // git takes others' projects only where it is told to
		mount(plan.Mount{Kind: plan.File, Target: "/etc/gitconfig", Content: "[safe]\n\tdirectory = *\n"})
	}
	mount(plan.Mount{Kind: plan.Tmpfs, Target: "/tmp", Writable: true, Size: 64 << 20})
	mount(plan.Mount{Kind: plan.Tmpfs, Target: Home, Writable: true, Size: 64 << 20})
	mount(plan.Mount{Kind: plan.Proc, Target: "/proc", NoExec: true})
	mount(plan.Mount{Kind: plan.Dev, Target: "/dev", Size: 16 << 20, NoExec: true})
	mount(plan.Mount{Kind: plan.Bind, Target: Program, Source: attacker})
	add("isolation.workspace", plan.Op{Workspace: &plan.Workspace{Path: project, Mode: "staged"}})
	add("isolation.environment", plan.Op{Env: &plan.Env{Vars: map[string]string{"HOME": Home, "PATH": "/usr/bin:/bin", "LANG": "C"}}})
	add("isolation.descriptors", plan.Op{Descriptors: &plan.Descriptors{Keep: 3}})
	add("isolation.capabilities", plan.Op{Capabilities: &plan.Capabilities{Keep: []string{}}})
	add("isolation.no-new-privs", plan.Op{NoNewPrivs: &plan.NoNewPrivs{}})
	add("isolation.syscalls", plan.Op{Syscalls: &plan.Syscalls{Profile: "default", Observe: h.Observe.OK}})
	if h.Landlock > 0 {
		add("isolation.landlock", plan.Op{Landlock: &plan.Landlock{ABI: h.Landlock, Write: []string{project, Home, "/tmp", "/dev"}}})
	}
	add("network.gateway", plan.Op{Gateway: &plan.Gateway{Mode: "none"}})
	add("network.gateway.process", plan.Op{Apart: gateway(h)})
	for _, l := range limits(h) {
		add("infrastructure."+l.Resource, plan.Op{Limit: &l})
	}
	return p
}

var namespaces = []string{"user", "mount", "pid", "network", "ipc", "uts", "cgroup"}

func control(id string, op plan.Op) plan.Control {
	layer, _, _ := strings.Cut(id, ".")
	return plan.Control{ID: id, Layer: plan.LayerID(layer), Want: op, Status: plan.Enforced, From: "the test"}
}

// gateway is who the gateway would be, had the plan one.
func gateway(h host.Facts) *plan.Apart {
	a := &plan.Apart{HostUID: h.UID, HostGID: h.GID, Landlock: h.Landlock}
	if h.IsRoot() {
		a.HostUID, a.HostGID = 61101, 61101
	}
	return a
}

func user(h host.Facts) *plan.User {
	u := &plan.User{Form: ownerForm, HostUID: h.UID, HostGID: h.GID, UID: 1000, GID: 1000, Name: "agent", Home: Home, Host: "sandbox"}
	switch {
	case h.Account == nil:
	case h.IsRoot():
		u.Form, u.HostUID, u.HostGID = accountForm, h.Account.UID, h.Account.GID
	case h.Beside.OK:
		u.Form, u.HostUID, u.HostGID = besideForm, h.Account.UID, h.Account.GID
	}
	return u
}

func entry(e host.Entry) plan.Mount {
	if e.Link != "" {
		return plan.Mount{Kind: plan.Symlink, Target: e.Path, Source: e.Link}
	}
	return plan.Mount{Kind: plan.Bind, Target: e.Path, Source: e.Path}
}

// limits are tight enough to be reached by a test, each in the strongest form
// that this host has.
func limits(h host.Facts) []plan.Limit {
	by := func(controller, otherwise string) string {
		if h.Cgroups.Dirs[controller] == "" {
			return otherwise
		}
		return "cgroup v" + string(rune('0'+h.Cgroups.Version)) + " " + controller
	}
	return []plan.Limit{
		{Resource: "memory", Value: 512 << 20, By: by("memory", "RLIMIT_DATA")},
		{Resource: "pids", Value: 96, By: by("pids", "RLIMIT_NPROC")},
		{Resource: "disk", Value: 1 << 30, By: "watch"},
		{Resource: "inodes", Value: 20_000, By: "watch"},
		{Resource: "files", Value: 256, By: "rlimit"},
		{Resource: "file_size", Value: 1 << 30, By: "rlimit"},
		{Resource: "core", Value: 1, By: "rlimit"},
		{Resource: "output", Value: 1 << 30, By: "supervisor"},
		{Resource: "time", Value: 60, By: "supervisor"},
	}
}
