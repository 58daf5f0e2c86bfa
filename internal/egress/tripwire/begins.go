package tripwire

// beginnings knows the two bytes, as a number, that each form begins with, so
// that most places of a stream are passed over by one look.
type beginnings struct {
	forms []form
	pairs [1 << 16 / 64]uint64
	first [256]bool
}

func newBeginnings() *beginnings {
	b := &beginnings{forms: forms()}
	for _, f := range b.forms {
		known := f.magic
		b.first[known[0]] = true
		if len(known) > 1 {
			b.add(known[0], known[1])
			continue
		}
		for i := range len(f.second) {
			b.add(known[0], f.second[i])
		}
	}
	return b
}

func (b *beginnings) add(one, two byte) {
	n := int(one)<<8 | int(two)
	b.pairs[n/64] |= 1 << (n % 64)
}

// next is where in p, from a place on, something may begin; len(p): nowhere.
func (b *beginnings) next(p []byte, from int) int {
	for i := from; i+1 < len(p); i++ {
		if n := int(p[i])<<8 | int(p[i+1]); b.pairs[n/64]&(1<<(n%64)) != 0 {
			return i
		}
	}
	return len(p)
}
