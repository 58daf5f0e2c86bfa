package plan

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// HostSet is what the host of a rule stands for: one host, every name below a
// name, or a range of addresses. Two of them are nested or have nothing in
// common. The zero value holds nothing.
type HostSet struct {
	text  string       // canonical
	below string       // the name, of "*.name"
	span  netip.Prefix // of a range
}

// ParseHostSet reads Egress.Host and takes its canonical form only.
func ParseHostSet(s string) (HostSet, error) {
	if name, ok := strings.CutPrefix(s, "*."); ok {
		return parseBelow(s, name)
	}
	if strings.Contains(s, "/") {
		return parseSpan(s)
	}
	h, err := CanonicalHost(s)
	switch {
	case err != nil:
		return HostSet{}, err
	case h != s:
		return HostSet{}, fmt.Errorf("host %s is not in canonical form %s", quote(s), quote(h))
	}
	return HostSet{text: s}, nil
}

func parseBelow(s, name string) (HostSet, error) {
	h, err := CanonicalHost(name)
	if err != nil {
		return HostSet{}, err
	}
	if _, err := netip.ParseAddr(h); err == nil || h != name {
		return HostSet{}, fmt.Errorf("host %s: not a name in canonical form behind \"*.\"", quote(s))
	}
	return HostSet{text: s, below: name}, nil
}

func parseSpan(s string) (HostSet, error) {
	p, err := netip.ParsePrefix(s)
	if err == nil && (p.Masked() != p || p.Addr().Is4In6() || p.String() != s) {
		err = errors.New("not in canonical form")
	}
	if err != nil {
		return HostSet{}, fmt.Errorf("range %s: %w", quote(s), err)
	}
	return HostSet{text: s, span: p}, nil
}

// String is what ParseHostSet read.
func (h HostSet) String() string { return h.text }

// Exact tells that the set is one host.
func (h HostSet) Exact() bool { return h.text != "" && h.below == "" && !h.span.IsValid() }

// Below is the name of "*.name", or empty.
func (h HostSet) Below() string { return h.below }

// Span is the range of addresses; it is not valid for any other set.
func (h HostSet) Span() netip.Prefix { return h.span }

// Has tells whether a host in canonical form is in the set.
func (h HostSet) Has(host string) bool {
	switch {
	case h.below != "":
		return strings.HasSuffix(host, "."+h.below)
	case h.span.IsValid():
		a, err := netip.ParseAddr(host)
		return err == nil && h.span.Contains(a)
	}
	return h.text != "" && host == h.text
}

// Narrower tells whether the set is the more exact of two that have a host in
// common.
func (h HostSet) Narrower(than HostSet) bool {
	switch {
	case h.Exact() || than.Exact():
		return h.Exact() && !than.Exact()
	case h.below != "" && than.below != "":
		return len(h.below) > len(than.below)
	}
	return h.span.IsValid() && than.span.IsValid() && h.span.Bits() > than.span.Bits()
}

// Synthetic lists the ranges of addresses that the gateway gives to names. No
// rule can be about one of them.
func Synthetic() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("198.18.0.0/15"),
		netip.MustParsePrefix("fd72:696e:6777:616c:6c00::/96"),
	}
}

// IsSynthetic tells whether a set holds nothing but addresses of Synthetic. Of
// a wider set the gateway leaves those out.
func (h HostSet) IsSynthetic() bool {
	p := h.span
	if a, err := netip.ParseAddr(h.text); err == nil {
		p = netip.PrefixFrom(a, a.BitLen())
	}
	for _, s := range Synthetic() {
		if p.IsValid() && p.Bits() >= s.Bits() && s.Contains(p.Addr()) {
			return true
		}
	}
	return false
}
