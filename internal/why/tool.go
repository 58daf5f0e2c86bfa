package why

import (
	"path"
	"slices"

	"ringwall/internal/plan"
)

// ControlTools is the list of what the agent's own permission system allows.
const ControlTools = "permissions.tools"

const noBoundary = "an explanation and no boundary: what a program could do is refused by layers 3 to 5, whatever it is called"

// tool answers for a program by its name.
func (w World) tool(a *Answer) error {
	name := a.Asked
	a.Subject = name
	file, found := w.find(name)
	if found {
		a.Subject = name + " (" + file + ")"
	}
	list := w.control(ControlTools)
	stub, stubbed := w.stub(name)
	switch {
	case stubbed:
		p := by(stub, "start", Refused, "exit 126")
		p.Why, p.WayOut = "not in tools.allow: "+stub.Want.Stub.Reason, w.allowTool(&p, name)
		a.note(noBoundary)
		a.one(p)
	case !found:
		p := by(w.control(controlView), "start", Refused, "ENOENT")
		p.Why = "no such program is in the view"
		p.WayOut = "none in the policy: it has to be installed, in a folder of the owner's PATH"
		a.one(p)
	case list.Status != plan.Enforced:
		p := by(list, "start", Allowed, "")
		p.Why = "no list of tools holds for this command: what the view shows can be started"
		a.one(p)
	case slices.Contains(w.tools().Allow, name):
		a.one(by(list, "start", Allowed, ""))
	default:
		p := by(list, "start", Refused, "refused by the agent's own tool")
		p.Why, p.WayOut = "not in tools.allow", w.allowTool(&p, name)
		a.note("a program that the agent starts may start it all the same: this layer is no boundary")
		a.one(p)
	}
	return nil
}

// allowTool is the line to add; where the machine took it away, the part is
// from there.
func (w World) allowTool(p *Part, name string) string {
	b := w.tools().Bound
	if b != nil && slices.Contains(b.Refused, name) {
		p.From = b.From
		return policyKey(b.From, `the machine's administrator adds "`+name+`" to [tools] allow`)
	}
	out := policyKey("", `add "`+name+`" to [tools] allow`)
	if b != nil {
		out += "; the machine's policy (" + b.From + ") has to allow it too"
	}
	return out
}

// StubHint is the way out that a stub prints.
func (w World) StubHint(name string) string {
	var p Part
	return w.allowTool(&p, name)
}

func (w World) tools() plan.Tools {
	for _, c := range w.Plan.Controls {
		if c.Want.Tools != nil {
			return *c.Want.Tools
		}
	}
	return plan.Tools{}
}

// stub finds the control that covers a program of that name.
func (w World) stub(name string) (plan.Control, bool) {
	for _, c := range w.Plan.Controls {
		if s := c.Want.Stub; s != nil && c.Status != plan.Unavailable && slices.Contains(s.Names, name) {
			return c, true
		}
	}
	return plan.Control{}, false
}

// find looks a program up as a shell inside would.
func (w World) find(name string) (string, bool) {
	if path.Base(name) != name || name == "." || name == ".." {
		return "", false
	}
	for _, dir := range w.Path {
		file := path.Join(dir, name)
		if e := w.look(file); e.Exists && !e.Dir {
			return file, true
		}
	}
	return "", false
}
