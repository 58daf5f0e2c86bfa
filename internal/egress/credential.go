package egress

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
)

// credentialHandler serves the credential that listens on a port.
func (g *Gateway) credentialHandler(port int) (func(net.Conn), error) {
	for _, k := range g.keepers {
		if k.cred.Listen == port && port != 0 {
			return k.serveConn, nil
		}
	}
	return nil, fmt.Errorf("no credential listens on port %d", port)
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
		scheme: k.cred.Scheme, to: k.to, keep: k, rules: k.rules(),
		here: []dest{here, {"localhost", here.port}},
	}
	p := passage{g: k.g, to: k.to.String(), rule: s.rules.control()}
	switch o := k.g.sniff(c, true); {
	case o.proto == protoSilent:
	case !p.harmlessOpening(o, true):
		reset(c)
	case o.proto == protoHTTP && o.err != nil:
		k.g.answer(c, s, &o.head, 400, o.err.Error())
	case o.proto == protoHTTP:
		k.g.serveSite(&prefixed{Conn: c, prefix: o.data}, s)
	default:
		k.g.turnAway(c, o, here, "plain HTTP is spoken here")
	}
}

// rules are what the policy says of the host besides, where it says anything:
// the way by a base address is no way around it.
func (k *keeper) rules() ruleSet {
	if set, d := k.g.policy.match(k.to.host, k.to.port); d.Allowed {
		return set
	}
	return ruleSet{{control: k.cred.control}}
}

// foreignKey says where a request carries a key that is not the placeholder.
func (k *keeper) foreignKey(h *requestHead) string {
	return k.form.Foreign(&http.Request{Method: h.method, Header: h.header, URL: &url.URL{RawQuery: h.query}})
}

// foreignKey says where a request carries a key of the client's own to a host
// that has a credential, at whatever port: a placeholder for one of the host's
// credentials is none.
func (g *Gateway) foreignKey(s site, h *requestHead) (where string) {
	if s.keep != nil {
		return s.keep.foreignKey(h)
	}
	for _, k := range g.keepers {
		if k.cred.Host != s.to.host {
			continue
		}
		if where = k.foreignKey(h); where == "" {
			return ""
		}
	}
	return where
}
