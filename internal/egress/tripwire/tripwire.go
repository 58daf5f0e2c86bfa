// Package tripwire finds values that must never leave in what is about to
// leave: decoys, which lie where a thief would look, and the placeholders that
// stand for credentials. Both are random, so that a piece of one in a stream is
// no accident. It is pure: it reads what it is given and keeps a bounded state.
//
// A value is found in many spellings (see spellings) and by its pieces: any
// minPiece random characters of it in a row are enough. So both halves of one
// that was cut in two are found, and of one that is sent plainly at most
// minPiece-1 characters were cleared when it is, since each write is looked at
// before it goes on.
//
// A piece has at least [PieceBits] bits. Against a text that was not made from
// the value, a set of twenty values has some 2^17 pieces in all spellings: a
// terabyte (2^40 positions) gives a false alarm with a chance of 2^-22.
package tripwire

import (
	"bytes"
	"fmt"
	"sync"
)

// minPiece is how many random characters of a value in a row are an alarm.
const minPiece = 16

// PieceBits is what the shortest piece that raises an alarm carries at least:
// 16 characters of 62, whose case does not count (a letter stands for two, so
// the likeliest has a chance of 2/62). Of hexadecimal digits it takes 20, of
// decimal ones 24.
const PieceBits = 79

// piece is how many characters in a row of a core are an alarm: as many as it
// takes for PieceBits.
func piece(core []byte) int {
	switch {
	case only(core, "0123456789"):
		return 24
	case only(core, "0123456789abcdef"), only(core, "0123456789ABCDEF"):
		return 20
	}
	return minPiece
}

func only(text []byte, of string) bool { return len(bytes.Trim(text, of)) == 0 }

// Proof tells whether a core is long enough to be looked for.
func Proof(core string) bool {
	n := normalText(core)
	return len(n) >= piece(n)
}

// Kinds of values.
const (
	Decoy       = "decoy"
	Placeholder = "placeholder"
)

// Value is one text to look for.
type Value struct {
	Name string // in alarms: "~/.aws/credentials", "anthropic"
	Kind string // Decoy or Placeholder
	// Cores are its random parts, without what is the same for everybody, such
	// as "sk-ant-". Each has to be a Proof.
	Cores []string
	// Home is the only destination that it may go to, as host:port; a decoy has
	// none.
	Home string
}

// Hit is a value that was found.
type Hit struct {
	Value    string // name
	Kind     string
	Spelling string // "plain", "base64" ...; what it was packed in comes first: "gzip, hex"
}

// Set is what to look for. It is used by many goroutines at once. A nil Set
// finds nothing.
type Set struct {
	values []Value
	index  func() *index // made at the first look, since it takes a moment
}

// New checks the values; without any the set is nil. An error names the value
// and never shows it.
func New(values []Value) (*Set, error) {
	if len(values) == 0 {
		return nil, nil
	}
	for _, v := range values {
		if len(v.Cores) == 0 {
			return nil, fmt.Errorf("%s: nothing to look for", v.Name)
		}
		for _, c := range v.Cores {
			if !Proof(c) {
				return nil, fmt.Errorf("%s: %d letters and digits are too few to be told apart", v.Name, len(normalText(c)))
			}
		}
	}
	return &Set{values, sync.OnceValue(func() *index { return newIndex(values) })}, nil
}

// Find looks at a whole text on its way to a destination (host:port; empty
// where it is not known).
func (s *Set) Find(to string, text []byte) (Hit, bool) {
	st := s.Stream(to)
	defer st.Close()
	if hit, ok := st.Look(text); ok {
		return hit, true
	}
	return st.End()
}
