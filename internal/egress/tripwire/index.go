package tripwire

import (
	"encoding/binary"
	"math/bits"
)

const (
	word  = 8                  // bytes that are looked up at once
	lower = 0x2020202020202020 // makes letters small and leaves digits, for all bytes of a word
)

// index knows each word (8 characters in a row) of each pattern. A piece of at
// least 15 characters holds a whole one wherever it lies among the stream's
// words, so that only every eighth place has to be looked up: a bit of a small
// table first, which is nearly always enough.
type index struct {
	classes  *classes
	patterns []pattern
	shift    uint     // of a hash, to a bit of the table
	table    []uint64 // bits
	first    map[uint64]int32
	places   []place
	packed   *beginnings
}

// place is where a word lies; next is another one with the same word, or -1.
type place struct {
	pattern, at, next int32
}

func newIndex(values []Value) *index {
	x := &index{classes: newClasses(), patterns: patterns(values), first: map[uint64]int32{}, packed: newBeginnings()}
	total := 0
	for _, p := range x.patterns {
		total += len(p.text)
	}
	size := bits.Len(uint(total)) + 4 // 16 to 32 bits for each word
	x.shift, x.table = uint(64-size), make([]uint64, 1<<(size-6))
	for i, p := range x.patterns {
		for at := 0; at+word <= len(p.text); at++ {
			x.add(wordAt(p.text, at), place{int32(i), int32(at), -1})
		}
	}
	return x
}

func wordAt(b []byte, at int) uint64 { return binary.LittleEndian.Uint64(b[at:]) | lower }

func hash(w uint64) uint64 { return w * 0x9e3779b97f4a7c15 }

func (x *index) add(w uint64, p place) {
	if next, ok := x.first[w]; ok {
		p.next = next
	}
	x.first[w] = int32(len(x.places))
	x.places = append(x.places, p)
	h := hash(w) >> x.shift
	x.table[h/64] |= 1 << (h % 64)
}

// find looks for a piece in a normal form; wanted tells whether a value counts
// here.
func (x *index) find(b []byte, wanted func(value int) bool) (*pattern, bool) {
	table, shift := x.table, x.shift
	for at := 0; at+word <= len(b); at += word {
		w := binary.LittleEndian.Uint64(b[at:]) | lower
		h := hash(w) >> shift
		if table[h/64]&(1<<(h%64)) == 0 {
			continue
		}
		if p, ok := x.confirm(b, at, w, wanted); ok {
			return p, true
		}
	}
	return nil, false
}

// confirm goes from a word that some pattern has to both sides.
func (x *index) confirm(b []byte, at int, w uint64, wanted func(int) bool) (*pattern, bool) {
	i, ok := x.first[w]
	for ok && i >= 0 {
		place := x.places[i]
		p := &x.patterns[place.pattern]
		if p.common(b, at, int(place.at)) >= p.need && wanted(p.value) {
			return p, true
		}
		i = place.next
	}
	return nil, false
}

// common is how many characters in a row b and the pattern have in common around
// a place that is the same in both; no more than are needed on either side.
func (p *pattern) common(b []byte, at, in int) int {
	left, right := 0, 0
	for left < p.need && at-left > 0 && in-left > 0 && p.same(b[at-left-1], p.text[in-left-1]) {
		left++
	}
	for right < p.need && at+right < len(b) && in+right < len(p.text) && p.same(b[at+right], p.text[in+right]) {
		right++
	}
	if right < word {
		return 0
	}
	return left + right
}

func (p *pattern) same(a, b byte) bool {
	return a == b || p.fold && a|0x20 == b|0x20
}
