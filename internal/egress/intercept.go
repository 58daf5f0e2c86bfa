package egress

import (
	"crypto/tls"
	"slices"

	"ringwall/internal/plan"
)

// Authority makes certificates for the names whose TLS is opened.
type Authority interface {
	// Leaf is the certificate of a name or an address in canonical form. It is
	// called for each connection and should remember.
	Leaf(name string) (*tls.Certificate, error)
}

// Intercepted lists the names, patterns and addresses whose TLS a plan has
// opened, sorted: what the run's authority has to sign for. Empty: none is.
func Intercepted(p plan.Plan) []string {
	var out []string
	for _, c := range p.Controls {
		switch e, k := c.Want.Egress, c.Want.Credential; {
		case c.Status == plan.Unavailable:
		case e != nil && e.Intercept && !e.Deny:
			out = append(out, e.Host)
		case k != nil && k.Intercept:
			out = append(out, k.Host)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
