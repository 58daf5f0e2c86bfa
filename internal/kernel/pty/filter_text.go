package pty

import (
	"bytes"
	"unicode/utf8"
)

// osc reads a text up to its end.
func (f *Filter) osc(dst []byte, b byte) []byte {
	switch {
	case b == bel:
		return f.oscDone(dst, "\a")
	case b == esc:
		f.state = (*Filter).oscEnd
	case b == can, b == sub:
		f.enter(nil)
	case b < ' ', b == 0x7f: // terminals differ; it stands for nothing
	case len(f.seq) == longestText:
		f.enter((*Filter).refused)
	default:
		f.seq = append(f.seq, b)
		if linuxPalette(f.seq) {
			f.enter(nil)
		}
	}
	return dst
}

// linuxPalette tells whether the text is one of the two of the Linux console,
// which have no end: they would take what follows with them.
func linuxPalette(seq []byte) bool {
	return seq[0] == 'R' || seq[0] == 'P' && len(seq) == len("Pnrrggbb")
}

// oscEnd is after an ESC in the text, which ends it in any case.
func (f *Filter) oscEnd(dst []byte, b byte) []byte {
	if b == '\\' {
		return f.oscDone(dst, "\x1b\\")
	}
	f.enter((*Filter).escape)
	return f.escape(dst, b)
}

func (f *Filter) oscDone(dst []byte, end string) []byte {
	if oscAllowed(f.seq) && isText(f.seq) {
		if bytes.HasSuffix(f.seq, []byte("?")) {
			f.asked++
		}
		dst = append(append(append(dst, esc, ']'), f.seq...), end...)
	}
	f.enter(nil)
	return dst
}

// isText tells that there is no control of eight bits in it.
func isText(b []byte) bool {
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError && size == 1 || r >= 0x80 && r < 0xa0 {
			return false
		}
		b = b[size:]
	}
	return true
}

// dcs reads the head of a device control text. Only pictures (sixel) pass:
// others define keys and fonts, carry sequences through a multiplexer, or make
// the terminal type an answer that the command can shape (CVE-2008-2383).
func (f *Filter) dcs(dst []byte, b byte) []byte {
	dst, done := f.inside(dst, b)
	if done {
		return dst
	}
	switch {
	case b == 'q':
		dst = append(append(append(dst, esc, 'P'), f.seq...), b)
		f.enter((*Filter).sixel)
		f.modes.picture = true
	case (b >= '0' && b <= '9' || b == ';') && len(f.seq) < longestControl:
		f.seq = append(f.seq, b)
	default:
		f.enter((*Filter).refused)
	}
	return dst
}

// sixel passes a picture's printable characters. It is always closed.
func (f *Filter) sixel(dst []byte, b byte) []byte {
	switch {
	case b == esc:
		f.state = (*Filter).sixelEnd
	case b == can, b == sub:
		f.enter(nil)
		dst = f.closePicture(dst)
	case b >= ' ' && b <= '~':
		dst = append(dst, b)
	}
	return dst
}

func (f *Filter) closePicture(dst []byte) []byte {
	f.modes.picture = false
	return append(dst, esc, '\\')
}

func (f *Filter) sixelEnd(dst []byte, b byte) []byte {
	dst = f.closePicture(dst)
	if b == '\\' {
		f.enter(nil)
		return dst
	}
	f.enter((*Filter).escape)
	return f.escape(dst, b)
}

// refused swallows a text up to its end. One without an end does not take all
// that follows with it.
func (f *Filter) refused(dst []byte, b byte) []byte {
	f.size++
	switch {
	case b == esc:
		f.state = (*Filter).refusedEnd
	case b == can, b == sub, b == bel && f.kind == ']', f.size > longestRefused:
		f.enter(nil)
	}
	return dst
}

func (f *Filter) refusedEnd(dst []byte, b byte) []byte {
	if b == '\\' {
		f.enter(nil)
		return dst
	}
	f.enter((*Filter).escape)
	return f.escape(dst, b)
}
