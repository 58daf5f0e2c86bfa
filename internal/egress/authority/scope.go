package authority

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// scope is what an authority signs for.
type scope struct {
	names  []string // exact
	below  []string // "example.com" for "*.example.com"
	ranges []netip.Prefix
	any    bool // All
}

// All stands for every name, in a run that learns. It cannot be written in a
// policy.
const All = "<all>"

func newScope(names []string) (scope, error) {
	var s scope
	for _, name := range names {
		if err := s.add(name); err != nil {
			return scope{}, err
		}
	}
	if len(names) == 0 {
		return scope{}, errors.New("no name to sign for")
	}
	return s, nil
}

func (s *scope) add(name string) error {
	if a, err := netip.ParseAddr(name); err == nil {
		s.ranges = append(s.ranges, netip.PrefixFrom(a, a.BitLen()))
		return nil
	}
	if p, err := netip.ParsePrefix(name); err == nil {
		s.ranges = append(s.ranges, p.Masked())
		return nil
	}
	if name == All {
		s.any = true
		return nil
	}
	bare, wild := strings.CutPrefix(name, "*.")
	if !validName(bare) {
		return fmt.Errorf("%q is neither a name nor an address", name)
	}
	if wild {
		s.below = append(s.below, bare)
	} else {
		s.names = append(s.names, bare)
	}
	return nil
}

// validName takes what can stand in a certificate: canonical names only.
func validName(s string) bool {
	if s == "" || len(s) > 253 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "" {
		return false
	}
	return !slices.Contains(strings.Split(s, "."), "")
}

// has tells whether the authority signs for a name or address.
func (s scope) has(name string) bool {
	if a, err := netip.ParseAddr(name); err == nil {
		return a.Zone() == "" && slices.ContainsFunc(s.ranges, func(p netip.Prefix) bool { return p.Contains(a) })
	}
	if !validName(name) {
		return false
	}
	return s.any || slices.Contains(s.names, name) || slices.ContainsFunc(s.below, func(parent string) bool {
		return strings.HasSuffix(name, "."+parent)
	})
}

// nowhere stands in the constraints of an authority for addresses alone: a
// name that nobody can have (RFC 6761), since an empty list allows any.
const nowhere = "ringwall.invalid"

// constrain writes the scope into the authority's certificate, so that it
// cannot be used for anything else, whoever had its key. A constraint on a name
// is for all below it too; for a list of exact names that cannot be said.
func (s scope) constrain(c *x509.Certificate) {
	c.PermittedDNSDomainsCritical = !s.any
	for _, name := range slices.Concat(s.names, s.below) {
		c.PermittedDNSDomains = append(c.PermittedDNSDomains, plain(name))
	}
	if s.any {
		c.PermittedDNSDomains = nil
	} else if len(c.PermittedDNSDomains) == 0 {
		c.PermittedDNSDomains = []string{nowhere}
	}
	slices.Sort(c.PermittedDNSDomains)
	c.PermittedDNSDomains = slices.Compact(c.PermittedDNSDomains)
	for _, p := range s.ranges {
		c.PermittedIPRanges = append(c.PermittedIPRanges, network(p))
	}
	if len(s.ranges) == 0 {
		c.ExcludedIPRanges = []*net.IPNet{network(netip.MustParsePrefix("0.0.0.0/0")), network(netip.MustParsePrefix("::/0"))}
	}
}

// plain is the nearest name above that has no underscore: Java reads no
// certificate that has one in a constraint.
func plain(name string) string {
	for strings.Contains(name, "_") {
		var above bool
		if _, name, above = strings.Cut(name, "."); !above {
			return nowhere
		}
	}
	return name
}

func network(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}
