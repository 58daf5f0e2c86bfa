package backendtest

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// hogProbes take as much as they can get of one thing.
var hogProbes = map[string]probe{
	"forks":       forks,
	"memory":      memory,
	"shared":      sharedMemory,
	"fill":        fill,
	"fill-hidden": fillHidden,
	"fill-deep":   fillDeep,
	"fill-closed": fillClosed,
	"memfd":       memfd,
	"inodes":      inodes,
	"open-files":  openFiles,
	"flood":       flood,
	"refusals":    refusals,
}

// forks starts processes that stay until the end, and tells how many there
// could be.
func forks(most string) (string, error) {
	n := 0
	for range number(most) {
		pid, _, errno := syscall.RawSyscall(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0)
		if errno != 0 {
			return strconv.Itoa(n), errno
		}
		if pid == 0 {
			for {
				syscall.RawSyscall6(unix.SYS_PPOLL, 0, 0, 0, 0, 0, 0)
			}
		}
		n++
	}
	return strconv.Itoa(n), nil
}

const chunk = 4 << 20

// settle is long enough for a watch to look once more.
const settle = 800 * time.Millisecond

// memory takes anonymous memory, and touches it: "memory:BYTES".
func memory(bytes string) (string, error) { return take(bytes, unix.MAP_PRIVATE) }

// sharedMemory takes the kind that RLIMIT_DATA does not count.
func sharedMemory(bytes string) (string, error) { return take(bytes, unix.MAP_SHARED) }

func take(bytes string, kind int) (string, error) {
	var got uint64
	for got < uint64(number(bytes)) {
		m, err := unix.Mmap(-1, 0, chunk, unix.PROT_READ|unix.PROT_WRITE, kind|unix.MAP_ANONYMOUS)
		if err != nil {
			return strconv.FormatUint(got, 10), err
		}
		for i := 0; i < len(m); i += 4096 {
			m[i] = 1
		}
		got += chunk
		time.Sleep(time.Millisecond) // a watch has to get a chance to look
	}
	time.Sleep(settle)
	return strconv.FormatUint(got, 10), nil
}

// fill writes to files: "fill:PREFIX|BYTES". It goes slowly enough for a watch.
func fill(arg string) (string, error) {
	prefix, bytes := two(arg)
	return pour(prefix, bytes, false)
}

// fillHidden writes to files that have no name any more.
func fillHidden(arg string) (string, error) {
	prefix, bytes := two(arg)
	return pour(prefix, bytes, true)
}

// fillDeep writes to files whose path is longer than the kernel takes in one
// piece: what looks by path does not find them.
func fillDeep(arg string) (string, error) {
	prefix, bytes := two(arg)
	name := strings.Repeat("d", 250)
	for range 20 {
		if err := unix.Mkdir(name, 0o755); err != nil {
			return "", err
		}
		if err := unix.Chdir(name); err != nil {
			return "", err
		}
	}
	return pour(prefix, bytes, false)
}

// fillClosed writes to files in a folder that nobody may look into.
func fillClosed(arg string) (string, error) {
	prefix, bytes := two(arg)
	for i := range int(number(bytes)) / each {
		dir := "closed" + strconv.Itoa(i)
		if err := unix.Mkdir(dir, 0o700); err != nil {
			return "", err
		}
		f, err := os.OpenFile(dir+"/"+prefix, os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			return "", err
		}
		unix.Chmod(dir, 0)
		if _, err := f.Write(make([]byte, each)); err != nil {
			return "", err
		}
		f.Close()
		time.Sleep(20 * time.Millisecond)
	}
	time.Sleep(settle)
	return bytes, nil
}

// memfd takes memory that no process has mapped: "memfd:BYTES".
func memfd(bytes string) (string, error) {
	buf, got := make([]byte, chunk), uint64(0)
	fd, err := unix.MemfdCreate("hog", unix.MFD_CLOEXEC)
	if err != nil {
		return "", err
	}
	for got < uint64(number(bytes)) {
		n, err := unix.Write(fd, buf)
		if err != nil {
			return strconv.FormatUint(got, 10), err
		}
		got += uint64(n)
		time.Sleep(2 * time.Millisecond)
	}
	time.Sleep(settle)
	return strconv.FormatUint(got, 10), nil
}

// each is how much goes into one file: less than a bound on a single file.
const each = 16 << 20

func pour(prefix, bytes string, hidden bool) (string, error) {
	buf := make([]byte, 1<<20)
	most, wrote := uint64(number(bytes)), uint64(0)
	var f *os.File
	for i := 0; wrote < most; i++ {
		if wrote%each == 0 {
			name := prefix + strconv.Itoa(i)
			var err error
			if f, err = os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o644); err != nil {
				return "", err
			}
			defer f.Close()
			if hidden {
				os.Remove(name)
			}
		}
		n, err := f.Write(buf)
		wrote += uint64(n)
		if err != nil {
			return strconv.FormatUint(wrote, 10), err
		}
		time.Sleep(2 * time.Millisecond)
	}
	time.Sleep(settle)
	return strconv.FormatUint(wrote, 10), nil
}

// inodes makes empty files: "inodes:DIR|COUNT".
func inodes(arg string) (string, error) {
	dir, count := two(arg)
	for i := range int(number(count)) {
		f, err := os.Create(filepath.Join(dir, "f"+strconv.Itoa(i)))
		if err != nil {
			return strconv.Itoa(i), err
		}
		f.Close()
	}
	time.Sleep(settle)
	return count, nil
}

func openFiles(most string) (string, error) {
	n := 0
	for range number(most) {
		if _, err := unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
			return strconv.Itoa(n), err
		}
		n++
	}
	return strconv.Itoa(n), nil
}

// flood writes so many bytes to standard error.
func flood(bytes string) (string, error) {
	buf := []byte(strings.Repeat("flood\n", 10000))
	for n := 0; n < int(number(bytes)); {
		wrote, err := os.Stderr.Write(buf)
		if n += wrote; err != nil {
			return strconv.Itoa(n), err
		}
	}
	return bytes, nil
}

// refusals makes many calls that are refused, on other paths each time.
func refusals(count string) (string, error) {
	for i := range int(number(count)) {
		unix.Open("CLAUDE.md/"+strconv.Itoa(i), unix.O_WRONLY, 0)
		call(unix.SYS_KEYCTL)
	}
	return count, nil
}
