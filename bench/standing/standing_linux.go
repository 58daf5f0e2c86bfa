// Package standing tells how much memory processes take: the proportional share
// (PSS) of each, which the kernel gives in /proc/PID/smaps_rollup.
package standing

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Process is one and what it takes.
type Process struct {
	PID  int
	Args []string
	KiB  int
}

// Below lists a process and its descendants. Those that share all memory come
// once. The error is that of the first whose memory may not be read.
func Below(pid int) ([]Process, error) {
	var out []Process
	for _, p := range tree(pid) {
		args, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", p))
		if err != nil || slices.ContainsFunc(out, func(q Process) bool { return sameMemory(p, q.PID) }) {
			continue
		}
		kib, err := pss(p)
		if err != nil {
			return nil, err
		}
		out = append(out, Process{p, strings.Split(strings.TrimSuffix(string(args), "\x00"), "\x00"), kib})
	}
	return out, nil
}

// sameMemory tells whether one process was made with the memory of the other
// (CLONE_VM).
func sameMemory(a, b int) bool {
	const kcmpVM = 1 // linux/kcmp.h
	order, _, errno := unix.Syscall6(unix.SYS_KCMP, uintptr(a), uintptr(b), kcmpVM, 0, 0, 0)
	return errno == 0 && order == 0
}

func pss(pid int) (int, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ESRCH) {
		return 0, nil // it has just ended
	}
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
			return strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
		}
	}
	return 0, nil // no memory of its own left
}

func tree(pid int) []int {
	out := []int{pid}
	for i := 0; i < len(out); i++ {
		lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", out[i]))
		for _, l := range lists {
			data, _ := os.ReadFile(l)
			for _, f := range strings.Fields(string(data)) {
				child, _ := strconv.Atoi(f)
				out = append(out, child)
			}
		}
	}
	return out
}
