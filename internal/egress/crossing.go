package egress

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"ringwall/internal/evidence"
)

// crossing is one request on its way through the gateway. First it is decided,
// then forwarded, and at its end recorded once more.
type crossing struct {
	g    *Gateway
	ctx  context.Context
	s    site
	h    *requestHead
	body *outBody // nil: none, or nothing was let through
	two  bool     // came over HTTP/2
	held bool     // counts in the gateway's load

	grants   []grant        // by the rules of the site
	rule     rule           // that lets it through; before that the first of the site's
	spent    purse          // of the rule
	path     string         // that was decided on, and is sent
	ws       bool           // asks for a WebSocket, as it should
	answer   *http.Response // the gateway's own; nothing is sent then
	x        *exchange      // nil: nothing was let through
	status   int
	received int64
}

// cross decides on a request. Nothing was sent and nothing of the body read
// when it returns.
func (g *Gateway) cross(ctx context.Context, s site, h *requestHead, b io.Reader, two bool) *crossing {
	c := &crossing{g: g, ctx: ctx, s: s, h: h, two: two}
	if len(s.rules) > 0 {
		c.rule = s.rules[0]
	}
	if !c.harmless() || !c.allowed() || !c.room() || !c.affordable() {
		return c
	}
	if h.length != 0 {
		c.body = newOutBody(c, b)
	}
	c.begin()
	return c
}

// allowed asks the rules, and looks at keys.
func (c *crossing) allowed() bool {
	if why := c.rule.refused; why != "" {
		c.neededRequest()
		return c.refuse(http.StatusForbidden, why)
	}
	var d Decision
	c.grants, d = c.s.rules.request(c.h.method, c.h.path)
	if !d.Allowed {
		c.neededRequest()
		return c.refuse(http.StatusForbidden, c.s.missing(c.h, d.Reason))
	}
	if v := c.h.header["Expect"]; v != nil && !hasToken(v, "100-continue") {
		return c.refuse(http.StatusExpectationFailed, "the header Expect asks for what is not known here")
	}
	c.ws = c.h.webSocket() && !c.two
	if why := c.asRead(); why != "" {
		return c.refuse(http.StatusForbidden, why)
	}
	if where := c.g.foreignKey(c.s, c.h); where != "" {
		return c.refuse(http.StatusForbidden, "a key that is not this run's placeholder came in "+where+
			": only the gateway adds the key of "+c.s.to.host)
	}
	return true
}

// asRead leaves out the rules that allow the request as it stands and not as a
// server may read it. It says why none is left.
func (c *crossing) asRead() (why string) {
	kept := c.grants[:0:0]
	for _, a := range c.grants {
		if w := a.overridden(c.h, c.ws); w == "" {
			kept = append(kept, a)
		} else if why == "" {
			why = w
		}
	}
	if len(kept) == 0 && len(c.grants) > 0 {
		return why
	}
	c.grants = kept
	return ""
}

// missing adds to a refusal what the owner would write.
func (s site) missing(h *requestHead, why string) string {
	switch {
	case checkMethod(h.method) != nil || len(s.rules) == 0:
		return why
	case len(s.rules) > 1:
		return why + addAnother(s.rules.place(), h)
	case !s.rules[0].allowsMethod(h.method):
		return why + "; " + addMethod(s.to, s.rules[0], h.method)
	}
	return why
}

// refuse answers in place of the upstream. It is false, for its callers.
func (c *crossing) refuse(code int, why string) bool {
	control, r := ControlGateway, c.g.refusals
	if c.s.keep != nil {
		control = c.s.keep.cred.control
		r = c.g.credRefusals[control]
	}
	what := c.s.what(c.h)
	if !c.g.refuse(r, what, why) {
		panic(http.ErrAbortHandler)
	}
	c.answer = refusal(code, explain(what, control, why))
	return false
}

// refusal is an answer of the gateway.
func refusal(code int, text string) *http.Response {
	return &http.Response{
		StatusCode: code, ContentLength: int64(len(text)), Body: io.NopCloser(strings.NewReader(text)),
		Header: http.Header{
			"Content-Type": {"text/plain; charset=utf-8"}, "Cache-Control": {"no-store"}, "X-Ringwall": {"refused"},
		},
	}
}

// failure is an answer of the gateway when the upstream could not be asked.
func failure(err error) *http.Response {
	text := "ringwall: " + upstreamError(err) + "\n"
	return &http.Response{
		StatusCode: http.StatusBadGateway, ContentLength: int64(len(text)), Body: io.NopCloser(strings.NewReader(text)),
		Header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}},
	}
}

// begin records that the request is let through.
func (c *crossing) begin() {
	req := evidence.Request{
		Proto: "http", Host: c.s.to.host, Port: c.s.to.port, Rule: c.rule.control,
		Method: c.h.method, Path: printable(c.path),
	}
	if c.s.keep != nil {
		req.Credential = c.s.keep.cred.Name
	}
	x, ok := c.g.begin(req)
	if !ok {
		panic(http.ErrAbortHandler)
	}
	c.x = x
}

// forward sends the request and gives the answer, whosever it is.
func (c *crossing) forward() *http.Response {
	resp := c.answer
	if resp == nil {
		resp = c.send()
	}
	c.status = resp.StatusCode
	return resp
}

func (c *crossing) send() *http.Response {
	resp, err := c.roundTrip(c.account().transport(c.two), c.outgoing())
	if err == nil {
		err = c.receive(resp)
	}
	if err == nil {
		return resp
	}
	if resp != nil {
		resp.Body.Close()
	}
	return c.failed(err)
}

func (c *crossing) roundTrip(rt http.RoundTripper, out *http.Request) (*http.Response, error) {
	if c.s.keep != nil {
		return c.s.keep.send(rt, out)
	}
	return rt.RoundTrip(out)
}

// failed answers when there is no answer. The error's own text stays inside: it
// may quote what the upstream sent.
func (c *crossing) failed(err error) *http.Response {
	var bad *addressError
	var framing errBody
	var form formError
	switch {
	case errors.As(err, &form):
		c.refuse(http.StatusForbidden, "the credential cannot be put into this request: "+printable(form.Error()))
	case c.body != nil && c.body.stopped() != "":
		c.refuse(http.StatusForbidden, c.body.stopped())
	case errors.As(err, &bad):
		c.refuse(http.StatusForbidden, bad.Error())
	case errors.As(err, &framing):
		c.refuse(http.StatusBadRequest, framing.why)
	default:
		if e, ok := c.asksModel(); ok && errors.Is(err, context.Canceled) {
			c.g.unanswered(c.s.to.host, e)
		}
		return failure(err)
	}
	return c.answer
}

// count adds bytes of the answer.
func (c *crossing) count(n int) {
	c.received += int64(n)
	if c.answer == nil {
		c.g.received.Add(int64(n))
	}
}

// room counts the request, where there is room for it.
func (c *crossing) room() bool {
	if why := c.g.load.take(c.h.len); why != "" {
		return c.refuse(http.StatusServiceUnavailable, why)
	}
	c.held = true
	return true
}

// end records the totals of what was let through, once.
func (c *crossing) end() {
	if c.held {
		c.held = false
		c.g.load.give(c.h.len)
	}
	if c.body != nil {
		c.body.src.Close()
	}
	if c.x == nil {
		return
	}
	c.x.end(c.status, c.sent(), c.received)
	c.x = nil
}

func (c *crossing) sent() int64 {
	n := int64(c.h.len)
	if c.body != nil {
		n += c.body.n.Load()
	}
	return n
}
