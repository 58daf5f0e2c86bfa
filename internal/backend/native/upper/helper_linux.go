package upper

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/namespace"
)

// Name is the helper's argument zero. It is the main program itself.
const Name = "ringwall-upper"

// Descriptors of the helper: the folder that it works on, and what it waits on.
const (
	folderFD = 3
	gateFD   = 4
)

// Give hands everything in dir that is the account's to the owner. It needs no
// process of the run to be alive. Where nothing is, no helper is started.
func Give(dir string, pair namespace.Identity) error {
	f, err := openFolder(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	there, err := holds(int(f.Fd()), id{uint32(pair.HostUID), uint32(pair.HostGID)})
	if err != nil || !there {
		return err
	}
	_, err = help(f, pair, "give", strconv.Itoa(pair.UID), strconv.Itoa(pair.GID))
	return err
}

// Look lets the helper look at a folder in which the account may have closed
// something, with the look that Main was given.
func Look(dir string, pair namespace.Identity, args ...string) ([]byte, error) {
	f, err := openFolder(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return help(f, pair, append([]string{"look"}, args...)...)
}

func openFolder(dir string) (*os.File, error) {
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: dir, Err: err}
	}
	return os.NewFile(uintptr(fd), dir), nil
}

// help runs the helper and gives what it said.
func help(folder *os.File, pair namespace.Identity, args ...string) ([]byte, error) {
	var out, errs bytes.Buffer
	cmd := &exec.Cmd{Path: "/proc/self/exe", Args: append([]string{Name}, args...), Env: []string{},
		ExtraFiles: []*os.File{folder}, Stdout: &out, Stderr: &errs}
	if err := namespace.StartPair(cmd, pair); err != nil {
		return nil, fmt.Errorf("start a helper beside the agents' account: %w", err)
	}
	if err := cmd.Wait(); err != nil {
		return nil, fmt.Errorf("helper: %s: %w: %s", args[0], err, strings.TrimSpace(errs.String()))
	}
	return out.Bytes(), nil
}

// Main is the helper. It runs on the host, as the owner, with power over the
// account's files, on the one folder that it was given. The look gets a path to
// that folder, and Look's arguments.
func Main(args []string, look func(folder string, args []string) ([]byte, error)) int {
	err := namespace.AwaitMaps(gateFD)
	if err == nil {
		err = serve(args, look)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

var errUsage = errors.New("this is a part of ringwall, not to be called by hand")

func serve(args []string, look func(string, []string) ([]byte, error)) error {
	switch {
	case len(args) == 4 && args[1] == "give":
		uid, err1 := strconv.ParseUint(args[2], 10, 32)
		gid, err2 := strconv.ParseUint(args[3], 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		return give(folderFD, id{uint32(uid), uint32(gid)}, id{})
	case len(args) >= 2 && args[1] == "look":
		out, err := look(fmt.Sprintf("/proc/self/fd/%d/.", folderFD), args[2:])
		if err == nil {
			_, err = os.Stdout.Write(out)
		}
		return err
	}
	return errUsage
}
