// Package initprog holds the small program that becomes the first process of
// a sandbox, and hands it out as a sealed file that lives in memory only: an
// agent that reaches /proc/1/exe finds nothing that it could overwrite
// (CVE-2019-5736).
package initprog

import (
	"embed"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/child"
)

// Name is the program's argument zero.
const Name = "ringwall-init"

// The folder holds the program of a release build, and otherwise nothing but
// its README.
//
//go:embed bin
var files embed.FS

// Embedded tells whether the small program was built in.
func Embedded() bool {
	f, err := files.Open(fileName())
	if err != nil {
		return false
	}
	f.Close()
	return true
}

func fileName() string { return "bin/" + Name + "-linux-" + runtime.GOARCH }

// aboveInherited is higher than any descriptor that a first process is started
// with: those are moved into place before the exec and would take the
// program's place.
const aboveInherited = 64

// Open returns the program, ready to be executed by descriptor. Where it was
// not built in, it is a copy of the running binary: slower to start, the same
// in what it does.
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
	built, err := files.Open(fileName())
	if err == nil {
		defer built.Close()
		return sealed(Name, copied(built)) // without a copy of the whole on the heap
	}
	data, err := standIn()
	if err != nil {
		return nil, err
	}
	return Sealed(Name, data)
}

// standIn is this very program, made to begin where the small one begins: the
// same code, in a larger file.
func standIn() ([]byte, error) {
	data, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		return nil, err
	}
	// The header of a 64-bit ELF file (elf(5)): e_type at 16, e_entry at 24.
	const typeAt, entryAt, fixed = 16, 24, 2
	if len(data) < 64 || string(data[:5]) != "\x7fELF\x02" {
		return nil, errors.New("this program is not a 64-bit ELF file")
	}
	if binary.NativeEndian.Uint16(data[typeAt:]) != fixed {
		return nil, errors.New("this program was built to be loaded anywhere (-buildmode=pie), and cannot act as the first process; build it with scripts/build")
	}
	binary.NativeEndian.PutUint64(data[entryAt:], uint64(child.Entry()))
	return data, nil
}

// Sealed makes a file in memory with that content which nobody can change any
// more, this process included.
func Sealed(name string, data []byte) (*os.File, error) {
	return sealed(name, func(f *os.File) error {
		_, err := f.Write(data)
		return err
	})
}

// copied fills a file from another, in pieces.
func copied(from io.Reader) func(*os.File) error {
	return func(f *os.File) error {
		_, err := io.CopyBuffer(struct{ io.Writer }{f}, from, make([]byte, 32<<10))
		return err
	}
}

func sealed(name string, fill func(*os.File) error) (*os.File, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	f := os.NewFile(uintptr(fd), name)
	if err := fill(f); err != nil {
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
