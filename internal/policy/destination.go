package policy

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// HTTPSPort is the port of a destination that names none.
const HTTPSPort = 443

const presetPrefix = "preset:"

// Destination is one place on the network.
type Destination struct {
	Host string // lower-case name without a trailing dot, or an address without brackets
	Port int
}

// String is "host:port", with brackets around an IPv6 address.
func (d Destination) String() string {
	host := d.Host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return host + ":" + strconv.Itoa(d.Port)
}

// Preset is the name of a "preset:name" entry of network.allow.
func Preset(entry string) (name string, ok bool) {
	return strings.CutPrefix(entry, presetPrefix)
}

// ParseDestination reads "host", "host:port" or "[v6]:port"; the port is 443
// where none is written. It takes exact names and addresses only: whatever two
// programs could read in two ways is an error.
func ParseDestination(s string) (Destination, error) {
	if err := notAHost(s); err != nil {
		return Destination{}, err
	}
	host, port, found := cutPort(s)
	d := Destination{Port: HTTPSPort}
	var err error
	if found {
		if d.Port, err = parsePort(port); err != nil {
			return Destination{}, err
		}
	}
	d.Host, err = parseHost(host)
	return d, err
}

// notAHost has a clear word for the usual mistakes.
func notAHost(s string) error {
	switch {
	case s == "":
		return errors.New("is empty")
	case strings.Contains(s, "://"):
		return errors.New("wants a host, not a URL: leave the scheme out")
	case strings.Contains(s, "*"):
		return errors.New(`"*" stands in front of a name only, as in "*.example.com", and never for all hosts`)
	case strings.Contains(s, "@"):
		return errors.New("wants a host without a user name")
	case strings.ContainsAny(s, "/?#"):
		return errors.New("wants a host without a path")
	case strings.ContainsAny(s, " \t,;"):
		return errors.New("wants one host without blanks or separators")
	}
	return nil
}

// cutPort splits at the last colon that is not inside brackets.
func cutPort(s string) (host, port string, found bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 || i < strings.LastIndexByte(s, ']') {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// parsePort takes plain decimal only: no sign, no leading zero.
func parsePort(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 65535 || strconv.Itoa(n) != s {
		return 0, fmt.Errorf("%s is not a port from 1 to 65535", quote(s))
	}
	return n, nil
}

func parseHost(s string) (string, error) {
	if inner, ok := strings.CutPrefix(s, "["); ok {
		inner, closed := strings.CutSuffix(inner, "]")
		if !closed {
			return "", errors.New("a bracket is open")
		}
		return parseIPv6(inner)
	}
	if strings.Contains(s, ":") {
		return "", errors.New("an IPv6 address needs brackets: [2001:db8::1]:443")
	}
	if a, err := netip.ParseAddr(s); err == nil {
		return a.String(), nil
	}
	return parseName(strings.TrimSuffix(s, "."))
}

func parseIPv6(s string) (string, error) {
	a, err := netip.ParseAddr(s)
	if err != nil || !a.Is6() || a.Is4In6() || a.Zone() != "" {
		return "", errors.New("brackets want a plain IPv6 address, without a zone and not IPv4-mapped")
	}
	return a.String(), nil
}

func parseName(s string) (string, error) {
	if s == "" || len(s) > 253 {
		return "", errors.New("a host name has 1 to 253 characters")
	}
	labels := strings.Split(s, ".")
	for _, l := range labels {
		if !validLabel(l) {
			return "", fmt.Errorf("%s is not a part of a host name: it has 1 to 63 of a-z, 0-9, '-' and '_', and '-' neither first nor last (write an international name in its xn-- form)", quote(l))
		}
	}
	name := strings.ToLower(s)
	if looksNumeric(strings.ToLower(labels[len(labels)-1])) {
		return "", errors.New("ends in a number, which some programs read as an address: write the address in full")
	}
	return name, nil
}

func validLabel(l string) bool {
	return len(l) >= 1 && len(l) <= 63 && l[0] != '-' && l[len(l)-1] != '-' &&
		strings.Trim(l, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}

// looksNumeric: inet_aton and the WHATWG URL parser read a name that ends so
// as an IPv4 address.
func looksNumeric(label string) bool {
	if strings.Trim(label, "0123456789") == "" {
		return true
	}
	hex, ok := strings.CutPrefix(label, "0x")
	return ok && strings.Trim(hex, "0123456789abcdef") == ""
}
