package egress

import (
	"fmt"
	"net/netip"

	"ringwall/internal/plan"
)

// Role tells what a socket inside the sandbox is for.
type Role string

const (
	// RoleGateway takes connections to any address on its port.
	RoleGateway Role = "gateway"
	// RoleDNS takes questions to any resolver.
	RoleDNS Role = "dns"
	// RoleCredential speaks for one upstream at a loopback port.
	RoleCredential Role = "credential"
	// RoleProxy speaks HTTP's CONNECT and SOCKS 5 at a loopback port.
	RoleProxy Role = "proxy"
)

// SocketSpec is one socket that the child opens inside the sandbox's network
// namespace and hands to the supervisor: bound, and listening when it is TCP.
// An IPv6 socket is IPV6_V6ONLY, because an IPv4 socket has the same port.
type SocketSpec struct {
	Role    Role   `json:"role"`
	Network string `json:"network"` // "tcp4", "tcp6", "udp4", "udp6"
	Addr    string `json:"addr"`    // IP address
	Port    int    `json:"port"`
}

// AddrPort is where the socket is bound.
func (s SocketSpec) AddrPort() (netip.AddrPort, error) {
	a, err := netip.ParseAddr(s.Addr)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("socket %s: %w", s, err)
	}
	return netip.AddrPortFrom(a, uint16(s.Port)), checkPort(s.Port)
}

// String is for errors: "gateway tcp4 0.0.0.0 port 443".
func (s SocketSpec) String() string {
	return fmt.Sprintf("%s %s %s port %d", s.Role, s.Network, s.Addr, s.Port)
}

// Sockets lists what a plan needs inside, always in the same order. A plan
// without a gateway, with mode "none", or that FromPlan refuses, needs
// nothing, and so gets no way out.
func Sockets(p plan.Plan) []SocketSpec {
	pol, err := FromPlan(p)
	if err != nil {
		return nil
	}
	return pol.sockets()
}

func (p Policy) sockets() []SocketSpec {
	if p.mode == modeNone || p.mode == "" {
		return nil
	}
	var out []SocketSpec
	for _, port := range p.ports {
		out = append(out,
			SocketSpec{RoleGateway, "tcp4", "0.0.0.0", port},
			SocketSpec{RoleGateway, "tcp6", "::", port})
	}
	for _, network := range []string{"udp4", "udp6", "tcp4", "tcp6"} {
		addr := "0.0.0.0"
		if network[3] == '6' {
			addr = "::"
		}
		out = append(out, SocketSpec{RoleDNS, network, addr, dnsPort})
	}
	if p.proxy != 0 {
		out = append(out,
			SocketSpec{RoleProxy, "tcp4", "127.0.0.1", p.proxy},
			SocketSpec{RoleProxy, "tcp6", "::1", p.proxy})
	}
	for _, c := range p.creds {
		if c.Listen != 0 {
			out = append(out, SocketSpec{RoleCredential, "tcp4", "127.0.0.1", c.Listen})
		}
	}
	return out
}
