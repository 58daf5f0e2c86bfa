package why

import (
	"path"
	"slices"
	"strings"

	"ringwall/internal/plan"
)

// What the owner can do about the view, which is a list.
const (
	noKeyForView = "none: no key of the policy adds to the view; what the work needs is copied into the project"
	noExec       = "nothing can be executed there"
	noKeyForExec = "none: what is to be run lies in the project, the home or /tmp"
	noKeyForRead = "none: the system's files are read-only for everybody inside"
)

// places answers by what shows the path.
func (w World) places(a *Answer, p string) {
	c, shown := w.place(p)
	switch o := c.Want; {
	case !shown:
		w.nowhere(a, p)
	case o.Workspace != nil:
		w.workspace(a, c, p)
	case o.Stub != nil:
		w.stubbed(a, c)
	case o.Decoy != nil:
		a.Parts = rights(c, "rw")
		refuse(a.Parts, "EACCES", noExec, noKeyForExec)
		a.note("a decoy: worthless, and that it is opened is recorded")
	case o.Ask != nil:
		a.Parts = rights(c, "rx")
		refuse(a.Parts, "EROFS", "ringwall's own, for questions like this one", noKeyForRead)
	case o.AgentFile != nil:
		a.Parts = rights(c, "r")
		refuse(a.Parts, "EROFS", "rendered from the plan for the agent's own permission system", "none: tools.allow in ringwall.toml decides what it says")
	case o.Mount != nil:
		w.mount(a, c, p)
	}
}

// rights makes the three parts: what is in "rwx" is allowed.
func rights(c plan.Control, may string) []Part {
	var out []Part
	for _, op := range []string{Read, Write, Execute} {
		v := Refused
		if strings.Contains(may, letter(op)) {
			v = Allowed
		}
		out = append(out, by(c, op, v, ""))
	}
	return out
}

func letter(operation string) string {
	return map[string]string{Read: "r", Write: "w", Execute: "x"}[operation]
}

// refuse fills in the reason of each part that is refused. Executing is refused
// with EACCES wherever something is there.
func refuse(parts []Part, answer, why, wayOut string) {
	for i := range parts {
		p := &parts[i]
		if p.Verdict != Refused || p.Answer != "" {
			continue
		}
		p.Answer, p.WayOut = answer, wayOut
		if p.Operation == Execute && answer == "EROFS" {
			p.Answer = "EACCES"
		}
		if p.Why = strings.TrimPrefix(p.Why+"; "+why, "; "); why == "" {
			p.Why = ""
		}
	}
}

// nowhere: the path is on the way to something, or does not exist inside.
func (w World) nowhere(a *Answer, p string) {
	view := w.control(controlView)
	if p == "/" || w.holds(p) {
		a.Parts = rights(view, "rx")
		refuse(a.Parts, "EROFS", "a folder of the view's own, which holds only what is shown in it", noKeyForView)
		return
	}
	a.Parts = rights(view, "")
	const why = "not in the view: inside there is nothing of that name"
	for i := range a.Parts {
		answer := "ENOENT"
		if a.Parts[i].Operation == Write && w.exists(path.Dir(p)) {
			answer = "EROFS" // its folder is there, and is read-only
		}
		refuse(a.Parts[i:i+1], answer, why, noKeyForView)
	}
	if slices.ContainsFunc([]string{"/run", "/var/run"}, func(dir string) bool { return within(p, dir) }) {
		a.note("no socket or file of a running service is in the view")
	}
}

// exists tells whether a folder of the view's own is there.
func (w World) exists(dir string) bool { return dir == "/" || w.holds(dir) }

// stubbed is a program's file that ringwall covers.
func (w World) stubbed(a *Answer, c plan.Control) {
	s := c.Want.Stub
	a.Parts = rights(c, "r")
	wayOut := policyKey("", `add "`+s.Tool+`" to [tools] allow`)
	for i := range a.Parts {
		if p := &a.Parts[i]; p.Operation == Execute {
			p.Answer, p.Why = "exit 126", "not in tools.allow: "+s.Reason
			p.WayOut = w.allowTool(p, s.Tool)
		}
	}
	refuse(a.Parts, "EROFS", "ringwall stands in the program's place", wayOut)
	a.note(noBoundary)
}

// mount answers for an entry of the view.
func (w World) mount(a *Answer, c plan.Control, p string) {
	m := c.Want.Mount
	may := "r"
	if m.Writable {
		may += "w"
	}
	if !m.NoExec && m.Kind != plan.File {
		may += "x"
	}
	a.Parts = rights(c, may)
	switch m.Kind {
	case plan.Proc:
		process(a, p)
	case plan.Dev:
		w.device(a, c, p)
	case plan.Tmpfs:
		a.note("empty when a command starts; counts as memory, and is gone afterwards")
	case plan.Bind:
		w.missing(a, p)
	}
	refuse(a.Parts[2:], "EACCES", noExec, noKeyForExec)
	refuse(a.Parts, "EROFS", "read-only inside", noKeyForRead)
}

// missing notes that nothing is at a path that may be read.
func (w World) missing(a *Answer, p string) {
	if !w.fromHost(p) {
		return
	}
	if e := w.look(p); e.Known && !e.Exists {
		a.note("nothing is there now")
	}
}

// process: the sandbox's own, of which the kernel's part is read-only.
func process(a *Answer, p string) {
	if within(p, "/proc/sys") {
		refuse(a.Parts, "EROFS", "the kernel's settings are read-only", "none: they are the whole machine's")
		a.Parts[1].Verdict, a.Parts[1].Answer = Refused, "EROFS"
		a.Parts[1].Why, a.Parts[1].WayOut = "the kernel's settings are read-only", "none: they are the whole machine's"
		return
	}
	if p == "/proc" {
		a.Parts[1].Verdict = Refused
		return
	}
	a.Parts[0].Verdict, a.Parts[0].Why = Conditional, "the sandbox's own processes only; what tells of the whole machine is empty"
	a.Parts[1].Verdict, a.Parts[1].Why = Conditional, "a process's own files only"
}

// devices are the names in /dev; each stands for nothing of the machine.
var devices = []string{"null", "zero", "full", "random", "urandom", "tty", "fd", "stdin", "stdout", "stderr", "ptmx", "pts", "shm"}

func (w World) device(a *Answer, c plan.Control, p string) {
	name, _, _ := strings.Cut(strings.TrimPrefix(p, c.Want.Mount.Target+"/"), "/")
	switch {
	case p == c.Want.Mount.Target:
	case slices.Contains(devices, name):
		a.Parts[1].Verdict = Allowed
	default:
		a.Parts = rights(c, "")
		refuse(a.Parts[:1], "ENOENT", "no such device is in the view", noKeyForView)
		refuse(a.Parts[2:], "ENOENT", "no such device is in the view", noKeyForView)
	}
}
