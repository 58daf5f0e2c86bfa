// Package initprog holds the small program that becomes the first process of
// a sandbox, and hands it out as a sealed file that lives in memory only: an
// agent that reaches /proc/1/exe finds nothing that it could overwrite
// (CVE-2019-5736).
package initprog

import (
	"embed"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// Name is the program's argument zero. The main binary acts as the small one
// when it is started under this name.
const Name = "ringwall-init"

// The folder holds the program of a release build, and otherwise nothing but
// its README.
//
//go:embed bin
var files embed.FS

// Embedded tells whether the small program was built in.
func Embedded() bool {
	_, err := files.ReadFile(fileName())
	return err == nil
}

func fileName() string { return "bin/" + Name + "-linux-" + runtime.GOARCH }

// aboveInherited is higher than any descriptor that a first process is started
// with: those are moved into place before the exec and would take the
// program's place.
const aboveInherited = 64

// Open returns the program, ready to be executed by descriptor. Where it was
// not built in, it is the running binary itself: slower to start, the same in
// what it does.
func Open() (*os.File, error) {
	f, err := open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, aboveInherited)
	if err != nil {
		return nil, os.NewSyscallError("fcntl(F_DUPFD_CLOEXEC)", err)
	}
	return os.NewFile(uintptr(fd), Name), nil
}

func open() (*os.File, error) {
	data, err := files.ReadFile(fileName())
	if err != nil {
		return os.Open("/proc/self/exe")
	}
	return Sealed(Name, data)
}

// Sealed makes a file in memory with that content which nobody can change any
// more, this process included.
func Sealed(name string, data []byte) (*os.File, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	f := os.NewFile(uintptr(fd), name)
	if _, err := f.Write(data); err != nil {
		f.Close()
		return nil, err
	}
	if err := seal(f); err != nil {
		f.Close()
		return nil, os.NewSyscallError("fcntl(F_ADD_SEALS)", err)
	}
	return f, nil
}

// sealTries bounds the wait for the kernel, 10 ms each.
const sealTries = 100

// seal is tried again while the kernel itself holds on to a page of the file,
// as it does for a moment when memory is short or moved (EBUSY).
func seal(f *os.File) error {
	const seals = unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE
	var err error
	for range sealTries {
		if _, err = unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, seals); err != unix.EBUSY {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return err
}
