package egress

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

// Allowed names are answered with addresses from these ranges, which never
// appear on a real network: 198.18.0.0/15 is for benchmarks (RFC 2544), and
// the IPv6 range is a unique local one (RFC 4193) whose global ID spells
// "ringwall". The last 17 bits of both are the number of the name.
var (
	syntheticV4 = netip.MustParsePrefix("198.18.0.0/15")
	syntheticV6 = netip.MustParsePrefix("fd72:696e:6777:616c:6c00::/96")
)

// maxNames is how many names have room: all but the first and the last
// address of the IPv4 range.
const maxNames = 1<<17 - 2

// synthetic reports whether an address lies in a range that names get.
func synthetic(a netip.Addr) bool {
	return syntheticV4.Contains(a) || syntheticV6.Contains(a)
}

// nameTable maps allowed names to their addresses and back. It is made once,
// from the sorted names, so a name keeps its address for the whole run.
type nameTable struct {
	byName map[string]uint32
	byAddr []string // number - 1
}

func newNameTable(names []string) (nameTable, error) {
	if len(names) > maxNames {
		return nameTable{}, fmt.Errorf("%d names: no more than %d have room", len(names), maxNames)
	}
	t := nameTable{byName: make(map[string]uint32, len(names)), byAddr: names}
	for i, n := range names {
		t.byName[n] = uint32(i + 1)
	}
	return t, nil
}

// addrs returns the two addresses of an allowed name.
func (t nameTable) addrs(name string) (v4, v6 netip.Addr, ok bool) {
	n, ok := t.byName[name]
	if !ok {
		return v4, v6, false
	}
	b4, b6 := syntheticV4.Addr().As4(), syntheticV6.Addr().As16()
	binary.BigEndian.PutUint32(b4[:], binary.BigEndian.Uint32(b4[:])+n)
	binary.BigEndian.PutUint32(b6[12:], n)
	return netip.AddrFrom4(b4), netip.AddrFrom16(b6), true
}

// name returns the name that a synthetic address stands for.
func (t nameTable) name(a netip.Addr) (string, bool) {
	var n uint32
	switch {
	case syntheticV4.Contains(a):
		b, base := a.As4(), syntheticV4.Addr().As4()
		n = binary.BigEndian.Uint32(b[:]) - binary.BigEndian.Uint32(base[:])
	case syntheticV6.Contains(a):
		b := a.As16()
		n = binary.BigEndian.Uint32(b[12:])
	}
	if n == 0 || int64(n) > int64(len(t.byAddr)) {
		return "", false
	}
	return t.byAddr[n-1], true
}
