//go:build linux

package backendtest

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// archCalls are those that only this architecture has.
func archCalls() []Call {
	return []Call{
		{Name: "iopl", Nr: unix.SYS_IOPL, Args: []uintptr{99}},
		{Name: "ioperm", Nr: unix.SYS_IOPERM, Args: []uintptr{bad - 1, 1, 1}},
		{Name: "modify_ldt", Nr: unix.SYS_MODIFY_LDT, Args: []uintptr{9999}},
	}
}

var archProbes = map[string]probe{"int80": int80}

// int80 makes a call as a 32-bit program would, by machine code in a page of
// its own: getpid has number 20 there, which is another call here.
func int80(string) (string, error) {
	page, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE|unix.PROT_EXEC, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return "", err
	}
	// mov eax, 20; int 0x80; ret
	copy(page, []byte{0xb8, 20, 0, 0, 0, 0xcd, 0x80, 0xc3})
	// A Go function value points to the address of its code; the result comes
	// back in the same register.
	code := &struct{ entry *byte }{&page[0]}
	getpid := *(*func() int32)(unsafe.Pointer(&code))
	if int(getpid()) != unix.Getpid() {
		return "", unix.ENOSYS
	}
	return "", nil
}
