package netlink

import (
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ringwall/internal/kernel/kerneltest"
)

func TestMain(m *testing.M) {
	kerneltest.Main(m, map[string]func([]string){"loopback": loopback})
}

// documentation addresses (RFC 5737, RFC 3849): nothing is there.
var (
	four = &unix.SockaddrInet4{Port: 4433, Addr: [4]byte{192, 0, 2, 1}}
	six  = &unix.SockaddrInet6{Port: 4433, Addr: [16]byte{0x20, 1, 0xd, 0xb8, 15: 1}}
)

func loopback(args []string) {
	switch args[0] {
	case "all":
		kerneltest.Must("LoopbackForAll", LoopbackForAll())
	case "up":
		kerneltest.Must("Up", Up())
	}
	listen(unix.AF_INET, &unix.SockaddrInet4{Port: 4433})
	listen(unix.AF_INET6, &unix.SockaddrInet6{Port: 4433})
	connect("v4", unix.AF_INET, four)
	connect("v6", unix.AF_INET6, six)
	connect("v4 loopback", unix.AF_INET, &unix.SockaddrInet4{Port: 4433, Addr: [4]byte{127, 0, 0, 1}})
	connect("v4 another port", unix.AF_INET, &unix.SockaddrInet4{Port: 4434, Addr: four.Addr})
}

func listen(family int, at unix.Sockaddr) {
	fd, err := unix.Socket(family, unix.SOCK_STREAM, 0)
	kerneltest.Must("socket", err)
	if family == unix.AF_INET6 {
		kerneltest.Must("v6 only", unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1))
	}
	kerneltest.Must("bind", unix.Bind(fd, at))
	kerneltest.Must("listen", unix.Listen(fd, 8))
}

func connect(name string, family int, to unix.Sockaddr) {
	fd, err := unix.Socket(family, unix.SOCK_STREAM, 0)
	kerneltest.Must("socket", err)
	defer unix.Close(fd)
	wait := unix.NsecToTimeval(int64(5 * time.Second))
	kerneltest.Must("a bound on the wait", unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &wait))
	kerneltest.Say(name, unix.Connect(fd, to))
}

func TestLoopback(t *testing.T) {
	if _, err := os.Stat("/proc/net/if_inet6"); err != nil {
		t.Skip("this kernel has no IPv6")
	}
	kerneltest.Compare(t, kerneltest.Inside(t, "loopback", "all"), map[string]string{
		"v4": "ok", "v6": "ok", "v4 loopback": "ok", "v4 another port": "ECONNREFUSED"})
	kerneltest.Compare(t, kerneltest.Inside(t, "loopback", "up"), map[string]string{
		"v4": "ENETUNREACH", "v6": "ENETUNREACH", "v4 loopback": "ok", "v4 another port": "ENETUNREACH"})
	kerneltest.Compare(t, kerneltest.Inside(t, "loopback", "nothing"), map[string]string{
		"v4": "ENETUNREACH", "v6": "EADDRNOTAVAIL", "v4 loopback": "ENETUNREACH"})
}
