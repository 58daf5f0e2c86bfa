package why

import (
	"fmt"
	"strings"

	"ringwall/internal/kernel/callname"
	"ringwall/internal/kernel/seccomp"
	"ringwall/internal/plan"
)

// ControlSyscalls is the filter's control.
const ControlSyscalls = "isolation.syscalls"

const noKeyForCalls = "none: no key of the policy changes the filter"

// syscall answers from the filter's own table.
func (w World) syscall(a *Answer) error {
	a.Subject = a.Asked
	if !callname.Known(a.Asked) {
		return fmt.Errorf("no system call is called %q", a.Asked)
	}
	filter := w.control(ControlSyscalls)
	p := by(filter, "call", Allowed, "")
	if filter.Status == plan.Unavailable {
		a.one(p)
		return nil
	}
	var narrowed []string
	for _, r := range w.rules() {
		switch {
		case r.Call != a.Asked:
		case r.Action == seccomp.Watch:
			a.note("ringwall notes it on its way, and stops nothing by that")
		case len(r.When) == 0:
			p.Verdict, p.Answer, p.Why, p.WayOut = Refused, r.Action.Errno(), r.Why, noKeyForCalls
			a.one(p)
			return nil
		default:
			p.Verdict, p.WayOut = Conditional, noKeyForCalls
			narrowed = append(narrowed, fmt.Sprintf("%s when %s: %s", r.Action.Errno(), conditions(r.When), r.Why))
			if !strings.Contains(p.Answer, r.Action.Errno()) {
				p.Answer = strings.Join(append(fromOf(p.Answer), r.Action.Errno()), ", ")
			}
		}
	}
	p.Why = strings.Join(append(narrowed, fromOf(p.Why)...), "; ")
	if p.Verdict == Allowed {
		a.note("a call that needs a capability fails all the same: the agent has none")
	}
	a.one(p)
	return nil
}

// rules are those of this plan's run.
func (w World) rules() []seccomp.Rule {
	rules := seccomp.Default()
	for _, c := range w.Plan.Controls {
		if l := c.Want.Limit; l != nil && l.Resource == "cpu" && l.By == "CPU affinity" {
			rules = append(rules, seccomp.Affinity()...)
		}
		if s := c.Want.Syscalls; s != nil && s.Observe {
			rules = append(rules, seccomp.Observation()...)
		}
	}
	return rules
}

func fromOf(why string) []string {
	if why == "" {
		return nil
	}
	return []string{why}
}

// conditions puts all of a row's conditions into words.
func conditions(tests []seccomp.Test) string {
	words := make([]string, len(tests))
	for i, t := range tests {
		words[i] = when(t)
	}
	return strings.Join(words, " and ")
}

// when puts a row's condition into words. Arguments are counted from 1, as
// manual pages list them.
func when(t seccomp.Test) string {
	arg := fmt.Sprintf("argument %d", t.Arg+1)
	if t.Mask != 0 && len(t.In) > 0 {
		arg += fmt.Sprintf(" & %#x", t.Mask)
	}
	if len(t.In) == 0 {
		return fmt.Sprintf("%s has any bit of %#x", arg, t.Mask)
	}
	values := make([]string, len(t.In))
	for i, v := range t.In {
		values[i] = fmt.Sprintf("%d", v)
		if v > 255 {
			values[i] = fmt.Sprintf("%#x", v)
		}
	}
	is := " is "
	if t.Not {
		is = " is not "
	}
	return arg + is + strings.Join(values, ", ")
}
