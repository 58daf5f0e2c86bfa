package project

import (
	"encoding/binary"
	"hash/crc32"
)

// indexVersion is the first part of the rules' sum.
const indexVersion = "ringwall index 1"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// encode is the index as bytes: counts, numbers and texts in order, and at the
// end a sum of all before it.
func (x *index) encode() []byte {
	e := indexEncoder{b: append([]byte(nil), x.rules[:]...)}
	e.number(x.began)
	e.number(int64(len(x.folders)))
	for path, f := range x.folders {
		e.text(path)
		e.stamp(f.stamp)
		e.number(int64(f.count))
		e.flags(f.bare)
		e.number(int64(len(f.subs)))
		for _, s := range f.subs {
			e.text(s)
		}
		e.number(int64(len(f.files)))
		for _, file := range f.files {
			e.text(file.name)
			e.flags(file.link, file.other)
			e.stamp(file.stamp)
		}
	}
	return binary.LittleEndian.AppendUint32(e.b, crc32.Checksum(e.b, castagnoli))
}

type indexEncoder struct{ b []byte }

func (e *indexEncoder) number(n int64) { e.b = binary.AppendVarint(e.b, n) }

func (e *indexEncoder) text(s string) {
	e.number(int64(len(s)))
	e.b = append(e.b, s...)
}

func (e *indexEncoder) flags(flags ...bool) {
	var b byte
	for i, f := range flags {
		if f {
			b |= 1 << i
		}
	}
	e.b = append(e.b, b)
}

func (e *indexEncoder) stamp(s stamp) {
	if s.ino == 0 {
		e.number(0)
		return
	}
	for _, n := range []int64{int64(s.ino), int64(s.dev), s.size, s.mtime, s.ctime} {
		e.number(n)
	}
}

// decodeIndex reads what encode wrote, and nothing else.
func decodeIndex(b []byte) (*index, bool) {
	const sum = 4
	var x index
	if len(b) < len(x.rules)+sum {
		return nil, false
	}
	body, tail := b[:len(b)-sum], b[len(b)-sum:]
	if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(tail) {
		return nil, false
	}
	copy(x.rules[:], body)
	d := indexDecoder{s: string(body[len(x.rules):])}
	x.began = d.number()
	n := d.length()
	x.folders = make(map[string]*indexed, n)
	for range n {
		path := d.text()
		x.folders[path] = d.folder()
	}
	return &x, !d.bad && d.s == ""
}

// indexDecoder reads; after the first fault all is zero, and bad stays set.
type indexDecoder struct {
	s   string
	bad bool
}

func (d *indexDecoder) folder() *indexed {
	f := &indexed{stamp: d.stamp(), count: int(d.number()), bare: d.flags()&1 != 0}
	if n := d.length(); n > 0 {
		f.subs = make([]string, n)
	}
	for i := range f.subs {
		f.subs[i] = d.text()
	}
	if n := d.length(); n > 0 {
		f.files = make([]indexedFile, n)
	}
	for i := range f.files {
		name, flags := d.text(), d.flags()
		f.files[i] = indexedFile{name: name, link: flags&1 != 0, other: flags&2 != 0, stamp: d.stamp()}
	}
	return f
}

func (d *indexDecoder) number() int64 {
	var u uint64
	for i, shift := 0, uint(0); i < len(d.s) && shift < 64; i, shift = i+1, shift+7 {
		c := d.s[i]
		u |= uint64(c&0x7f) << shift
		if c < 0x80 {
			d.s = d.s[i+1:]
			return int64(u>>1) ^ -int64(u&1)
		}
	}
	d.bad, d.s = true, ""
	return 0
}

// length is a count of things that take a byte or more each.
func (d *indexDecoder) length() int {
	n := d.number()
	if n < 0 || n > int64(len(d.s)) {
		d.bad, d.s = true, ""
		return 0
	}
	return int(n)
}

func (d *indexDecoder) text() string {
	n := d.length()
	s := d.s[:n]
	d.s = d.s[n:]
	return s
}

func (d *indexDecoder) flags() byte {
	if d.s == "" {
		d.bad = true
		return 0
	}
	b := d.s[0]
	d.s = d.s[1:]
	return b
}

func (d *indexDecoder) stamp() stamp {
	ino := uint64(d.number())
	if ino == 0 {
		return stamp{}
	}
	return stamp{ino: ino, dev: uint64(d.number()), size: d.number(), mtime: d.number(), ctime: d.number()}
}
