package egresstest

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Variables that tell the tests where they are.
const (
	dirEnv = "RINGWALL_EGRESSTEST_DIR" // the keeper's files
	binEnv = "RINGWALL_TEST_BIN"       // the programs under test
)

// Main runs all tests of a package in one network. It is for TestMain, with a
// *testing.M, and for a program that measures there.
func Main(m interface{ Run() int }) int {
	Keep()
	if inside() {
		return m.Run()
	}
	done, err := programs()
	if err != nil {
		fmt.Fprintln(os.Stderr, "egresstest:", err)
		return 1
	}
	defer done()
	cmd := again(os.Args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		fmt.Fprintln(os.Stderr, "egresstest: namespaces are not to be had here:", err)
		return 1
	}
	return cmd.ProcessState.ExitCode()
}

// In runs one test in a network of its own, as a process of its own. A test
// that cannot have one fails: what was not tried is no pass.
func In(t *testing.T, test func(*testing.T, *Net)) {
	t.Helper()
	if inside() {
		test(t, New(t))
		return
	}
	done, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	pattern := "^" + strings.ReplaceAll(t.Name(), "/", "$/^") + "$"
	out, err := again("-test.run="+pattern, "-test.v", "-test.count=1").CombinedOutput()
	t.Logf("%s", out)
	switch {
	case err != nil:
		t.Fatalf("in the network: %v", err)
	case !strings.Contains(string(out), "--- PASS: "+t.Name()):
		t.Fatal("in the network the test did not run to its end")
	}
}

// programs builds ringwall where nobody has said where it is.
func programs() (done func(), err error) {
	if os.Getenv(binEnv) != "" {
		return func() {}, nil
	}
	dir, err := os.MkdirTemp("", "egresstest-bin-")
	if err != nil {
		return nil, err
	}
	done = func() { os.RemoveAll(dir); os.Unsetenv(binEnv) }
	cmd := exec.Command("go", "build", "-buildvcs=false", "-o", filepath.Join(dir, "ringwall"), "ringwall/cmd/ringwall")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		done()
		return nil, fmt.Errorf("build ringwall: %w\n%s", err, out)
	}
	os.Chmod(dir, 0o755)
	return done, os.Setenv(binEnv, dir)
}

// T is what the network needs of a test: a *testing.T, or what a program has in
// its place.
type T interface {
	Helper()
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Cleanup(func())
	TempDir() string
}

// Net is the machine that the test runs on, and its internet.
type Net struct {
	CA   *CA
	DNS  *DNS
	Wire *Wire

	t      T
	keeper *keeperConn
	dir    string
	hosts  atomic.Int64
	wg     sync.WaitGroup
}

// New is the network with an internet that is empty yet. What a test makes in
// it is gone at its end. Tests that use it do not run at the same time.
func New(t T) *Net {
	t.Helper()
	if !inside() {
		t.Fatal("the test is not in the network: see the package's documentation")
	}
	n := &Net{t: t, keeper: &keeperConn{fd: brokerFD}, dir: os.Getenv(dirEnv)}
	t.Cleanup(n.wg.Wait)
	var err error
	if n.CA, err = loadAuthority(n.dir); err != nil {
		t.Fatal(err)
	}
	n.DNS = n.startDNS()
	n.Wire = n.startWire()
	return n
}

// file asks the keeper for a socket.
func (n *Net) file(a ask) *os.File {
	n.t.Helper()
	f, err := n.keeper.get(a)
	if err != nil {
		n.t.Fatalf("%s %s %s: %v", a.Kind, a.Network, a.Addr, err)
	}
	return f
}

// Listen opens a listener of the internet: network "tcp4" or "tcp6", any
// address.
func (n *Net) Listen(network, addr string) net.Listener {
	n.t.Helper()
	f := n.file(ask{"listen", network, addr})
	defer f.Close()
	l, err := net.FileListener(f)
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { l.Close() })
	return l
}

// ListenPacket opens a UDP socket of the internet.
func (n *Net) ListenPacket(network, addr string) net.PacketConn {
	n.t.Helper()
	f := n.file(ask{"packet", network, addr})
	defer f.Close()
	c, err := net.FilePacketConn(f)
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { c.Close() })
	return c
}

// Dial connects from the internet, for what must not get in.
func (n *Net) Dial(network, addr string) (net.Conn, error) {
	f, err := n.keeper.get(ask{"dial", network, addr})
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return net.FileConn(f)
}

// Host gives a name two addresses that nobody else has, and tells the resolver.
func (n *Net) Host(name string) (v4, v6 string) {
	i := n.hosts.Add(1)
	if i > 250 {
		n.t.Fatal("no more addresses")
	}
	v4, v6 = fmt.Sprintf("93.184.216.%d", i), fmt.Sprintf("2606:2800:220::%x", i)
	n.DNS.Set(name, v4, v6)
	return v4, v6
}

// Serve handles each connection to an address of the internet, or of the
// machine itself where the address is one of its own. It ends with the test.
func (n *Net) Serve(addr string, handle func(net.Conn)) {
	n.t.Helper()
	l := n.listener(addr)
	var conns sync.WaitGroup
	n.t.Cleanup(func() { l.Close(); waitFor(&conns) })
	n.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns.Go(func() { defer c.Close(); handle(c) })
		}
	})
}

// waitFor gives handlers a moment; one that hangs is not the test's matter.
func waitFor(g *sync.WaitGroup) {
	done := make(chan struct{})
	go func() { g.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(2 * time.Second):
	}
}

// listener opens one here or there, by the address.
func (n *Net) listener(addr string) net.Listener {
	n.t.Helper()
	network := family("tcp", addr)
	if !own(addr) {
		return n.Listen(network, addr)
	}
	l, err := net.Listen(network, addr)
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { l.Close() })
	return l
}

// own reports whether an address is the machine's.
func own(addr string) bool {
	a, err := netip.ParseAddrPort(addr)
	if err != nil {
		return false
	}
	ip := a.Addr()
	return ip.IsLoopback() || ip.IsUnspecified() || ip.String() == OwnLAN || ip.String() == OwnPublic || ip.String() == OwnPublic6
}

// family adds the IP version: "tcp", "[::1]:80" is "tcp6".
func family(network, addr string) string {
	if a, err := netip.ParseAddrPort(addr); err == nil && a.Addr().Is6() {
		return network + "6"
	}
	return network + "4"
}

// At joins an address and a port.
func At(addr string, port int) string { return net.JoinHostPort(addr, strconv.Itoa(port)) }
