package namespace

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// mapperDirs is where newuidmap and newgidmap are looked for: PATH can name a
// folder that others write to.
var mapperDirs = []string{"/usr/bin", "/bin", "/usr/local/bin", "/run/wrappers/bin"}

// FindMappers looks for the two programs. They alone may give a user namespace
// of an ordinary user a number that is not that user's, and give only what
// /etc/subuid and /etc/subgid delegate. That they are there does not say that
// they work.
func FindMappers() (newUIDMap, newGIDMap string, err error) {
	newUIDMap, err1 := findProgram("newuidmap")
	newGIDMap, err2 := findProgram("newgidmap")
	return newUIDMap, newGIDMap, errors.Join(err1, err2)
}

func findProgram(name string) (string, error) {
	for _, dir := range mapperDirs {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", fmt.Errorf("there is no %s", name)
}

// Delegate gives the new user namespace of a process its two users and groups.
// The process must be this one's child, without any map yet, and readable
// through /proc: the programs look at whom its files belong to.
func Delegate(pid int, id Identity) error { return delegate(pid, id) }

// pairCaps is what the owner, as 0, keeps over the files of both.
var pairCaps = []uintptr{unix.CAP_CHOWN, unix.CAP_DAC_OVERRIDE, unix.CAP_FOWNER}

// StartPair starts a command of ours in a user namespace of two and in no other
// new namespace, as the owner with power over the files of both. Its last extra
// file is a pipe on which it has to wait before anything else (AwaitMaps).
func StartPair(cmd *exec.Cmd, id Identity) error {
	gate, open, err := os.Pipe()
	if err != nil {
		return err
	}
	defer gate.Close()
	defer open.Close()
	cmd.ExtraFiles = append(cmd.ExtraFiles, gate)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER, AmbientCaps: pairCaps}
	if err := cmd.Start(); err != nil {
		return err
	}
	err = Delegate(cmd.Process.Pid, id)
	if err == nil {
		_, err = open.Write([]byte{1})
	}
	if err != nil {
		cmd.Process.Kill()
		cmd.Wait()
	}
	return err
}

// AwaitMaps is the other side of StartPair: fd is the pipe. An error means that
// there will be no maps, since whoever would have made them is gone.
func AwaitMaps(fd int) error {
	var b [1]byte
	n, err := unix.Read(fd, b[:])
	unix.Close(fd)
	if err != nil || n != 1 {
		return errors.Join(errors.New("the user namespace was not mapped"), err)
	}
	return nil
}
