package pty

import (
	"bytes"
	"strconv"
)

// modes is what a command left switched on in the terminal.
type modes struct {
	private  uint32 // a bit for each of privateModes that is not as usual
	keypad   bool
	insert   bool
	region   bool // the screen scrolls in part only
	colour   bool
	charset  bool
	pointer  bool // the cursor has another shape
	otherKey bool // keys are reported in another way
	kitty    int  // the same, pushed so many times
	picture  bool
}

// privateModes are the switches of CSI ? n h that outlive a program that does
// not end well, and how they usually stand.
var privateModes = []struct {
	n     int
	usual bool
}{
	{2026, false},                                                          // the screen stands still
	{1, false},                                                             // cursor keys of applications
	{5, false},                                                             // reversed
	{6, false},                                                             // rows are counted from the region
	{7, true},                                                              // long lines are wrapped
	{9, false}, {1000, false}, {1001, false}, {1002, false}, {1003, false}, // mouse
	{1004, false},                                              // focus
	{1005, false}, {1006, false}, {1015, false}, {1016, false}, // how the mouse is reported
	{2004, false},                // bracketed paste
	{2031, false}, {2048, false}, // reports of colours and size
	{47, false}, {1047, false}, {1049, false}, // the other screen
	{25, true}, // the cursor is seen
}

func (m *modes) setPrivate(n int, on bool) {
	for i, p := range privateModes {
		if p.n == n && on != p.usual {
			m.private |= 1 << i
		} else if p.n == n {
			m.private &^= 1 << i
		}
	}
}

func (m *modes) control(b byte) {
	const so, si = 0x0e, 0x0f
	if b == so {
		m.charset = true
	}
}

func (m *modes) escape(seq []byte) {
	switch {
	case seq[0] == 'c':
		*m = modes{}
	case seq[0] == '=', seq[0] == '>':
		m.keypad = seq[0] == '='
	case len(seq) > 1 && seq[0] != '#':
		m.charset = string(seq) != "(B"
	}
}

func (m *modes) csi(c csi) {
	switch string(append([]byte{c.prefix}, append(c.inter[:len(c.inter):len(c.inter)], c.final)...)) {
	case "?h", "?l":
		for p := range bytes.SplitSeq(c.params, []byte(";")) {
			if n, err := strconv.Atoi(string(p)); err == nil {
				m.setPrivate(n, c.final == 'h')
			}
		}
	case "\x00h", "\x00l":
		if has(c.params, "4") {
			m.insert = c.final == 'h'
		}
	case "\x00r":
		m.region = len(c.params) > 0
	case "\x00m":
		m.colour = c.first(0) != 0 || bytes.IndexByte(c.params, ';') >= 0
	case "\x00 q":
		m.pointer = c.first(0) != 0
	case ">m":
		_, value, found := bytes.Cut(c.params, []byte(";"))
		m.otherKey = found && string(value) != "0"
	case ">u":
		m.kitty = min(m.kitty+1, mostPushed)
	case "=u":
		if c.first(0) != 0 {
			m.kitty = max(m.kitty, 1)
		}
	case "<u":
		m.kitty = max(m.kitty-max(c.first(1), 1), 0)
	case "\x00!p":
		m.soft()
	}
}

// mostPushed is how many ways of reporting keys a terminal remembers at most.
const mostPushed = 99

// soft is what a soft reset of the terminal takes back.
func (m *modes) soft() {
	m.keypad, m.insert, m.region, m.colour, m.charset = false, false, false, false, false
	for _, n := range []int{1, 6} {
		m.setPrivate(n, false)
	}
	m.setPrivate(25, true)
}

// undo is the text that puts the terminal back, empty if there is nothing to
// do. It is shorter than 255 bytes.
func (m *modes) undo() string {
	var s []byte
	add := func(left bool, text string) {
		if left {
			s = append(s, text...)
		}
	}
	add(m.picture, "\x1b\\")
	add(m.kitty > 0, "\x1b[<"+strconv.Itoa(m.kitty)+"u\x1b[=0u")
	add(m.otherKey, "\x1b[>4;0m")
	add(m.charset, "\x0f\x1b(B")
	add(m.colour, "\x1b[0m")
	add(m.insert, "\x1b[4l")
	add(m.keypad, "\x1b>")
	add(m.pointer, "\x1b[0 q")
	add(m.region, "\x1b7\x1b[r\x1b8")
	for i, p := range privateModes {
		letter := "l"
		if p.usual {
			letter = "h"
		}
		add(m.private&(1<<i) != 0, "\x1b[?"+strconv.Itoa(p.n)+letter)
	}
	return string(s)
}
