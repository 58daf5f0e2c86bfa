package usage

const (
	maxDepth = 10  // of what is looked at; deeper, only brackets are counted
	maxText  = 128 // bytes of a name or a value that are kept
)

// leaf is a value that is neither an object nor an array.
type leaf struct {
	quoted bool
	bytes  []byte // decoded, valid until the next; nil where it is longer than maxText
	size   int64  // bytes of it, decoded roughly
}

// scanner finds the leaves in a stream of JSON. It takes any bytes in any
// pieces, in constant memory, and is no judge of the grammar: what is not JSON
// gives leaves that mean nothing, or none.
type scanner struct {
	found func(path []key, v leaf)

	path    [maxDepth]key // by which each open level was entered, from the second
	list    [maxDepth + 1]bool
	depth   int // open brackets
	name    key // of the member that comes next
	naming  bool
	mode    mode
	escape  int // of a text: 0 none, 1 after a backslash, 2 to 5 in \uXXXX
	code    rune
	buf     [maxText]byte
	n       int
	size    int64
	whole   bool // a value was closed, and nothing followed
	strange bool // brackets do not match
}

type mode uint8

const (
	between mode = iota
	inText
	inWord // a number, true, false, null
)

func (s *scanner) reset() {
	*s = scanner{found: s.found, strange: s.strange}
}

// write takes the next bytes.
func (s *scanner) write(p []byte) {
	for len(p) > 0 {
		n := 1
		switch s.mode {
		case inText:
			n = s.text(p)
		case inWord:
			n = s.word(p)
		default:
			s.mark(p[0])
		}
		p = p[n:]
	}
}

func (s *scanner) mark(c byte) {
	switch c {
	case ' ', '\t', '\r', '\n', ':':
		return
	case '{', '[':
		s.open(c == '[')
	case '}', ']':
		s.close(c == ']')
	case ',':
		s.next()
	case '"':
		s.mode, s.n, s.size = inText, 0, 0
	default:
		s.mode, s.n, s.size = inWord, 0, 0
		s.keep(c)
	}
	if s.depth > 0 {
		s.whole = false
	}
}

func (s *scanner) open(list bool) {
	if s.depth > 0 && s.depth <= maxDepth {
		s.path[s.depth-1] = s.name
	}
	s.depth++
	if s.depth <= maxDepth {
		s.list[s.depth] = list
	}
	s.next()
}

func (s *scanner) close(list bool) {
	if s.depth == 0 || s.depth <= maxDepth && s.list[s.depth] != list {
		s.strange = true
	}
	s.depth = max(0, s.depth-1)
	s.naming = false
	s.whole = s.depth == 0
}

// next: in an object a name follows, in a list an element.
func (s *scanner) next() {
	s.name, s.naming = other, s.depth > 0
	if s.depth > maxDepth || s.list[s.depth] {
		s.name, s.naming = element, false
	}
}

// text takes bytes of a text and says how many.
func (s *scanner) text(p []byte) int {
	for i, c := range p {
		switch {
		case s.escape > 0:
			s.escaped(c)
		case c == '\\':
			s.escape = 1
		case c == '"':
			s.mode = between
			s.ended()
			return i + 1
		default:
			s.keep(c)
		}
	}
	return len(p)
}

// ended: a text is a name, or a value.
func (s *scanner) ended() {
	if !s.naming {
		s.tell(true)
		return
	}
	s.naming, s.name = false, other
	if s.size <= maxText {
		s.name = keyOf(s.buf[:s.n])
	}
}

// escaped takes a byte after a backslash. Of what is beyond ASCII only the
// length counts.
func (s *scanner) escaped(c byte) {
	if s.escape == 1 && c == 'u' {
		s.escape, s.code = 2, 0
		return
	}
	if s.escape == 1 {
		s.escape = 0
		s.keep(plain(c))
		return
	}
	s.code = s.code<<4 | digit(c)
	if s.escape++; s.escape <= 5 {
		return
	}
	s.escape = 0
	if s.code >= 0x80 {
		s.code = '?'
	}
	s.keep(byte(s.code))
}

func plain(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 't':
		return '\t'
	case 'r':
		return '\r'
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	}
	return c
}

func digit(c byte) rune {
	switch {
	case '0' <= c && c <= '9':
		return rune(c - '0')
	case 'a' <= c && c <= 'f':
		return rune(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return rune(c-'A') + 10
	}
	return 0x80 // no digit: beyond ASCII
}

func (s *scanner) word(p []byte) int {
	for i, c := range p {
		switch c {
		case ',', ']', '}', ' ', '\t', '\r', '\n', ':', '"', '{', '[':
			s.mode = between
			s.tell(false)
			return i
		}
		s.keep(c)
	}
	return len(p)
}

func (s *scanner) keep(c byte) {
	s.size++
	if s.n < maxText {
		s.buf[s.n] = c
		s.n++
	}
}

// tell reports a value, if it is not too deep.
func (s *scanner) tell(quoted bool) {
	if s.depth == 0 || s.depth > maxDepth {
		return
	}
	v := leaf{quoted: quoted, size: s.size}
	if s.size <= maxText {
		v.bytes = s.buf[:s.n]
	}
	s.path[s.depth-1] = s.name
	s.found(s.path[:s.depth], v)
}
