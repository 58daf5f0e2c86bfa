// Package namespace starts the first process of a sandbox, in namespaces of
// its own.
package namespace

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/launch"
)

// Identity says who the command is outside and inside its user namespace.
type Identity struct {
	HostUID, HostGID int
	UID, GID         int
	// DropGroups empties the supplementary groups and makes the first process
	// that user before it does anything; only root can.
	DropGroups bool
	// Delegated lets an ordinary user start the command as another: the user
	// namespace has both, the first process builds the view as its owner, and
	// becomes the other before the command starts.
	Delegated *Delegation
}

// Delegation is what an ordinary user needs for a user namespace with a second
// identity: an entry of /etc/subuid and of /etc/subgid, and the programs that
// act on them.
type Delegation struct {
	OwnerUID, OwnerGID   int // outside; 0 inside
	NewUIDMap, NewGIDMap string
}

// change says when the first process becomes the command's user.
func (id Identity) change() uint8 {
	switch {
	case id.Delegated != nil:
		return launch.SwitchLast
	case id.DropGroups:
		return launch.SwitchFirst
	}
	return launch.SwitchNever
}

// all is every namespace but time, which has no use here.
const all = unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWNET |
	unix.CLONE_NEWIPC | unix.CLONE_NEWUTS | unix.CLONE_NEWCGROUP

// setupCaps is what the first process needs while it builds the view; it
// drops all of them before anything untrusted runs. They hold in its own user
// namespace only.
var setupCaps = []uintptr{
	unix.CAP_SYS_ADMIN, unix.CAP_NET_ADMIN, unix.CAP_NET_BIND_SERVICE, unix.CAP_SETUID, unix.CAP_SETGID,
	unix.CAP_SETPCAP, unix.CAP_DAC_OVERRIDE, unix.CAP_SYS_CHROOT, unix.CAP_FOWNER, unix.CAP_MKNOD,
}

// mapIdentity says who is who in the user namespace of a process that waits
// for it. It is done from outside, once the small program runs: a process that
// hides itself, as the supervisor does, could not have it written for a copy of
// itself.
func mapIdentity(pid int, id Identity) error {
	if id.Delegated != nil {
		return delegate(pid, id)
	}
	if !id.DropGroups {
		// The kernel lets an ordinary user map the own group only if no group
		// can be given up: one may be there to take rights away.
		if err := procWrite(pid, "setgroups", "deny"); err != nil {
			return err
		}
	}
	if err := procWrite(pid, "uid_map", fmt.Sprintf("%d %d 1", id.UID, id.HostUID)); err != nil {
		return err
	}
	return procWrite(pid, "gid_map", fmt.Sprintf("%d %d 1", id.GID, id.HostGID))
}

func procWrite(pid int, name, text string) error {
	f, err := os.OpenFile("/proc/"+strconv.Itoa(pid)+"/"+name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteString(text)
	return err
}

// delegate maps the owner to 0 and the other account to the command's number.
func delegate(pid int, id Identity) error {
	d := id.Delegated
	for _, m := range []struct {
		program                string
		owner, inside, outside int
	}{{d.NewUIDMap, d.OwnerUID, id.UID, id.HostUID}, {d.NewGIDMap, d.OwnerGID, id.GID, id.HostGID}} {
		cmd := exec.Command(m.program, strconv.Itoa(pid), "0", strconv.Itoa(m.owner), "1",
			strconv.Itoa(m.inside), strconv.Itoa(m.outside), "1")
		cmd.Env = []string{}
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %.200s", m.program, err, out)
		}
	}
	return nil
}
