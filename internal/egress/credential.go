package egress

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
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
}

// credentialHandler serves the credential that listens on a port.
func (g *Gateway) credentialHandler(port int) (func(net.Conn), error) {
	for _, k := range g.keepers {
		if k.cred.Listen == port {
			return k.serveConn, nil
		}
	}
	return nil, fmt.Errorf("no credential listens on port %d", port)
}

func (g *Gateway) newKeeper(c credential) *keeper {
	return &keeper{
		g: g, cred: c, to: dest{c.Host, c.Port},
		secret: g.cfg.Secrets[c.Name], placeholder: g.cfg.Placeholders[c.Name],
	}
}

// keeperOf finds the credential that is put into opened TLS to a destination.
func (g *Gateway) keeperOf(d dest) *keeper {
	for _, k := range g.keepers {
		if k.cred.Intercept && k.to == d {
			return k
		}
	}
	return nil
}

// serveConn takes plain HTTP only, addressed to the listener itself: a name
// that was made to lead here is not it.
func (k *keeper) serveConn(c net.Conn) {
	here := dest{"127.0.0.1", k.cred.Listen}
	s := site{
		scheme: k.cred.Scheme, to: k.to, keep: k, rule: rule{control: k.cred.control},
		here: []dest{here, {"localhost", here.port}},
	}
	switch o := sniff(c, true); o.proto {
	case protoSilent:
	case protoHTTP:
		k.g.serveSite(&prefixed{Conn: c, prefix: o.data}, s)
	default:
		k.g.turnAway(c, o, here, "plain HTTP is spoken here")
	}
}

// foreignKey says where a request carries a key that is not the placeholder.
func (k *keeper) foreignKey(h *requestHead) string {
	for _, name := range append([]string{k.cred.Header}, keyHeaders...) {
		for _, v := range h.header.Values(name) {
			if !k.isPlaceholder(v) {
				return "the header " + http.CanonicalHeaderKey(name)
			}
		}
	}
	query, err := url.ParseQuery(h.query)
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
