package egress

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// echo sends back what it gets, until the end.
func echo(t testing.TB) string {
	return listen(t, func(c net.Conn) { _, _ = io.Copy(c, c) })
}

// ask sends and reads to the end.
func ask(t testing.TB, c *net.TCPConn, b []byte) string {
	t.Helper()
	if _, err := c.Write(b); err != nil {
		t.Fatal(err)
	}
	got, _ := io.ReadAll(c)
	return string(got)
}

// send says also that nothing follows.
func send(t testing.TB, c *net.TCPConn, b []byte) string {
	t.Helper()
	if _, err := c.Write(b); err != nil {
		t.Fatal(err)
	}
	_ = c.CloseWrite()
	got, _ := io.ReadAll(c)
	return string(got)
}

func TestTLSReachesTheNameThatWasResolved(t *testing.T) {
	srv := httptest.NewTLSServer(http.NotFoundHandler())
	defer srv.Close()
	r := newRig(t, srv.Listener.Addr().String(), allow("example.com", 443)).start(t)
	conf := srv.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	conf.ServerName = "example.com"
	c := tls.Client(dialTest(t, r.address(t, "example.com", 443)), conf)
	if err := c.Handshake(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if b, _ := io.ReadAll(c); !bytes.HasPrefix(b, []byte("HTTP/1.1 404")) {
		t.Errorf("answer %q", b)
	}
	c.Close()
	r.Close()
	reqs := r.journal.requests()
	if len(reqs) != 2 || reqs[0].Millis != 0 || reqs[1].Millis == 0 || reqs[1].Sent == 0 || reqs[1].Received == 0 ||
		reqs[0].Host != "example.com" || reqs[0].Proto != "tls" || reqs[0].Rule != "network.allow:example.com:443" {
		t.Errorf("requests are %+v", reqs)
	}
	if d := r.dials(); len(d) != 1 || d[0].String() != "93.184.216.34:443" {
		t.Errorf("dialled %v", d)
	}
	if s := r.Stats(); s.Allowed != 1 || s.Sent != reqs[1].Sent || s.Received != reqs[1].Received {
		t.Errorf("stats %+v", s)
	}
}

func TestTLSRefused(t *testing.T) {
	hello := realHello(t, "api.example.com")
	get := allow("get.example.com", 443, "GET")
	for name, c := range map[string]struct {
		addr  string // of the connection; empty: api.example.com
		port  int
		first []byte
		why   string
	}{
		"other name":   {"", 443, realHello(t, "evil.example"), "asks for evil.example"},
		"no name":      {"", 443, realHello(t, ""), "no name"},
		"trailing dot": {"", 443, handmadeHello(sniExtension("api.example.com.")), "asks for"},
		"NUL in name":  {"", 443, handmadeHello(sniExtension("api.example.com\x00")), "asks for"},
		"ech":          {"", 443, handmadeHello(sniExtension("api.example.com"), extension(0xfe0d, "x")), "ECH"},
		"malformed":    {"", 443, handmadeHello(sniExtension("a", "b")), "malformed"},
		"not allowed":  {"93.184.216.34", 443, hello, `allow = ["93.184.216.34:443"]`},
		"other port":   {"", 8080, hello, `allow = ["api.example.com:8080"]`},
		"TLS on 80":    {"", 80, hello, "port 80"},
		"methods":      {"get.example.com", 443, realHello(t, "get.example.com"), "cannot be seen"},
		"name at addr": {"127.9.9.9", 443, hello, "asks for api.example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nobody(t), allow("api.example.com", 443), allow("api.example.com", 80), allow("127.9.9.9", 443), get).start(t)
			addr := c.addr + ":443"
			switch {
			case c.addr == "":
				addr = r.address(t, "api.example.com", c.port)
			case c.addr == "get.example.com":
				addr = r.address(t, c.addr, c.port)
			}
			if got := send(t, dialTest(t, addr), c.first); got != string(accessDenied[:]) {
				t.Errorf("answer %q, want an alert", got)
			}
			e := lastRefused(t, r.journal)
			if e.Control != ControlGateway || !strings.HasPrefix(e.What, "connect ") || !strings.Contains(e.Why, c.why) {
				t.Errorf("event %+v", e)
			}
			if len(r.journal.requests()) != 0 {
				t.Error("a request is recorded")
			}
		})
	}
}

// With the rule downgraded the plan says itself that methods are not seen.
func TestTLSPassesWhenThePlanSaysMethodsAreNotSeen(t *testing.T) {
	c := allow("get.example.com", 443, "GET")
	c.Status, c.Why = "downgraded", "methods are not seen inside TLS"
	r := newRig(t, echo(t), c).start(t)
	hello := realHello(t, "get.example.com")
	if got := send(t, dialTest(t, r.address(t, "get.example.com", 443)), hello); got != string(hello) {
		t.Errorf("answer %q", got)
	}
}

func TestRaw(t *testing.T) {
	r := newRig(t, echo(t), allow("git.example.com", 2222), allow("git.example.com", 443), allow("127.1.2.3", 8080)).start(t)
	for _, addr := range []string{r.address(t, "git.example.com", 2222), "127.1.2.3:8080"} {
		if got := send(t, dialTest(t, addr), []byte("SSH-2.0-x\r\n")); got != "SSH-2.0-x\r\n" {
			t.Errorf("%s: answer %q", addr, got)
		}
	}
	c := dialTest(t, r.address(t, "git.example.com", 443))
	if _, err := c.Write([]byte{0, 1, 2, 3}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("neither TLS nor HTTP on 443: %v", err)
	}
	for _, addr := range []string{"127.1.2.4:8080", "127.1.2.3:2222", "[::1]:8080", "198.18.0.99:2222"} {
		c := dialTest(t, addr)
		_, _ = c.Write([]byte{0, 1, 2, 3})
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%s: %v, want a reset", addr, err)
		}
	}
	if _, err := net.Dial("tcp", "93.184.216.34:25"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("a port without a listener: %v", err)
	}
}

// The server speaks first; the gateway does not wait for the client for long.
func TestServerSpeaksFirst(t *testing.T) {
	up := listen(t, func(c net.Conn) {
		_, _ = io.WriteString(c, "220 hello\r\n")
		_, _ = io.Copy(io.Discard, c)
	})
	r := newRig(t, up, allow("mail.example.com", 2222)).start(t)
	c := dialTest(t, r.address(t, "mail.example.com", 2222))
	buf := make([]byte, 11)
	if _, err := io.ReadFull(c, buf); err != nil || string(buf) != "220 hello\r\n" {
		t.Errorf("%q, %v", buf, err)
	}
}

// ownPublic is a public address that this machine has in the test.
const ownPublic = "93.184.216.99"

func TestPrivateAddresses(t *testing.T) {
	addrs := func(list ...string) (out []netip.Addr) {
		for _, s := range list {
			out = append(out, mustAddr(s))
		}
		return out
	}
	for _, c := range []struct {
		resolved []netip.Addr
		want     []string
	}{
		{addrs("127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fd00::1", "::ffff:93.184.216.34", ownPublic), nil},
		{addrs("10.0.0.1", "93.184.216.34", "::1", "1.1.1.1"), []string{"93.184.216.34:2222"}},
	} {
		r := newRig(t, echo(t), allow("api.example.com", 2222))
		r.cfg.Resolve = func(context.Context, string) ([]netip.Addr, error) { return c.resolved, nil }
		r.start(t)
		got := send(t, dialTest(t, r.address(t, "api.example.com", 2222)), []byte("\x00x"))
		var dialed []string
		for _, a := range r.dials() {
			dialed = append(dialed, a.String())
		}
		if !slices.Equal(dialed, c.want) || (got == "\x00x") != (c.want != nil) {
			t.Errorf("%v: dialled %v, answer %q", c.resolved, dialed, got)
		}
		if c.want == nil && !strings.Contains(lastRefused(t, r.journal).Why, "169.254.169.254") {
			t.Errorf("event %+v", lastRefused(t, r.journal))
		}
		r.Close()
	}
	newRig(t, echo(t), allow("10.0.0.1", 2222)).start(t)
	if got := send(t, dialTest(t, "10.0.0.1:2222"), []byte("\x00x")); got != "\x00x" {
		t.Errorf("an address that a rule names: %q", got)
	}
}

func TestNothingHappensThatCannotBeRecorded(t *testing.T) {
	for _, name := range []string{"allowed", "refused"} {
		r := newRig(t, nobody(t), allow("api.example.com", 2222)).start(t)
		r.journal.err = errors.New("disk full")
		addr := map[string]string{"allowed": r.address(t, "api.example.com", 2222), "refused": "127.0.0.9:2222"}[name]
		if got := send(t, dialTest(t, addr), []byte("\x00x")); got != "" {
			t.Errorf("%s: answer %q", name, got)
		}
		select {
		case err := <-r.Fault():
			if !strings.Contains(err.Error(), "disk full") {
				t.Errorf("%s: fault %v", name, err)
			}
		case <-time.After(20 * time.Second):
			t.Errorf("%s: no fault", name)
		}
		r.Close()
	}
}

func TestPanicIsAFault(t *testing.T) {
	r := newRig(t, nobody(t), allow("api.example.com", 2222))
	r.cfg.Resolve = func(context.Context, string) ([]netip.Addr, error) { panic("broken") }
	r.start(t)
	if got := send(t, dialTest(t, r.address(t, "api.example.com", 2222)), []byte("\x00x")); got != "" {
		t.Errorf("answer %q", got)
	}
	select {
	case err := <-r.Fault():
		if !strings.Contains(err.Error(), "broken") {
			t.Errorf("fault %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Error("no fault")
	}
}

func TestServeRefuses(t *testing.T) {
	needNamespace(t)
	p := planOf(gatewayControl(8080), allow("api.example.com", 8080))
	specs := Sockets(p)
	other := SocketSpec{RoleGateway, "tcp4", "0.0.0.0", 8081}
	for name, change := range map[string]func([]SocketSpec, []*os.File) ([]SocketSpec, []*os.File){
		"too few files":     func(s []SocketSpec, f []*os.File) ([]SocketSpec, []*os.File) { return s, f[:len(f)-1] },
		"a file is missing": func(s []SocketSpec, f []*os.File) ([]SocketSpec, []*os.File) { f[2] = nil; return s, f },
		"another order":     func(s []SocketSpec, f []*os.File) ([]SocketSpec, []*os.File) { f[0], f[1] = f[1], f[0]; return s, f },
		"a foreign socket": func(s []SocketSpec, f []*os.File) ([]SocketSpec, []*os.File) {
			s[0], f[0] = other, openSockets(t, []SocketSpec{other})[0]
			return s, f
		},
		"a file of the disk": func(s []SocketSpec, f []*os.File) ([]SocketSpec, []*os.File) {
			f[0], _ = os.Open(os.DevNull)
			return s, f
		},
	} {
		g, err := New(Config{Plan: p, Recorder: &journal{}})
		if err != nil {
			t.Fatal(err)
		}
		all := openSockets(t, specs)
		s, files := change(slices.Clone(specs), slices.Clone(all))
		if err := g.Serve(s, files); err == nil {
			t.Errorf("%s: no error", name)
		}
		for _, f := range files {
			if f != nil && f.Fd() != ^uintptr(0) {
				t.Errorf("%s: a file is still open", name)
			}
		}
		closeFiles(all)
		g.Close()
	}
}

func TestNewRefuses(t *testing.T) {
	p := planOf(gatewayControl(443), keyControl(nil))
	good := Config{Plan: p, Recorder: &journal{}, Secrets: map[string]string{"key": "s3cret"}, Placeholders: map[string]string{"key": testPlaceholder}}
	if _, err := New(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Config){
		"no recorder":    func(c *Config) { c.Recorder = nil },
		"no secret":      func(c *Config) { c.Secrets = nil },
		"line in secret": func(c *Config) { c.Secrets = map[string]string{"key": "s3cret\r\nX: y"} },
		"no placeholder": func(c *Config) { c.Placeholders = nil },
		"the same":       func(c *Config) { c.Placeholders = c.Secrets },
		"plan":           func(c *Config) { c.Plan = planOf(gatewayControl(53)) },
	} {
		c := good
		change(&c)
		if _, err := New(c); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCloseLeavesNothing(t *testing.T) {
	needNamespace(t)
	up := echo(t)
	before := runtime.NumGoroutine()
	r := newRig(t, up, allow("api.example.com", 2222), allow("api.example.com", 80)).start(t)
	for _, first := range []string{"\x00x", "GET / HTTP/1.1\r\nHost: api.example.com:2222\r\n\r\n", "", "\x16\x03\x01"} {
		c := dialTest(t, r.address(t, "api.example.com", 2222))
		_, _ = io.WriteString(c, first)
	}
	dialTest(t, r.address(t, "api.example.com", 80))
	dialTest(t, "1.1.1.1:53")
	time.Sleep(2 * briefTime)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Errorf("the second close: %v", err)
	}
	for range 100 { // the upstream's and net/http's own goroutines end a moment later
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	buf := make([]byte, 1<<20)
	t.Errorf("%d goroutines before, %d after\n%s", before, runtime.NumGoroutine(), buf[:runtime.Stack(buf, true)])
}
