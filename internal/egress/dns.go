package egress

import (
	"errors"
	"strings"

	"golang.org/x/net/dns/dnsmessage"

	"ringwall/internal/plan"
)

const (
	dnsTTL      = 10   // seconds; the addresses stay the same for the whole run
	dnsMaxQuery = 1232 // bytes; a question fits into 300
	dnsHeader   = 12
)

// Types that tell a client of another name, another port or an ECH key (RFC
// 9460), and an answer code of EDNS (RFC 6891, 9).
const (
	typeSVCB  = dnsmessage.Type(64)
	typeHTTPS = dnsmessage.Type(65)
	badVers   = dnsmessage.RCode(16)
)

// errDrop means that a message gets no answer at all: it is itself an answer,
// or too short to have an ID.
var errDrop = errors.New("not a question")

// miss is a name that was asked for in vain.
type miss struct {
	name string // as sent; empty: nothing was
	why  string // empty: no rule names it
}

// answer is the whole of name resolution for the sandbox. An allowed name has
// its synthetic addresses; any other name does not exist. Nothing is ever
// forwarded, so a name carries no data out. An answer is smaller than 512
// bytes: one question, at most one record, at most one SOA and one OPT.
func (t *nameTable) answer(query []byte) (resp []byte, m miss, err error) {
	var p dnsmessage.Parser
	h, err := p.Start(query)
	if err != nil || h.Response {
		return nil, miss{}, errDrop
	}
	r := reply{header: dnsmessage.Header{
		ID: h.ID, Response: true, OpCode: h.OpCode, Authoritative: true,
		RecursionDesired: h.RecursionDesired, RecursionAvailable: true,
	}}
	if h.OpCode != 0 {
		r.header.RCode = dnsmessage.RCodeNotImplemented
		resp, err = r.pack()
		return resp, miss{}, err
	}
	q, edns, ok := onlyQuestion(&p, query)
	switch {
	case !ok:
		r.header.RCode = dnsmessage.RCodeFormatError
		resp, err = r.pack()
		return resp, miss{}, err
	case edns == ednsUnknown:
		r.question, r.edns, r.header.RCode = &q, true, badVers
		resp, err = r.pack()
		return resp, miss{}, err
	}
	r.question, r.edns = &q, edns != ednsNone
	m = t.resolve(&r)
	resp, err = r.pack()
	return resp, m, err
}

// What an asker says of EDNS.
const (
	ednsNone = iota
	ednsKnown
	ednsUnknown // a version that nobody has defined
)

// onlyQuestion takes exactly one question, nothing in the answer and authority
// sections, at most one OPT, and reports what the asker says of EDNS.
func onlyQuestion(p *dnsmessage.Parser, query []byte) (q dnsmessage.Question, edns int, ok bool) {
	count := func(i int) int { return int(query[i])<<8 | int(query[i+1]) }
	if count(4) != 1 || count(6) != 0 || count(8) != 0 || count(10) > 2 {
		return q, 0, false
	}
	q, err := p.Question()
	if err != nil || p.SkipAllQuestions() != nil || p.SkipAllAnswers() != nil || p.SkipAllAuthorities() != nil {
		return q, 0, false
	}
	for {
		rh, err := p.AdditionalHeader()
		if errors.Is(err, dnsmessage.ErrSectionDone) {
			return q, edns, true
		}
		if err != nil || p.SkipAdditional() != nil || rh.Type == dnsmessage.TypeOPT && edns != ednsNone {
			return q, 0, false
		}
		if rh.Type == dnsmessage.TypeOPT {
			edns = ednsOf(rh)
		}
	}
}

// ednsOf reads the version of an OPT record, the second byte of its TTL.
func ednsOf(rh dnsmessage.ResourceHeader) int {
	if rh.TTL>>16&0xff != 0 {
		return ednsUnknown
	}
	return ednsKnown
}

// resolve finds the record, if the type has one: HTTPS and SVCB have none, so
// no client learns of another name, another port or an ECH key, and none waits
// for it either.
func (t *nameTable) resolve(r *reply) miss {
	asked := strings.TrimSuffix(r.question.Name.String(), ".")
	name, err := plan.CanonicalHost(r.question.Name.String())
	if err != nil || r.question.Class != dnsmessage.ClassINET {
		r.header.RCode = dnsmessage.RCodeNameError
		return miss{name: asked}
	}
	v4, v6, why, ok := t.addrs(service(name, r.question.Type))
	switch {
	case !ok:
		r.header.RCode = dnsmessage.RCodeNameError
		return miss{asked, why}
	case r.question.Type == dnsmessage.TypeA:
		r.body = &dnsmessage.AResource{A: v4.As4()}
	case r.question.Type == dnsmessage.TypeAAAA:
		r.body = &dnsmessage.AAAAResource{AAAA: v6.As16()}
	}
	return miss{}
}

// service is the name behind the labels that stand for a port and a protocol
// in a question for HTTPS or SVCB: "_8443._https.name".
func service(name string, typ dnsmessage.Type) string {
	if typ != typeHTTPS && typ != typeSVCB {
		return name
	}
	for range 2 {
		first, rest, ok := strings.Cut(name, ".")
		if !ok || !strings.HasPrefix(first, "_") {
			break
		}
		name = rest
	}
	return name
}
