package credform

import "slices"

// searcher finds every occurrence of many words in one pass over a stream
// (Aho and Corasick). Its memory is in proportion to the length of the words,
// and each byte of the stream is looked at once.
type searcher struct {
	nodes []node
	first [256]int32 // the children of the root, which most bytes are compared with
	// pairs are the two bytes, as a number, that a word begins with. Most text is
	// passed over by them.
	pairs [1 << 16 / 64]uint64
}

// node is a prefix of a word.
type node struct {
	child, sibling int32 // 0: none
	fail           int32 // the longest end of it that is a prefix too
	depth          int32 // its length
	word           int32 // length of the longest word that it ends with; 0: none
	by             byte  // the last byte
}

// newSearcher takes words that are not empty.
func newSearcher(words []string) *searcher {
	s := &searcher{nodes: make([]node, 1)}
	for _, w := range words {
		n := int32(0)
		for i := range len(w) {
			n = s.extend(n, w[i])
		}
		s.nodes[n].word = int32(len(w))
		s.begin(w)
	}
	for c := s.nodes[0].child; c != 0; c = s.nodes[c].sibling {
		s.first[s.nodes[c].by] = c
	}
	s.link()
	return s
}

func (s *searcher) extend(n int32, b byte) int32 {
	if c := s.child(n, b); c != 0 {
		return c
	}
	s.nodes = append(s.nodes, node{by: b, depth: s.nodes[n].depth + 1, sibling: s.nodes[n].child})
	c := int32(len(s.nodes) - 1)
	s.nodes[n].child = c
	return c
}

func (s *searcher) child(n int32, b byte) int32 {
	for c := s.nodes[n].child; c != 0; c = s.nodes[c].sibling {
		if s.nodes[c].by == b {
			return c
		}
	}
	return 0
}

// link goes from the short prefixes to the long ones.
func (s *searcher) link() {
	order := make([]int32, len(s.nodes))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return int(s.nodes[a].depth - s.nodes[b].depth) })
	for _, n := range order {
		for c := s.nodes[n].child; c != 0; c = s.nodes[c].sibling {
			if n != 0 {
				s.nodes[c].fail = s.step(s.nodes[n].fail, s.nodes[c].by)
			}
			if s.nodes[c].word == 0 {
				s.nodes[c].word = s.nodes[s.nodes[c].fail].word
			}
		}
	}
}

// step is the state after one more byte.
func (s *searcher) step(n int32, b byte) int32 {
	for n != 0 {
		if c := s.child(n, b); c != 0 {
			return c
		}
		n = s.nodes[n].fail
	}
	return s.first[b]
}

// begin notes how a word begins; a single byte is followed by any.
func (s *searcher) begin(w string) {
	for b := range 256 {
		if len(w) == 1 || byte(b) == w[1] {
			n := int(w[0])<<8 | b
			s.pairs[n/64] |= 1 << (n % 64)
		}
	}
}

// skip is how many bytes at the beginning of b no word begins with. Of the last
// byte it is not known what follows.
func (s *searcher) skip(b []byte) int {
	for i := 0; i+1 < len(b); i++ {
		if n := int(b[i])<<8 | int(b[i+1]); s.pairs[n/64]&(1<<(n%64)) != 0 {
			return i
		}
	}
	if n := len(b); n > 0 && s.first[b[n-1]] != 0 {
		return n - 1
	}
	return len(b)
}
