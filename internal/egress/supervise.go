package egress

import (
	"fmt"
	"runtime/debug"
)

// Fault gives the first failure after which the gateway cannot be relied on: a
// listener that failed, an event that could not be recorded, a panic. The
// caller then ends the run.
func (g *Gateway) Fault() <-chan error { return g.fault }

// fail reports a fault, unless the gateway is being closed.
func (g *Gateway) fail(err error) {
	if g.ctx.Err() != nil {
		return
	}
	select {
	case g.fault <- err:
	default:
	}
}

// run starts a goroutine that Close waits for and that turns a panic into a
// fault: a broken gateway stops the run instead of the supervisor.
func (g *Gateway) run(f func()) {
	g.wg.Add(1)
	go func() {
		defer g.wg.Done()
		defer g.recovered()
		f()
	}()
}

func (g *Gateway) recovered() {
	if p := recover(); p != nil {
		g.fail(fmt.Errorf("gateway: panic: %v\n%s", p, debug.Stack()))
	}
}

// refuse counts and records a refusal. False means that it could not be
// recorded; the connection is then closed without another word.
func (g *Gateway) refuse(r *refusals, what, why string) bool {
	g.refused.Add(1)
	if err := r.add(what, why); err != nil {
		g.unrecorded(err)
		return false
	}
	return true
}

// unrecorded ends all: what cannot be recorded does not happen.
func (g *Gateway) unrecorded(err error) {
	g.broken.Store(true)
	g.fail(fmt.Errorf("gateway: record: %w", err))
}
