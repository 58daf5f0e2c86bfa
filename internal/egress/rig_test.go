package egress

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"ringwall/internal/evidence"
	"ringwall/internal/plan"
)

// journal keeps events in memory; err, when set, is what Record returns.
type journal struct {
	mu     sync.Mutex
	events []evidence.Event
	err    error
}

func (j *journal) Record(e evidence.Event) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err != nil {
		return j.err
	}
	j.events = append(j.events, e)
	return nil
}

func (j *journal) refused() []evidence.Refused {
	j.mu.Lock()
	defer j.mu.Unlock()
	var out []evidence.Refused
	for _, e := range j.events {
		if e.Refused != nil {
			out = append(out, *e.Refused)
		}
	}
	return out
}

func (j *journal) requests() []evidence.Request {
	j.mu.Lock()
	defer j.mu.Unlock()
	var out []evidence.Request
	for _, e := range j.events {
		if e.Request != nil {
			out = append(out, *e.Request)
		}
	}
	return out
}

// text is everything that was recorded, to look for what must not be there.
func (j *journal) text() string {
	return fmt.Sprintf("%+v %+v", j.refused(), j.requests())
}

func allow(host string, port int, methods ...string) plan.Control {
	return plan.Control{
		ID: fmt.Sprintf("network.allow:%s:%d", host, port), Layer: plan.Network, Status: plan.Enforced,
		Want: plan.Op{Egress: &plan.Egress{Host: host, Port: port, Methods: methods}},
	}
}

func gatewayControl(ports ...int) plan.Control {
	return plan.Control{
		ID: ControlGateway, Layer: plan.Network, Status: plan.Enforced,
		Want: plan.Op{Gateway: &plan.Gateway{Mode: "allowlist", Ports: ports}},
	}
}

func planOf(controls ...plan.Control) plan.Plan {
	return plan.Plan{Version: plan.Version, Controls: controls}
}

// rig is a gateway in the test's own namespace.
type rig struct {
	*Gateway
	journal *journal
	cfg     Config
	trust   *x509.CertPool // for upstreams
	patient *patience      // nil: as it is

	mu     sync.Mutex
	dialed []netip.AddrPort
}

// newRig prepares a gateway on ports 80, 443, 2222 and 8080 whose every name
// resolves to 93.184.216.34 and whose every dial ends at upstream.
func newRig(t testing.TB, upstream string, controls ...plan.Control) *rig {
	t.Helper()
	needNamespace(t)
	r := &rig{journal: &journal{}}
	r.cfg = Config{
		Plan:     planOf(append([]plan.Control{gatewayControl(80, 443, 2222, 8080)}, controls...)...),
		Recorder: r.journal,
		Resolve: func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("93.184.216.34")}, nil
		},
		Dial: func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
			r.mu.Lock()
			r.dialed = append(r.dialed, to)
			r.mu.Unlock()
			return (&net.Dialer{}).DialContext(ctx, "tcp", upstream)
		},
	}
	return r
}

// start opens the sockets as the child does, and serves them.
func (r *rig) start(t testing.TB) *rig {
	t.Helper()
	g, err := New(r.cfg)
	if err != nil {
		t.Fatal(err)
	}
	if r.trust != nil {
		g.roots = r.trust
	}
	if r.patient != nil {
		g.patience = *r.patient
	}
	r.Gateway = g
	t.Cleanup(func() { g.Close() })
	specs := Sockets(r.cfg.Plan)
	if err := g.Serve(specs, openSockets(t, specs)); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) dials() []netip.AddrPort {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]netip.AddrPort(nil), r.dialed...)
}

func openSockets(t testing.TB, specs []SocketSpec) []*os.File {
	t.Helper()
	var files []*os.File
	for _, s := range specs {
		f, err := openSocket(s)
		if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		files = append(files, f)
	}
	return files
}

func openSocket(s SocketSpec) (*os.File, error) {
	addr := net.JoinHostPort(s.Addr, fmt.Sprint(s.Port))
	if strings.HasPrefix(s.Network, "udp") {
		c, err := net.ListenPacket(s.Network, addr)
		if err != nil {
			return nil, err
		}
		defer c.Close()
		return c.(*net.UDPConn).File()
	}
	l, err := net.Listen(s.Network, addr)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	return l.(*net.TCPListener).File()
}

// address is the synthetic address of a name, as the sandbox would resolve it.
func (r *rig) address(t testing.TB, name string, port int) string {
	t.Helper()
	v4, _, _, ok := r.table.addrs(name)
	if !ok {
		t.Fatalf("%s has no address", name)
	}
	return netip.AddrPortFrom(v4, uint16(port)).String()
}

func dialTest(t testing.TB, addr string) *net.TCPConn {
	t.Helper()
	c, err := net.DialTimeout("tcp", addr, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(30 * time.Second))
	return c.(*net.TCPConn)
}

// listen runs a server that handles each connection; it ends with the test.
func listen(t testing.TB, handle func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	t.Cleanup(func() { l.Close(); wg.Wait() })
	wg.Add(1)
	go func() {
		defer wg.Done()
		for {
			c, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				go func() { defer c.Close(); handle(c) }()
			}
		}
	}()
	return l.Addr().String()
}

// nobody is an upstream that must not be reached.
func nobody(t testing.TB) string {
	return listen(t, func(net.Conn) { t.Error("the upstream was reached") })
}

func lastRefused(t testing.TB, j *journal) evidence.Refused {
	t.Helper()
	all := j.refused()
	if len(all) == 0 {
		t.Fatal("nothing was recorded as refused")
	}
	return all[len(all)-1]
}
