package egress

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"ringwall/internal/evidence"
)

// keyHeaders are the headers in which clients send a key. Beside the
// placeholder nothing may stand in one of them: an agent that brings a key of
// its own could carry data out through an allowed host into an account of its
// choice (the Files API case).
var keyHeaders = []string{"Authorization", "X-Api-Key", "Api-Key", "X-Goog-Api-Key", "X-Auth-Token", "Private-Token"}

// keyParams do the same in a query.
var keyParams = []string{"key", "api_key", "apikey", "api-key", "access_token"}

// dropped headers never reach the upstream: other identities, and ranges,
// with which a secret that comes back could be read in two halves.
var dropped = []string{"Proxy-Authorization", "Cookie", "Range", "If-Range"}

// keeper speaks for one upstream and adds the credential.
type keeper struct {
	g           *Gateway
	cred        credential
	secret      string
	placeholder string
	to          dest
	proxy       http.Handler
	web         *webServer
}

// credentialHandler serves the credential that listens on a port.
func (g *Gateway) credentialHandler(port int) (func(net.Conn), error) {
	for _, c := range g.policy.creds {
		if c.Listen == port {
			return g.newKeeper(c).serveConn, nil
		}
	}
	return nil, fmt.Errorf("no credential listens on port %d", port)
}

func (g *Gateway) newKeeper(c credential) *keeper {
	k := &keeper{
		g: g, cred: c, to: dest{c.Host, c.Port},
		secret: g.cfg.Secrets[c.Name], placeholder: g.cfg.Placeholders[c.Name],
	}
	t := g.transport()
	t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: g.roots}
	g.conns.add(idleConns{t})
	k.proxy = g.proxy(upstream{
		scheme: c.Scheme, to: k.to, transport: t, prepare: k.prepare, inspect: k.inspect, failed: k.failed,
	})
	k.web = g.startWeb(http.HandlerFunc(k.serve))
	return k
}

// idleConns closes the kept connections of a transport with the gateway.
type idleConns struct{ t *http.Transport }

// Close implements io.Closer.
func (i idleConns) Close() error {
	i.t.CloseIdleConnections()
	return nil
}

// serveConn takes plain HTTP only, addressed to the listener itself: a name
// that was made to lead here is not it.
func (k *keeper) serveConn(c net.Conn) {
	o, here := sniff(c, true), dest{"127.0.0.1", k.cred.Listen}
	h := o.head.host
	switch {
	case o.proto == protoSilent:
	case o.proto != protoHTTP:
		k.g.turnAway(c, o, here, "plain HTTP is spoken here")
	case o.err != nil:
		k.g.answer(c, o, here, 400, o.err.Error())
	case h != here && h != dest{"localhost", here.port}:
		k.g.answer(c, o, here, 400, fmt.Sprintf("the Host header says %s, the connection was made to %s", h, here))
	default:
		k.web.serve(&webConn{Conn: c, prefix: o.data, head: o.head, to: k.to})
	}
}

func (k *keeper) serve(w http.ResponseWriter, r *http.Request) {
	head := connOf(r).head
	if where := k.foreignKey(r); where != "" {
		k.refuse(w, head, "a key that is not this run's placeholder came in "+where+
			": only the gateway adds the key of "+k.cred.Host)
		return
	}
	x, ok := k.g.begin(evidence.Request{
		Proto: "http", Host: k.to.host, Port: k.to.port, Rule: k.cred.control, Credential: k.cred.Name,
		Method: head.method, Path: printable(head.path),
	})
	if !ok {
		panic(http.ErrAbortHandler)
	}
	k.g.exchangeHTTP(x, w, r, k.proxy)
}

func (k *keeper) refuse(w http.ResponseWriter, head requestHead, why string) {
	what := head.method + " " + k.cred.Scheme + "://" + k.to.String() + head.path
	if !k.g.refuse(k.g.credRefusals[k.cred.control], what, why) {
		panic(http.ErrAbortHandler)
	}
	forbid(w, explain(what, k.cred.control, why))
}

// foreignKey says where a request carries a key that is not the placeholder.
func (k *keeper) foreignKey(r *http.Request) string {
	for _, name := range append([]string{k.cred.Header}, keyHeaders...) {
		for _, v := range r.Header.Values(name) {
			if !k.isPlaceholder(v) {
				return "the header " + http.CanonicalHeaderKey(name)
			}
		}
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return "a query that cannot be read"
	}
	for name, values := range query {
		if slices.Contains(keyParams, strings.ToLower(name)) && slices.ContainsFunc(values, func(v string) bool { return v != "" }) {
			return "the query parameter " + printable(name)
		}
	}
	return ""
}

// isPlaceholder takes the bare placeholder, with the credential's prefix, or
// as a bearer token; an empty value is no key.
func (k *keeper) isPlaceholder(v string) bool {
	v = strings.TrimSpace(v)
	if scheme, rest, ok := strings.Cut(v, " "); ok && strings.EqualFold(scheme, "bearer") {
		v = strings.TrimSpace(rest)
	}
	return v == "" || v == k.placeholder || v == k.cred.Prefix+k.placeholder
}

// prepare swaps the placeholder for the secret. The answer is asked for in
// plain form, because a secret cannot be found in a compressed one.
func (k *keeper) prepare(out *http.Request) {
	for _, name := range slices.Concat(keyHeaders, dropped) {
		out.Header.Del(name)
	}
	out.Header.Set("Accept-Encoding", "identity")
	out.Header.Set(k.cred.Header, k.cred.Prefix+k.secret)
}

// inspect takes the secret out of what the upstream sends back.
func (k *keeper) inspect(resp *http.Response) error {
	redactHeaders(resp.Header, k.secret, k.placeholder)
	if e, ok := measured(k.to.host, true, resp.Request.Method, resp.Request.URL.EscapedPath()); ok {
		k.g.tapUsage(k.to.host, e, resp)
	}
	if resp.Body == nil || resp.Body == http.NoBody || resp.Request.Method == http.MethodHead {
		return nil
	}
	if enc := resp.Header.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return errors.New("the answer is encoded although plain form was asked for")
	}
	r := newRedactor(resp.Body, k.secret, k.placeholder)
	r.atEnd = func() { redactHeaders(resp.Trailer, k.secret, k.placeholder) }
	resp.Body = r
	if len(k.secret) != len(k.placeholder) {
		resp.Header.Del("Content-Length")
		resp.ContentLength = -1
	}
	return nil
}

// failed answers when the upstream could not be asked.
func (k *keeper) failed(w http.ResponseWriter, r *http.Request, err error) {
	var bad *addressError
	if errors.As(err, &bad) {
		k.refuse(w, connOf(r).head, bad.Error())
		return
	}
	http.Error(w, "ringwall: "+upstreamError(err), http.StatusBadGateway)
}
