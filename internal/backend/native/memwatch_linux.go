package native

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"ringwall/internal/backend"
)

// memoryWatch adds up memory and tasks where no control group counts them.
type memoryWatch struct {
	*watcher
	first machineMemory // of the machine, at the start
}

// machineMemory is what the machine has, in bytes.
type machineMemory struct{ available, shared, total int64 }

func newMemoryWatch(w *watcher) *memoryWatch {
	for _, resource := range []string{"memory", "pids"} {
		if l := w.run.find(resource); l != nil && !byGroup(l) {
			return &memoryWatch{w, machine()}
		}
	}
	return nil
}

func (m *memoryWatch) look() {
	pids := descendants(m.run.process.PID)
	var sum use
	for _, pid := range pids {
		sum.add(usage(pid))
	}
	if l := m.run.find("memory"); l != nil && !byGroup(l) && m.tooMuch(l.Value, sum, pids) {
		m.over("memory", backend.OverMemory)
	}
	// The kernel refuses the next one; that it did is only seen by looking.
	l := m.run.find("pids")
	if l != nil && !byGroup(l) && sum.threads >= l.Value && m.flagged.raise("pids") {
		m.refusedForks(1)
	}
}

// tooMuch adds up what the processes hold and what lies in files of memory,
// named or not. Pages that several share may be counted for each: then the
// kernel is asked for exact shares, which takes it longer.
func (m *memoryWatch) tooMuch(limit int64, sum use, pids []int) bool {
	n := nameless(pids, m.run.plan.Project)
	tmpfs, ok := inTmpfs(pids, m.run.user.Home)
	files := n.memory + tmpfs
	if sum.private+max(sum.shared, files) > limit {
		exact := shares(pids)
		return exact.private+max(exact.shared, files) > limit
	}
	now := machine()
	// What hides from being looked at counts once the machine has lost more
	// than the limit to memory of that kind.
	if (n.unknown || !ok) && now.shared-m.first.shared > limit && (!ok || m.run.nameless().unknown) {
		return true
	}
	// The last resort is for what nothing counts: pipes, sockets, the kernel's
	// own tables. Before the machine starts to end processes, this one ends.
	return now.available < now.total/reserve && m.first.available >= now.total/reserve
}

// reserve is the part of the machine's memory, one in so many, that a run never
// takes.
const reserve = 40

// machine reads what the machine has.
func machine() (m machineMemory) {
	data, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return machineMemory{}
	}
	for line := range strings.Lines(string(data)) {
		key, n := field(line)
		switch key {
		case "MemAvailable":
			m.available = n * 1024
		case "Shmem":
			m.shared = n * 1024
		case "MemTotal":
			m.total = n * 1024
		}
	}
	return m
}

// field reads "Name:   123 kB".
func field(line string) (string, int64) {
	key, value, _ := strings.Cut(line, ":")
	f := strings.Fields(value)
	if len(f) == 0 {
		return key, 0
	}
	n, _ := strconv.ParseInt(f[0], 10, 64)
	return key, n
}

// inTmpfs is what lies in the sandbox's file systems of memory, seen through
// the first process that lets itself be looked at. False: there is none.
func inTmpfs(pids []int, home string) (int64, bool) {
	for _, pid := range pids[min(1, len(pids)):] {
		sum, ok := int64(0), true
		for _, dir := range []string{"/tmp", "/var/tmp", "/dev/shm", home} {
			var s unix.Statfs_t
			err := unix.Statfs(fmt.Sprintf("/proc/%d/root%s", pid, dir), &s)
			ok = ok && (err == nil || err == unix.ENOENT)
			if err == nil && s.Type == unix.TMPFS_MAGIC {
				sum += int64(s.Blocks-s.Bfree) * s.Bsize
			}
		}
		if ok {
			return sum, true
		}
	}
	return 0, len(pids) <= 1
}

// use is what processes take: bytes of memory, swapped out or not, and threads.
// Pages of files on a disk do not count: the kernel takes them back.
type use struct{ private, shared, threads int64 }

func (u *use) add(v use) {
	u.private, u.shared, u.threads = u.private+v.private, u.shared+v.shared, u.threads+v.threads
}

// usage reads what a process takes.
func usage(pid int) (u use) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return use{}
	}
	for line := range strings.Lines(string(data)) {
		key, n := field(line)
		switch key {
		case "RssAnon", "VmSwap":
			u.private += n * 1024
		case "RssShmem":
			u.shared = n * 1024
		case "Threads":
			u.threads = n
		}
	}
	return u
}

// shares adds up each process's share of what it uses with others. One that
// does not let itself be looked at is taken to share nothing.
func shares(pids []int) (u use) {
	for _, pid := range pids[min(1, len(pids)):] {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		if err != nil {
			u.add(usage(pid)) // nothing, if it has ended
			continue
		}
		for line := range strings.Lines(string(data)) {
			key, n := field(line)
			switch key {
			case "Pss_Anon", "SwapPss":
				u.private += n * 1024
			case "Pss_Shmem":
				u.shared += n * 1024
			}
		}
	}
	return u
}
