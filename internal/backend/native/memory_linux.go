package native

import (
	"bytes"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	pageSize = 4096 // the smallest; memory is mapped in whole pages
	// short is how much is read at first: nearly every path fits.
	short = 256
)

// memory reads from other processes, into one buffer.
type memory struct {
	buf    [unix.PathMax]byte
	local  unix.Iovec
	remote unix.RemoteIovec
}

// path reads a path, without the NUL at its end, or as much as there is of one.
// It reads no further than to the end of a page at a time: what follows may not
// be mapped.
func (m *memory) path(pid uint32, addr uint64) []byte {
	n, step := 0, short
	for n < len(m.buf) {
		want := min(step, pageSize-int((addr+uint64(n))%pageSize), len(m.buf)-n)
		got := m.readInto(pid, addr+uint64(n), m.buf[n:n+want])
		if end := bytes.IndexByte(m.buf[n:n+got], 0); end >= 0 {
			return m.buf[:n+end]
		}
		n, step = n+got, pageSize
		if got < want {
			break
		}
	}
	return m.buf[:n]
}

// read reads n bytes, or as much as there is.
func (m *memory) read(pid uint32, addr uint64, n int) []byte {
	n = min(n, len(m.buf))
	page := min(n, pageSize-int(addr%pageSize))
	got := m.readInto(pid, addr, m.buf[:page])
	if got == page && page < n {
		got += m.readInto(pid, addr+uint64(page), m.buf[page:n])
	}
	return m.buf[:got]
}

func (m *memory) readInto(pid uint32, addr uint64, buf []byte) int {
	if len(buf) == 0 {
		return 0
	}
	m.local.Base = &buf[0]
	m.local.SetLen(len(buf))
	m.remote = unix.RemoteIovec{Base: uintptr(addr), Len: len(buf)}
	n, _, errno := unix.Syscall6(unix.SYS_PROCESS_VM_READV, uintptr(pid),
		uintptr(unsafe.Pointer(&m.local)), 1, uintptr(unsafe.Pointer(&m.remote)), 1, 0)
	if errno != 0 {
		return 0
	}
	return int(n)
}
