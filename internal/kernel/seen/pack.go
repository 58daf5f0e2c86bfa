package seen

import (
	"encoding/binary"
	"unsafe"
)

// Packer writes texts and numbers one after another, Unpacker reads them: what
// a start remembers is read at the next one, where an encoder that has to find
// out about types would take longer than all the rest.
type Packer struct{ b []byte }

// Bytes are what was packed.
func (p *Packer) Bytes() []byte { return p.b }

// Key packs texts into one that no other texts make.
func Key(parts ...string) string {
	var p Packer
	for _, part := range parts {
		p.Text(part)
	}
	return string(p.b)
}

// Text packs a text, whatever is in it.
func (p *Packer) Text(s string) {
	p.Number(len(s))
	p.b = append(p.b, s...)
}

// Number packs a number that is not negative.
func (p *Packer) Number(n int) { p.b = binary.AppendUvarint(p.b, uint64(n)) }

// Unpacker reads what a Packer wrote. From the first mistake on all it reads
// is empty.
type Unpacker struct {
	b   []byte
	bad bool
}

// Unpack reads from b, which may not change afterwards: the texts are parts of
// it.
func Unpack(b []byte) *Unpacker { return &Unpacker{b: b} }

// Bad tells whether what was read was not what a Packer writes.
func (u *Unpacker) Bad() bool { return u.bad }

// Done tells whether all was read, and well.
func (u *Unpacker) Done() bool { return !u.bad && len(u.b) == 0 }

// Text reads a text.
func (u *Unpacker) Text() string {
	n := u.Number()
	if u.bad || n > len(u.b) {
		u.bad, u.b = true, nil
		return ""
	}
	s := unsafe.String(unsafe.SliceData(u.b), n)
	u.b = u.b[n:]
	return s
}

// Number reads a number. It never is larger than what is left to read, so that
// it is fit for a count.
func (u *Unpacker) Number() int {
	n, size := binary.Uvarint(u.b)
	if u.bad || size <= 0 || n > uint64(len(u.b)-size) {
		u.bad, u.b = true, nil
		return 0
	}
	u.b = u.b[size:]
	return int(n)
}
