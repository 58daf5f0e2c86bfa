package main

import (
	"fmt"
	"os"
	"slices"

	"ringwall/internal/egress/egresstest"
)

// row is one line of the table, as bench/harness prints it.
type row struct {
	Measure   string  `json:"measure"`
	Reference string  `json:"reference"`
	Unit      string  `json:"unit"`
	Theirs    float64 `json:"theirs"`
	Ours      float64 `json:"ours"`
	Ratio     float64 `json:"ratio"`
	Least     float64 `json:"ratio_of_minima"`
	Target    float64 `json:"target,omitempty"`
	Absolute  bool    `json:"target_is_absolute,omitempty"`
}

// series is what each way took, by its name.
type series map[string][]float64

// measures are all of them, in order: the last changes the policy.
func measures() []measure {
	return []measure{{"connections", (*bench).newConnections}, {"latency", (*bench).latency}, {"kept", (*bench).keepAlive},
		{"transfers", (*bench).transfers}, {"refusals", (*bench).refusals}, {"streaming", (*bench).streaming}, {"held", (*bench).held},
		{"opened", (*bench).intercepted}}
}

type measure struct {
	name string
	take func(*bench)
}

func measureNames() []string {
	var out []string
	for _, m := range measures() {
		out = append(out, m.name)
	}
	return out
}

func (b *bench) measure() {
	for _, m := range measures() {
		if b.only == "" || b.only == m.name {
			m.take(b)
		}
	}
}

// take runs a job by every way that can, in turns, and gives what value says of
// each.
func (b *bench) take(j job, rounds int, value func(result) float64, ways ...string) series {
	fmt.Fprintf(os.Stderr, "  %s, %d at once\n", j.What, max(1, j.Workers))
	got := series{}
	for round := range rounds {
		list := slices.Clone(b.ways)
		if round%2 == 1 {
			slices.Reverse(list)
		}
		for _, p := range list {
			if len(ways) == 0 && p.takes(j) || slices.Contains(ways, p.name) {
				got[p.name] = append(got[p.name], value(b.load(p, j)))
			}
		}
	}
	return got
}

// add compares ours with theirs, if both were taken. A target of 0 is none.
func (b *bench) add(measure, unit, ours, theirs string, target float64, s series) {
	if len(s[ours]) == 0 || len(s[theirs]) == 0 {
		return
	}
	b.out.Rows = append(b.out.Rows, row{Measure: measure, Reference: theirs, Unit: unit, Target: target,
		Theirs: median(s[theirs]), Ours: median(s[ours]),
		Ratio: ratio(median(s[ours]), median(s[theirs])), Least: ratio(slices.Min(s[ours]), slices.Min(s[theirs]))})
}

// value is a row with an upper bound of its own.
func (b *bench) value(measure, reference, unit string, theirs, ours, target float64) {
	b.out.Rows = append(b.out.Rows, row{Measure: measure, Reference: reference, Unit: unit, Theirs: theirs, Ours: ours,
		Ratio: ratio(ours, theirs), Least: ratio(ours, theirs), Target: target, Absolute: true})
}

// ratio is 0 where there is nothing to compare with.
func ratio(ours, theirs float64) float64 {
	if theirs == 0 {
		return 0
	}
	return ours / theirs
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	if len(s) == 0 {
		return 0
	}
	return s[len(s)/2]
}

// newConnections: whole exchanges on new TLS connections, wall clock for each.
func (b *bench) newConnections() {
	s := b.take(job{What: "tls", Workers: 16, Seconds: b.seconds}, b.rounds, result.perOp)
	b.add("new TLS connection", "µs", "ringwall", "direct", 0, s)
	b.add("new TLS connection", "µs", "ringwall", "squid", 1/1.3, s)
	b.add("the same by CONNECT", "µs", "ringwall, as a proxy", "squid", 1/1.3, s)
	b.add("new TLS connection", "µs", "ringwall", "tinyproxy", 0, s)
	b.add("the same by CONNECT", "µs", "ringwall, as a proxy", "bare relay", 0, s)
}

// latency: one after the other, the median of one exchange, in many short rounds.
func (b *bench) latency() {
	middle := func(r result) float64 { return r.Median }
	s := b.take(job{What: "tls", Seconds: b.seconds / 3}, 3*b.rounds, middle)
	b.addedMillis("added to a new TLS connection", s, "squid", "bare relay", "ringwall, as a proxy")
	k := b.take(job{What: "kept", Host: siteName + ":80", Seconds: b.seconds / 3}, 3*b.rounds, middle)
	b.addedMillis("added to a request, kept alive", k, "squid")
}

// addedMillis compares the quietest rounds: what a machine does besides adds to a
// difference of two times more than it shifts a ratio.
func (b *bench) addedMillis(what string, s series, references ...string) {
	direct := slices.Min(s["direct"])
	added := func(name string) float64 { return (slices.Min(s[name]) - direct) / 1000 }
	for _, name := range references {
		if len(s[name]) > 0 {
			b.value(what, name, "ms", added(name), added("ringwall"), 0.5)
		}
	}
}

// keepAlive: small plain requests on connections that stay.
func (b *bench) keepAlive() {
	s := b.take(job{What: "kept", Host: siteName + ":80", Workers: 16, Seconds: b.seconds}, b.rounds, result.perOp)
	b.add("kept-alive request", "µs", "ringwall", "direct", 0, s)
	b.add("kept-alive request", "µs", "ringwall", "squid", 1, s)
	b.add("the same as a proxy", "µs", "ringwall, as a proxy", "squid", 1, s)
	b.add("kept-alive request", "µs", "ringwall", "tinyproxy", 0, s)
}

// transfers: 0.8 of the rate of direct, or of squid's, whichever is more: of the
// time at most 1.25.
func (b *bench) transfers() {
	for _, t := range []struct{ name, what, host string }{
		{"transfer, not looked into", "raw", fmt.Sprintf("%s:%d", siteName, rawPort)},
		{"transfer, plain HTTP", "get", siteName + ":80"},
	} {
		s := b.take(job{What: t.what, Host: t.host, Size: b.size}, b.rounds, func(r result) float64 { return r.Seconds })
		b.add(t.name, "s", "ringwall", "direct", 1.25, s)
		b.add(t.name, "s", "ringwall", "squid", 1, s)
		b.add(t.name, "s", "ringwall", "bare relay", 0, s)
	}
}

// refusals: from connecting to the end, and what of it is added to that of a
// server which itself refuses at once.
func (b *bench) refusals() {
	middle := func(r result) float64 { return r.Median }
	for _, t := range []struct {
		name, what string
		port, own  int
	}{
		{"refused TLS connection", "refused", 443, alertPort},
		{"refused request, 403", "forbidden", 80, deniedPort},
	} {
		s := b.take(job{What: t.what, Host: fmt.Sprintf("192.0.2.9:%d", t.port), Seconds: b.seconds}, b.rounds, middle, "ringwall", "squid")
		d := b.take(job{What: t.what, Host: egresstest.At(b.site.V4, t.own), Seconds: b.seconds}, b.rounds, middle, "direct")
		own, ours := median(d["direct"])/1000, median(s["ringwall"])/1000
		b.value(t.name+", added", "a server's own", "ms", own, ours-own, 0.1)
		if len(s["squid"]) > 0 {
			b.value(t.name, "squid", "ms", median(s["squid"])/1000, ours, 0)
		}
	}
}

// intercepted: kept-alive requests inside TLS that is opened.
func (b *bench) intercepted() {
	b.box.Network(policy(b.net.CA.File, true))
	j := job{What: "kept-tls", Workers: 16, Seconds: b.seconds}
	s := b.take(j, b.rounds, result.perOp, "ringwall", "mitmproxy")
	b.add("request inside TLS, opened", "µs", "ringwall", "mitmproxy", 0.1, s)
	b.openedMemory(j)
}
