package stage

import "golang.org/x/sys/unix"

// signature tells one state of a file from the next. Nobody can set the time of
// the last change of the status, and it moves with content, mode, owner,
// attributes and the number of names.
type signature struct {
	id           ID
	mode         uint32
	size         int64
	mtime, ctime int64
}

func sign(st unix.Stat_t) signature {
	return signature{ID{uint64(st.Dev), st.Ino}, st.Mode, st.Size, st.Mtim.Nano(), st.Ctim.Nano()}
}

func (s signature) kind() Type { return typeOf(s.mode) }

// leastRoom is what a name is charged with: an empty file takes room too.
const leastRoom = 4096

func (u *Usage) add(st unix.Stat_t) {
	u.Entries++
	u.Bytes += max(st.Blocks*512, leastRoom)
	if st.Mode&unix.S_IFMT != unix.S_IFDIR {
		u.Files++
	}
}
