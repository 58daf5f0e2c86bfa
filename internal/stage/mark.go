package stage

import (
	"encoding/binary"
	"math/bits"
)

// marks are the fingerprints of what lies in a folder, eight bytes each. They
// tell whether it is still what was read without a list of its content: 20,000
// files are 160 KB instead of several MB. They guard against accidents, and
// nobody gains by a collision: a person's file would be taken for the agent's.
type marks []byte

func (m marks) count() int { return len(m) / 8 }

func (m marks) add(rel string, s Stat) marks {
	return binary.LittleEndian.AppendUint64(m, mark(rel, s))
}

// set counts the marks.
func (m marks) set() map[uint64]int {
	out := make(map[uint64]int, m.count())
	for ; len(m) >= 8; m = m[8:] {
		out[binary.LittleEndian.Uint64(m)]++
	}
	return out
}

// equal compares two without regard to their order.
func (m marks) equal(other marks) bool {
	if len(m) != len(other) {
		return false
	}
	set := m.set()
	for ; len(other) >= 8; other = other[8:] {
		k := binary.LittleEndian.Uint64(other)
		if set[k] == 0 {
			return false
		}
		set[k]--
	}
	return true
}

// mark is the fingerprint of one name, relative to the folder. A folder's size
// and time change with its content and do not count.
func mark(rel string, s Stat) uint64 {
	h := mix(uint64(len(rel)), s.Ino)
	for len(rel) >= 8 {
		h = mix(h, uint64(rel[0])|uint64(rel[1])<<8|uint64(rel[2])<<16|uint64(rel[3])<<24|
			uint64(rel[4])<<32|uint64(rel[5])<<40|uint64(rel[6])<<48|uint64(rel[7])<<56)
		rel = rel[8:]
	}
	var last uint64
	for i := range len(rel) {
		last = last<<8 | uint64(rel[i])
	}
	h = mix(mix(h, last), uint64(s.Mode)<<8|uint64(len(s.Type)))
	if s.Type == Dir {
		return h
	}
	return mix(mix(h, uint64(s.Size)), uint64(s.Mtime))
}

// mix folds a product of 128 bits, as fast hashes of today do.
func mix(h, w uint64) uint64 {
	hi, lo := bits.Mul64(h^0x9e3779b97f4a7c15, w^0xd6e8feb86659fd93)
	return hi ^ lo ^ h>>29
}
