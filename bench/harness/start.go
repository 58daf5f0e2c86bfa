package main

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// contender is one command whose start and end are timed.
type contender struct {
	name string
	dir  string
	argv []string
	took []float64 // milliseconds
}

// start times the start and end of /bin/true.
func start(p *place) ([]row, error) {
	none, err := p.project("start-none", noNetwork)
	if err != nil {
		return nil, err
	}
	gateway, err := p.project("start-gateway", withGateway)
	if err != nil {
		return nil, err
	}
	all := []*contender{
		{name: "bubblewrap", dir: none, argv: bubblewrap("/bin/true")},
		{name: "run, no network", dir: none, argv: []string{p.ringwall, "run", "--", "/bin/true"}},
		{name: "run, with the gateway", dir: gateway, argv: []string{p.ringwall, "run", "--", "/bin/true"}},
		{name: "version (the program alone)", dir: none, argv: []string{p.ringwall, "version"}},
	}
	if err := p.race(all); err != nil {
		return nil, err
	}
	var rows []row
	for i, target := range []float64{0, 0.9, 1.3, 0} {
		if i > 0 {
			rows = append(rows, compare("start: "+all[i].name, "bubblewrap", "ms", target, all[0].took, all[i].took))
		}
	}
	return rows, nil
}

// race lets the contenders take turns, in another order each round.
func (p *place) race(all []*contender) error {
	const warm = 5
	for round := range p.rounds + warm {
		for _, i := range rand.Perm(len(all)) {
			c := all[i]
			cmd := p.command(c.dir, c.argv...)
			began := time.Now()
			err := cmd.Run()
			took := time.Since(began)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			if round >= warm {
				c.took = append(c.took, float64(took.Microseconds())/1000)
			}
		}
	}
	return nil
}
