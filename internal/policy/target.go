package policy

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"golang.org/x/net/publicsuffix"
)

const below = "*."

// leastBits is the widest range that a policy may allow: 10.0.0.0/8 and
// fd00::/8 are whole private networks, and what is wider is the internet.
const leastBits = 8

// Target is a set of places: one, every name below a name, or a range of
// addresses. Two targets are nested or have nothing in common.
type Target struct {
	Destination // Host: "a.example", "*.a.example", "192.0.2.1" or "10.0.0.0/8"; Port 0: any
}

// ParseTarget reads what network.allow takes: a destination, "*.name" for every
// name below a name and not the name itself, or a range of addresses:
// "10.0.0.0/8", "10.0.0.0/8:5432", "[fd00::/8]:443".
func ParseTarget(s string) (Target, error) {
	t, err := parseTarget(s)
	if err != nil {
		return Target{}, err
	}
	if err := t.bounded(); err != nil {
		return Target{}, err
	}
	if t.Port == 0 {
		t.Port = HTTPSPort
	}
	return t, nil
}

// ParseDeny reads what network.deny takes: the same, of any width but "*"; the
// port is any where none is written.
func ParseDeny(s string) (Target, error) {
	if _, preset := Preset(s); preset {
		return Target{}, errors.New("a preset cannot be denied: leave it out of allow, or deny its hosts")
	}
	return parseTarget(s)
}

func parseTarget(s string) (Target, error) {
	if looksLikeRange(s) && strings.Contains(s, ":") && !strings.Contains(s, ".") {
		return Target{}, errBrackets
	}
	host, port, found := cutPort(s)
	var t Target
	if found {
		var err error
		if t.Port, err = parsePort(port); err != nil {
			return Target{}, notAPort(s, err)
		}
	}
	var err error
	switch name, isBelow := strings.CutPrefix(host, below); {
	case isBelow:
		t.Host, err = parseBelow(name)
	case strings.Contains(host, "/") && !strings.Contains(host, "://"):
		t.Host, err = parseRange(host)
	default:
		var d Destination
		d, err = ParseDestination(s)
		t.Host = d.Host
	}
	return t, err
}

// notAPort prefers the word for the mistake that the whole entry is.
func notAPort(s string, err error) error {
	if other := notAHost(s); other != nil {
		return other
	}
	return err
}

// parseBelow reads the name behind "*.".
func parseBelow(name string) (string, error) {
	d, err := ParseDestination(name)
	if err != nil {
		return "", err
	}
	if _, _, twice := cutPort(name); twice {
		return "", errors.New("names two ports")
	}
	if _, err := netip.ParseAddr(d.Host); err == nil {
		return "", errors.New("nothing is below an address: write a range, such as 10.0.0.0/8")
	}
	return below + d.Host, nil
}

var errBrackets = errors.New("an IPv6 range stands in brackets, an IPv4 range does not: [fd00::/8]:443, 10.0.0.0/8:443")

// parseRange reads "10.0.0.0/8" or "[fd00::/8]".
func parseRange(s string) (string, error) {
	inner, brackets := strings.CutPrefix(s, "[")
	if brackets {
		var closed bool
		if inner, closed = strings.CutSuffix(inner, "]"); !closed {
			return "", errors.New("a bracket is open")
		}
	}
	p, err := netip.ParsePrefix(inner)
	switch {
	case err != nil:
		if other := notAHost(s); other != nil && !looksLikeRange(inner) {
			return "", other
		}
		return "", errors.New("is not a range of addresses: write it as 10.0.0.0/8 or [fd00::/8]")
	case p.Addr().Is6() != brackets:
		return "", errBrackets
	case p.Addr().Is4In6():
		return "", errors.New("an IPv4-mapped range: write the IPv4 range")
	case p.Masked() != p:
		return "", fmt.Errorf("has bits beyond the range: write %s", p.Masked())
	case p.IsSingleIP():
		return "", errors.New("is a range of one address: write the address")
	}
	return p.String(), nil
}

func looksLikeRange(s string) bool {
	addr, _, _ := strings.Cut(s, "/")
	_, err := netip.ParseAddr(addr)
	return err == nil
}

// bounded refuses what is wider than an owner can answer for.
func (t Target) bounded() error {
	if p, err := netip.ParsePrefix(t.Host); err == nil {
		if p.Bits() < leastBits {
			return fmt.Errorf("is too wide a range: at least /%d", leastBits)
		}
		return nil
	}
	name, isBelow := strings.CutPrefix(t.Host, below)
	if !isBelow {
		return nil
	}
	suffix, registry := publicsuffix.PublicSuffix(name)
	if suffix == name && (registry || !strings.Contains(name, ".")) {
		return errors.New("anyone can have a name below " + quote(name) + ": write the names that are needed")
	}
	return nil
}

// Covers tells whether all that o stands for is in t too.
func (t Target) Covers(o Target) bool {
	return (t.Port == 0 || t.Port == o.Port) && coversHost(t.Host, o.Host)
}

func coversHost(wide, narrow string) bool {
	if wide == narrow {
		return true
	}
	if name, isBelow := strings.CutPrefix(wide, below); isBelow {
		return strings.HasSuffix(narrow, "."+name)
	}
	p, err := netip.ParsePrefix(wide)
	if err != nil {
		return false
	}
	if o, err := netip.ParsePrefix(narrow); err == nil {
		return p.Bits() <= o.Bits() && p.Contains(o.Addr())
	}
	a, err := netip.ParseAddr(narrow)
	return err == nil && p.Contains(a)
}

// String is the form in which ParseTarget and ParseDeny read it again.
func (t Target) String() string {
	host := t.Host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if t.Port == 0 {
		return host
	}
	return fmt.Sprintf("%s:%d", host, t.Port)
}
