package native

import (
	"bytes"
	"encoding/binary"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// procName is one name in /proc.
type procName struct {
	name string
	dir  bool
}

// Where the parts of struct linux_dirent64 are.
const (
	direntLength = 16
	direntType   = 18
	direntName   = 19
)

// procNames lists /proc up to the processes. There may be thousands of those,
// and to be listed each is made anew by the kernel. It lists them after
// "thread-self", which comes after everything else: only a number past that name
// is the end, so that in another order nothing is missed.
func procNames() ([]procName, error) {
	fd, err := unix.Open("/proc", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: "/proc", Err: err}
	}
	defer unix.Close(fd)
	var out []procName
	var past bool
	var buf [2 << 10]byte // about as much as comes before the processes
	for {
		n, err := unix.Getdents(fd, buf[:])
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return nil, &os.PathError{Op: "list", Path: "/proc", Err: err}
		case n == 0:
			return out, nil
		}
		for b := buf[:n]; len(b) > direntName; {
			size := binary.NativeEndian.Uint16(b[direntLength:])
			e := direntOf(b[:size])
			b = b[size:]
			switch {
			case isNumber(e.name):
				if past {
					return out, nil
				}
			case e.name != "." && e.name != "..":
				out = append(out, e)
			}
			past = past || e.name == "thread-self"
		}
	}
}

func direntOf(record []byte) procName {
	name, _, _ := bytes.Cut(record[direntName:], []byte{0})
	return procName{string(name), record[direntType] == unix.DT_DIR}
}

func isNumber(name string) bool { return name != "" && name[0] >= '0' && name[0] <= '9' }

// rootsAlone are the files that kernels let only root open, as far as known.
var rootsAlone = []string{"allocinfo", "kcore", "kmsg", "kpagecgroup", "kpagecount", "kpageflags", "latency_stats",
	"pagetypeinfo", "sched_debug", "slabinfo", "sysrq-trigger", "timer_list", "vmallocinfo", "vmcore"}

// rootsOwn tells whether only root may open a file. The agent is never root, so
// that covering it would only take time. Names that are not known are not asked
// about, but covered.
func rootsOwn(e procName) bool {
	var st unix.Stat_t
	return !e.dir && slices.Contains(rootsAlone, e.name) && unix.Lstat("/proc/"+e.name, &st) == nil && st.Mode&0o077 == 0
}
