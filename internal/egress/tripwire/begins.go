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
	if from >= len(p) {
		return len(p)
	}
	pairs, n := &b.pairs, uint16(p[from])
	for i, c := range p[from+1:] {
		n = n<<8 | uint16(c)
		if pairs[n>>6]&(1<<(n&63)) != 0 {
			return from + i
		}
	}
	return len(p)
}
