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
		{Name: "uselib", Nr: unix.SYS_USELIB, Args: []uintptr{page}},
		{Name: "ustat", Nr: unix.SYS_USTAT, Args: []uintptr{bad, pointer()}},
		{Name: "sysfs", Nr: unix.SYS_SYSFS, Args: []uintptr{99}},
		{Name: "_sysctl", Nr: unix.SYS__SYSCTL, Args: []uintptr{page}},
		{Name: "create_module", Nr: unix.SYS_CREATE_MODULE},
		{Name: "get_kernel_syms", Nr: unix.SYS_GET_KERNEL_SYMS},
		{Name: "query_module", Nr: unix.SYS_QUERY_MODULE},
		{Name: "getpmsg", Nr: unix.SYS_GETPMSG},
		{Name: "putpmsg", Nr: unix.SYS_PUTPMSG},
		{Name: "afs_syscall", Nr: unix.SYS_AFS_SYSCALL},
		{Name: "tuxcall", Nr: unix.SYS_TUXCALL},
		{Name: "security", Nr: unix.SYS_SECURITY},
		{Name: "epoll_ctl_old", Nr: unix.SYS_EPOLL_CTL_OLD},
		{Name: "epoll_wait_old", Nr: unix.SYS_EPOLL_WAIT_OLD},
		{Name: "vserver", Nr: unix.SYS_VSERVER},
		{Name: "set_thread_area", Nr: unix.SYS_SET_THREAD_AREA},
		{Name: "get_thread_area", Nr: unix.SYS_GET_THREAD_AREA},
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
