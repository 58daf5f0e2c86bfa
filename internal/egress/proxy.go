package egress

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"

	"ringwall/internal/plan"
)

// upstream is where a proxy sends its one request, and how.
type upstream struct {
	scheme    string
	to        dest
	transport http.RoundTripper
	prepare   func(*http.Request)        // last changes to what is sent; may be nil
	inspect   func(*http.Response) error // of what comes back; may be nil
	failed    func(http.ResponseWriter, *http.Request, error)
}

// proxy forwards exactly one request: no redirect is followed, hop-by-hop and
// forwarding headers are dropped, and nothing can switch the connection to
// another protocol (an upgrade to HTTP/2 would carry requests that nobody
// decides on).
func (g *Gateway) proxy(u upstream) http.Handler {
	if u.failed == nil {
		u.failed = g.badGateway
	}
	p := &httputil.ReverseProxy{
		Rewrite:        u.rewrite,
		Transport:      withoutTrace{u.transport},
		FlushInterval:  -1,
		ErrorLog:       log.New(io.Discard, "", 0),
		ModifyResponse: u.inspect,
		ErrorHandler:   u.failed,
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, h := range []string{"Upgrade", "HTTP2-Settings", "X-Real-Ip"} {
			r.Header.Del(h)
		}
		p.ServeHTTP(w, r)
	})
}

func (u upstream) rewrite(pr *httputil.ProxyRequest) {
	out := pr.Out
	out.URL.Scheme, out.URL.Host, out.URL.User = u.scheme, u.to.String(), nil
	out.URL.RawQuery = pr.In.URL.RawQuery // as it was sent
	out.Host = u.hostHeader()
	out.Trailer = nil // headers that come after the body were not looked at
	if u.prepare != nil {
		u.prepare(out)
	}
}

// hostHeader leaves the scheme's own port out, as clients do.
func (u upstream) hostHeader() string {
	port := portHTTP
	if u.scheme == "https" {
		port = portHTTPS
	}
	_, isAddr := u.to.literal()
	if u.to.port == port && !isAddr {
		return u.to.host
	}
	return u.to.String()
}

// transport dials only what connect allows. Compression is the client's
// business, and the environment's proxy is for the owner's programs.
func (g *Gateway) transport() *http.Transport {
	return &http.Transport{
		DialContext:            g.dialUpstream,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxFirstBytes,
		TLSHandshakeTimeout:    dialTime,
		ExpectContinueTimeout:  firstTime,
	}
}

// plainTransport uses a connection once: one decision, one connection.
func (g *Gateway) plainTransport() *http.Transport {
	t := g.transport()
	t.DisableKeepAlives = true
	return t
}

func (g *Gateway) dialUpstream(ctx context.Context, _, addr string) (net.Conn, error) {
	host, port, err := plan.SplitHostPort(addr, 0)
	if err != nil {
		return nil, err
	}
	return g.connect(ctx, dest{host, port})
}

// badGateway answers when the upstream could not be asked. The error's own text
// stays inside: it may quote what the upstream sent.
func (g *Gateway) badGateway(w http.ResponseWriter, r *http.Request, err error) {
	c := connOf(r)
	var bad *addressError
	if !errors.As(err, &bad) {
		http.Error(w, "ringwall: "+upstreamError(err), http.StatusBadGateway)
		return
	}
	what := requestWhat(c.head, c.to)
	if !g.refuse(g.refusals, what, bad.Error()) {
		panic(http.ErrAbortHandler)
	}
	forbid(w, explain(what, ControlGateway, bad.Error()))
}

// upstreamError tells a failure to connect from all others.
func upstreamError(err error) string {
	var op *net.OpError
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns):
		return "the name could not be resolved outside"
	case errors.As(err, &op) && op.Op == "dial":
		return printable(op.Error())
	}
	return "the upstream gave no valid answer"
}

func forbid(w http.ResponseWriter, body string) {
	w.Header().Set("X-Ringwall", "refused")
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, body, http.StatusForbidden)
}

// withoutTrace keeps informational answers (1xx) from the client: the reverse
// proxy passes their headers on, around the redaction of secrets.
type withoutTrace struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t withoutTrace) RoundTrip(r *http.Request) (*http.Response, error) {
	return t.RoundTripper.RoundTrip(r.WithContext(bareContext{r.Context()}))
}

// bareContext ends when its parent ends and carries no values.
type bareContext struct{ context.Context }

// Value implements context.Context.
func (bareContext) Value(any) any { return nil }
