package egress

import "golang.org/x/net/dns/dnsmessage"

// reply is one answer in the making.
type reply struct {
	header   dnsmessage.Header
	question *dnsmessage.Question    // nil: the message had none that could be read
	body     dnsmessage.ResourceBody // nil: no such record
	edns     bool
}

// pack writes the message; the question is repeated letter by letter, because
// some askers mix upper and lower case and look for it in the answer. An answer
// without a record has a SOA, without which some askers ask again elsewhere
// (RFC 2308).
func (r reply) pack() ([]byte, error) {
	m := dnsmessage.Message{Header: r.header}
	m.RCode &= 0xf // the rest of it stands in the OPT record
	if r.question != nil {
		m.Questions = []dnsmessage.Question{*r.question}
	}
	switch {
	case r.body != nil:
		rh := dnsmessage.ResourceHeader{Name: r.question.Name, Type: r.question.Type, Class: r.question.Class, TTL: dnsTTL}
		m.Answers = []dnsmessage.Resource{{Header: rh, Body: r.body}}
	case r.header.RCode == dnsmessage.RCodeSuccess && r.question != nil:
		m.Authorities = authority(r.question.Name)
	case r.header.RCode == dnsmessage.RCodeNameError:
		m.Authorities = authority(dnsmessage.MustNewName("."))
	}
	if r.edns {
		var rh dnsmessage.ResourceHeader
		if err := rh.SetEDNS0(dnsMaxQuery, r.header.RCode, false); err != nil {
			return nil, err
		}
		m.Additionals = []dnsmessage.Resource{{Header: rh, Body: &dnsmessage.OPTResource{}}}
	}
	return m.Pack()
}

// authority is a SOA of the zone, for as long as any answer.
func authority(zone dnsmessage.Name) []dnsmessage.Resource {
	return []dnsmessage.Resource{{
		Header: dnsmessage.ResourceHeader{Name: zone, Type: dnsmessage.TypeSOA, Class: dnsmessage.ClassINET, TTL: dnsTTL},
		Body: &dnsmessage.SOAResource{
			NS: dnsmessage.MustNewName("ringwall.invalid."), MBox: dnsmessage.MustNewName("nobody.invalid."),
			Serial: 1, Refresh: dnsTTL, Retry: dnsTTL, Expire: dnsTTL, MinTTL: dnsTTL,
		},
	}}
}
