package initprog

import (
	"os"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// TestSealed: nobody can change the content, by whatever way.
func TestSealed(t *testing.T) {
	f, err := Sealed("test", []byte("content"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte("x"), 0); err == nil {
		t.Error("written to")
	}
	for _, size := range []int64{0, 100} {
		if err := f.Truncate(size); err == nil {
			t.Errorf("cut to %d", size)
		}
	}
	if _, err := unix.Mmap(int(f.Fd()), 0, 7, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED); err == nil {
		t.Error("mapped for writing")
	}
	again, err := os.OpenFile("/proc/self/fd/"+strconv.Itoa(int(f.Fd())), os.O_WRONLY, 0)
	if err == nil {
		defer again.Close()
		if _, err := again.Write([]byte("x")); err == nil {
			t.Error("written to, opened again")
		}
	}
	if _, err := unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, unix.F_SEAL_EXEC); err == nil {
		t.Error("the seals themselves can be changed")
	}
	buf := make([]byte, 10)
	if n, _ := f.ReadAt(buf, 0); string(buf[:n]) != "content" {
		t.Errorf("reads %q", buf[:n])
	}
}

// TestSealBusy: while somebody has the file mapped for writing the kernel says
// EBUSY; the seal waits for the end of that.
func TestSealBusy(t *testing.T) {
	fd, err := unix.MemfdCreate("test", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), "test")
	defer f.Close()
	if err := f.Truncate(4096); err != nil {
		t.Fatal(err)
	}
	m, err := unix.Mmap(fd, 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- seal(f) }()
	if err := unix.Munmap(m); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestOpen(t *testing.T) {
	f, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Fd() < aboveInherited {
		t.Errorf("descriptor %d would be overwritten", f.Fd())
	}
	flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFD, 0)
	if err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("it would be inherited: %#x, %v", flags, err)
	}
}
