package host

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/acl"
	"ringwall/internal/kernel/namespace"
)

const (
	setupUser    = "sudo ringwall setup user"
	setupProject = "ringwall setup project"
	getMappers   = "install newuidmap and newgidmap (Debian and Ubuntu: sudo apt install uidmap; Fedora: sudo dnf install shadow-utils)"
)

// accountFor is the account that was set up for a user's agents; nil if there
// is none. A record that cannot be believed is as good as none, and so is one
// of an account that has another number now.
func accountFor(owner string, users passwd) *Account {
	record, err := ReadSetup(SetupFile)
	a := record.Of(owner)
	if err != nil || a == nil {
		return nil
	}
	_, same := users.find(func(e account) bool { return e.name == a.Name && e.uid == a.UID && e.gid == a.GID })
	if !same || a.UID <= 0 || a.GID <= 0 {
		return nil
	}
	return &Account{Name: a.Name, UID: a.UID, GID: a.GID}
}

// Pair is the identity of the account beside its owner, who is 0 of the same
// user namespace.
func (f Facts) Pair() namespace.Identity {
	return namespace.Identity{HostUID: f.Account.UID, HostGID: f.Account.GID, UID: insideID, GID: insideID,
		Delegated: &namespace.Delegation{OwnerUID: f.UID, OwnerGID: f.GID, NewUIDMap: f.Mappers.UID, NewGIDMap: f.Mappers.GID}}
}

// lookBeside finds out whether this user may run something under the account.
// An ability that is remembered is not tried again. The key is what a success is
// remembered under.
func (f *Facts) lookBeside(key string) {
	switch {
	case f.IsRoot() || f.Beside.OK:
		return
	case f.Account == nil:
		f.Beside = Ability{Why: "no account was set up for your agents", Fix: setupUser}
		return
	case !f.Sandbox.OK:
		f.Beside = f.Sandbox
		return
	}
	var err error
	if f.Mappers.UID, f.Mappers.GID, err = namespace.FindMappers(); err != nil {
		f.Beside = Ability{Why: strings.ReplaceAll(err.Error(), "\n", ", "), Fix: getMappers}
		return
	}
	if err := tryPair(f.Pair()); err != nil {
		f.Beside = Ability{Why: "the account " + f.Account.Name + " cannot be used: " + err.Error(), Fix: setupUser}
		return
	}
	f.Beside = Ability{OK: true}
	f.remember(key)
}

// tryPair makes a user namespace of two and looks at what the kernel made of
// it. The process in it is stopped before its first instruction.
func tryPair(id namespace.Identity) error {
	runtime.LockOSThread() // who traces a process, and whose end it dies of, is a thread
	defer runtime.UnlockOSThread()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = []string{}
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER, Ptrace: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	if err := namespace.Delegate(cmd.Process.Pid, id); err != nil {
		return err
	}
	dir := fmt.Sprintf("/proc/%d/", cmd.Process.Pid)
	owner := id.Delegated
	return errors.Join(hasMap(dir+"uid_map", owner.OwnerUID, id.UID, id.HostUID), hasMap(dir+"gid_map", owner.OwnerGID, id.GID, id.HostGID),
		groupsCanGo(dir+"setgroups"))
}

// hasMap tells whether the kernel's map is exactly the one that was wanted.
func hasMap(path string, owner, inside, account int) error {
	got := strings.Join(strings.Fields(readFile(path)), " ")
	if want := fmt.Sprintf("0 %d 1 %d %d 1", owner, inside, account); got != want {
		return fmt.Errorf("%s is %q, not %q", path, got, want)
	}
	return nil
}

// groupsCanGo: without setgroups(2) the agent would keep the owner's groups.
func groupsCanGo(path string) error {
	if got := readFile(path); got != "allow" {
		return fmt.Errorf("the supplementary groups cannot be dropped: %s is %q", path, got)
	}
	return nil
}

// LookAt adds what depends on the project: whether it can lie below an overlay,
// and whether the account may work in it. Only its own folder is looked at, so
// that a start costs the same however large it is.
func (f *Facts) LookAt(project string) {
	f.lookOver(project)
	if f.IsRoot() || f.Account == nil {
		return
	}
	may, err := mayWork(project, uint32(f.Account.UID))
	switch {
	case err != nil:
		f.Shared = Ability{Why: "the access control list of the project cannot be read: " + err.Error(), Fix: setupProject}
	case !may:
		f.Shared = Ability{Why: "the account " + f.Account.Name + " may not work in this project", Fix: setupProject}
	default:
		f.Shared = Ability{OK: true}
	}
}

func mayWork(dir string, uid uint32) (bool, error) {
	buf := make([]byte, 64<<10) // the kernel's limit for one value
	n, err := unix.Getxattr(dir, acl.Access, buf)
	switch err {
	case nil:
	case unix.ENODATA, unix.ENOTSUP:
		return false, nil
	default:
		return false, os.NewSyscallError("getxattr", err)
	}
	l, err := acl.Decode(buf[:n])
	perm, _ := l.Grants(uid)
	return perm == acl.Read|acl.Write|acl.Exec, err
}
