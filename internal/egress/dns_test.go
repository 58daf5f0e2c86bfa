package egress

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

func question(name string, typ dnsmessage.Type) dnsmessage.Message {
	return dnsmessage.Message{
		Header:    dnsmessage.Header{ID: 77, RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName(name), Type: typ, Class: dnsmessage.ClassINET}},
	}
}

func packed(t testing.TB, m dnsmessage.Message) []byte {
	t.Helper()
	b, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func testTable(t testing.TB) *nameTable {
	t.Helper()
	table, err := newNameTable([]string{"api.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestAnswer(t *testing.T) {
	table := testTable(t)
	for _, c := range []struct {
		name    string
		typ     dnsmessage.Type
		rcode   dnsmessage.RCode
		body    string
		refused string
	}{
		{"api.example.com.", dnsmessage.TypeA, dnsmessage.RCodeSuccess, "198.18.0.1", ""},
		{"aPi.ExAmple.com.", dnsmessage.TypeA, dnsmessage.RCodeSuccess, "198.18.0.1", ""},
		{"api.example.com.", dnsmessage.TypeAAAA, dnsmessage.RCodeSuccess, "fd72:696e:6777:616c:6c00::1", ""},
		{"api.example.com.", 65, dnsmessage.RCodeSuccess, "", ""},
		{"api.example.com.", 64, dnsmessage.RCodeSuccess, "", ""},
		{"_8443._https.api.example.com.", 65, dnsmessage.RCodeSuccess, "", ""},
		{"_8443._https.api.example.com.", dnsmessage.TypeA, dnsmessage.RCodeNameError, "", "_8443._https.api.example.com"},
		{"_a._b._c.api.example.com.", 65, dnsmessage.RCodeNameError, "", "_a._b._c.api.example.com"},
		{"api.example.com.", dnsmessage.TypeTXT, dnsmessage.RCodeSuccess, "", ""},
		{"api.example.com.", dnsmessage.TypeALL, dnsmessage.RCodeSuccess, "", ""},
		{"x.api.example.com.", dnsmessage.TypeA, dnsmessage.RCodeNameError, "", "x.api.example.com"},
		{"example.com.", dnsmessage.TypeTXT, dnsmessage.RCodeNameError, "", "example.com"},
		{"api.example.com.corp.", dnsmessage.TypeA, dnsmessage.RCodeNameError, "", "api.example.com.corp"},
		{"secret data!.evil.example.", dnsmessage.TypeA, dnsmessage.RCodeNameError, "", "secret data!.evil.example"},
		{"1.0.18.198.in-addr.arpa.", dnsmessage.TypePTR, dnsmessage.RCodeNameError, "", "1.0.18.198.in-addr.arpa"},
	} {
		resp, refused, err := table.answer(packed(t, question(c.name, c.typ)))
		if err != nil {
			t.Fatal(err)
		}
		var m dnsmessage.Message
		if err := m.Unpack(resp); err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, a := range m.Answers {
			got += bodyText(a.Body)
		}
		if m.RCode != c.rcode || got != c.body || refused.name != c.refused {
			t.Errorf("%s %v: %v, %q, refused %+v", c.name, c.typ, m.RCode, got, refused)
		}
		if m.ID != 77 || !m.Response || !m.RecursionAvailable || m.Questions[0].Name.String() != c.name {
			t.Errorf("%s: header %+v, question %v", c.name, m.Header, m.Questions)
		}
	}
}

func bodyText(b dnsmessage.ResourceBody) string {
	switch b := b.(type) {
	case *dnsmessage.AResource:
		return net.IP(b.A[:]).String()
	case *dnsmessage.AAAAResource:
		return net.IP(b.AAAA[:]).String()
	}
	return fmt.Sprint(b)
}

func TestAnswerToOddMessages(t *testing.T) {
	table := testTable(t)
	good := question("api.example.com.", dnsmessage.TypeA)
	change := func(f func(*dnsmessage.Message)) []byte {
		m := good
		m.Questions = append([]dnsmessage.Question(nil), good.Questions...)
		f(&m)
		return packed(t, m)
	}
	rr := dnsmessage.Resource{
		Header: dnsmessage.ResourceHeader{Name: good.Questions[0].Name, Class: dnsmessage.ClassINET},
		Body:   &dnsmessage.AResource{},
	}
	for _, c := range []struct {
		name  string
		query []byte
		rcode dnsmessage.RCode
	}{
		{"no question", change(func(m *dnsmessage.Message) { m.Questions = nil }), dnsmessage.RCodeFormatError},
		{"two questions", change(func(m *dnsmessage.Message) { m.Questions = append(m.Questions, m.Questions[0]) }), dnsmessage.RCodeFormatError},
		{"an answer", change(func(m *dnsmessage.Message) { m.Answers = []dnsmessage.Resource{rr} }), dnsmessage.RCodeFormatError},
		{"an authority", change(func(m *dnsmessage.Message) { m.Authorities = []dnsmessage.Resource{rr} }), dnsmessage.RCodeFormatError},
		{"an update", change(func(m *dnsmessage.Message) { m.OpCode = 5 }), dnsmessage.RCodeNotImplemented},
		{"chaos", change(func(m *dnsmessage.Message) { m.Questions[0].Class = dnsmessage.ClassCHAOS }), dnsmessage.RCodeNameError},
		{"cut short", packed(t, good)[:20], dnsmessage.RCodeFormatError},
	} {
		resp, _, err := table.answer(c.query)
		var m dnsmessage.Message
		if err != nil || m.Unpack(resp) != nil || m.RCode != c.rcode || len(m.Answers) != 0 {
			t.Errorf("%s: %v, %+v", c.name, err, m)
		}
	}
	for name, query := range map[string][]byte{
		"an answer": change(func(m *dnsmessage.Message) { m.Response = true }),
		"11 bytes":  packed(t, good)[:11],
		"nothing":   nil,
	} {
		if resp, _, err := table.answer(query); err == nil {
			t.Errorf("%s gets %x", name, resp)
		}
	}
}

func TestAnswerSpeaksEDNS(t *testing.T) {
	m := question("api.example.com.", dnsmessage.TypeA)
	var rh dnsmessage.ResourceHeader
	if err := rh.SetEDNS0(4096, 0, false); err != nil {
		t.Fatal(err)
	}
	m.Additionals = []dnsmessage.Resource{{Header: rh, Body: &dnsmessage.OPTResource{}}}
	resp, _, err := testTable(t).answer(packed(t, m))
	var got dnsmessage.Message
	if err != nil || got.Unpack(resp) != nil || len(got.Additionals) != 1 || len(got.Answers) != 1 {
		t.Errorf("%v, %+v", err, got)
	}
	m.Additionals = append(m.Additionals, m.Additionals[0])
	resp, _, err = testTable(t).answer(packed(t, m))
	if err != nil || got.Unpack(resp) != nil || got.RCode != dnsmessage.RCodeFormatError {
		t.Errorf("two OPT records: %v, %+v", err, got)
	}
	m.Additionals = m.Additionals[:1]
	m.Additionals[0].Header.TTL |= 1 << 16
	resp, _, err = testTable(t).answer(packed(t, m))
	if err != nil || got.Unpack(resp) != nil || len(got.Answers) != 0 || len(got.Additionals) != 1 || got.Additionals[0].Header.TTL>>24 != 1 {
		t.Errorf("a version that is not known: %v, %+v", err, got)
	}
}

// TestNoRecordHasASOA: without one some clients ask the next resolver, or wait.
func TestNoRecordHasASOA(t *testing.T) {
	for _, c := range []struct {
		name string
		typ  dnsmessage.Type
		soa  string
	}{
		{"api.example.com.", dnsmessage.TypeA, ""},
		{"api.example.com.", typeHTTPS, "api.example.com."},
		{"api.example.com.", typeSVCB, "api.example.com."},
		{"api.example.com.", dnsmessage.TypeALL, "api.example.com."},
		{"evil.example.", dnsmessage.TypeA, "."},
	} {
		resp, _, err := testTable(t).answer(packed(t, question(c.name, c.typ)))
		var m dnsmessage.Message
		if err != nil || m.Unpack(resp) != nil || len(m.Answers)+len(m.Authorities) != 1 {
			t.Fatalf("%s %v: %v, %+v", c.name, c.typ, err, m)
		}
		if c.soa != "" && (m.Authorities[0].Header.Type != dnsmessage.TypeSOA || m.Authorities[0].Header.Name.String() != c.soa) {
			t.Errorf("%s %v: %+v", c.name, c.typ, m.Authorities)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add(packed(f, question("api.example.com.", dnsmessage.TypeA)))
	f.Add(packed(f, question(strings.Repeat("a.", 120)+"b.", dnsmessage.TypeAAAA)))
	f.Add([]byte("\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\xc0\x0c\x00\x01\x00\x01"))
	f.Add(packed(f, question("x.wide.example.", dnsmessage.TypeA)))
	f.Add(packed(f, question("_1._https.api.example.com.", typeHTTPS)))
	f.Add(packed(f, question("mfrggzdfmztwq2lknnwg23tpobyxe43u.wide.example.", dnsmessage.TypeAAAA)))
	f.Add([]byte("\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01\x01a\x04wide\x07example\x00\x00\x01\x00\x01\x00\x00\x29\x10\x00\x00\x01\x00\x00\x00\x00"))
	p, err := FromPlan(planOf(gatewayControl(80, 443), allow("api.example.com", 443), allow("*.wide.example", 443)))
	if err != nil {
		f.Fatal(err)
	}
	table := tableOf(f, p)
	f.Fuzz(func(t *testing.T, query []byte) {
		resp, refused, err := table.answer(query)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if err := m.Unpack(resp); err != nil {
			t.Fatalf("the answer does not parse: %v", err)
		}
		if len(resp) > 512 || len(m.Answers) > 1 || !bytes.Equal(resp[:2], query[:2]) {
			t.Fatalf("answer of %d bytes: %+v", len(resp), m)
		}
		if len(m.Answers) == 1 {
			name := strings.ToLower(strings.TrimSuffix(m.Questions[0].Name.String(), "."))
			if name != "api.example.com" && !strings.HasSuffix(name, ".wide.example") {
				t.Fatalf("an address for %v", m.Questions)
			}
		}
		if len(table.byAddr) > 1+maxBelow {
			t.Fatalf("%d names", len(table.byAddr))
		}
		if m.RCode == dnsmessage.RCodeNameError && refused.name == "" && len(m.Questions[0].Name.Data[:m.Questions[0].Name.Length]) > 1 {
			t.Fatal("a refused name that is not told")
		}
	})
}

// resolver asks the given server, as a program in the sandbox would.
func resolver(network, server string) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, server)
	}}
}

// A connected UDP socket takes an answer only from the address it asked.
func TestDNSAtAnyResolver(t *testing.T) {
	r := newRig(t, nobody(t), allow("api.example.com", 443)).start(t)
	for _, server := range []string{
		"udp4 127.0.0.53:53", "udp4 8.8.8.8:53", "udp4 10.1.2.3:53", "tcp4 9.9.9.9:53",
		"udp6 [2606:4700::1111]:53", "udp6 [::1]:53", "udp6 [fd00::53]:53", "tcp6 [2001:4860::8888]:53",
	} {
		network, addr, _ := strings.Cut(server, " ")
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		ips, err := resolver(network, addr).LookupNetIP(ctx, "ip", "api.example.com.")
		if err != nil || len(ips) != 2 {
			t.Errorf("%s: %v, %v", server, ips, err)
		}
		_, err = resolver(network, addr).LookupNetIP(ctx, "ip4", "data.evil.example.")
		var no *net.DNSError
		if !asDNSError(err, &no) || !no.IsNotFound {
			t.Errorf("%s: a name that is not allowed: %v", server, err)
		}
		cancel()
	}
	e := lastRefused(t, r.journal)
	if e.Control != ControlDNS || e.What != "resolve data.evil.example" || !strings.Contains(e.Why, `"data.evil.example:443"`) {
		t.Errorf("event is %+v", e)
	}
	if r.Stats().Refused == 0 || len(r.dials()) != 0 {
		t.Errorf("stats %+v, dials %v", r.Stats(), r.dials())
	}
}

func asDNSError(err error, to **net.DNSError) bool {
	e, ok := err.(*net.DNSError)
	*to = e
	return ok
}

// A flood of names gives a bounded number of events whose counts add up.
func TestFloodOfNames(t *testing.T) {
	r := newRig(t, nobody(t)).start(t)
	const flood = 5000
	c := dialDNS(t)
	asked := 0
	for i := range flood {
		if i%dnsTCPQueries == 0 {
			c.Close()
			c = dialDNS(t)
		}
		name := fmt.Sprintf("n%d.evil.example.", i)
		if i%2 == 0 {
			name = "same.evil.example."
		}
		q := packed(t, question(name, dnsmessage.TypeA))
		if _, err := c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(q))), q...)); err != nil {
			t.Fatal(err)
		}
		if _, err := readDNSMessage(c); err != nil {
			t.Fatal(err)
		}
		asked++
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	events, total := r.journal.refused(), 0
	for _, e := range events {
		total += e.Count
	}
	if total != asked || len(events) > maxKinds+20 {
		t.Errorf("%d events count %d of %d", len(events), total, asked)
	}
}

func dialDNS(t *testing.T) io.ReadWriteCloser { return dialTest(t, "1.1.1.1:53") }

func TestDNSOverTCPBounds(t *testing.T) {
	newRig(t, nobody(t)).start(t)
	for _, b := range []string{"\xff\xff", "\x00\x00", "\x00\x05abcde"} {
		c := dialTest(t, "1.1.1.1:53")
		if _, err := io.WriteString(c, b); err != nil {
			t.Fatal(err)
		}
		if rest, _ := io.ReadAll(c); len(rest) != 0 {
			t.Errorf("%q gets %q", b, rest)
		}
	}
}
