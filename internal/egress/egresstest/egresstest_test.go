//go:build linux

package egresstest_test

import (
	"io"
	"os"
	"strings"
	"testing"

	"ringwall/internal/egress/egresstest"
)

func TestMain(m *testing.M) { os.Exit(egresstest.Main(m)) }

// TestTheNetworkItself: from the machine the internet is reached, by name and
// address, over both families, and every way of looking sees it.
func TestTheNetworkItself(t *testing.T) {
	n := egresstest.New(t)
	site := n.Web("site.example", nil)
	far := n.Judge("10.1.2.3:5432")
	own := n.Judge(egresstest.OwnLAN + ":7000")
	meta := n.Judge("[" + egresstest.Metadata6 + "]:80")
	b := n.Box(`mode = "none"`)
	tries := []string{"say:site.example:80|GET /x HTTP/1.1\\r\\nHost: site.example\\r\\nConnection: close\\r\\n\\r\\n",
		"tls:[" + site.V6 + "]:443|site.example|GET /y HTTP/1.1\\r\\nHost: site.example\\r\\nConnection: close\\r\\n\\r\\n",
		"say:10.1.2.3:5432|hello", "say:" + egresstest.OwnLAN + ":7000|hello", "say:[" + egresstest.Metadata6 + "]:80|x"}
	r := b.AttackOutside(tries...)
	for _, a := range tries {
		if got := r.Report(a); got.Errno != "ok" || !strings.Contains(got.Value, egresstest.Reached) {
			t.Errorf("%+v", got)
		}
	}
	if got := site.Requests(); len(got) != 2 || got[0].URI != "/x" || !got[1].TLS {
		t.Errorf("requests: %+v", got)
	}
	if len(n.DNS.Asked("site.example")) == 0 || len(far.Hits()) != 1 || len(own.Hits()) != 1 || far.Hits()[0].Said != "hello" || len(meta.Hits()) != 1 {
		t.Errorf("asked %v, came %v %v %v", n.DNS.Asked(""), far.Hits(), own.Hits(), meta.Hits())
	}
	if len(n.Wire.To("10.1.2.3")) != 1 || len(n.Wire.To(site.V6)) == 0 {
		t.Errorf("on the wire: %v", n.Wire.Packets())
	}
	if c, err := n.Dial("tcp4", egresstest.OwnLAN+":7000"); err != nil {
		t.Error(err)
	} else if text, _ := io.ReadAll(c); !strings.HasPrefix(string(text), egresstest.Reached) {
		t.Errorf("from the internet: %q", text)
	}
}

// TestSilence: nothing comes from there, and the wire shows that it was asked.
func TestSilence(t *testing.T) {
	n := egresstest.New(t)
	b := n.Box(`mode = "none"`)
	const a = "udp:93.184.217.1:9|x"
	if got := b.AttackOutside(a).Report(a); got.Errno != "timeout" || len(n.Wire.To("93.184.217.1")) != 1 {
		t.Errorf("%+v, on the wire %v", got, n.Wire.Packets())
	}
}

// TestABox: ringwall runs in the machine, reaches what it may, and nothing of
// what it may not leaves the machine.
func TestABox(t *testing.T) {
	n := egresstest.New(t)
	good, bad := n.Web("good.example", nil), n.Web("bad.example", nil)
	b := n.Box(`allow = ["good.example"]`)
	const yes, no = "tls:good.example:443|good.example|GET / HTTP/1.0\\r\\n\\r\\n", "tls:bad.example:443|bad.example|GET / HTTP/1.0\\r\\n\\r\\n"
	r := b.Attack(yes, no)
	if got := r.Report(yes); got.Errno != "ok" || len(good.Requests()) != 1 {
		t.Errorf("allowed: %+v %s", got, r.Stderr)
	}
	if got := r.Report(no); len(bad.Requests()) != 0 || len(n.Wire.To(bad.V4)) != 0 || len(n.DNS.Asked("bad")) != 0 {
		t.Errorf("not allowed: %+v", got)
	}
	if len(r.Refusals()) == 0 {
		t.Errorf("nothing was recorded: %+v", r.Events)
	}
}
