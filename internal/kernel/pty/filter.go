// Package pty connects the terminal that a person sits at with the one that a
// command in a sandbox has: bytes, size, modes and job control.
package pty

import "unicode/utf8"

// Filter passes on what a command writes to a person's terminal, without what
// acts on more than the screen. It is a normaliser: it puts out whole sequences
// of kinds that it knows, and nothing else, so that it does not matter how a
// terminal would have read the rest. What it holds back while a sequence is
// incomplete is bounded. The zero value is ready.
type Filter struct {
	state func(*Filter, []byte, byte) []byte // nil: ground
	seq   []byte                             // what was read of a sequence
	size  int                                // of a text that is left out
	kind  byte                               // of that text
	modes modes
	asked int // requests that a terminal answers
}

// Bounds of what is held back, in bytes. Longer sequences are left out.
const (
	longestControl = 128
	longestText    = 8 << 10
	longestRefused = 1 << 20
)

// Controls with a meaning of their own.
const (
	bel = 0x07
	can = 0x18
	sub = 0x1a
	esc = 0x1b
)

// Append filters src and appends what passes to dst.
func (f *Filter) Append(dst, src []byte) []byte {
	for len(src) > 0 {
		if f.state == nil {
			n := plain(src)
			dst, src = append(dst, src[:n]...), src[n:]
			if len(src) == 0 {
				break
			}
		}
		dst = f.step(dst, src[0])
		src = src[1:]
	}
	return dst
}

// plain is the length of the printable ASCII at the start.
func plain(b []byte) int {
	for i, c := range b {
		if c < ' ' || c > '~' {
			return i
		}
	}
	return len(b)
}

func (f *Filter) step(dst []byte, b byte) []byte {
	if f.state == nil {
		return f.ground(dst, b)
	}
	return f.state(f, dst, b)
}

// enter begins a new state with an empty sequence.
func (f *Filter) enter(state func(*Filter, []byte, byte) []byte) {
	f.state, f.seq, f.size = state, f.seq[:0], 0
}

// leave gives a sequence up and reads the byte that ended it anew.
func (f *Filter) leave(dst []byte, b byte) []byte {
	f.enter(nil)
	return f.ground(dst, b)
}

func (f *Filter) ground(dst []byte, b byte) []byte {
	switch {
	case b == esc:
		f.enter((*Filter).escape)
	case b < ' ':
		return f.control(dst, b)
	case b < 0x7f, b >= 0xa0 && b < 0xc2, b > 0xf4: // also letters of older encodings
		return append(dst, b)
	case b >= 0xc2:
		f.enter((*Filter).letter)
		f.seq = append(f.seq, b)
	}
	return dst // DEL, and a control of eight bits
}

// control passes the controls that move the cursor, ring, and shift the
// character set. The answerback request (ENQ) is one of those left out.
func (f *Filter) control(dst []byte, b byte) []byte {
	if b < bel || b > 0x0f {
		return dst
	}
	f.modes.control(b)
	return append(dst, b)
}

// letter reads one character of UTF-8. The controls of eight bits (C1) hide in
// these as well: U+009B is CSI.
func (f *Filter) letter(dst []byte, b byte) []byte {
	if b < 0x80 || b > 0xbf {
		return f.leave(f.broken(dst), b)
	}
	f.seq = append(f.seq, b)
	if !utf8.FullRune(f.seq) {
		return dst
	}
	r, size := utf8.DecodeRune(f.seq)
	switch {
	case size == 1:
		dst = f.broken(dst)
	case r >= 0xa0:
		dst = append(dst, f.seq...)
	}
	f.enter(nil)
	return dst
}

// broken passes what is no UTF-8 but cannot be a control in any encoding.
func (f *Filter) broken(dst []byte) []byte {
	for _, b := range f.seq {
		if b >= 0xa0 {
			dst = append(dst, b)
		}
	}
	return dst
}

// inside handles what can come in the middle of any control sequence: as in a
// terminal, controls are carried out, and some end it. Not done: b belongs to
// the sequence.
func (f *Filter) inside(dst []byte, b byte) (out []byte, done bool) {
	switch {
	case b == esc:
		f.enter((*Filter).escape)
	case b == can, b == sub:
		f.enter(nil)
	case b < ' ':
		dst = f.control(dst, b)
	case b == 0x7f:
	case b > 0x7f:
		dst = f.leave(dst, b)
	default:
		return dst, false
	}
	return dst, true
}

func (f *Filter) escape(dst []byte, b byte) []byte {
	dst, done := f.inside(dst, b)
	if done {
		return dst
	}
	if len(f.seq) == 0 {
		if next := f.introduced(b); next != nil {
			f.enter(next)
			return dst
		}
	}
	f.seq = append(f.seq, b)
	if b < '0' && len(f.seq) < longestControl {
		return dst
	}
	if escapeAllowed(f.seq) {
		f.modes.escape(f.seq)
		dst = append(append(dst, esc), f.seq...)
	}
	f.enter(nil)
	return dst
}

// introduced is the state after ESC and this byte, nil if the sequence is
// short.
func (f *Filter) introduced(b byte) func(*Filter, []byte, byte) []byte {
	f.kind = b
	switch b {
	case '[':
		return (*Filter).csi
	case ']':
		return (*Filter).osc
	case 'P':
		return (*Filter).dcs
	case 'X', '^', '_', 'k': // texts for programs, not for screens
		return (*Filter).refused
	}
	return nil
}

// csi reads parameters, then intermediates, then the final byte.
func (f *Filter) csi(dst []byte, b byte) []byte {
	dst, done := f.inside(dst, b)
	if done {
		return dst
	}
	f.seq = append(f.seq, b)
	if b < '@' && len(f.seq) < longestControl {
		return dst
	}
	if c, ok := parseCSI(f.seq); ok && !c.refused() {
		f.modes.csi(c)
		if c.asks() {
			f.asked++
		}
		dst = append(append(dst, esc, '['), f.seq...)
	}
	f.enter(nil)
	return dst
}
