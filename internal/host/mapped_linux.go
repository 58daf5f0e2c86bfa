package host

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"

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
// on to it. A process has to be in it for a moment; it is stopped before its
// first instruction.
func mappingNamespace(uid, gid, toUID, toGID int) (*os.File, error) {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = []string{}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: uid, HostID: toUID, Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: gid, HostID: toGID, Size: 1}},
		Ptrace:      true, // stops at exec
		Pdeathsig:   syscall.SIGKILL,
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	return os.Open(fmt.Sprintf("/proc/%d/ns/user", cmd.Process.Pid))
}
