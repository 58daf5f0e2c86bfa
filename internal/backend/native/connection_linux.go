package native

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"ringwall/internal/evidence"
	"ringwall/internal/plan"
)

// services are sockets by which a process outside would act for the agent.
var services = []string{"docker.sock", "podman.sock", "containerd.sock", "crio.sock", "buildkitd.sock",
	"system_bus_socket", "systemd/private", "snapd.socket", "libvirt-sock", "lxd/unix.socket",
	"incus/unix.socket", "S.gpg-agent", "ssh-agent", ".X11-unix", "wayland-0"}

// longestAddress is how much of a socket address is read.
const longestAddress = 128 // struct sockaddr_storage

// connection tells whether a connect is to something that is not there on
// purpose: a service's socket, or a port that the gateway does not listen on.
func (o *observer) connection() *evidence.Refused {
	length := min(o.call.Args[2], longestAddress)
	addr := o.memory.read(o.call.PID, o.call.Args[1], int(length))
	if len(addr) < 3 {
		return nil
	}
	switch binary.NativeEndian.Uint16(addr) {
	case unix.AF_UNIX:
		return unixAttempt(addr[2:])
	case unix.AF_INET, unix.AF_INET6:
		return o.inetAttempt(addr)
	}
	return nil
}

func unixAttempt(name []byte) *evidence.Refused {
	raw, _, _ := bytes.Cut(bytes.TrimLeft(name, "\x00"), []byte{0})
	for _, s := range services {
		if strings.Contains(string(raw), s) {
			return &evidence.Refused{Layer: "isolation", Control: "isolation.namespaces",
				What: "connect " + string(raw), Errno: "ENOENT",
				Why: "sockets of the host's services are not in the view"}
		}
	}
	return nil
}

func (o *observer) inetAttempt(addr []byte) *evidence.Refused {
	ip, port, ok := socketAddress(addr)
	if !ok || ip.IsLoopback() || ip.IsUnspecified() || port == 0 || port == 53 || slices.Contains(o.ports, int(port)) {
		return nil
	}
	return &evidence.Refused{Layer: "network", Control: "network.gateway",
		What: "connect " + netip.AddrPortFrom(ip, port).String(), Errno: "ECONNREFUSED",
		Why: "the policy allows nothing on this port"}
}

// socketAddress reads struct sockaddr_in or sockaddr_in6.
func socketAddress(b []byte) (netip.Addr, uint16, bool) {
	if len(b) < 4 { // the caller says how long it is
		return netip.Addr{}, 0, false
	}
	port := binary.BigEndian.Uint16(b[2:])
	switch {
	case binary.NativeEndian.Uint16(b) == unix.AF_INET && len(b) >= 8:
		return netip.AddrFrom4([4]byte(b[4:8])), port, true
	case binary.NativeEndian.Uint16(b) == unix.AF_INET6 && len(b) >= 24:
		return netip.AddrFrom16([16]byte(b[8:24])).Unmap(), port, true
	}
	return netip.Addr{}, 0, false
}

// gatewayPorts lists those that the gateway sees, and answers for.
func gatewayPorts(p plan.Plan) []int {
	for _, c := range p.Controls {
		if g := c.Want.Gateway; g != nil {
			return g.Ports
		}
	}
	return nil
}
