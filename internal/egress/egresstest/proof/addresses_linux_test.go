package proof

import (
	"fmt"
	"net"
	"net/netip"

	"ringwall/internal/egress/egresstest"
)

// get is a plain request for a host, with the attacker's escapes.
func get(host string) string {
	return fmt.Sprintf(`GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n`, host)
}

const onlyGood = `allow = ["good.example"]`

// judged is an attempt on a place where a judge sits; without a sandbox it is
// reached.
func (s *scene) judged(addr, data, ends, says string) {
	j := s.at(addr)
	s.add(attempt{what: "say:" + addr + "|" + data, came: hits(j), ends: ends, says: says})
}

func hits(j *egresstest.Judge) func() int { return func() int { return len(j.Hits()) } }

// refusedByGateway is how a connection to a port that it serves ends;
// refusedByKernel one to any other port.
const (
	refusedByGateway = "ECONNRESET"
	refusedByKernel  = "ECONNREFUSED"
	refusal          = "ringwall refused"
)

// waysOfAddresses: to a place by its number.
func waysOfAddresses() []way {
	return []way{
		{id: "NET-01", what: "a raw connection that knows of no proxy", try: func(s *scene) {
			s.policy = `allow = ["good.example", "good.example:80"]`
			s.judged("192.0.2.1:443", "hello", refusedByGateway, "")
			s.judged("192.0.2.1:80", get("192.0.2.1"), "ok", refusal)
			s.judged("[2606:2800:220::99]:443", "hello", refusedByGateway, "")
			s.judged("192.0.2.1:8443", "hello", refusedByKernel, "")
			s.judged(egresstest.OwnLAN+":443", "hello", refusedByGateway, "")
			s.judged(egresstest.OwnLAN+":7000", "hello", refusedByKernel, "")
		}},
		{id: "NET-05", what: "UDP and QUIC", try: func(s *scene) {
			s.policy = onlyGood
			for _, addr := range []string{"192.0.2.1:443", "192.0.2.1:9", "[2606:2800:220::99]:443"} {
				s.add(attempt{what: "udp:" + addr + "|hello", came: s.packetsTo(addr), ends: "ECONNREFUSED"})
			}
		}, by: []string{"TestKernelRows", "TestSocketKinds", "TestSocketFamilies"}},
		{id: "NET-07", what: "abstract sockets of the host, or its network namespace", by: []string{"TestKnownWaysOut"}},
		{id: "NET-08", what: "services on the host's own addresses", try: func(s *scene) {
			s.policy = onlyGood
			for _, a := range []string{"127.0.0.1", "[::1]", egresstest.OwnLAN, egresstest.OwnPublic, "[" + egresstest.OwnPublic6 + "]"} {
				s.judged(a+":7000", "hello", refusedByKernel, "")
				s.judged(a+":443", "hello", refusedByGateway, "")
			}
			j := s.at("127.0.0.1:6463")
			for _, name := range []string{"localhost:6463", "0.0.0.0:6463", "[::]:6463", "[::ffff:127.0.0.1]:6463"} {
				s.add(attempt{what: "say:" + name + "|x", came: hits(j), ends: refusedByKernel})
			}
			s.add(connect("127.0.0.1:6463", hits(j), `allow = ["127.0.0.1:6463"]`))
		}},
		{id: "CTR-02", what: "a container engine's API at the address of its virtual machine", try: func(s *scene) {
			s.policy = onlyGood
			for _, a := range []string{"192.168.65.7:2375", "192.168.65.254:2375", "172.17.0.1:2375", "10.0.2.2:2375", egresstest.Router + ":2375"} {
				s.judged(a, get(a), refusedByKernel, "")
			}
		}},
		{id: "NET-09", what: "cloud metadata, by address and by name", try: func(s *scene) {
			s.policy = `allow = ["metadata.google.internal:80", "metadata6.example:80"]`
			for _, a := range []string{egresstest.Metadata + ":80", "100.100.100.200:80", "168.63.129.16:80", "[" + egresstest.Metadata6 + "]:80"} {
				j := s.at(a)
				s.add(attempt{what: "say:" + a + "|" + get(a), came: hits(j), ends: "ok", says: refusal, open: `allow = ["` + a + `"]`})
			}
			s.leads("metadata.google.internal", egresstest.Metadata)
			s.leads("metadata6.example", egresstest.Metadata6)
		}},
	}
}

// leads is a name that is allowed on port 80 and resolves to where none may
// lead. Once it resolves to a public address, the same attempt arrives.
func (s *scene) leads(name, addr string) {
	far := s.at(fmt.Sprintf("93.184.216.%d:80", 200+len(s.attempts)))
	near := s.at(egresstest.At(reachedAs(addr), 80))
	s.DNS.Set(name, addr)
	s.add(attempt{
		what: "say:" + name + ":80|" + get(name), ends: "ok", says: refusal,
		came:   func() int { return len(far.Hits()) + len(near.Hits()) },
		change: func() { s.DNS.Set(name, hostOf(far.Addr)) },
	})
}

// reachedAs is where a connection to an odd address would arrive.
func reachedAs(addr string) string {
	switch a := netip.MustParseAddr(addr); {
	case a.Is4In6():
		return a.Unmap().String()
	case a.IsUnspecified() && a.Is4():
		return "127.0.0.1"
	case a.IsUnspecified():
		return "::1"
	}
	return addr
}

// at is the judge at an address; there is one at each.
func (s *scene) at(addr string) *egresstest.Judge {
	if s.judges[addr] == nil {
		s.judges[addr] = s.Judge(addr)
	}
	return s.judges[addr]
}

// packetsTo counts what left the machine for an address.
func (s *scene) packetsTo(addr string) func() int {
	return func() int { return len(s.Wire.To(hostOf(addr))) }
}

func hostOf(addr string) string {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		panic(err)
	}
	return host
}
