package tripwire

import (
	"bytes"
	"testing"
)

const fuzzCore = "q7Zt0LmX3vRb9KdWs5NpYc1HgFe8JuAo2TiQxBzD"

func fuzzSet(t testing.TB) *Set {
	s, err := New([]Value{{Name: "it", Kind: Decoy, Cores: []string{fuzzCore}}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// plainly is the definition of what is found, without any haste: a piece of a
// pattern in the normal form.
func plainly(s *Set, text []byte) bool {
	normal := make([]byte, len(text))
	n, _ := newClasses().normalise(normal, text, true)
	normal = normal[:n]
	for _, p := range s.index().patterns {
		in := normal
		if p.fold {
			in = bytes.ToLower(normal)
		}
		for at := 0; at+p.need <= len(p.text); at++ {
			piece := p.text[at : at+p.need]
			if p.fold {
				piece = bytes.ToLower(piece)
			}
			if bytes.Contains(in, piece) {
				return true
			}
		}
	}
	return false
}

// FuzzStream: a stream finds what the definition says, neither more nor less,
// however it is cut.
func FuzzStream(f *testing.F) {
	s := fuzzSet(f)
	f.Add([]byte("key="), []byte("&x"), uint8(0), uint8(0), uint8(40), uint8(7))
	f.Add([]byte("%2"), []byte("%"), uint8(2), uint8(3), uint8(30), uint8(1))
	f.Add([]byte(`\u00`), []byte(`\u0041`), uint8(9), uint8(0), uint8(16), uint8(3))
	f.Add([]byte("abc"), []byte("\x1f\x8b\x08\x00"), uint8(5), uint8(10), uint8(25), uint8(2))
	f.Add([]byte("%25%32%35"), []byte("x\x9c"), uint8(1), uint8(24), uint8(40), uint8(255))
	f.Add([]byte("PK\x03\x04"), []byte("\\"), uint8(13), uint8(0), uint8(15), uint8(4))
	f.Fuzz(func(t *testing.T, before, after []byte, spelling, from, to, cut uint8) {
		texts := s.index().patterns
		text := texts[int(spelling)%len(texts)].text
		from, to = min(from, uint8(len(text))), min(to, uint8(len(text)))
		all := append(append(bytes.Clone(before), text[min(from, to):to]...), after...)
		want := plainly(s, all)
		st := s.Stream("")
		defer st.Close()
		for rest := all; len(rest) > 0; {
			n := min(len(rest), int(cut)+1)
			st.Look(rest[:n])
			rest = rest[n:]
		}
		hit, got := st.End()
		if got != want && hit.Spelling != "" && !bytes.Contains([]byte(hit.Spelling), []byte(", ")) || want && !got {
			t.Errorf("%q in pieces of %d: found %v (%v), by the definition %v", all, cut+1, got, hit, want)
		}
	})
}

// FuzzNormal: what is cut anywhere has the same normal form, which is never
// longer than the text.
func FuzzNormal(f *testing.F) {
	f.Add([]byte(`a%41%2541%u0041\u0041\x41\n\\u0041%`), 3)
	f.Add([]byte("%25252525252541"), 5)
	f.Add([]byte(`\u00`), 2)
	c := newClasses()
	f.Fuzz(func(t *testing.T, text []byte, at int) {
		whole := make([]byte, len(text))
		n, used := c.normalise(whole, text, true)
		if used != len(text) {
			t.Fatalf("used %d of %d", used, len(text))
		}
		cut := 0
		if len(text) > 0 {
			cut = ((at % len(text)) + len(text)) % len(text)
		}
		halves := make([]byte, len(text))
		a, used := c.normalise(halves, text[:cut], false)
		if cut-used >= maxEscape {
			t.Fatalf("%q: %d bytes wait", text, cut-used)
		}
		b, _ := c.normalise(halves[a:], text[used:], true)
		if !bytes.Equal(whole[:n], halves[:a+b]) {
			t.Errorf("%q cut at %d: %q, whole %q", text, cut, halves[:a+b], whole[:n])
		}
	})
}

// FuzzPacked: nothing that claims to be packed does harm, or costs more than its
// bound.
func FuzzPacked(f *testing.F) {
	s := fuzzSet(f)
	f.Add([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"), 3)
	f.Add([]byte("PK\x03\x04\x14\x00\x08\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00ax\x9c"), 4)
	f.Add([]byte("x\x9cx\x9cx\x9cx\x9cx\x01x\xda\x01\x00\x00\xff\xff"), 1)
	f.Fuzz(func(t *testing.T, text []byte, cut int) {
		st := s.Stream("")
		cut = 1 + (cut%64+64)%64
		st.Packed()
		for len(text) > 0 {
			n := min(cut, len(text))
			st.Look(text[:n])
			text = text[n:]
			if open := len(st.packed.open); open > maxPacked {
				t.Fatalf("%d are open", open)
			}
		}
		st.End()
		st.Close()
		if *st.packed.room != maxPacked {
			t.Errorf("%d places are free after the end", *st.packed.room)
		}
	})
}

// TestNeeds: what is carried from write to write is enough for each spelling,
// and no spelling asks for more than its piece gives.
func TestNeeds(t *testing.T) {
	for _, p := range fuzzSet(t).index().patterns {
		if p.need > longestNeed || p.need < word+word-1 {
			t.Errorf("%s needs %d characters", p.spelling, p.need)
		}
	}
	for _, s := range append(spellings(), doubles()...) {
		for at := range len(fuzzCore) - minPiece + 1 {
			for _, text := range s.texts(fuzzCore[at : at+minPiece]) {
				if len(text) < s.need && s.name != "decimal bytes" {
					t.Errorf("%s: a piece gives %d characters, %d are asked for", s.name, len(text), s.need)
				}
			}
		}
	}
}
