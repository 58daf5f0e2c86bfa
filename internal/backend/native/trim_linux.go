package native

import (
	"bytes"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// lean is how much garbage may lie beside what is in use while a run stands, in
// percent: little happens then, and many supervisors may stand at once.
const lean = 10

// settled is how long a run lasts before it is worth giving memory back: one
// that is over in a moment is not delayed by it.
const settled = 500 * time.Millisecond

// leanOnceSettled gives back what the start took and the rest of a run does not
// need: garbage, and the pages of the program that only the start went through;
// and once more those of the program, since giving back went through some too.
// What it returns ends that.
func leanOnceSettled() (end func()) {
	var mu sync.Mutex
	var code []mapping
	before, over := 0, false
	var timer *time.Timer
	mu.Lock() // until timer is set
	defer mu.Unlock()
	timer = time.AfterFunc(settled, func() {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case over:
		case before == 0:
			before = debug.SetGCPercent(lean)
			code = programCode()
			debug.FreeOSMemory()
			drop(code)
			timer.Reset(settled)
		default:
			drop(code)
		}
	})
	return func() {
		timer.Stop()
		mu.Lock()
		defer mu.Unlock()
		over = true
		if before != 0 {
			debug.SetGCPercent(before)
		}
	}
}

// drop takes pages of the program out of this process's memory. They stay in
// the page cache, where every process that runs the same program finds them;
// what is needed again comes back by itself.
func drop(code []mapping) {
	for _, m := range code {
		unix.Syscall(unix.SYS_MADVISE, m.start, m.length, unix.MADV_DONTNEED)
	}
}

// programCode lists where this process has its program mapped. Mappings with
// pages that differ from the file (relocations, for one) are not in it: those
// pages would be lost.
func programCode() []mapping {
	data, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		return nil
	}
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return nil
	}
	return untouched(data, program)
}

// mapping is a range of addresses.
type mapping struct{ start, length uintptr }

// untouched lists a program's mappings that nobody can write to, and in which no
// page differs from the file. The text is that of /proc/PID/smaps: a line for
// the mapping, then one for each of its properties.
func untouched(smaps []byte, program string) []mapping {
	var out []mapping
	var now mapping
	ours := false
	for line := range bytes.Lines(smaps) {
		f := strings.Fields(string(line))
		switch {
		case len(f) >= 5 && strings.Contains(f[0], "-"):
			now, ours = span(f[0]), len(f) == 6 && f[5] == program && (f[1] == "r-xp" || f[1] == "r--p")
		case ours && len(f) >= 2 && f[0] == "Anonymous:" && f[1] == "0" && now.length > 0:
			out = append(out, now)
		}
	}
	return out
}

// span reads "START-END", in hexadecimal.
func span(s string) mapping {
	from, to, _ := strings.Cut(s, "-")
	start, err1 := strconv.ParseUint(from, 16, 64)
	end, err2 := strconv.ParseUint(to, 16, 64)
	if err1 != nil || err2 != nil || end <= start {
		return mapping{}
	}
	return mapping{uintptr(start), uintptr(end - start)}
}
