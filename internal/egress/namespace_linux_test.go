package egress

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// inNamespace marks the second process of a test run. It holds an error text
// when the namespace could not be prepared.
const inNamespace = "RINGWALL_EGRESS_TEST_NAMESPACE"

// whyNoNamespace is empty when this process is alone in a network namespace
// like the sandbox's.
var whyNoNamespace = "not set up"

// TestMain runs the tests in a second process, which has a user and a network
// namespace of its own with every address local, as a sandbox has.
func TestMain(m *testing.M) {
	switch {
	case os.Getenv(inNamespace) != "":
		whyNoNamespace = ""
		if err := makeAllLocal(); err != nil {
			whyNoNamespace = err.Error()
		}
	case slices.ContainsFunc(os.Args, func(a string) bool { return strings.HasPrefix(a, "-test.fuzz=") }):
		whyNoNamespace = "a fuzzing run"
	default:
		code, err := again()
		if err == nil {
			os.Exit(code)
		}
		whyNoNamespace = err.Error()
	}
	os.Exit(m.Run())
}

func needNamespace(t testing.TB) {
	if whyNoNamespace != "" && os.Getenv("CI") != "" {
		t.Fatal(whyNoNamespace)
	}
	if whyNoNamespace != "" {
		t.Skip("needs an unprivileged user and network namespace: " + whyNoNamespace)
	}
}

// again runs this binary in new namespaces; an error means that it did not
// start.
func again() (int, error) {
	cmd := exec.Command(os.Args[0], os.Args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), inNamespace+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
		Pdeathsig:   syscall.SIGKILL,
	}
	runtime.LockOSThread() // the death signal is bound to the thread
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	err := cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return 1, nil
	}
	return cmd.ProcessState.ExitCode(), nil
}

// makeAllLocal is "ip link set lo up; ip route add local default dev lo" for
// both families.
func makeAllLocal() error {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer unix.Close(s)
	ifr, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	ifr.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(s, unix.SIOCSIFFLAGS, ifr); err != nil {
		return fmt.Errorf("lo: %w", err)
	}
	return errors.Join(addOwnAddress(s), addLocalDefault(unix.AF_INET), addLocalDefault(unix.AF_INET6))
}

// addOwnAddress gives lo a public address, as a server on the internet has.
func addOwnAddress(s int) error {
	ifr, err := unix.NewIfreq("lo:1")
	if err != nil {
		return err
	}
	a := netip.MustParseAddr(ownPublic).As4()
	if err := ifr.SetInet4Addr(a[:]); err != nil {
		return err
	}
	return unix.IoctlIfreq(s, unix.SIOCSIFADDR, ifr)
}

// addLocalDefault sends one RTM_NEWROUTE and reads the kernel's answer.
func addLocalDefault(family byte) error {
	s, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer unix.Close(s)
	const size = unix.NLMSG_HDRLEN + unix.SizeofRtMsg + unix.SizeofRtAttr + 4
	b := binary.NativeEndian.AppendUint32(nil, size)
	b = binary.NativeEndian.AppendUint16(b, unix.RTM_NEWROUTE)
	b = binary.NativeEndian.AppendUint16(b, unix.NLM_F_REQUEST|unix.NLM_F_ACK|unix.NLM_F_CREATE|unix.NLM_F_EXCL)
	b = append(b, make([]byte, 8)...) // sequence number and port
	b = append(b, family, 0, 0, 0, unix.RT_TABLE_LOCAL, unix.RTPROT_BOOT, unix.RT_SCOPE_HOST, unix.RTN_LOCAL, 0, 0, 0, 0)
	b = binary.NativeEndian.AppendUint16(b, unix.SizeofRtAttr+4)
	b = binary.NativeEndian.AppendUint16(b, unix.RTA_OIF)
	b = binary.NativeEndian.AppendUint32(b, 1) // lo is the first interface
	if err := unix.Sendto(s, b, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	answer := make([]byte, 4096)
	n, _, err := unix.Recvfrom(s, answer, 0)
	if err != nil || n < unix.NLMSG_HDRLEN+4 {
		return fmt.Errorf("netlink answer of %d bytes: %w", n, err)
	}
	if errno := int32(binary.NativeEndian.Uint32(answer[unix.NLMSG_HDRLEN:])); errno != 0 {
		return fmt.Errorf("route: %w", syscall.Errno(-errno))
	}
	return nil
}
