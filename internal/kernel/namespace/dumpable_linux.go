package namespace

import (
	"sync"

	"golang.org/x/sys/unix"
)

var dumpable sync.Mutex

// WhileDumpable runs start with this process readable through /proc, and makes
// it again what it was before. A process that hides itself cannot start a
// first process: the kernel gives the files of a hidden one in /proc, among
// them the maps of its identity, to root.
func WhileDumpable(start func() error) error {
	dumpable.Lock()
	defer dumpable.Unlock()
	was, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	if err != nil || was == 1 {
		return start()
	}
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 1, 0, 0, 0); err != nil {
		return err
	}
	defer unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	return start()
}
