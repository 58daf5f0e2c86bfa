package egress

import (
	"io"
)

// alarm tells the owner's side that a value that must not leave was on its way
// out.
func (g *Gateway) alarm(what string, to dest) {
	if g.cfg.Alarm != nil {
		g.cfg.Alarm(what, to.String())
	}
}

// caught is the refusal of what carried such a value.
func caught(what string) string {
	return "it carries " + printable(what) + ", which belongs nowhere outside the sandbox"
}

// harmless looks at the head of a request.
func (c *crossing) harmless() bool {
	w := c.g.cfg.Watch
	if w == nil {
		return true
	}
	found := w.Head(c.s.to.String(), c.h.parts()...)
	if found == "" {
		return true
	}
	c.g.alarm(found, c.s.to)
	return c.refuse(403, caught(found))
}

// parts is all text of a head that a client chooses.
func (h *requestHead) parts() [][]byte {
	out := [][]byte{[]byte(h.method), []byte(h.target), []byte(h.host.host)}
	for name, values := range h.header {
		out = append(out, []byte(name))
		for _, v := range values {
			out = append(out, []byte(v))
		}
	}
	return out
}

// watch looks at what a client sends; stop is told when something was found.
func (c *crossing) watch(r io.Reader, stop func(why string)) io.Reader {
	w := c.g.cfg.Watch
	if w == nil {
		return r
	}
	return w.Body(c.s.to.String(), r, func(found string) {
		stop(caught(found))
		c.g.alarm(found, c.s.to)
	})
}
