package proof

import (
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"ringwall/internal/egress/egresstest"
)

// waysOfHosts: programs that are there anyway, and services around the sandbox.
func waysOfHosts() []way {
	return []way{
		{id: "NET-02", what: "bash, git and ssh as network clients", test: programs},
		{id: "NET-13", what: "listening for somebody outside", test: inbound, by: []string{"TestSupervisorRows", "TestCloseLeavesNothing"}},
		{id: "NET-14", what: "a daemon of the host that goes out for others", try: func(s *scene) {
			s.policy = onlyGood
			asked := s.daemon("127.0.0.53:53")
			s.add(attempt{what: "dns:127.0.0.53|udp|" + token + ".example|A", came: asked, ends: "ok", says: "NameError"},
				attempt{what: "udp:127.0.0.1:5353|hello", came: s.daemon("127.0.0.1:5353"), ends: refusedByKernel})
		}, by: []string{"TestKnownWaysOut"}},
	}
}

// waysOfInside: what of the gateway can be seen or changed from inside.
func waysOfInside() []way {
	return []way{
		{id: "NET-20", what: "no network, and still a proxy", try: func(s *scene) {
			s.policy = `mode = "none"`
			s.Host("good.example")
			s.judged("192.0.2.1:443", "hello", "ENETUNREACH", "")
			s.judged("[2606:2800:220::99]:443", "hello", "ENETUNREACH EADDRNOTAVAIL", "")
			good := s.Web("good.example", nil)
			a := connectAs("good.example:443", func() int { return len(good.Requests()) }, onlyGood)
			a.ends, a.says = refusedByKernel, ""
			s.add(a, attempt{what: "dns:" + egresstest.Resolver + "|udp|" + token + ".example|A", came: s.asked(token), ends: "ENETUNREACH"})
		}, test: airgap, by: []string{"TestSockets"}},
		{id: "PRX-21", what: "the run's authority is trusted on the host, or its key is inside", test: authority},
		{id: "PRX-22", what: "answers to names are forged inside", test: forged},
	}
}

// daemon counts the packets that come to a service of the machine.
func (s *scene) daemon(addr string) func() int {
	c, err := net.ListenPacket("udp4", addr)
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { c.Close() })
	return func() int {
		n, buf := 0, make([]byte, 1500)
		for {
			_ = c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
			if _, _, err := c.ReadFrom(buf); err != nil {
				return n
			}
			n++
		}
	}
}

// programs: each is tried inside, and without a sandbox, where it arrives.
func programs(t *testing.T) {
	n := egresstest.New(t)
	b := n.Box(onlyGood)
	for addr, command := range map[string][]string{
		"192.0.2.1:443":  {"bash", "-c", "exec 3<>/dev/tcp/192.0.2.1/443; echo hello >&3; head -n 1 <&3"},
		"192.0.2.2:7000": {"bash", "-c", "exec 3<>/dev/tcp/192.0.2.2/7000; echo hello >&3; head -n 1 <&3"},
		"192.0.2.3:9418": {"git", "ls-remote", "git://192.0.2.3/x"},
		"192.0.2.4:22":   {"ssh", "-o", "ConnectTimeout=5", "-o", "BatchMode=yes", "192.0.2.4", "true"},
		"192.0.2.5:443":  {"curl", "-sS", "--noproxy", "*", "-m", "5", "http://192.0.2.5:443/"},
	} {
		j := n.Judge(addr)
		r := b.Run(command...)
		if len(j.Hits()) != 0 || strings.Contains(r.Stdout, egresstest.Reached) {
			t.Errorf("%v reached %s: %s", command, addr, r.Stdout)
		}
		if r := b.Outside(command...); len(j.Hits()) == 0 {
			t.Errorf("without a sandbox %v does not reach %s: %s", command, addr, r.Stderr)
		}
	}
}

// inbound: what listens inside is not reached from the machine or the
// internet, and a run leaves no listener behind.
func inbound(t *testing.T) {
	n := egresstest.New(t)
	b := n.Box(onlyGood)
	before := listeners(t)
	knock := func(ran chan egresstest.Ran) (reached bool) {
		for {
			for _, addr := range []string{"127.0.0.1:4711", egresstest.OwnLAN + ":4711"} {
				if c, err := net.DialTimeout("tcp", addr, time.Second); err == nil {
					c.Close()
					reached = true
				}
			}
			if c, err := n.Dial("tcp4", egresstest.OwnLAN+":4711"); err == nil {
				c.Close()
				reached = true
			}
			select {
			case <-ran:
				return reached
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
	const a = "listen:4711|2"
	for name, attack := range map[string]func(...string) egresstest.Ran{"inside": b.Attack, "outside": b.AttackOutside} {
		ran, said := make(chan egresstest.Ran), make(chan string, 1)
		go func() {
			defer close(ran)
			said <- attack(a).Report(a).Value
		}()
		want := map[string]string{"inside": "nobody came", "outside": "somebody came"}[name]
		if reached, text := knock(ran), <-said; reached != (name == "outside") || text != want {
			t.Errorf("%s: reached %v, %q", name, reached, text)
		}
	}
	if after := listeners(t); !slices.Equal(before, after) {
		t.Errorf("listeners were %v and are %v", before, after)
	}
}

// listeners are the machine's own.
func listeners(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, f := range []string{"/proc/thread-self/net/tcp", "/proc/thread-self/net/tcp6"} {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if f := strings.Fields(line); len(f) > 3 && f[3] == "0A" {
				out = append(out, f[1])
			}
		}
	}
	slices.Sort(out)
	return out
}

// airgap: no variable, no route, no resolver.
func airgap(t *testing.T) {
	n := egresstest.New(t)
	const route = "read:/proc/self/net/route"
	tries := []string{route, "env:HTTPS_PROXY", "env:https_proxy", "env:ALL_PROXY"}
	r := n.Box(`mode = "none"`).Attack(tries...)
	if got := r.Report(route); got.Errno != "ok" || strings.Count(got.Value, "\n") > 1 {
		t.Errorf("routes: %+v", got)
	}
	for _, a := range tries[1:] {
		if got := r.Report(a); got.Errno != "ENOENT" {
			t.Errorf("%+v", got)
		}
	}
	if got := n.Box("").AttackOutside(route).Report(route); strings.Count(got.Value, "\n") < 2 {
		t.Errorf("without a sandbox there are no routes either: %+v", got)
	}
}

// forged: whatever an address is believed to be, the name in the connection
// counts; a program that asks nobody gets no further.
func forged(t *testing.T) {
	n := egresstest.New(t)
	bad, good := n.Web("bad.example", nil), n.Web("good.example", nil)
	b := n.Box(onlyGood)
	const as = "tls:good.example:443|bad.example|GET / HTTP/1.0\\r\\n\\r\\n"
	r := b.Attack(as, fmt.Sprintf("tls:%s:443|good.example|x", bad.V4), "tls:198.18.0.77:443|good.example|x")
	if len(bad.Requests()) != 0 || len(n.Wire.To(bad.V4)) != 0 || len(good.Requests()) != 0 {
		t.Errorf("%+v", r.Reports)
	}
	if b.AttackOutside(as); len(good.Requests()) != 1 {
		t.Error("without a sandbox it does not arrive")
	}
	for _, f := range []string{"write:/etc/hosts", "write:/etc/resolv.conf", "write:/etc/nsswitch.conf"} {
		if got := b.Attack(f).Report(f); got.Errno != "EROFS" && got.Errno != "EACCES" {
			t.Errorf("%+v", got)
		}
	}
	if got := b.AttackOutside("write:/etc/hosts").Reports[0]; got.Errno != "ok" {
		t.Errorf("without a sandbox: %+v", got)
	}
}
