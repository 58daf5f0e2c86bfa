package egresstest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// Roles that this program is started again in.
const (
	roleEnv    = "RINGWALL_EGRESSTEST"
	roleKeeper = "keeper" // has the rights over the namespaces, makes sockets
	roleTests  = "tests"  // runs in the machine, without rights
	brokerFD   = 3        // of the tests: leads to the keeper
)

// Keep acts as one of the other roles where this process was started as such,
// and does not return then. It is called first in TestMain.
func Keep() {
	if len(os.Args) > 1 && os.Args[1] == attackArg {
		attack(os.Args[2:])
		os.Exit(0)
	}
	if os.Getenv(roleEnv) == roleKeeper {
		os.Exit(keep())
	}
}

// inside reports whether this process is one of the machine's.
func inside() bool { return os.Getenv(roleEnv) == roleTests }

// allCaps is what the keeper needs over its own namespaces; as root it has them.
var allCaps = []uintptr{unix.CAP_NET_ADMIN, unix.CAP_NET_RAW, unix.CAP_SYS_ADMIN, unix.CAP_NET_BIND_SERVICE, unix.CAP_DAC_OVERRIDE}

// again runs this program as the keeper of a new network.
func again(args ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), roleEnv+"="+roleKeeper)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	if uid, gid := os.Getuid(), os.Getgid(); uid != 0 {
		cmd.SysProcAttr.Cloneflags |= unix.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: uid, HostID: uid, Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: gid, HostID: gid, Size: 1}}
		cmd.SysProcAttr.AmbientCaps = allCaps
	}
	return cmd
}

// keep builds the network, runs the tests in the machine, and makes sockets of
// the internet for them until they end.
func keep() int {
	runtime.LockOSThread() // the tests die with this thread
	code, err := keepErr()
	if err != nil {
		fmt.Fprintln(os.Stderr, "egresstest: the network could not be made:", err)
		return 1
	}
	return code
}

func keepErr() (int, error) {
	dir, err := os.MkdirTemp("", "egresstest-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	if err := coverFiles(dir); err != nil {
		return 1, err
	}
	far, err := newInternet()
	if err != nil {
		return 1, err
	}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 1, err
	}
	theirs := os.NewFile(uintptr(pair[1]), "broker")
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), roleEnv+"="+roleTests, dirEnv+"="+dir)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.ExtraFiles = []*os.File{theirs}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := startWithout(cmd); err != nil {
		return 1, err
	}
	theirs.Close()
	signal.Ignore(unix.SIGINT) // the tests decide
	go far.broker(pair[0])
	err = cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return 1, err
	}
	return cmd.ProcessState.ExitCode(), nil
}

// startWithout starts a program that has no rights over the namespaces, as
// ringwall never has. It is called on a locked thread.
func startWithout(cmd *exec.Cmd) error {
	if os.Getuid() == 0 {
		return cmd.Start()
	}
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil {
		return fmt.Errorf("drop the ambient capabilities: %w", err)
	}
	return cmd.Start()
}
