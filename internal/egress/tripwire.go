package egress

import (
	"io"
	"net/http"
)

// passage is where a request is about to go. Whether it will be allowed, and by
// which of several rules, may not be decided yet, but where to is.
func (c *crossing) passage() passage {
	return passage{g: c.g, to: c.s.to.String(), rule: c.rule.control}
}

// harmless looks at the head of a request. After an alarm nobody gets an answer.
func (c *crossing) harmless() bool {
	if !c.passage().harmlessHead(c.h) {
		panic(http.ErrAbortHandler)
	}
	return true
}

// watch looks at what a client sends.
func (c *crossing) watch(r io.Reader) io.ReadCloser {
	if c.ws {
		return c.passage().read(inSocket, r)
	}
	w := c.passage().read(inBody, r)
	if hasToken(c.h.header["Content-Encoding"], "deflate") {
		w.Packed()
	}
	return w
}
