package egress

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	own "ringwall/internal/egress/authority"
	"ringwall/internal/evidence"
	"ringwall/internal/plan"
)

func (j *journal) learned() []evidence.Needed {
	j.mu.Lock()
	defer j.mu.Unlock()
	var out []evidence.Needed
	for _, e := range j.events {
		if e.Needed != nil && e.Needed.Proto != "dns" {
			out = append(out, *e.Needed)
		}
	}
	return out
}

// newLearner is a gateway that learns; nothing of what the test asks may reach
// an upstream.
func newLearner(t *testing.T, controls ...plan.Control) (*rig, *x509.CertPool) {
	t.Helper()
	r := newRig(t, nobody(t), controls...)
	r.cfg.Plan.Controls[0].Want.Gateway.Learn = true
	a, err := own.New(Intercepted(r.cfg.Plan), time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	r.cfg.Authority = a
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(a.Certificate())
	return r.start(t), pool
}

// TestLearn: each request is told once, with its method and path, and refused;
// requests that follow on the same connection as well.
func TestLearn(t *testing.T) {
	r, pool := newLearner(t)
	plain := dialTest(t, r.address(t, "plain.example", 80))
	ask := "GET /a?secret HTTP/1.1\r\nHost: plain.example\r\n\r\n"
	last := "POST /b HTTP/1.1\r\nHost: plain.example\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
	io.WriteString(plain, ask+ask+last)
	if got, _ := io.ReadAll(plain); strings.Count(string(got), "HTTP/1.1 403") != 3 {
		t.Errorf("answered %q", got)
	}
	secret := tls.Client(dialTest(t, r.address(t, "secret.example", 443)), &tls.Config{RootCAs: pool, ServerName: "secret.example"})
	io.WriteString(secret, "PUT /c HTTP/1.1\r\nHost: secret.example\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	if got, _ := io.ReadAll(secret); !strings.Contains(string(got), "403 Forbidden") || !strings.Contains(string(got), "PUT https://secret.example/c") {
		t.Errorf("answered %q", got)
	}
	raw := dialTest(t, r.address(t, "ssh.example", 2222))
	io.WriteString(raw, "SSH-2.0-x\r\n")
	if got, err := io.ReadAll(raw); err == nil || len(got) > 0 {
		t.Errorf("the raw connection: %q, %v", got, err)
	}
	r.Close()
	want := []evidence.Needed{
		{Proto: "http", Host: "plain.example", Port: 80, Method: "GET", Path: "/a"},
		{Proto: "http", Host: "plain.example", Port: 80, Method: "POST", Path: "/b"},
		{Proto: "tls", Host: "secret.example", Port: 443},
		{Proto: "http", Host: "secret.example", Port: 443, Method: "PUT", Path: "/c"},
		{Proto: "tcp", Host: "ssh.example", Port: 2222},
	}
	if got := r.journal.learned(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("learned %+v\nwant %+v", got, want)
	}
	if len(r.journal.refused()) == 0 || len(r.dials()) != 0 || r.Stats().Allowed != 0 {
		t.Errorf("refused %v, dialled %v", r.journal.refused(), r.dials())
	}
}

// TestNothingIsLearnedElsewhere: in any other run such names have no address,
// and what is refused is not told as needed. What is denied is not in any run.
func TestNothingIsLearnedElsewhere(t *testing.T) {
	r := newRig(t, nobody(t)).start(t)
	if _, _, _, ok := r.table.addrs("plain.example"); ok {
		t.Error("a name resolves that no rule names")
	}
	a := dialTest(t, netip.MustParseAddrPort("127.0.0.1:80").String())
	io.WriteString(a, "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
	io.ReadAll(a)
	r.Close()
	if got := r.journal.learned(); len(got) != 0 {
		t.Errorf("learned %+v", got)
	}
	denied := plan.Control{ID: "network.deny:denied.example", Layer: plan.Network, Status: plan.Enforced,
		Want: plan.Op{Egress: &plan.Egress{Host: "denied.example", Deny: true}}}
	l, _ := newLearner(t, denied)
	if _, _, _, ok := l.table.addrs("denied.example"); ok {
		t.Error("a denied name resolves")
	}
}

// TestToolsAreLearned: a stand-in's word counts for programs of the plan only.
func TestToolsAreLearned(t *testing.T) {
	stub := plan.Control{ID: "isolation.tool:curl", Layer: plan.Isolation, Want: plan.Op{Stub: &plan.Stub{Tool: "curl"}}}
	r, _ := newLearner(t, stub)
	for _, name := range []string{"curl", "CURL", "wget", "a.b"} {
		if !r.toldTool(ToolQuery(name) + ".") {
			t.Errorf("%s is no word of a stand-in", name)
		}
		if _, _, _, ok := r.table.addrs(strings.ToLower(ToolQuery(name))); ok {
			t.Errorf("%s has an address", name)
		}
	}
	if r.toldTool("curl.example") {
		t.Error("any name is a stand-in's word")
	}
	if got := r.journal.learned(); len(got) != 1 || got[0].Tool != "curl" {
		t.Errorf("learned %+v", got)
	}
}

// TestLearningIsBounded: a flood of different requests is told up to a bound.
func TestLearningIsBounded(t *testing.T) {
	r, _ := newLearner(t)
	for i := range 2 * maxLearned {
		r.needed(evidence.Needed{Proto: "http", Host: "a.example", Port: 80, Method: "GET", Path: fmt.Sprint("/", i)})
	}
	if got := len(r.journal.learned()); got != maxLearned {
		t.Errorf("%d were told", got)
	}
}
