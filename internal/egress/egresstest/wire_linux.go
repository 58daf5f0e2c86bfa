package egresstest

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Wire sees every packet that leaves the machine.
type Wire struct {
	mu      sync.Mutex
	packets []Packet
	more    int
}

// Packet is one that left the machine. What joins neighbours (ARP, neighbour
// discovery) is left out, and of TCP all but what asks for a connection.
type Packet struct {
	Proto    string // "tcp", "udp", "icmp", "ip 132"
	From, To netip.AddrPort
}

// String is "tcp 192.168.77.2:40000 > 93.184.216.1:443".
func (p Packet) String() string { return fmt.Sprintf("%s %s > %s", p.Proto, p.From, p.To) }

const maxPackets = 50_000

// Packets lists what left so far, beside the questions to the resolver.
func (w *Wire) Packets() []Packet {
	time.Sleep(20 * time.Millisecond) // what is on its way is seen
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]Packet(nil), w.packets...)
}

// To lists those to an address.
func (w *Wire) To(addr string) []Packet {
	var out []Packet
	for _, p := range w.Packets() {
		if p.To.Addr().String() == addr {
			out = append(out, p)
		}
	}
	return out
}

func (n *Net) startWire() *Wire {
	w := &Wire{}
	f := n.file(ask{Kind: "wire"})
	n.t.Cleanup(func() { f.Close() })
	n.wg.Go(func() {
		buf := make([]byte, 65_536)
		for {
			m, err := f.Read(buf)
			if err != nil {
				return
			}
			w.frame(buf[:m])
		}
	})
	return w
}

const ethernet = 14

func (w *Wire) frame(b []byte) {
	if len(b) < ethernet {
		return
	}
	var p Packet
	var ok bool
	switch binary.BigEndian.Uint16(b[12:]) {
	case unix.ETH_P_IP:
		p, ok = packet4(b[ethernet:])
	case unix.ETH_P_IPV6:
		p, ok = packet6(b[ethernet:])
	}
	if !ok || fromInternet(p) || p.To == netip.MustParseAddrPort(At(Resolver, 53)) {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.packets) == maxPackets {
		w.more++
		return
	}
	w.packets = append(w.packets, p)
}

// fromInternet reports whether a packet goes to the machine.
func fromInternet(p Packet) bool {
	switch p.To.Addr().String() {
	case OwnLAN, OwnPublic, OwnPublic6:
		return true
	}
	return false
}

func packet4(b []byte) (Packet, bool) {
	if len(b) < 20 || len(b) < int(b[0]&15)*4 {
		return Packet{}, false
	}
	from, _ := netip.AddrFromSlice(b[12:16])
	to, _ := netip.AddrFromSlice(b[16:20])
	return transport(b[9], from, to, b[int(b[0]&15)*4:])
}

func packet6(b []byte) (Packet, bool) {
	if len(b) < 40 {
		return Packet{}, false
	}
	from, _ := netip.AddrFromSlice(b[8:24])
	to, _ := netip.AddrFromSlice(b[24:40])
	return transport(b[6], from, to, b[40:])
}

// neighbours are the ICMPv6 messages, and the option header before multicast
// reports, that an interface sends by itself.
func neighbours(proto byte, b []byte) bool {
	return proto == 0 || proto == unix.IPPROTO_ICMPV6 && len(b) > 0 && b[0] >= 130 && b[0] <= 143
}

func transport(proto byte, from, to netip.Addr, b []byte) (Packet, bool) {
	port := func(at int) uint16 {
		if len(b) < at+2 {
			return 0
		}
		return binary.BigEndian.Uint16(b[at:])
	}
	const syn, ack = 2, 16
	switch {
	case neighbours(proto, b):
		return Packet{}, false
	case proto == unix.IPPROTO_TCP:
		opens := len(b) > 13 && b[13]&(syn|ack) == syn
		return Packet{"tcp", netip.AddrPortFrom(from, port(0)), netip.AddrPortFrom(to, port(2))}, opens
	case proto == unix.IPPROTO_UDP:
		return Packet{"udp", netip.AddrPortFrom(from, port(0)), netip.AddrPortFrom(to, port(2))}, true
	case proto == unix.IPPROTO_ICMP || proto == unix.IPPROTO_ICMPV6:
		return Packet{"icmp", netip.AddrPortFrom(from, 0), netip.AddrPortFrom(to, 0)}, true
	}
	return Packet{fmt.Sprintf("ip %d", proto), netip.AddrPortFrom(from, 0), netip.AddrPortFrom(to, 0)}, true
}
