package project

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// errIndex is returned for an index that is not one that git writes.
var errIndex = errors.New("not a git index of version 2 to 4")

// Bounds of reading an index. A repository of a million files has one of about
// 100 MB.
const (
	maxIndexEntries = 4_000_000
	maxIndexPath    = 4096
)

// oid is the name of an object in a repository that uses SHA-1.
type oid [20]byte

// committedBlobs reads git's index and returns which object stands for each of
// the wanted paths. A path in the middle of a merge has none. The format is
// git's gitformat-index(5). The file may be an agent's work: what it says is
// worth no more than a comparison with a hash that an agent cannot know.
func committedBlobs(r io.Reader, wanted map[string]bool) (map[string]oid, error) {
	x := indexReader{r: bufio.NewReaderSize(r, 64<<10)}
	last := ""
	for p := range wanted {
		last = max(last, p)
	}
	version, count, err := x.header()
	if err != nil {
		return nil, err
	}
	found := map[string]oid{}
	for range count {
		id, stage, err := x.entry(version)
		if err != nil {
			return nil, fmt.Errorf("git index: %w", err)
		}
		if stage == 0 && wanted[string(x.path)] {
			found[string(x.path)] = id
		}
		if string(x.path) > last { // they are sorted, and there may be a million
			break
		}
	}
	return found, nil
}

// indexReader goes through the entries; path is that of the last one.
type indexReader struct {
	r    *bufio.Reader
	path []byte
}

func (x *indexReader) header() (version, count uint32, err error) {
	var h [12]byte
	if _, err := io.ReadFull(x.r, h[:]); err != nil {
		return 0, 0, errIndex
	}
	version, count = binary.BigEndian.Uint32(h[4:]), binary.BigEndian.Uint32(h[8:])
	if !bytes.Equal(h[:4], []byte("DIRC")) || version < 2 || version > 4 || count > maxIndexEntries {
		return 0, 0, errIndex
	}
	return version, count, nil
}

// Parts of an entry: ten numbers of what stat said, the object, the flags.
const (
	indexStat     = 40
	indexFixed    = indexStat + len(oid{}) + 2
	indexExtended = 0x4000 // two more bytes of flags follow
)

func (x *indexReader) entry(version uint32) (id oid, stage int, err error) {
	var fixed [indexFixed]byte
	if _, err := io.ReadFull(x.r, fixed[:]); err != nil {
		return id, 0, err
	}
	copy(id[:], fixed[indexStat:])
	flags := binary.BigEndian.Uint16(fixed[indexFixed-2:])
	size := indexFixed
	if flags&indexExtended != 0 {
		if version < 3 {
			return id, 0, errIndex
		}
		if _, err := x.r.Discard(2); err != nil {
			return id, 0, err
		}
		size += 2
	}
	if version == 4 {
		err = x.shortened()
	} else {
		err = x.padded(size)
	}
	return id, int(flags >> 12 & 3), err
}

// padded reads a path that is filled up with NUL to a multiple of eight.
func (x *indexReader) padded(size int) error {
	x.path = x.path[:0]
	if err := x.untilNUL(); err != nil {
		return err
	}
	_, err := x.r.Discard(7 - (size+len(x.path))%8)
	return err
}

// shortened reads a path that says how much of the one before to leave out.
func (x *indexReader) shortened() error {
	cut, err := x.offset()
	if err != nil {
		return err
	}
	if cut > len(x.path) {
		return errIndex
	}
	x.path = x.path[:len(x.path)-cut]
	return x.untilNUL()
}

// offset reads a number in the variable form of gitformat-pack(5).
func (x *indexReader) offset() (int, error) {
	n := 0
	for i := 0; ; i++ {
		b, err := x.r.ReadByte()
		switch {
		case err != nil:
			return 0, err
		case n > maxIndexPath:
			return 0, errIndex
		case i > 0:
			n++
		}
		n = n<<7 | int(b&0x7f)
		if b&0x80 == 0 {
			return n, nil
		}
	}
}

func (x *indexReader) untilNUL() error {
	for {
		b, err := x.r.ReadByte()
		switch {
		case err != nil:
			return err
		case b == 0:
			return nil
		case len(x.path) >= maxIndexPath:
			return errIndex
		}
		x.path = append(x.path, b)
	}
}
