package proof

import (
	"fmt"
	"strings"
	"testing"

	"ringwall/internal/egress/egresstest"
)

// asked counts the questions for a name that reached the real resolver.
func (s *scene) asked(part string) func() int {
	return func() int { return len(s.DNS.Asked(part)) }
}

const token = "746f6b656e" // what a name is to carry out

// waysOfNames: what the resolver is told, and what it answers.
func waysOfNames() []way {
	return []way{
		{id: "NET-04", what: "data in the names that are asked for", try: namesCarryData,
			by: []string{"TestFloodOfNames", "TestAnswer"}},
		{id: "NET-10", what: "an allowed name leads inwards", try: func(s *scene) {
			inwards := []string{"127.0.0.1", "::1", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", egresstest.OwnLAN, egresstest.OwnPublic,
				egresstest.OwnPublic6, "169.254.169.254", "100.64.0.1", "198.18.0.9", "fd00::1", "::ffff:10.0.0.2", "64:ff9b::a00:3", "2002:a00:1::1"}
			var hosts []string
			for i := range inwards {
				hosts = append(hosts, fmt.Sprintf("inward%d.example", i))
			}
			s.policy = `allow = ["` + strings.Join(hosts, `:80", "`) + `:80"]`
			for i, a := range inwards {
				s.leads(hosts[i], a)
			}
		}, test: rebinding},
		{id: "NET-11", what: "good and bad addresses mixed, and aliases", test: mixed},
		{id: "NET-12", what: "a phase with more network stays open", test: phases},
		{id: "NET-17", what: "a host whose paths belong to strangers", test: strangers, by: []string{"TestLint"}},
		{id: "PRX-02", what: "a name that begins like an allowed one", try: func(s *scene) {
			s.policy = onlyGood
			s.lookalikes("good.example.evil.example", "good.exampleevil.example")
		}, by: []string{"TestDecide"}},
		{id: "PRX-03", what: "a name that ends like an allowed one", try: func(s *scene) {
			s.policy = onlyGood
			s.lookalikes("evilgood.example", "evil-good.example", "x.good.example")
		}, by: []string{"TestDecide"}},
	}
}

func namesCarryData(s *scene) {
	s.policy = onlyGood
	s.Host("good.example")
	for i, q := range []string{"%s|udp|" + token + "%d.good.example|A", "%s|tcp|" + token + "%d.good.example|AAAA", "%s|udp|" + token + "%d.example|TXT",
		"%s|udp|" + token + "%d.example|NULL", "%s|tcp|" + token + "%d.invalid|HTTPS", "%s|udp|" + strings.Repeat("a", 60) + "." + token + "%d.example|MX"} {
		name := fmt.Sprintf(token+"%d", i)
		s.add(attempt{what: "dns:" + fmt.Sprintf(q, egresstest.Resolver, i), came: s.asked(name), ends: "ok", says: "NameError"})
	}
	s.add(
		attempt{what: "say:" + token + "6.good.example:443|x", came: s.asked(token + "6"), ends: "NXDOMAIN"},
		connectAs(token+"7.good.example:443", s.asked(token+"7"), `allow = ["`+token+`7.good.example"]`))
}

// lookalikes are sites at names that are not allowed; each is tried by name,
// through the proxy, and as another host of a connection that is allowed.
func (s *scene) lookalikes(names ...string) {
	good := s.Web("good.example", nil)
	for _, name := range names {
		site := s.Web(name, nil)
		came := func() int {
			return len(site.Requests()) + len(s.DNS.Asked(name)) + len(s.Wire.To(site.V4)) + len(s.Wire.To(site.V6))
		}
		s.add(attempt{what: "tls:" + name + ":443|" + name + "|" + get(name), came: came, ends: "NXDOMAIN"},
			attempt{what: "dns:" + egresstest.Resolver + "|udp|" + name + "|A", came: came, ends: "ok", says: "NameError"},
			connectAs(name+":443", came, `allow = ["`+name+`"]`),
			attempt{what: "tls:good.example:443|" + name + "|" + get(name), came: func() int { return len(good.Requests()) },
				ends: remoteError, also: "tls:good.example:443|good.example|" + get("good.example"), open: onlyGood})
	}
}

// rebinding: what a name leads to is looked up once, and that very address is
// dialled, whatever the next answer is: for connections right after another it
// is not even asked for, and in the next run the other answer is refused.
func rebinding(t *testing.T) {
	n := egresstest.New(t)
	good, bad := n.Judge("93.184.216.90:80"), n.Judge("10.0.0.1:80")
	n.DNS.Func("flips.example", func(q egresstest.Question) egresstest.Answer {
		if q.Nth%2 == 0 {
			return egresstest.Answer{Addrs: []string{"93.184.216.90"}}
		}
		return egresstest.Answer{Addrs: []string{"10.0.0.1"}}
	})
	const a = "say:flips.example:80|" + `GET / HTTP/1.0\r\nHost: flips.example\r\n\r\n`
	first := n.Box(`allow = ["flips.example:80"]`).Attack(a, a)
	second := n.Box(`allow = ["flips.example:80"]`).Attack(a, a)
	questions := 0
	for _, q := range n.DNS.Asked("flips.example") {
		if q.Type == 1 {
			questions++
		}
	}
	if len(good.Hits()) != 2 || len(bad.Hits()) != 0 || questions != 2 {
		t.Errorf("the good one was reached %d times, the bad one %d, after %d questions: %+v, then %+v", len(good.Hits()), len(bad.Hits()),
			questions, first.Reports, second.Reports)
	}
}

// mixed: of several addresses the bad ones are left out, behind an alias too.
func mixed(t *testing.T) {
	n := egresstest.New(t)
	good, good6, bad := n.Judge("93.184.216.91:80"), n.Judge("[2606:2800:220::91]:80"), n.Judge("10.0.0.5:80")
	bad6 := n.Judge("[fd00::5]:80")
	for name, a := range map[string]egresstest.Answer{
		"mixed4.example": {Addrs: []string{"10.0.0.5", "93.184.216.91"}},
		"mixed6.example": {Addrs: []string{"fd00::5", "2606:2800:220::91", "10.0.0.5"}},
		"alias.example":  {Alias: "inner.corp", Addrs: []string{"10.0.0.5"}},
		"chain.example":  {Alias: "cdn.example.net", Addrs: []string{"10.0.0.5", "93.184.216.91"}},
	} {
		n.DNS.Func(name, func(egresstest.Question) egresstest.Answer { return a })
	}
	b := n.Box(`allow = ["mixed4.example:80", "mixed6.example:80", "alias.example:80", "chain.example:80"]`)
	say := func(name string) string { return "say:" + name + ":80|" + get(name) }
	r := b.Attack(say("mixed4.example"), say("mixed6.example"), say("alias.example"), say("chain.example"))
	if got := r.Report(say("alias.example")); !strings.Contains(got.Value, refusal) {
		t.Errorf("an alias that leads inwards: %+v", got)
	}
	if len(good.Hits()) != 2 || len(good6.Hits()) != 1 || len(bad.Hits()) != 0 || len(bad6.Hits()) != 0 {
		t.Errorf("reached %v %v, and inside %v %v: %+v", good.Hits(), good6.Hits(), bad.Hits(), bad6.Hits(), r.Reports)
	}
	if out := b.AttackOutside(say("alias.example")); len(bad.Hits()) != 1 {
		t.Errorf("without a sandbox: %+v", out.Reports)
	}
}

// phases: what one run might reach, the next may not, and an allowed exchange
// opens nothing for what comes after it.
func phases(t *testing.T) {
	n := egresstest.New(t)
	good, bad := n.Web("good.example", nil), n.Web("bad.example", nil)
	const no, yes = `tls:bad.example:443|bad.example|GET / HTTP/1.0\r\n\r\n`, `tls:good.example:443|good.example|GET / HTTP/1.0\r\n\r\n`
	b := n.Box(`allow = ["good.example", "bad.example"]`)
	if b.Attack(no); len(bad.Requests()) != 1 {
		t.Error("what was allowed did not arrive")
	}
	b.Network(onlyGood)
	if b.Attack(no, yes, no, yes, no); len(bad.Requests()) != 1 || len(good.Requests()) != 2 {
		t.Errorf("afterwards %d and %d arrived", len(bad.Requests()), len(good.Requests()))
	}
}

// strangers: the owner is told, since it is for the owner to decide.
func strangers(t *testing.T) {
	n := egresstest.New(t)
	for host, warned := range map[string]bool{"gist.github.com": true, "raw.githubusercontent.com": true, "bucket.s3.amazonaws.com": true, "good.example": false} {
		b := n.Box(`allow = ["` + host + `"]`)
		r := b.Outside(egresstest.Ringwall(), "plan")
		_, risk, _ := strings.Cut(r.Stdout, "\nRisk")
		if strings.Contains(risk, host) != warned {
			t.Errorf("%s: warned: %v, want %v\n%s", host, !warned, warned, r.Stdout)
		}
	}
}
