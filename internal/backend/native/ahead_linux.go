package native

import (
	"ringwall/internal/host"
	"ringwall/internal/kernel/seccomp"
)

// ahead is made beside the first process, while the policy is read: what a start
// needs in nearly every case, whatever the plan says. Nothing rests on it: what
// turns out to be other is made again.
type ahead struct {
	done    chan struct{}
	filter  filter
	mapping *host.Mapping // nil: none
}

// lookAhead begins it.
func lookAhead(h host.Facts) *ahead {
	a := &ahead{done: make(chan struct{})}
	go func() {
		defer close(a.done)
		if h.IsRoot() && h.Account != nil {
			a.mapping, _ = host.NewMapping() // made again when it is needed, and then the error counts
		}
		a.filter = newFilter(h.Observe.OK, false)
	}()
	return a
}

// filter is the program that judges the command's system calls.
type filter struct {
	observe, affinity bool
	rules             []seccomp.Rule
	program           []seccomp.Instruction
	err               error
}

func newFilter(observe, affinity bool) filter {
	f := filter{observe: observe, affinity: affinity, rules: seccomp.Default()}
	if affinity {
		f.rules = append(f.rules, seccomp.Affinity()...)
	}
	if observe {
		f.rules = append(f.rules, seccomp.Observation()...)
	}
	f.program, f.err = seccomp.Assemble(f.rules, seccomp.Options{Notify: observe})
	return f
}

// take hands the filter over if it is the one that is meant, and else makes it.
func (a *ahead) takeFilter(observe, affinity bool) filter {
	if a != nil {
		if <-a.done; a.filter.observe == observe && a.filter.affinity == affinity {
			return a.filter
		}
	}
	return newFilter(observe, affinity)
}

// takeMapping hands the mapping over, once.
func (a *ahead) takeMapping() (*host.Mapping, error) {
	if a != nil {
		<-a.done
		if m := a.mapping; m != nil {
			a.mapping = nil
			return m, nil
		}
	}
	return host.NewMapping()
}

// close lets go of what nobody took.
func (a *ahead) close() {
	if a != nil {
		<-a.done
		a.mapping.Close()
	}
}
