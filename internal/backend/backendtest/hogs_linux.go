package backendtest

import (
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// hogProbes take as much as they can get of one thing.
var hogProbes = map[string]probe{
	"forks":        forks,
	"memory":       memory,
	"shared":       sharedMemory,
	"fill":         fill,
	"fill-hidden":  fillHidden,
	"fill-deep":    fillDeep,
	"fill-closed":  fillClosed,
	"memfd":        memfd,
	"memfd-unseen": unseen(memfd),
	"fill-unseen":  unseen(fillHidden),
	"inodes":       inodes,
	"fill-mapped":  fillMapped,
	"fill-sparse":  fillSparse,
	"fill-tmpfile": fillTmpfile,
	"allocate":     allocate,
	"pages":        pages,
	"dirs":         dirs,
	"grow":         grow,
	"lower-core":   lowerCore,
	"spin":         spin,
	"nice":         func(n string) (string, error) { return "", unix.Setpriority(unix.PRIO_PROCESS, 0, signed(n)) },
	"realtime":     realtime,
	"away":         away,
	"crowd":        crowd,
	"share":        share,
	"open-files":   openFiles,
	"flood":        flood,
	"refusals":     refusals,
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
			syscall.RawSyscall(unix.SYS_CLOSE_RANGE, 3, 1<<31, 0) // whoever waits for the end of a pipe
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

// share uses the same memory from so many processes: "share:COUNT|BYTES".
func share(arg string) (string, error) {
	count, bytes := two(arg)
	m, err := unix.Mmap(-1, 0, int(number(bytes)), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_ANONYMOUS)
	if err != nil {
		return "", err
	}
	for range number(count) {
		pid, _, errno := syscall.RawSyscall(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0)
		if errno != 0 {
			return "", errno
		}
		if pid == 0 {
			for i := 0; i < len(m); i += 4096 {
				m[i] = 1
			}
			for {
				syscall.RawSyscall6(unix.SYS_PPOLL, 0, 0, 0, 0, 0, 0)
			}
		}
	}
	time.Sleep(settle)
	return count, nil
}

// unseen keeps the supervisor of an ordinary user from looking at what the
// process has open.
func unseen(p probe) probe {
	return func(arg string) (string, error) {
		if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
			return "", err
		}
		return p(arg)
	}
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

// flood writes to standard output or error: "flood:2|BYTES". It is made to be
// read by no parser.
func flood(arg string) (string, error) {
	fd, bytes := two(arg)
	buf := []byte(strings.Repeat("flood\n", 10000))
	for n := 0; n < int(number(bytes)); {
		wrote, err := unix.Write(signed(fd), buf)
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
