package pty

import (
	"bytes"
	"strconv"
)

// csi is one control sequence: ESC [ prefix parameters intermediates final.
type csi struct {
	prefix byte // one of < = > ?, or 0
	params []byte
	inter  []byte
	final  byte
}

// parseCSI takes what follows ESC [ apart.
func parseCSI(b []byte) (c csi, ok bool) {
	c.final, b = b[len(b)-1], b[:len(b)-1]
	if c.final < '@' {
		return c, false // too long
	}
	if len(b) > 0 && b[0] >= '<' && b[0] <= '?' {
		c.prefix, b = b[0], b[1:]
	}
	n := 0
	for n < len(b) && (b[n] >= '0' && b[n] <= '9' || b[n] == ';' || b[n] == ':') {
		n++
	}
	c.params, c.inter = b[:n], b[n:]
	for _, x := range c.inter {
		if x >= '0' {
			return c, false
		}
	}
	return c, true
}

// first is the first parameter, or what stands for an absent one.
func (c csi) first(absent int) int {
	p, _, _ := bytes.Cut(c.params, []byte(";"))
	n, err := strconv.Atoi(string(p))
	if err != nil {
		return absent
	}
	return n
}

// refusedCSI are the control sequences that do more than draw. Params empty:
// whatever they are.
var refusedCSI = []struct {
	prefix byte
	param  string
	inter  string
	final  byte
	why    string
}{
	{0, "20", "", 't', "types the icon's name back, which the command can set (CVE-2003-0063)"},
	{0, "21", "", 't', "types the title back, which the command can set (CVE-2003-0063)"},
	{0, "", "*", 'y', "sums up what stands on the screen, also what others wrote there"},
	{0, "", "#", 'y', "chooses how that is summed up"},
	{0, "", "", 'i', "sends text to a printer instead of the screen"},
	{'?', "", "", 'i', "sends text to a printer instead of the screen"},
	{0, "2", "", 'h', "locks the keyboard"},
	{0, "", "\"", 'p', "makes the terminal answer in controls of eight bits"},
}

// largestParam bounds the numbers: a larger one could be another for a terminal
// that keeps fewer bits of it.
const largestParam = 1<<16 - 1

func (c csi) refused() bool {
	for _, p := range numbers(c.params) {
		if n, err := strconv.Atoi(string(p)); err != nil || n > largestParam {
			return true
		}
	}
	for _, r := range refusedCSI {
		if c.prefix == r.prefix && c.final == r.final && string(c.inter) == r.inter && (r.param == "" || has(c.params, r.param)) {
			return true
		}
	}
	return false
}

// numbers are the parameters that are not left out.
func numbers(params []byte) [][]byte {
	return bytes.FieldsFunc(params, func(r rune) bool { return r == ';' || r == ':' })
}

func has(params []byte, n string) bool {
	for _, p := range numbers(params) {
		if string(bytes.TrimLeft(p, "0")) == n {
			return true
		}
	}
	return false
}

// asks tells whether the terminal types an answer.
func (c csi) asks() bool {
	switch c.final {
	case 'c', 'n', 'x':
		return true
	case 't':
		return c.first(0) >= 11 && c.first(0) <= 19
	case 'p', 'w':
		return string(c.inter) == "$"
	case 'q':
		return c.prefix == '>'
	case 'u':
		return c.prefix == '?'
	}
	return false
}

// allowedOSC are the texts that only change how things look. All others are
// left out: 52 and 5522 read and write the clipboard, 50 types back, 7 says in
// which folder the next shell is to start, 9;7, 633 and 1337 drive the terminal
// program, and the next one is not known yet.
var allowedOSC = [][2]int{
	{0, 2},     // title
	{4, 5},     // colours of the palette
	{8, 8},     // link
	{10, 19},   // colours
	{22, 22},   // shape of the pointer
	{104, 105}, // colours back
	{110, 119},
	{133, 133}, // where a prompt begins
}

func oscAllowed(text []byte) bool {
	if bytes.HasPrefix(text, []byte("9;4;")) { // progress
		return true
	}
	number, _, _ := bytes.Cut(text, []byte(";"))
	n, err := strconv.ParseUint(string(number), 10, 16)
	for _, r := range allowedOSC {
		if err == nil && int(n) >= r[0] && int(n) <= r[1] {
			return true
		}
	}
	return false
}

// escapeAllowed tells whether a short sequence passes: saving and restoring the
// cursor, moving it, tab stops, the keypad, what the terminal is, a reset, and
// the character sets. Among those left out is the choice of another encoding
// (ESC %), in which the second bytes of letters are controls.
func escapeAllowed(seq []byte) bool {
	switch last := seq[len(seq)-1]; {
	case last < '0':
		return false
	case len(seq) == 1:
		return bytes.IndexByte([]byte("78=>DEHMNOZc"), last) >= 0
	case len(seq) == 2 && seq[0] == '#':
		return last >= '3' && last <= '8' && last != '7'
	default:
		return bytes.IndexByte([]byte("()*+-./"), seq[0]) >= 0 && len(seq) <= 3
	}
}
