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
	m, err := NewMapping()
	if err != nil {
		return nil, err
	}
	defer m.Close()
	return m.Mounts(f, uid, gid, dirs...)
}

// Mapping is a user namespace for one call of Mounts. The kernel takes a while
// to make it, which can be before it is known who is mapped.
type Mapping struct{ process *keeper.Keeper }

// NewMapping makes one. A process has to be in it; it does nothing there.
func NewMapping() (*Mapping, error) {
	k, err := keeper.Start(unix.CLONE_NEWUSER)
	if err != nil {
		return nil, fmt.Errorf("make a user namespace for the mapping: %w", err)
	}
	return &Mapping{k}, nil
}

// Close ends the process. The mounts keep what they need of the namespace. It
// does nothing where there is no mapping.
func (m *Mapping) Close() {
	if m != nil && m.process != nil {
		m.process.Dismiss()
		m.process = nil
	}
}

// Mounts is Facts.Mapped with this namespace.
func (m *Mapping) Mounts(f Facts, uid, gid int, dirs ...string) ([]*os.File, error) {
	ns, err := m.fill(uid, gid, f.Account.UID, f.Account.GID)
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

// fill maps owner to account, and opens the namespace.
func (m *Mapping) fill(uid, gid, toUID, toGID int) (*os.File, error) {
	proc := fmt.Sprintf("/proc/%d/", m.process.PID)
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
