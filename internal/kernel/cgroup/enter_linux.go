package cgroup

import (
	"errors"
	"fmt"
	"path/filepath"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/direct"
)

// Enter puts the calling thread, which must be locked, into a version 1 group,
// so that what it starts is born there; leave puts it back to where the group
// was made. A thread that moves itself costs microseconds. To move a process
// the kernel stops all starts and ends of the machine first, and waits for
// milliseconds until every CPU has noticed.
//
// On version 2 a process can be born into a group by clone3(2); see Open.
func (g *Group) Enter() (leave func() error, err error) {
	if g.version != 1 {
		return func() error { return nil }, nil
	}
	leave = func() error {
		var failed error
		for _, d := range g.Dirs() {
			failed = errors.Join(failed, moveThread(filepath.Dir(d)))
		}
		return failed
	}
	for _, d := range g.Dirs() {
		if err := moveThread(d); err != nil {
			return nil, errors.Join(err, leave())
		}
	}
	return leave, nil
}

// moveThread puts the calling thread into a group: 0 is the one that writes.
func moveThread(dir string) error {
	if err := direct.Write(filepath.Join(dir, "tasks"), "0"); err != nil {
		return fmt.Errorf("enter control group: %w", err)
	}
	return nil
}

// Open gives a descriptor of a version 2 group's directory, for
// CLONE_INTO_CGROUP; -1 on version 1.
func (g *Group) Open() (int, error) {
	if g.version != 2 {
		return -1, nil
	}
	fd, err := unix.Open(g.Dirs()[0], unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("open control group: %w", err)
	}
	return fd, nil
}
