package apart

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"ringwall/internal/egress"
	"ringwall/internal/evidence"
	"ringwall/internal/kernel/landlock"
	"ringwall/internal/kernel/namespace"
	"ringwall/internal/plan"
)

const (
	theSecret      = "sk-real-0123456789"
	thePlaceholder = "sk-placeholder-0123456789"
)

// notes is a journal in memory; full makes it fail.
type notes struct {
	mu     sync.Mutex
	events []evidence.Event
	full   bool
}

func (n *notes) Record(e evidence.Event) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.full {
		return errors.New("no space left on device")
	}
	n.events = append(n.events, e)
	return nil
}

func (n *notes) fill() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.full = true
}

func (n *notes) all() []evidence.Event {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]evidence.Event(nil), n.events...)
}

// rig is a gateway in its process, with one credential whose upstream is a
// server of the test.
type rig struct {
	t       *testing.T
	gateway *Gateway
	notes   *notes
	url     string // of the credential's port
	addr    string
}

func needUserNamespaces(t *testing.T) {
	t.Helper()
	p, err := namespace.Begin(namespace.Birth{HostNetwork: true})
	if err != nil && os.Getenv("CI") != "" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skipf("this host has no namespaces for the gateway: %v", err)
	}
	p.Abandon()
}

// identity is as the native backend chooses it.
func identity() namespace.Identity {
	uid, gid := os.Getuid(), os.Getgid()
	if uid == 0 {
		return namespace.Identity{HostUID: 61101, HostGID: 61101, UID: 61101, GID: 61101, DropGroups: true}
	}
	return namespace.Identity{HostUID: uid, HostGID: gid, UID: uid, GID: gid}
}

// config is a gateway whose port speaks for the upstream.
func config(upstream net.Addr, port int, n *notes) Config {
	c := plan.Credential{Name: "model", Scheme: "http", Host: "127.0.0.1", Port: upstream.(*net.TCPAddr).Port,
		Header: "x-api-key", Listen: port, Shape: "%s"}
	return Config{
		Config: egress.Config{
			Plan: plan.Plan{Version: plan.Version, Controls: []plan.Control{
				{ID: "network.gateway", Layer: plan.Network, Status: plan.Enforced,
					Want: plan.Op{Gateway: &plan.Gateway{Mode: "allowlist", Ports: []int{80, 443}}}},
				{ID: "network.credential:model", Layer: plan.Network, Status: plan.Enforced, Want: plan.Op{Credential: &c}},
			}},
			Secrets: map[string]string{"model": theSecret}, Placeholders: map[string]string{"model": thePlaceholder},
			Recorder: n,
		},
		Identity: identity(), Landlock: landlock.ABI(),
	}
}

func newRig(t *testing.T, upstream http.HandlerFunc, change ...func(*Config)) *rig {
	t.Helper()
	needUserNamespaces(t)
	r, end, err := openRig(upstream, change...)
	t.Cleanup(end)
	if err != nil {
		t.Fatal(err)
	}
	r.t = t
	return r
}

func openRig(upstream http.HandlerFunc, change ...func(*Config)) (r *rig, end func(), err error) {
	server := httptest.NewServer(upstream)
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, server.Close, err
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	r = &rig{notes: &notes{}, addr: l.Addr().String(), url: fmt.Sprintf("http://%s/v1", l.Addr())}
	cfg := config(server.Listener.Addr(), port, r.notes)
	for _, c := range change {
		c(&cfg)
	}
	if r.gateway, err = New(cfg); err != nil {
		return nil, server.Close, err
	}
	f, err := l.(*net.TCPListener).File()
	if err != nil {
		return nil, server.Close, err
	}
	spec := egress.SocketSpec{Role: egress.RoleCredential, Network: "tcp4", Addr: "127.0.0.1", Port: port}
	end = func() { r.gateway.Close(); server.CloseClientConnections(); server.Close() }
	return r, end, r.gateway.Serve([]egress.SocketSpec{spec}, []*os.File{f})
}

// get asks the gateway's port, with the placeholder, on a connection of its own.
func (r *rig) get() (int, string, error) {
	req, err := http.NewRequest(http.MethodGet, r.url, nil)
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("x-api-key", thePlaceholder)
	req.Close = true
	client := http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), err
}

// fault waits for the gateway's.
func (r *rig) fault() error {
	r.t.Helper()
	select {
	case err := <-r.gateway.Fault():
		return err
	case <-time.After(20 * time.Second):
		r.t.Fatal("no fault was told")
		return nil
	}
}

// nothingListens: whoever connects is refused by the kernel.
func (r *rig) nothingListens() {
	r.t.Helper()
	c, err := net.DialTimeout("tcp4", r.addr, 5*time.Second)
	if err == nil {
		c.Close()
		r.t.Errorf("something listens at %s", r.addr)
	}
}

// pid is of the gateway's own process, which the first process is the parent of.
func (r *rig) pid() int {
	r.gateway.mu.Lock()
	s := r.gateway.session
	r.gateway.mu.Unlock()
	if s == nil {
		return 0
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", s.process.PID, s.process.PID))
	pid, err2 := strconv.Atoi(strings.TrimSpace(string(b)))
	if err := errors.Join(err, err2); err != nil {
		panic(err)
	}
	return pid
}

func tcpAddr(port int) net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port} }
