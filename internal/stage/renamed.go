package stage

import (
	"encoding/binary"
)

// findRenames says of additions where they seem to come from: a deleted file
// that the overlay copied them from, or one of the same name, size and time, as
// mv makes where it has to copy. Nothing depends on it.
func (c *Changeset) findRenames() {
	byIno, byLook := map[uint64]Name{}, map[look]Name{}
	for _, e := range c.Entries {
		if e.Action == Deleted && e.Type == File && e.Applies() {
			byIno[e.Lower.Ino] = e.Path
			byLook[look{base(string(e.Path)), e.Lower.Size, e.Lower.Mtime}] = e.Path
		}
	}
	if len(byIno) == 0 {
		return
	}
	for i := range c.Entries {
		e := &c.Entries[i]
		if e.Action != Added || e.Type != File {
			continue
		}
		if from, ok := byIno[e.above.origin]; ok {
			e.From = from
		} else if e.Size > 0 {
			e.From = byLook[look{base(string(e.Path)), e.Size, e.Mtime}]
		}
	}
}

// look is what a moved file keeps when it is copied.
type look struct {
	name  string
	size  int64
	mtime int64
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
