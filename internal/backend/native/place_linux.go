package native

import (
	"slices"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// place tells whether a process stands in a frozen folder. Each of those is a
// mount of its own, so one question, for the mount, answers for all that lies
// below it.
type place struct {
	mounts []uint64 // of the frozen folders
	known  bool
	path   [64]byte
	stat   unix.Statx_t
}

// frozen tells it of the working directory, or of a descriptor.
func (p *place) frozen(folders []string, pid uint32, fd int) bool {
	if len(folders) == 0 || !p.learn(folders, pid) || len(p.mounts) == 0 {
		return false
	}
	b := append(p.path[:0], "/proc/"...)
	b = strconv.AppendUint(b, uint64(pid), 10)
	if fd == fromCwd {
		b = append(b, "/cwd\x00"...)
	} else {
		b = append(strconv.AppendInt(append(b, "/fd/"...), int64(fd), 10), 0)
	}
	id, ok := p.mount(&b[0])
	return ok && slices.Contains(p.mounts, id)
}

// learn asks, through a process inside, which mounts the frozen folders are.
// Nobody inside can change that.
func (p *place) learn(folders []string, pid uint32) bool {
	if p.known {
		return true
	}
	root := "/proc/" + strconv.Itoa(int(pid)) + "/root"
	if _, ok := p.mount(&append([]byte(root), 0)[0]); !ok {
		return false // it is gone; the next one will tell
	}
	p.known = true
	for _, dir := range folders {
		if id, ok := p.mount(&append([]byte(root+dir), 0)[0]); ok {
			p.mounts = append(p.mounts, id)
		}
	}
	return true
}

// mount is the number of the mount that a path leads to (statx(2), Linux 5.8).
func (p *place) mount(path *byte) (uint64, bool) {
	const cwd = ^uintptr(99) // AT_FDCWD
	_, _, errno := unix.Syscall6(unix.SYS_STATX, cwd, uintptr(unsafe.Pointer(path)),
		unix.AT_NO_AUTOMOUNT, unix.STATX_MNT_ID, uintptr(unsafe.Pointer(&p.stat)), 0)
	return p.stat.Mnt_id, errno == 0 && p.stat.Mask&unix.STATX_MNT_ID != 0
}
