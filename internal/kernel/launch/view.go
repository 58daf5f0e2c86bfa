package launch

// View is an encoded Spec, read where it lies: the first process has no heap.
// Its lists are read as they are walked, in the order of Spec.
type View struct {
	ProbeOnly   bool
	Switch      uint8
	UID, GID    int
	Hostname    Text
	Steps       List
	AnyRoute    bool
	HostNetwork bool
	Sockets     List
	Watch       List
	Rlimits     List
	CPUs        List
	Landlock    int
	Write       List
	Filter      Text
	Observe     bool
	Session     bool
	Seconds     int64
	Terminal    bool
	TerminalFDs uint8
	Dir         Text
	Argv        List
	Env         List
}

// Text is a string of the Spec; a NUL lies behind its last byte.
type Text []byte

// Pointer is for the kernel, which reads up to the NUL.
func (t Text) Pointer() *byte { return &t[:len(t)+1][0] }

// List is so many entries of one kind.
type List struct {
	Len int
	r   reader
}

// StepView is one step, read where it lies.
type StepView struct {
	Op                   Op
	Flags                uint8
	Target, Source, Data Text
	Mode                 uint32
	Size                 int64
	FD                   int
}

// SocketView is one listener, read where it lies.
type SocketView struct {
	Network, Addr Text
	Port          int
}

// Parse reads what Encode wrote; false for bytes that it did not write whole.
// Every list was walked once by then, so that its entries can be relied on.
func (v *View) Parse(b []byte) bool {
	r := reader{b: b}
	if r.byte() != version {
		return false
	}
	v.ProbeOnly = r.flag()
	v.Switch = uint8(r.number())
	v.UID, v.GID = int(r.number()), int(r.number())
	v.Hostname = r.text()
	v.Steps = r.list(steps)
	v.AnyRoute, v.HostNetwork = r.flag(), r.flag()
	v.Sockets = r.list(sockets)
	v.Watch = r.list(texts1)
	v.Rlimits = r.list(pairs)
	v.CPUs = r.list(numbers)
	v.Landlock = int(r.number())
	v.Write = r.list(texts1)
	v.Filter = r.text()
	v.Observe, v.Session = r.flag(), r.flag()
	v.Seconds = r.number()
	v.Terminal = r.flag()
	v.TerminalFDs = uint8(r.number())
	v.Dir = r.text()
	v.Argv = r.list(texts1)
	v.Env = r.list(texts1)
	return !r.bad && len(r.b) == 0
}

// Text reads the next entry of a list of texts.
func (l *List) Text() Text { return l.r.text() }

// Number reads the next entry of a list of numbers.
func (l *List) Number() int64 { return l.r.number() }

// Step reads the next entry of a list of steps.
func (l *List) Step(s *StepView) { l.r.step(s) }

// Socket reads the next entry of a list of listeners.
func (l *List) Socket(s *SocketView) { l.r.socket(s) }

// reader goes over encoded bytes. After the first fault it reads nothing but
// zeroes, and bad stays set.
type reader struct {
	b   []byte
	bad bool
}

// What a list holds. Not a function: that would be a pointer into a heap.
const (
	steps = iota
	sockets
	texts1
	pairs
	numbers
)

func (r *reader) list(kind int) List {
	l := List{Len: r.length()}
	l.r = *r
	for i := 0; i < l.Len && !r.bad; i++ {
		r.skip(kind)
	}
	return l
}

func (r *reader) skip(kind int) {
	switch kind {
	case steps:
		var s StepView
		r.step(&s)
	case sockets:
		var s SocketView
		r.socket(&s)
	case texts1:
		r.text()
	case pairs:
		r.number()
		r.number()
	case numbers:
		r.number()
	}
}

func (r *reader) step(s *StepView) {
	s.Op, s.Flags = Op(r.number()), uint8(r.number())
	s.Target, s.Source, s.Data = r.text(), r.text(), r.text()
	s.Mode, s.Size, s.FD = uint32(r.number()), r.number(), int(r.number())
}

func (r *reader) socket(s *SocketView) {
	s.Network, s.Addr, s.Port = r.text(), r.text(), int(r.number())
}

var empty [1]byte // a text that could not be read, with its NUL

func (r *reader) text() Text {
	n := r.length()
	if r.bad || n >= len(r.b) || r.b[n] != 0 {
		r.bad, r.b = true, nil
		return empty[:0]
	}
	t := Text(r.b[:n])
	r.b = r.b[n+1:]
	return t
}

func (r *reader) flag() bool { return r.number() != 0 }

// number undoes binary.AppendVarint.
func (r *reader) number() int64 {
	u := r.unsigned()
	return int64(u>>1) ^ -int64(u&1)
}

// length reads a count, which cannot be more than what is left.
func (r *reader) length() int {
	n := r.unsigned()
	if n > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return 0
	}
	return int(n)
}

// unsigned undoes binary.AppendUvarint, at most ten bytes.
func (r *reader) unsigned() uint64 {
	var n uint64
	for shift := uint(0); shift < 70; shift += 7 {
		c := r.byte()
		n |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return n
		}
	}
	r.bad, r.b = true, nil
	return 0
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.bad = true
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}
