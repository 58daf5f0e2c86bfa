package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"ringwall/internal/evidence"
	"ringwall/internal/host"
	"ringwall/internal/policy"
)

func (e *env) doctorCommand() *cobra.Command {
	profile := false
	c := &cobra.Command{
		Use: "doctor", Short: "Tell what this machine can enforce, and what each lack costs",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			if profile {
				return e.apparmorProfile()
			}
			return e.doctor()
		},
	}
	c.Flags().BoolVar(&profile, "apparmor", false, "print an AppArmor profile that lets this ringwall make user namespaces")
	c.Flags().BoolVar(&e.flag.json, "json", false, "the facts as JSON")
	return c
}

// apparmorProfile prints one for this program, where it lies now.
func (e *env) apparmorProfile() error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	if program, err = filepath.EvalSymlinks(program); err != nil {
		return err
	}
	text, err := host.AppArmorProfile(program)
	if err != nil {
		return withHint("install ringwall at a plain path", "no profile for %s: %w", evidence.Printable(program), err)
	}
	fmt.Fprint(e.out, text)
	return nil
}

// finding is one line of the doctor.
type finding struct {
	name string
	can  host.Ability
	cost string // what is lost without it
	must bool   // nothing runs without it
}

func (e *env) doctor() error {
	basics, err := host.Basics(e.vars)
	if err != nil {
		return err
	}
	basics.Forget() // a doctor looks for himself
	h, err := e.probe(func(host.Facts) {})
	if err != nil {
		return err
	}
	if dir, err := e.find(policy.FileName); err == nil {
		h.LookAt(realPath(dir)) // some of it depends on where a project lies
	}
	if e.flag.json {
		enc := json.NewEncoder(e.out)
		enc.SetIndent("", "  ")
		return enc.Encode(h)
	}
	fmt.Fprintf(e.out, "%s %s, kernel %s, %s, %.1f GiB\n\n", h.OS, h.Arch, h.Kernel,
		plural(h.CPUs, "CPU"), float64(h.Memory)/(1<<30))
	lacking := false
	for _, f := range examine(h) {
		e.tell(f)
		lacking = lacking || f.must && !f.can.OK
	}
	if lacking {
		return exit(exitUnavailable, nil)
	}
	return nil
}

func examine(h host.Facts) []finding {
	return []finding{
		{"sandbox", h.Sandbox, "nothing can be run", true},
		{"overlay", overlay(h), "the agent works in a copy of the project: a slower start, and room for it", false},
		{"seccomp", h.Seccomp, "nothing can be run", true},
		{"observe", h.Observe, "refusals hold, but are not seen and not in the report", false},
		{"landlock", landlock(h), "the mounts hold alone", false},
		{"account", account(h), "the agent's processes carry your own user number", false},
		{"cgroup memory", controller(h, "memory"), "memory is bounded by process and watched in sum", false},
		{"cgroup pids", controller(h, "pids"), "processes are bounded by RLIMIT_NPROC", false},
		{"cgroup cpu", controller(h, "cpu"), "only whole CPUs can be given", false},
		{"small init", smallInit(h),
			"the main binary acts as the sandbox's first process: a slower start", false},
	}
}

// overlay is the ability above the project in which the doctor was asked, if it
// was in one.
func overlay(h host.Facts) host.Ability {
	if h.Overlay.OK && h.NoOverlay != "" {
		return host.Ability{Why: h.NoOverlay}
	}
	return h.Overlay
}

func smallInit(h host.Facts) host.Ability {
	if h.SmallInit {
		return host.Ability{OK: true}
	}
	return host.Ability{Why: "this binary was built without it", Fix: "build with scripts/build"}
}

func landlock(h host.Facts) host.Ability {
	if h.Landlock == 0 {
		return host.Ability{Why: "the kernel has none", Fix: "use Linux 5.13 or later with lsm=landlock"}
	}
	why := fmt.Sprintf("version %d", h.Landlock)
	if len(h.LandlockLacks) > 0 {
		why += ", which does not know: " + strings.Join(h.LandlockLacks, ", ")
	}
	return host.Ability{OK: true, Why: why}
}

func account(h host.Facts) host.Ability {
	switch {
	case !h.IsRoot() && !h.Beside.OK:
		return h.Beside
	case h.Account == nil:
		return host.Ability{Why: "there is none"}
	case h.Account.Name == "":
		return host.Ability{OK: true, Why: fmt.Sprintf("uid %d, which has no name here", h.Account.UID)}
	}
	return host.Ability{OK: true, Why: fmt.Sprintf("%s, uid %d", h.Account.Name, h.Account.UID)}
}

func controller(h host.Facts, name string) host.Ability {
	if h.Cgroups.Dirs[name] == "" {
		why := "not delegated to you"
		if h.Cgroups.Why != "" {
			why = h.Cgroups.Why
		}
		return host.Ability{Why: why, Fix: "systemd-run --user --scope -p Delegate=yes ringwall ..., or run as root"}
	}
	return host.Ability{OK: true, Why: fmt.Sprintf("version %d", h.Cgroups.Version)}
}

// tell prints one finding: a name, whether it is there, and for a lack what it
// costs and what to do.
func (e *env) tell(f finding) {
	t := table{e.out, 20}
	if f.can.OK {
		t.row(fmt.Sprintf("%-14s yes", f.name), f.can.Why)
		return
	}
	t.row(fmt.Sprintf("%-14s no", f.name), f.can.Why)
	t.row("", "without it: "+f.cost)
	if f.can.Fix != "" {
		t.row("", "fix: "+f.can.Fix)
	}
}
