package egress

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"sync"

	"ringwall/internal/plan"
)

// Allowed names are answered with addresses from the ranges of plan.Synthetic,
// which never appear on a real network: 198.18.0.0/15 is for benchmarks (RFC
// 2544), and the IPv6 range is a unique local one (RFC 4193) whose global ID
// spells "ringwall". The last 17 bits of both are the number of the name.
var (
	syntheticV4 = plan.Synthetic()[0]
	syntheticV6 = plan.Synthetic()[1]
)

// maxNames is how many names have room: all but the first and the last
// address of the IPv4 range.
const maxNames = 1<<17 - 2

// Bounds of the names that are not written out in the policy.
const (
	maxBelow   = 200  // different ones below each pattern
	maxLearned = 2000 // different ones of a run that learns
)

// synthetic reports whether an address lies in a range that names get.
func synthetic(a netip.Addr) bool {
	return syntheticV4.Contains(a) || syntheticV6.Contains(a)
}

// nameTable maps names to their addresses and back. Those that the policy
// writes out are there from the start, sorted; those that a pattern allows come
// when they are first asked for, and none is ever taken out, so a name keeps
// its address for the whole run.
type nameTable struct {
	admit func(name string) admission // of a name that is not there; nil: none is admitted
	// learned, if set, is told of each name that is admitted only to be learned of.
	learned func(name string)

	mu     sync.RWMutex
	byName map[string]uint32
	byAddr []string       // number - 1
	under  map[string]int // names so far, by the control that admitted them
}

// admission is what the policy says of a name that it does not write out.
type admission struct {
	control string // that allows it; empty: none does
	most    int    // names that this control may admit
	refused string // why not, when something else than the lack of a rule
}

func newNameTable(names []string) (*nameTable, error) {
	if len(names) > maxNames {
		return nil, fmt.Errorf("%d names: no more than %d have room", len(names), maxNames)
	}
	t := &nameTable{byName: make(map[string]uint32, len(names)), byAddr: names, under: map[string]int{}}
	for i, n := range names {
		t.byName[n] = uint32(i + 1)
	}
	return t, nil
}

// addrs returns the two addresses of an allowed name; for any other, refused
// may say why.
func (t *nameTable) addrs(name string) (v4, v6 netip.Addr, refused string, ok bool) {
	n, refused := t.number(name)
	if n == 0 {
		return v4, v6, refused, false
	}
	b4, b6 := syntheticV4.Addr().As4(), syntheticV6.Addr().As16()
	binary.BigEndian.PutUint32(b4[:], binary.BigEndian.Uint32(b4[:])+n)
	binary.BigEndian.PutUint32(b6[12:], n)
	return netip.AddrFrom4(b4), netip.AddrFrom16(b6), "", true
}

// number finds a name, or gives it a number when the policy admits it; 0: it
// has none.
func (t *nameTable) number(name string) (n uint32, refused string) {
	t.mu.RLock()
	n = t.byName[name]
	t.mu.RUnlock()
	if n != 0 || t.admit == nil {
		return n, ""
	}
	a := t.admit(name)
	if a.control == "" || a.refused != "" {
		return 0, a.refused
	}
	if n, refused = t.add(name, a); n != 0 && a.control == ControlGateway && t.learned != nil {
		t.learned(name)
	}
	return n, refused
}

func (t *nameTable) add(name string, a admission) (n uint32, refused string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.byName[name] != 0: // somebody else was faster
		return t.byName[name], ""
	case t.under[a.control] >= a.most || len(t.byAddr) >= maxNames:
		return 0, fmt.Sprintf("%d different names were asked for by %s, which is the most of a run: names can carry data; "+
			"a name that is written out is not counted", a.most, a.control)
	}
	t.under[a.control]++
	t.byAddr = append(t.byAddr, name)
	n = uint32(len(t.byAddr))
	t.byName[name] = n
	return n, ""
}

// name returns the name that a synthetic address stands for.
func (t *nameTable) name(a netip.Addr) (string, bool) {
	var n uint32
	switch {
	case syntheticV4.Contains(a):
		b, base := a.As4(), syntheticV4.Addr().As4()
		n = binary.BigEndian.Uint32(b[:]) - binary.BigEndian.Uint32(base[:])
	case syntheticV6.Contains(a):
		b := a.As16()
		n = binary.BigEndian.Uint32(b[12:])
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	if n == 0 || int64(n) > int64(len(t.byAddr)) {
		return "", false
	}
	return t.byAddr[n-1], true
}
