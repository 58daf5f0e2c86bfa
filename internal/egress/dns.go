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

// errDrop means that a message gets no answer at all: it is itself an answer,
// or too short to have an ID.
var errDrop = errors.New("not a question")

// answer is the whole of name resolution for the sandbox. An allowed name has
// its synthetic addresses; any other name does not exist. Nothing is ever
// forwarded, so a name carries no data out. refused is the name that was
// asked for in vain, as sent. An answer is smaller than 512 bytes: one question,
// at most one record, at most one OPT.
func (t nameTable) answer(query []byte) (resp []byte, refused string, err error) {
	var p dnsmessage.Parser
	h, err := p.Start(query)
	if err != nil || h.Response {
		return nil, "", errDrop
	}
	reply := dnsmessage.Header{
		ID: h.ID, Response: true, OpCode: h.OpCode, Authoritative: true,
		RecursionDesired: h.RecursionDesired, RecursionAvailable: true,
	}
	if h.OpCode != 0 {
		reply.RCode = dnsmessage.RCodeNotImplemented
		resp, err = packReply(reply, nil, nil, false)
		return resp, "", err
	}
	q, edns, ok := onlyQuestion(&p, query)
	if !ok {
		reply.RCode = dnsmessage.RCodeFormatError
		resp, err = packReply(reply, nil, nil, false)
		return resp, "", err
	}
	body, rcode := t.resolve(q)
	reply.RCode = rcode
	resp, err = packReply(reply, &q, body, edns)
	if rcode != dnsmessage.RCodeSuccess {
		refused = strings.TrimSuffix(q.Name.String(), ".")
	}
	return resp, refused, err
}

// onlyQuestion takes exactly one question, nothing in the answer and authority
// sections, and reports whether the asker speaks EDNS.
func onlyQuestion(p *dnsmessage.Parser, query []byte) (q dnsmessage.Question, edns, ok bool) {
	count := func(i int) int { return int(query[i])<<8 | int(query[i+1]) }
	if count(4) != 1 || count(6) != 0 || count(8) != 0 || count(10) > 2 {
		return q, false, false
	}
	q, err := p.Question()
	if err != nil || p.SkipAllQuestions() != nil || p.SkipAllAnswers() != nil || p.SkipAllAuthorities() != nil {
		return q, false, false
	}
	for {
		rh, err := p.AdditionalHeader()
		if errors.Is(err, dnsmessage.ErrSectionDone) {
			return q, edns, true
		}
		if err != nil || p.SkipAdditional() != nil {
			return q, false, false
		}
		edns = edns || rh.Type == dnsmessage.TypeOPT
	}
}

// resolve finds the record, if the type has one: HTTPS and SVCB have none, so
// no client learns of another name, another port or an ECH key.
func (t nameTable) resolve(q dnsmessage.Question) (dnsmessage.ResourceBody, dnsmessage.RCode) {
	name, err := plan.CanonicalHost(q.Name.String())
	if err != nil || q.Class != dnsmessage.ClassINET {
		return nil, dnsmessage.RCodeNameError
	}
	v4, v6, ok := t.addrs(name)
	switch {
	case !ok:
		return nil, dnsmessage.RCodeNameError
	case q.Type == dnsmessage.TypeA:
		return &dnsmessage.AResource{A: v4.As4()}, dnsmessage.RCodeSuccess
	case q.Type == dnsmessage.TypeAAAA:
		return &dnsmessage.AAAAResource{AAAA: v6.As16()}, dnsmessage.RCodeSuccess
	}
	return nil, dnsmessage.RCodeSuccess
}

// packReply writes the message; the question is repeated letter by letter,
// because some askers mix upper and lower case and look for it in the answer.
func packReply(h dnsmessage.Header, q *dnsmessage.Question, body dnsmessage.ResourceBody, edns bool) ([]byte, error) {
	m := dnsmessage.Message{Header: h}
	if q != nil {
		m.Questions = []dnsmessage.Question{*q}
	}
	if body != nil {
		rh := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: dnsTTL}
		m.Answers = []dnsmessage.Resource{{Header: rh, Body: body}}
	}
	if edns {
		var rh dnsmessage.ResourceHeader
		if err := rh.SetEDNS0(dnsMaxQuery, h.RCode, false); err != nil {
			return nil, err
		}
		m.Additionals = []dnsmessage.Resource{{Header: rh, Body: &dnsmessage.OPTResource{}}}
	}
	return m.Pack()
}
