package plan

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// maxName is the longest DNS name in its textual form (RFC 1035, 2.3.4).
const maxName = 253

// CanonicalHost gives the one form in which a host is compared everywhere: a
// lower-case ASCII DNS name without a trailing dot, a dotted-quad IPv4
// address, or an IPv6 address as RFC 5952 writes it, without brackets.
//
// All else is an error: the other spellings of an address that inet_aton and
// URL parsers accept ("127.1", "0x7f.1", "2130706433"), zones, IPv4-mapped
// addresses, escapes, separators, blanks, and any byte outside ASCII. Two
// parsers that read one spelling in two ways are how allowlists are passed by
// (VS Code CVE-2026-81357, CVE-2026-81378), so nothing is repaired.
func CanonicalHost(s string) (string, error) {
	host, err := canonicalHost(s)
	if err != nil {
		return "", fmt.Errorf("host %s: %w", quote(s), err)
	}
	return host, nil
}

func canonicalHost(s string) (string, error) {
	switch {
	case s == "":
		return "", errors.New("empty")
	case strings.HasPrefix(s, "["):
		inner, closed := strings.CutSuffix(s[1:], "]")
		if !closed || !strings.Contains(inner, ":") {
			return "", errors.New("brackets belong around an IPv6 address only")
		}
		return canonicalAddr(inner)
	case strings.Contains(s, ":"):
		return canonicalAddr(s)
	}
	if a, err := netip.ParseAddr(s); err == nil {
		return a.String(), nil
	}
	return canonicalName(s)
}

func canonicalAddr(s string) (string, error) {
	a, err := netip.ParseAddr(s)
	switch {
	case err != nil || a.Is4():
		return "", errors.New("not an IPv6 address")
	case a.Zone() != "":
		return "", errors.New("an address with a zone means another thing on each host")
	case a.Is4In6():
		return "", errors.New("an IPv4-mapped address: write the IPv4 address")
	}
	return a.String(), nil
}

func canonicalName(s string) (string, error) {
	name := strings.TrimSuffix(s, ".")
	if name == "" || len(name) > maxName {
		return "", fmt.Errorf("a name has 1 to %d characters", maxName)
	}
	labels := strings.Split(name, ".")
	for _, l := range labels {
		if err := checkLabel(l); err != nil {
			return "", err
		}
	}
	if numeric(labels[len(labels)-1]) {
		return "", errors.New("ends in a number, which some programs read as an IPv4 address")
	}
	return lower(name), nil
}

func checkLabel(l string) error {
	if len(l) < 1 || len(l) > 63 {
		return errors.New("a label has 1 to 63 characters")
	}
	if l[0] == '-' || l[len(l)-1] == '-' {
		return errors.New("a label neither starts nor ends with '-'")
	}
	for i := range len(l) {
		if !nameByte(l[i]) {
			return fmt.Errorf("the byte %q does not belong in a host name", l[i])
		}
	}
	return nil
}

func nameByte(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || b == '-' || b == '_'
}

// numeric reports whether a last label makes the WHATWG URL parser and
// inet_aton read the whole as an IPv4 address: all digits, or 0x and
// hexadecimal digits.
func numeric(l string) bool {
	if strings.Trim(l, "0123456789") == "" {
		return true
	}
	hex, ok := strings.CutPrefix(lower(l), "0x")
	return ok && strings.Trim(hex, "0123456789abcdef") == ""
}

// lower changes ASCII letters only, so that no other character can fold into
// one (U+212A KELVIN SIGN becomes "k" with strings.ToLower).
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// SplitHostPort splits "host:port", "host" or "[v6]:port" and returns the host
// in canonical form. Without a port it returns def, or an error when def is 0.
// An IPv6 address needs brackets here, because "fd00::1:443" can be read in
// two ways.
func SplitHostPort(s string, def int) (host string, port int, err error) {
	h, p, found := cutPort(s)
	if strings.Contains(h, ":") && !strings.HasPrefix(h, "[") {
		return "", 0, fmt.Errorf("host %s: an IPv6 address needs brackets: [::1]:443", quote(s))
	}
	if host, err = CanonicalHost(h); err != nil {
		return "", 0, err
	}
	if !found {
		if def == 0 {
			return "", 0, fmt.Errorf("host %s: a port is missing", quote(s))
		}
		return host, def, nil
	}
	if port, err = parsePort(p); err != nil {
		return "", 0, fmt.Errorf("host %s: %w", quote(s), err)
	}
	return host, port, nil
}

// cutPort splits at the last colon that is not inside brackets.
func cutPort(s string) (host, port string, found bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 || i < strings.LastIndexByte(s, ']') {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// parsePort takes 1 to 65535 in plain decimal: no sign, no leading zero.
func parsePort(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 65535 || strconv.Itoa(n) != s {
		return 0, fmt.Errorf("port %s is not a number from 1 to 65535", quote(s))
	}
	return n, nil
}

// quote makes hostile text printable and short enough for an error line.
func quote(s string) string {
	const most = 80
	if len(s) > most {
		return strconv.QuoteToASCII(s[:most]) + "..."
	}
	return strconv.QuoteToASCII(s)
}
