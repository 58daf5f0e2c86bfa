package host

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/direct"
	"ringwall/internal/kernel/keeper"
	"ringwall/internal/kernel/mount"
)

// Mapped makes detached mounts of directories in which files of owner (by user
// and group number) belong, for the kernel, to the agent's account, and what
// the account writes belongs to owner on disk. Only root can.
func (f Facts) Mapped(uid, gid int, dirs ...string) ([]*os.File, error) {
	ns, err := mappingNamespace(uid, gid, f.Account.UID, f.Account.GID)
	if err != nil {
		return nil, fmt.Errorf("make a user namespace for the mapping: %w", err)
	}
	defer ns.Close()
	var out []*os.File
	for _, d := range dirs {
		fd, err := mount.Idmap(d, int(ns.Fd()), mount.Attributes{})
		if err != nil {
			closeAll(out)
			return nil, fmt.Errorf("map %s: %w", d, err)
		}
		out = append(out, os.NewFile(uintptr(fd), d))
	}
	return out, nil
}

// mappingNamespace makes a user namespace that maps owner to account and holds
// on to it. A process has to be in it for a moment; it does nothing there.
func mappingNamespace(uid, gid, toUID, toGID int) (*os.File, error) {
	k, err := keeper.Start(unix.CLONE_NEWUSER)
	if err != nil {
		return nil, err
	}
	defer k.Dismiss()
	proc := fmt.Sprintf("/proc/%d/", k.PID)
	for _, m := range []struct {
		file     string
		from, to int
	}{{"uid_map", uid, toUID}, {"gid_map", gid, toGID}} {
		if err := direct.Write(proc+m.file, fmt.Sprintf("%d %d 1", m.from, m.to)); err != nil {
			return nil, err
		}
	}
	return os.Open(proc + "ns/user")
}
