package usage

// stream takes a body apart: one JSON text, or events (the text/event-stream of
// the HTML standard), whose data lines hold one JSON text each. Which of the
// two it is shows in its first byte, since the header is only what somebody
// says.
type stream struct {
	scan scanner
	form form
	line [5]byte // the beginning of a line of events
	n    int     // bytes of it; beyond, the line is decided
	what lineKind
	cr   bool // the last byte was a CR, whose LF may follow

}

type form uint8

const (
	unseen form = iota
	json
	events
)

type lineKind uint8

const (
	undecided lineKind = iota
	data               // what comes is the data
	dataBlank          // likewise, but for one blank
	skipped
)

func (s *stream) write(p []byte) {
	for s.form == unseen && len(p) > 0 {
		switch p[0] {
		case ' ', '\t', '\r', '\n', 0xef, 0xbb, 0xbf: // a byte order mark too
			p = p[1:]
			continue
		case '{', '[':
			s.form = json
		default:
			s.form = events
		}
	}
	switch s.form {
	case json:
		s.scan.write(p)
	case events:
		s.lines(p)
	}
}

func (s *stream) lines(p []byte) {
	for len(p) > 0 {
		if s.what == data {
			if n := lineLength(p); n > 0 {
				s.scan.write(p[:n])
				p = p[n:]
				continue
			}
		}
		s.byte(p[0])
		p = p[1:]
	}
}

// lineLength is how many bytes there are before the line's end, or all.
func lineLength(p []byte) int {
	for i, c := range p {
		if c == '\n' || c == '\r' {
			return i
		}
	}
	return len(p)
}

// byte takes what is not data.
func (s *stream) byte(c byte) {
	after := s.cr
	s.cr = c == '\r'
	switch {
	case c == '\n' && after:
	case c == '\n' || c == '\r':
		s.endLine()
	case s.what == undecided:
		s.begin(c)
	case s.what == dataBlank:
		s.what = data
		if c != ' ' {
			s.scan.write([]byte{c})
		}
	}
}

// begin collects the beginning of a line until it is known what it is.
func (s *stream) begin(c byte) {
	s.line[s.n] = c
	s.n++
	switch field := "data:"; {
	case c != field[s.n-1]:
		s.what = skipped
	case s.n == len(s.line):
		s.what = dataBlank
	}
}

// endLine: an empty line ends an event; data of several lines is one text.
func (s *stream) endLine() {
	switch {
	case s.what == undecided && s.n == 0:
		s.scan.reset()
	case s.what == data:
		s.scan.write([]byte{'\n'})
	}
	s.what, s.n = undecided, 0
}
