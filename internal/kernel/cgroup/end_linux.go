package cgroup

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// Kill ends every process of the group at once, where the kernel can.
func (g *Group) Kill() {
	if g == nil || g.version != 2 {
		return
	}
	for _, d := range g.Dirs() {
		// Before Linux 5.14 there is no such file: the process namespace does it.
		os.WriteFile(filepath.Join(d, "cgroup.kill"), []byte("1"), 0)
	}
}

// Remove takes the group away. Its processes may need a moment to end.
func (g *Group) Remove() error {
	var failed error
	for _, d := range g.Dirs() {
		if err := remove(d); err != nil {
			failed = err
		}
	}
	return failed
}

func remove(dir string) error {
	pause := 50 * time.Microsecond
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); {
		err := unix.Rmdir(dir)
		if err == nil || err == unix.ENOENT {
			return nil
		}
		if err != unix.EBUSY {
			return fmt.Errorf("remove control group %s: %w", dir, err)
		}
		time.Sleep(pause)
		pause = min(2*pause, 10*time.Millisecond)
	}
	return fmt.Errorf("remove control group %s: still in use", dir)
}
