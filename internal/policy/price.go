package policy

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// prices reads what the owner says that models cost.
func (c *checker) prices() {
	list := c.doc.Loop.Price
	if len(list) > maxElements {
		c.fail("loop.price", fmt.Sprintf("holds more than %d elements", maxElements))
		return
	}
	seen := map[string]string{}
	for i, t := range list {
		key := at("loop.price", i)
		for _, need := range []string{"model", "input", "output"} {
			if !c.has(key + "." + need) {
				c.fail(key+"."+need, "is missing")
			}
		}
		if c.has(key + ".model") {
			c.problem(key+".model", checkModel(t.Model))
			c.unique(seen, key+".model", t.Model)
		}
		c.policy.Loop.Prices = append(c.policy.Loop.Prices, c.price(key, t))
	}
}

// price fills in what is not written so that it is not too low: what comes from
// a cache costs as much as what does not, and writing to one a quarter more.
func (c *checker) price(key string, t priceTable) Price {
	p := Price{Model: t.Model}
	c.usd(&p.Input, key+".input", t.Input)
	c.usd(&p.Output, key+".output", t.Output)
	p.CacheRead, p.CacheWrite = p.Input, p.Input+p.Input/4
	c.usd(&p.CacheRead, key+".cache_read", t.CacheRead)
	c.usd(&p.CacheWrite, key+".cache_write", t.CacheWrite)
	return p
}

// usd reads an amount; not written, the default stays.
func (c *checker) usd(into *int64, key, value string) {
	if c.has(key) {
		n, err := parsePrice(value)
		c.problem(key, err)
		*into = n
	}
}

// parsePrice reads "3 USD" or "0.075 USD" into millionths. A model of one's own
// may cost nothing.
func parsePrice(s string) (int64, error) {
	amount, ok := strings.CutSuffix(s, " USD")
	f, err := strconv.ParseFloat(amount, 64)
	if !ok || err != nil || strings.Trim(amount, "0123456789.") != "" {
		return 0, errors.New(`wants a price for a million tokens, such as "3 USD" or "0.25 USD"`)
	}
	if f > 1e6 {
		return 0, errors.New("wants a price not above 1000000 USD for a million tokens")
	}
	n := int64(math.Round(f * 1e6))
	if n == 0 && f > 0 {
		return 0, errors.New("is less than a millionth of a USD for a million tokens: write \"0 USD\" if it costs nothing")
	}
	return n, nil
}

// checkModel takes what services name their models by.
func checkModel(s string) error {
	if s == "" || len(s) > 128 || strings.Trim(s, wordBytes+"ABCDEFGHIJKLMNOPQRSTUVWXYZ./:@") != "" {
		return errors.New("wants the ID of a model: 1 to 128 letters, digits and -_./:@")
	}
	return nil
}

// prices: the machine's hold. Where the machine limits the cost, a project does
// not say what models cost: it could say that they cost nothing.
func (m *merger) prices() {
	const key = "loop.price"
	machine := m.machine.Loop
	bounded := machine.MaxCostUSD != nil
	if !bounded && len(machine.Prices) == 0 {
		return
	}
	m.forget(key)
	var out []Price
	known := map[string]bool{}
	for i, p := range machine.Prices {
		known[p.Model] = true
		m.out.marks[at(key, i)] = m.machine.marks[at(key, i)]
		out = append(out, p)
	}
	for i, p := range m.project.Loop.Prices {
		switch {
		case bounded:
			m.note("loop.max_cost", "the machine limits the cost, so its policy says what %s costs, not the project's", quote(p.Model))
		case known[p.Model]:
			m.note(key, "the machine's policy has a price for %s", quote(p.Model))
		default:
			m.move(at(key, i), at(key, len(out)))
			out = append(out, p)
		}
	}
	m.out.Loop.Prices = out
}
