package proof

import (
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"ringwall/internal/egress/egresstest"
)

// waysOfLimits: too much, too slowly.
func waysOfLimits() []way {
	return []way{
		{id: "PRX-20", what: "slow, many, large and unread: the gateway is exhausted", test: exhausted,
			by: []string{"TestTooManyConnections", "TestHugeHelloEnds", "TestDNSOverTCPBounds", "TestSlowHeads", "TestUnreadUpload", "TestDeadUpstream", "TestLargeBody", "TestTenThousandConnections"}},
	}
}

// exhausted: ten thousand connections as fast as can be, each of which asks for
// something. Each is answered or closed, and afterwards the gateway serves as
// before.
func exhausted(t *testing.T) {
	n := egresstest.New(t)
	site := n.Web("good.example", nil)
	b := n.Box(`allow = ["good.example:80"]`)
	flood := "open:good.example:80|10000|" + get("good.example")
	after := "say:good.example:80|" + get("good.example")
	r := b.Attack(flood, after)
	ends := counts(r.Report(flood).Value)
	if r.Code != 0 || ends["reached"] == 0 || ends["reached"]+ends["ECONNRESET"]+ends["EOF"]+ends["EPIPE"] != 10000 {
		t.Errorf("exit code %d, ends %v\n%s", r.Code, ends, r.Stderr)
	}
	// A client that is starved may miss its answer; none asks twice.
	arrived := len(site.Requests())
	if got := r.Report(after); !strings.Contains(got.Value, egresstest.Reached) || arrived < ends["reached"]+1 || arrived > 10001 {
		t.Errorf("%d arrived, ends %v, afterwards %+v", arrived, ends, got)
	}
	before := len(site.Requests())
	if got := counts(b.AttackOutside(flood).Report(flood).Value); got["reached"] != 10000 || len(site.Requests()) != before+10000 {
		t.Errorf("without a sandbox: %v", got)
	}
}

// TestTenThousandConnections: three programs keep ten thousand connections
// open. What is more than the gateway serves is closed and told, its memory is
// bounded, and when they are gone it serves as before.
func TestTenThousandConnections(t *testing.T) {
	n := egresstest.New(t)
	site := n.Web("good.example", nil)
	b := n.Box(`allow = ["good.example:80"]`)
	crowd := `crowd:good.example:80|3400|GET / HTTP/1.1\r\n`
	after := "say:good.example:80|" + get("good.example")
	script := `A="$0 ` + egresstest.AttackLine + `"; $A "$1" & $A "$1" & $A "$1" & wait; $A "$2"`
	run := func(run func(...string) egresstest.Ran) (open, closed int, r egresstest.Ran) {
		r = run("sh", "-c", script, b.Attacker(), crowd, after)
		for _, rep := range r.Reports {
			c := counts(rep.Value)
			open, closed = open+c["open"], closed+c["closed"]
		}
		return open, closed, r
	}
	open, closed, r := run(b.Run)
	told := 0
	for _, e := range r.Events {
		if e.Refused != nil && strings.Contains(e.Refused.Why, "connections are open at once") {
			told += e.Refused.Count
		}
	}
	if closed < 5000 || open == 0 || told == 0 || r.MaxMemory > 512<<20 {
		t.Errorf("%d open, %d closed, %d told of, %d MiB\n%s", open, closed, told, r.MaxMemory>>20, r.Stderr)
	}
	if got := r.Report(after); !strings.Contains(got.Value, egresstest.Reached) || len(site.Requests()) != 1 {
		t.Errorf("afterwards: %+v", got)
	}
	if open, closed, r := run(b.Outside); open != 3*3400 || len(site.Requests()) != 2 {
		t.Errorf("without a sandbox %d open, %d closed\n%s", open, closed, r.Stderr)
	}
}

// counts reads what fmt prints of a map.
func counts(s string) map[string]int {
	out := map[string]int{}
	for _, f := range strings.Fields(strings.TrimSuffix(strings.TrimPrefix(s, "map["), "]")) {
		if i := strings.LastIndex(f, ":"); i > 0 {
			out[f[:i]], _ = strconv.Atoi(f[i+1:])
		}
	}
	return out
}

// TestSlowHeads: heads and hellos that never end are ended, and keep nobody
// else out meanwhile. The site itself would wait on.
func TestSlowHeads(t *testing.T) {
	n := egresstest.New(t)
	site := n.Web("good.example", nil)
	b := n.Box(`allow = ["good.example", "good.example:80"]`)
	slow := []string{`drip:good.example:80|GET / HTTP/1.1\r\n|X: y\r\n`, `drip:good.example:443|\x16\x03\x01\x01\x00|\x01`,
		`drip:` + proxy + `|CONNECT good.example:443 HTTP/1.1\r\n|X: y\r\n`, `drip:` + proxy + `|\x05\xff|\x01`,
		`drip:good.example:80|POST / HTTP/1.1\r\nHost: good.example\r\nTransfer-Encoding: chunked\r\n|X: y\r\n`}
	r := b.Attack(append([]string{egresstest.Together}, slow...)...)
	for _, a := range slow {
		if got := r.Report(a); got.Errno == "still open" || got.Errno == "not reported" {
			t.Errorf("%s: %+v", a, got)
		}
	}
	if len(site.Requests()) != 0 {
		t.Errorf("it arrived: %v", site.Requests())
	}
	if got := b.AttackOutside(slow[0]).Report(slow[0]); got.Errno != "still open" {
		t.Errorf("the site ends it too: %+v", got)
	}
}

// TestDeadUpstream: a server that does not answer, one that is not there and a
// name that cannot be resolved end with an answer, at once where that can be.
func TestDeadUpstream(t *testing.T) {
	n := egresstest.New(t)
	n.DNS.Set("silent.example", "93.184.217.9")
	n.DNS.Set("gone.example", "93.184.216.77")
	n.DNS.Func("nameless.example", func(egresstest.Question) egresstest.Answer { return egresstest.Answer{Fail: true} })
	n.DNS.Func("mute.example", func(egresstest.Question) egresstest.Answer { return egresstest.Answer{Silent: true} })
	names := []string{"silent.example", "gone.example", "nameless.example", "mute.example"}
	b := n.Box(`allow = ["` + strings.Join(names, `:80", "`) + `:80"]`)
	ask := func(name string) string { return "patient:" + name + ":80|" + get(name) }
	var all []string
	for _, name := range names {
		all = append(all, ask(name))
	}
	r := b.Attack(append([]string{egresstest.Together}, all...)...)
	for _, a := range all {
		if got := r.Report(a); !strings.Contains(got.Value, "HTTP/1.1 502") && !strings.Contains(got.Value, "HTTP/1.1 504") {
			t.Errorf("%+v", got)
		}
	}
	for _, name := range names {
		n.DNS.Set(name, "93.184.216.78")
	}
	j := n.Judge("93.184.216.78:80")
	if r = b.Attack(all...); len(j.Hits()) != len(names) {
		t.Errorf("with a server that is there: %v %+v", j.Hits(), r.Reports)
	}
}

// TestSlowUpstream: an answer that stops in the middle holds up nobody else,
// and what came of it was passed on.
func TestSlowUpstream(t *testing.T) {
	n := egresstest.New(t)
	stop := make(chan struct{})
	t.Cleanup(func() { close(stop) })
	n.Web("slow.example", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, egresstest.Reached+"the first half")
		_ = http.NewResponseController(w).Flush()
		select {
		case <-stop:
		case <-r.Context().Done():
		}
	}))
	quick := n.Web("good.example", nil)
	b := n.Box(`allow = ["slow.example:80", "good.example:80"]`)
	slow, fast := "say:slow.example:80|"+get("slow.example"), "say:good.example:80|"+get("good.example")
	r := b.Attack(slow, fast, slow, fast)
	if got := r.Report(slow); !strings.Contains(got.Value, "the first half") || len(quick.Requests()) != 2 {
		t.Errorf("%+v, %d quick ones", got, len(quick.Requests()))
	}
}

// TestLargeBody: a body of 11 MB arrives whole, and one that is larger than the
// rule allows does not, wherever it is seen.
func TestLargeBody(t *testing.T) {
	n := egresstest.New(t)
	site := n.Streams("good.example")
	b := n.Box("ca = [\"" + n.CA.File + "\"]\n[[network.rule]]\nhost = \"good.example\"\nmethods = [\"POST\"]\n[tools]\nallow = [\"curl\"]")
	post := func(size int) egresstest.Ran {
		return b.Run("sh", "-c", fmt.Sprintf(`{ printf '{"text": "'; head -c %d /dev/zero | tr '\0' x; printf '"}'; } >~/body
			curl -sS -X POST -H 'Content-Type: application/json' -w ' %%{http_code}' --data-binary @$HOME/body https://good.example/count`, size))
	}
	if r := post(11_000_000); !strings.Contains(r.Stdout, "11000012 <nil>") {
		t.Errorf("%s%s", r.Stdout, r.Stderr)
	}
	b.Network("ca = [\"" + n.CA.File + "\"]\n[[network.rule]]\nhost = \"good.example\"\nmethods = [\"POST\"]\nmax_upload = \"1MiB\"\n[tools]\nallow = [\"curl\"]")
	before := len(site.Requests())
	if r := post(11_000_000); strings.Contains(r.Stdout, "<nil>") || !strings.Contains(r.Stdout, "413") && !strings.Contains(r.Stdout, "403") {
		t.Errorf("a body over the bound: %s%s", r.Stdout, r.Stderr)
	}
	if r := post(1000); !strings.Contains(r.Stdout, "1012 <nil>") || len(site.Requests()) <= before {
		t.Errorf("a body within the bound: %s%s", r.Stdout, r.Stderr)
	}
}

// TestUnreadUpload: a server that takes nothing is not made up for by memory:
// what the gateway has taken of an endless body stays small.
func TestUnreadUpload(t *testing.T) {
	n := egresstest.New(t)
	v4, _ := n.Host("deaf.example")
	hold := make(chan struct{})
	n.Serve(egresstest.At(v4, 80), func(c net.Conn) { <-hold })
	t.Cleanup(func() { close(hold) })
	b := n.Box(`allow = ["deaf.example:80"]`)
	a := `pour:deaf.example:80|POST / HTTP/1.1\r\nHost: deaf.example\r\nContent-Length: 4294967296\r\n\r\n`
	r := b.Attack(a)
	size, err := strconv.ParseInt(r.Report(a).Value, 10, 64)
	if err != nil || size > 64<<20 {
		t.Errorf("%d bytes were taken: %+v", size, r.Reports)
	}
	if size == 0 {
		t.Error("nothing was taken, so nothing was shown")
	}
}
