package egress

import "net/netip"

// special lists the IPv4 ranges that a name never leads to (IANA IPv4 Special-
// Purpose Address Registry, and 168.63.129.16, the address at which every
// Azure machine finds its host). Cloud metadata services lie in the link-local,
// shared and IETF ranges.
var special = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
	"172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24",
	"192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
	"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",
	"240.0.0.0/4", "168.63.129.16/32",
)

// global6 is all of IPv6 that is given out to networks; NAT64 (64:ff9b::/96),
// unique local, link-local, multicast, mapped, compatible, loopback and
// unspecified addresses lie outside.
var global6 = netip.MustParsePrefix("2000::/3")

// special6 lists what is special inside it: Teredo, ORCHID and the other IETF
// protocol assignments, documentation, and 6to4, which hides an IPv4 address.
var special6 = prefixes("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "2620:4f:8000::/48")

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// public reports whether an address may be what an allowed name leads to. An
// IPv4-mapped address is not: it is another spelling of something that was to
// be checked.
func public(a netip.Addr) bool {
	switch {
	case !a.IsValid() || a.Is4In6() || a.Zone() != "":
		return false
	case a.Is4():
		return !within(special, a)
	}
	return global6.Contains(a) && !within(special6, a)
}

func within(list []netip.Prefix, a netip.Addr) bool {
	for _, p := range list {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
