package stage

import (
	"encoding/binary"
)

// findRenames says of additions where they seem to come from: a deleted file
// that the overlay copied them from, or the one deletion of the same size and
// time, both of which a move keeps. An overlay that an ordinary user mounts
// leaves no note of the former. Nothing depends on it.
func (c *Changeset) findRenames() {
	m := moves{byIno: map[uint64]Name{}, gone: map[look][]Name{}, come: map[look]int{}}
	for _, e := range c.Entries {
		m.note(e)
	}
	for i := range c.Entries {
		if e := &c.Entries[i]; e.Action == Added && e.Type == File && len(m.byIno) > 0 {
			e.From = m.from(*e)
		}
	}
}

// moves are the files of a changeset that may be two ends of one move.
type moves struct {
	byIno map[uint64]Name // of deleted files
	gone  map[look][]Name
	come  map[look]int
}

// look is what a moved file keeps.
type look struct {
	size  int64
	mtime int64
}

func (m *moves) note(e Entry) {
	switch {
	case e.Type != File:
	case e.Action == Deleted && e.Applies():
		m.byIno[e.Lower.Ino] = e.Path
		was := look{e.Lower.Size, e.Lower.Mtime}
		m.gone[was] = append(m.gone[was], e.Path)
	case e.Action == Added:
		m.come[look{e.Size, e.Mtime}]++
	}
}

func (m *moves) from(e Entry) Name {
	if p, ok := m.byIno[e.above.origin]; ok {
		return p
	}
	is := look{e.Size, e.Mtime}
	gone := m.gone[is]
	for _, p := range gone {
		if e.Size > 0 && base(string(p)) == base(string(e.Path)) {
			return p
		}
	}
	if e.Size > 0 && len(gone) == 1 && m.come[is] == 1 {
		return gone[0]
	}
	return ""
}

// originIno reads the number of a file from the overlay's note of where a copy
// came from: a version, a magic byte, a length, flags, the kind of the handle,
// a file system's UUID, and the handle, which begins with the number for the
// kinds that ext4 and XFS make (fs/overlayfs/overlayfs.h, struct ovl_fb). It is
// 0 where that is not so.
func originIno(b []byte) uint64 {
	const head = 5 + 16
	if len(b) < head+4 || b[1] != 0xfb {
		return 0
	}
	switch b[4] {
	case 0x01, 0x02: // FILEID_INO32_GEN, with or without a parent
		return uint64(binary.NativeEndian.Uint32(b[head:]))
	case 0x81, 0x82: // the same with 64 bits
		if len(b) >= head+8 {
			return binary.NativeEndian.Uint64(b[head:])
		}
	}
	return 0
}
