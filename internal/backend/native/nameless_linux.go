package native

import (
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// unnamed is what lies in files that have no name: removed while they were
// open, or made without one by memfd_create(2). No walk and no process's
// resident set shows it.
type unnamed struct {
	disk, inodes, memory int64
	// unknown: a process keeps its descriptors from being looked at, by prctl(2)
	// or by a program that it may not read, or it has mapped such a file and
	// closed it.
	unknown bool
}

// nameless looks again where something could not be looked at: a process that
// begins or ends does not let itself be, for a moment.
func (r *run) nameless() (u unnamed) {
	for range 4 {
		if u = nameless(descendants(r.process.PID), r.plan.Project); !u.unknown {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	return u
}

// nameless adds up the files without a name that processes have open. Those
// that they have mapped count as unknown where they were of that folder.
func nameless(pids []int, folder string) (u unnamed) {
	seen := map[[2]uint64]bool{}
	for _, pid := range pids[min(1, len(pids)):] { // the first process is ours
		paths, release, err := openFiles(pid)
		u.unknown = u.unknown || os.IsPermission(err)
		for _, path := range paths {
			u.open(path, seen)
		}
		release()
		u.mapped(pid, folder)
	}
	return u
}

// open looks at one descriptor.
func (u *unnamed) open(link string, seen map[[2]uint64]bool) {
	var stat unix.Stat_t
	if unix.Stat(link, &stat) != nil || stat.Mode&unix.S_IFMT != unix.S_IFREG || stat.Nlink > 0 {
		return
	}
	if id := [2]uint64{uint64(stat.Dev), stat.Ino}; !seen[id] {
		seen[id] = true
		u.add(link, stat.Blocks*512)
	}
}

func (u *unnamed) add(path string, bytes int64) {
	var s unix.Statfs_t
	if unix.Statfs(path, &s) == nil && s.Type == unix.TMPFS_MAGIC {
		u.memory += bytes
		return
	}
	u.disk += bytes
	u.inodes++
}

// mapped looks for files that are mapped and have no name any more. How large
// they are cannot be asked for without privileges.
func (u *unnamed) mapped(pid int, folder string) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	u.unknown = u.unknown || os.IsPermission(err)
	for line := range strings.Lines(string(data)) {
		u.unknown = u.unknown || removed(line, folder)
	}
}

// removed tells whether a line of a process's maps is of a file of that folder
// that has no name any more. The name comes after five fields and may hold
// blanks; what would break a line is escaped.
func removed(line, folder string) bool {
	name := strings.TrimSuffix(line, "\n")
	for range 5 {
		_, rest, _ := strings.Cut(strings.TrimLeft(name, " "), " ")
		name = rest
	}
	name = strings.TrimLeft(name, " ")
	return strings.HasPrefix(name, folder+"/") && strings.HasSuffix(name, " (deleted)")
}
