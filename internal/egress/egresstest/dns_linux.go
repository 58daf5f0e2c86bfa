package egresstest

import (
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// DNS is the machine's resolver: it answers what the test says, and remembers
// every question. Names that it was not told of do not exist.
type DNS struct {
	mu    sync.Mutex
	names map[string]func(Question) Answer
	times map[string]int // that each question was asked
	asked []Question     // the first maxAsked
}

const maxAsked = 10_000

// Question is what came in.
type Question struct {
	Name string // as sent, without the last dot
	Type dnsmessage.Type
	Nth  int // how often this name and type were asked before
}

// Answer is what goes out; the zero value says that the name exists and has
// nothing of the type.
type Answer struct {
	Addrs  []string // those of the question's family are sent
	Alias  string   // first a CNAME to this name, which then has Addrs
	NoName bool     // NXDOMAIN
	Fail   bool     // SERVFAIL
	Silent bool     // no answer at all
}

// Set gives a name these addresses.
func (d *DNS) Set(name string, addrs ...string) {
	d.Func(name, func(Question) Answer { return Answer{Addrs: addrs} })
}

// Func lets a name be answered anew each time.
func (d *DNS) Func(name string, f func(Question) Answer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.names[strings.ToLower(name)] = f
}

// Asked lists the questions so far whose name contains a text.
func (d *DNS) Asked(part string) []Question {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []Question
	for _, q := range d.asked {
		if strings.Contains(q.Name, part) {
			out = append(out, q)
		}
	}
	return out
}

func (n *Net) startDNS() *DNS {
	d := &DNS{names: map[string]func(Question) Answer{}, times: map[string]int{}}
	u := n.ListenPacket("udp4", At(Resolver, 53))
	n.wg.Go(func() { d.packets(u) })
	n.Serve(At(Resolver, 53), d.stream)
	return d
}

func (d *DNS) packets(c net.PacketConn) {
	buf := make([]byte, 4096)
	for {
		m, from, err := c.ReadFrom(buf)
		if err != nil {
			return
		}
		if reply := d.reply(buf[:m]); reply != nil {
			_, _ = c.WriteTo(reply, from)
		}
	}
}

func (d *DNS) stream(c net.Conn) {
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	for {
		var size [2]byte
		if _, err := io.ReadFull(c, size[:]); err != nil {
			return
		}
		buf := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(c, buf); err != nil {
			return
		}
		reply := d.reply(buf)
		if _, err := c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...)); err != nil || reply == nil {
			return
		}
	}
}

// reply is nil where nothing is to be said.
func (d *DNS) reply(query []byte) []byte {
	var p dnsmessage.Parser
	h, err := p.Start(query)
	if err != nil {
		return nil
	}
	q, err := p.Question()
	if err != nil {
		return nil
	}
	a := d.answer(q)
	if a.Silent {
		return nil
	}
	h.Response, h.RecursionAvailable = true, true
	switch {
	case a.NoName:
		h.RCode = dnsmessage.RCodeNameError
	case a.Fail:
		h.RCode = dnsmessage.RCodeServerFailure
	}
	m := dnsmessage.Message{Header: h, Questions: []dnsmessage.Question{q}, Answers: records(q, a)}
	out, err := m.Pack()
	if err != nil {
		return nil
	}
	return out
}

// answer remembers the question and asks the test.
func (d *DNS) answer(q dnsmessage.Question) Answer {
	asked := Question{Name: strings.TrimSuffix(q.Name.String(), "."), Type: q.Type}
	d.mu.Lock()
	key := strings.ToLower(asked.Name) + " " + asked.Type.String()
	asked.Nth = d.times[key]
	d.times[key]++
	if len(d.asked) < maxAsked {
		d.asked = append(d.asked, asked)
	}
	f := d.names[strings.ToLower(asked.Name)]
	d.mu.Unlock()
	if f == nil {
		return Answer{NoName: true}
	}
	return f(asked)
}

func records(q dnsmessage.Question, a Answer) []dnsmessage.Resource {
	var out []dnsmessage.Resource
	name := q.Name
	add := func(body dnsmessage.ResourceBody, t dnsmessage.Type) {
		out = append(out, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: name, Type: t, Class: dnsmessage.ClassINET}, Body: body})
	}
	if a.Alias != "" {
		to := dnsmessage.MustNewName(a.Alias + ".")
		add(&dnsmessage.CNAMEResource{CNAME: to}, dnsmessage.TypeCNAME)
		name = to
	}
	for _, s := range a.Addrs {
		switch ip := netip.MustParseAddr(s); {
		case ip.Is4() && q.Type == dnsmessage.TypeA:
			add(&dnsmessage.AResource{A: ip.As4()}, q.Type)
		case ip.Is6() && q.Type == dnsmessage.TypeAAAA:
			add(&dnsmessage.AAAAResource{AAAA: ip.As16()}, q.Type)
		}
	}
	return out
}
