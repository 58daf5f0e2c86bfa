package seen

import (
	"encoding/binary"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/direct"
)

// state is what the kernel says of a path. Where it has an error number, that
// is all it has.
type state struct {
	dev, ino           uint64
	ctime, mtime, size int64 // nanoseconds, bytes
	mode, uid, gid     uint32
	errno              uint32
}

// stateSize is that of a state in a record, in bytes.
const stateSize = 5*8 + 4*4

// stateOf asks the kernel. The path ends with a zero byte.
func stateOf(path []byte, follow bool) state {
	var st unix.Stat_t
	if errno := direct.Stat(path, follow, &st); errno != 0 {
		return state{errno: uint32(errno)}
	}
	return stateFrom(&st)
}

func stateFrom(st *unix.Stat_t) state {
	return state{dev: uint64(st.Dev), ino: st.Ino, ctime: st.Ctim.Nano(), mtime: st.Mtim.Nano(), size: st.Size,
		mode: st.Mode, uid: st.Uid, gid: st.Gid}
}

func (s state) is(kind uint32) bool { return s.errno == 0 && s.mode&unix.S_IFMT == kind }

// place is what remains true of a folder while things are put into it.
func (s state) place() state {
	s.ctime, s.mtime, s.size = 0, 0, 0
	return s
}

func (s state) append(b []byte) []byte {
	for _, v := range []uint64{s.dev, s.ino, uint64(s.ctime), uint64(s.mtime), uint64(s.size)} {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	for _, v := range []uint32{s.mode, s.uid, s.gid, s.errno} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return b
}

// stateIn reads a state of stateSize bytes.
func stateIn(b []byte) state {
	long := func(i int) uint64 { return binary.LittleEndian.Uint64(b[8*i:]) }
	short := func(i int) uint32 { return binary.LittleEndian.Uint32(b[40+4*i:]) }
	return state{dev: long(0), ino: long(1), ctime: int64(long(2)), mtime: int64(long(3)), size: int64(long(4)),
		mode: short(0), uid: short(1), gid: short(2), errno: short(3)}
}
