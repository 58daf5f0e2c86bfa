package tripwire

import (
	"bufio"
	"io"
)

// What is packed is often sent as text: "tar cz | base64", "| xxd -p". Such a
// text begins like what is packed does, in that spelling, when it begins with
// that; what lies in the middle of a longer one is not found.

// textForms are packed things as text.
func textForms() []form {
	return []form{
		{"base64 of gzip", "H4sI", "", textual(openGzip, sixBits, 6)},
		{"base64 of zip", "UEsDB", "", textual(openMember, sixBits, 6)},
		{"base64 of zlib", "eJ", "wxyz", textual(openZlib, sixBits, 6)},
		{"hex of gzip", "1f8b08", "", textual(openGzip, digit, 4)},
		{"hex of gzip", "1F8B08", "", textual(openGzip, digit, 4)},
		{"hex of zip", "504b0304", "", textual(openMember, digit, 4)},
		{"hex of zip", "504B0304", "", textual(openMember, digit, 4)},
	}
}

// textual opens what is packed below a text whose characters stand for so many
// bits each.
func textual(open func(io.Reader) (io.Reader, error), value func(byte) int, bits uint) func(io.Reader) (io.Reader, error) {
	return func(r io.Reader) (io.Reader, error) {
		return open(bufio.NewReaderSize(&decoder{src: bufio.NewReaderSize(r, 512), value: value, bits: bits}, 512))
	}
}

// sixBits is the value of a character of base64 in either alphabet; -1: none.
func sixBits(c byte) int {
	switch {
	case c >= 'A' && c <= 'Z':
		return int(c - 'A')
	case c >= 'a' && c <= 'z':
		return int(c-'a') + 26
	case c >= '0' && c <= '9':
		return int(c-'0') + 52
	case c == '+' || c == '-':
		return 62
	case c == '/' || c == '_':
		return 63
	}
	return -1
}

// decoder gives the bytes behind a text. Line ends, blanks and the escapes of
// URLs and JSON are undone; any other character is its end.
type decoder struct {
	src   *bufio.Reader
	value func(byte) int
	bits  uint // of each character
	acc   uint
	have  uint // bits of acc that were not given out
}

// Read implements io.Reader. It waits for more only when it has nothing.
func (d *decoder) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) && (n == 0 || d.src.Buffered() > 0) {
		c, err := d.next()
		if err != nil {
			return n, err
		}
		v := d.value(c)
		if v < 0 {
			return n, io.EOF
		}
		d.acc, d.have = d.acc<<d.bits|uint(v), d.have+d.bits
		if d.have >= 8 {
			d.have -= 8
			p[n] = byte(d.acc >> d.have)
			n++
		}
	}
	return n, nil
}

// next is the next character that is neither blank nor an escape.
func (d *decoder) next() (byte, error) {
	for {
		c, err := d.src.ReadByte()
		if err != nil {
			return 0, err
		}
		switch c {
		case ' ', '\t', '\r', '\n':
			continue
		case '%':
			if c, err = d.escaped(); err != nil {
				return 0, err
			}
		case '\\':
			if c, err = d.src.ReadByte(); err != nil {
				return 0, err
			}
			if c == 'n' || c == 'r' || c == 't' {
				continue
			}
		}
		if c > ' ' {
			return c, nil
		}
	}
}

// escaped reads the two digits behind a percent sign.
func (d *decoder) escaped() (byte, error) {
	v := 0
	for range 2 {
		c, err := d.src.ReadByte()
		if err != nil {
			return 0, err
		}
		n := digit(c)
		if n < 0 {
			return 0, io.EOF
		}
		v = v<<4 | n
	}
	return byte(v), nil
}
