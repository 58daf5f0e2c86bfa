package egress

import (
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"ringwall/internal/plan"
)

// TestDistrustIsExplained: a program that does not know the run's authority is
// told of in words that lead somewhere.
func TestDistrustIsExplained(t *testing.T) {
	r := newOpeningRig(t, opens("a.example", 443), plan.Control{
		ID: "network.trust", Layer: plan.Network, Status: plan.Enforced,
		Want: plan.Op{Trust: &plan.Trust{Own: true, Bundles: []string{"/etc/ssl/all.pem"}}},
	})
	r.start(t)
	c := tls.Client(dialTest(t, r.address(t, "a.example", 443)), &tls.Config{RootCAs: poolOf(r.far), ServerName: "a.example"})
	if err := c.Handshake(); err == nil {
		t.Fatal("the certificate is believed without its authority")
	}
	waitFor(t, func() bool { return len(r.journal.refused()) > 0 }) // the alert is on its way
	got := lastRefused(t, r.journal)
	for _, want := range []string{"may not trust the authority", "/etc/ssl/all.pem", "NODE_EXTRA_CA_CERTS", "intercept = false"} {
		if !strings.Contains(got.Why, want) {
			t.Errorf("%q is not in %q", want, got.Why)
		}
	}
	if got.What != "connect a.example:443" {
		t.Errorf("what: %q", got.What)
	}
}

// TestLeavingIsExplained: GnuTLS ends the handshake first and looks at the
// certificate then. Where a name was used before, to leave is ordinary.
func TestLeavingIsExplained(t *testing.T) {
	r := newOpeningRig(t, opens("a.example", 443), opens("b.example", 443))
	r.start(t)
	for _, name := range []string{"a.example", "b.example"} {
		if name == "b.example" {
			fetch(t, r.client(t, name, r.own, true), "GET", "", name)
			r.client(t, name, r.own, true).CloseIdleConnections()
		}
		c := tls.Client(dialTest(t, r.address(t, name, 443)), &tls.Config{InsecureSkipVerify: true, ServerName: name})
		if err := c.Handshake(); err != nil {
			t.Fatal(err)
		}
		c.Close()
	}
	waitFor(t, func() bool { return len(r.journal.refused()) > 0 })
	if got := r.journal.refused(); len(got) != 1 || got[0].What != "connect a.example:443" || !strings.Contains(got[0].Why, "without a request") {
		t.Errorf("%+v", got)
	}
}

func waitFor(t testing.TB, done func() bool) {
	t.Helper()
	for range 2000 {
		if done() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Error("it does not happen")
}

// TestNothingPassesUnopened: a rule that wants TLS opened lets none through
// where it cannot be, and old TLS is not spoken.
func TestNothingPassesUnopened(t *testing.T) {
	r := newOpeningRig(t, opens("a.example", 443))
	r.cfg.Authority = nil
	r.start(t)
	conf := &tls.Config{InsecureSkipVerify: true, ServerName: "a.example"}
	if err := tls.Client(dialTest(t, r.address(t, "a.example", 443)), conf).Handshake(); err == nil || len(r.dials()) != 0 {
		t.Errorf("without an authority: %v, %d dials", err, len(r.dials()))
	}
	r.Close()
	old := newOpeningRig(t, opens("a.example", 443))
	old.start(t)
	conf = &tls.Config{RootCAs: poolOf(old.own), ServerName: "a.example", MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	if err := tls.Client(dialTest(t, old.address(t, "a.example", 443)), conf).Handshake(); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
	conf.MaxVersion = tls.VersionTLS12
	if err := tls.Client(dialTest(t, old.address(t, "a.example", 443)), conf).Handshake(); err != nil {
		t.Errorf("TLS 1.2: %v", err)
	}
}

// TestSessionsBelongToAName: a session is resumed for its own name, and under
// no other.
func TestSessionsBelongToAName(t *testing.T) {
	var p opened
	a := signs(t, "*.example")
	cache := tls.NewLRUClientSessionCache(8)
	resumed := func(server, name string) bool {
		conf, err := p.name(a, server)
		if err != nil {
			t.Fatal(err)
		}
		addr := listen(t, func(c net.Conn) {
			if s := tls.Server(c, conf.conf); s.Handshake() == nil {
				_, _ = s.Write([]byte("x"))
				_ = s.Close()
			}
		})
		c := tls.Client(dialTest(t, addr), &tls.Config{RootCAs: poolOf(a), ServerName: name, ClientSessionCache: oneKey{cache}, InsecureSkipVerify: server != name})
		_, _ = io.ReadAll(c)
		return c.ConnectionState().DidResume
	}
	if resumed("a.example", "a.example") || !resumed("a.example", "a.example") {
		t.Error("no session is resumed")
	}
	if resumed("b.example", "a.example") {
		t.Error("a session of a.example is resumed by b.example")
	}
	for i := range 2 * maxOpened {
		if _, err := p.name(a, "n"+strings.Repeat("x", i%50)+string(rune('a'+i/50))+".example"); err != nil {
			t.Fatal(err)
		}
	}
	if len(p.of) > maxOpened {
		t.Errorf("%d names are remembered", len(p.of))
	}
}

// oneKey gives each server the same session.
type oneKey struct{ tls.ClientSessionCache }

func (o oneKey) Get(string) (*tls.ClientSessionState, bool) { return o.ClientSessionCache.Get("x") }
func (o oneKey) Put(_ string, s *tls.ClientSessionState)    { o.ClientSessionCache.Put("x", s) }

func TestIntercepts(t *testing.T) {
	unavailable, denied := opens("c.example", 443), opens("d.example", 443)
	unavailable.Status, denied.Want.Egress.Deny = plan.Unavailable, true
	p := planOf(opens("b.example", 443), opens("b.example", 8443), opens("10.0.0.0/8", 443), allow("e.example", 443), unavailable, denied,
		plan.Control{ID: "k", Status: plan.Enforced, Want: plan.Op{Credential: &plan.Credential{Host: "*.a.example", Intercept: true}}},
		plan.Control{ID: "l", Status: plan.Enforced, Want: plan.Op{Credential: &plan.Credential{Host: "f.example"}}})
	if got := strings.Join(Intercepted(p), " "); got != "*.a.example 10.0.0.0/8 b.example" {
		t.Error(got)
	}
}
