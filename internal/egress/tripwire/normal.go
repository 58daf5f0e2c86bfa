package tripwire

// The normal form of a stream is its letters and digits, with the escapes of
// URLs (%41), JSON and programming languages (\u0041, \x41, \n) undone. So a
// text that is wrapped, spaced, quoted, escaped or written in UTF-16 is the same
// as the plain one, and base64 is the same in both alphabets.

// maxEscape is the length of the longest piece that has to be seen whole.
const maxEscape = 8

// What a byte is.
const (
	drop = iota
	keep
	percent
	backslash
)

// classes is a table, since this is asked of each byte.
type classes [256]uint8

func newClasses() *classes {
	var t classes
	for c := range t {
		if alnum(byte(c)) {
			t[c] = keep
		}
	}
	t['%'], t['\\'] = percent, backslash
	return &t
}

func alnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// normalise writes the normal form of src to dst, which is at least as long, and
// tells how much it wrote and how much of src it used. Unless src is the end, an
// escape that is not whole stays.
func (t *classes) normalise(dst, src []byte, end bool) (wrote, used int) {
	for used < len(src) {
		n, m := t.run(dst[wrote:], src[used:])
		wrote, used = wrote+n, used+m
		if used == len(src) {
			break
		}
		c, n, whole := escape(src[used:])
		switch {
		case !whole && !end:
			return wrote, used
		case !whole:
			n = 1
		case alnum(c):
			dst[wrote] = c
			wrote++
		}
		used += n
	}
	return wrote, used
}

// run goes on to the next escape. Writing each byte and advancing only over
// those that stay keeps the branch out that random data would make dear.
func (t *classes) run(dst, src []byte) (wrote, used int) {
	dst = dst[:len(src)]
	for i, c := range src {
		k := t[c]
		if k > keep {
			return wrote, i
		}
		dst[wrote] = c
		wrote += int(k)
	}
	return wrote, len(src)
}

// escape reads what begins with % or \: the character that it stands for (0
// where it is none that stays) and its length. Not whole: more bytes are needed.
func escape(b []byte) (c byte, n int, whole bool) {
	if b[0] == '%' {
		return percented(b)
	}
	if len(b) < 2 {
		return 0, 0, false
	}
	switch b[1] {
	case 'u':
		return number(b, 2, 4)
	case 'x':
		return number(b, 2, 2)
	case 'n', 'r', 't', 'b', 'f':
		return 0, 2, true
	}
	return 0, 1, true
}

// percented reads %41, and %2541 and %252541, which are the same encoded again.
func percented(b []byte) (c byte, n int, whole bool) {
	at := 1
	for len(b) >= at+2 && b[at] == '2' && b[at+1] == '5' && at+2 < maxEscape-2 {
		at += 2
	}
	return number(b, at, 2)
}

// number reads hexadecimal digits; where there are none, only the mark goes.
func number(b []byte, at, digits int) (c byte, n int, whole bool) {
	v := 0
	for i := at; i < at+digits; i++ {
		if i >= len(b) {
			return 0, 0, false
		}
		d := digit(b[i])
		if d < 0 {
			return 0, 1, true
		}
		v = v<<4 | d
	}
	if v > 0x7f {
		v = 0
	}
	return byte(v), at + digits, true
}

func digit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// normalText is the normal form of a text that has no escapes.
func normalText(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		if alnum(s[i]) {
			out = append(out, s[i])
		}
	}
	return out
}
