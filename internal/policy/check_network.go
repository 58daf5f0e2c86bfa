package policy

import (
	"errors"
	"fmt"
	"strings"
)

func (c *checker) network() {
	n := c.doc.Network
	c.choice(&c.policy.Network.Mode, "network.mode", n.Mode, Allowlist, None)
	seen := map[Destination]string{}
	c.each("network.allow", n.Allow, checkAllow)
	for i, s := range n.Allow {
		c.once(seen, at("network.allow", i), s)
	}
	if len(n.Rule) > maxElements {
		c.fail("network.rule", fmt.Sprintf("holds more than %d elements", maxElements))
		return
	}
	for i, r := range n.Rule {
		key := at("network.rule", i)
		c.rule(key, r)
		c.once(seen, key+".host", r.Host)
		c.policy.Network.Rules = append(c.policy.Network.Rules, Rule(r))
	}
	c.policy.Network.Allow = n.Allow
}

// checkAllow takes a preset or a destination.
func checkAllow(s string) error {
	if name, ok := Preset(s); ok {
		return checkWord(name)
	}
	_, err := ParseDestination(s)
	return err
}

// once refuses a second entry for one destination: with a rule for it, nobody
// could tell which of the two holds.
func (c *checker) once(seen map[Destination]string, key, entry string) {
	d, err := ParseDestination(entry)
	if _, preset := Preset(entry); preset {
		d, err = Destination{Host: entry}, nil
	}
	if err != nil {
		return // reported already
	}
	if first, ok := seen[d]; ok {
		c.fail(key, quote(entry)+" stands in "+first+" already")
		return
	}
	seen[d] = key
}

func (c *checker) rule(key string, r ruleTable) {
	if !c.has(key + ".host") {
		c.fail(key+".host", "is missing")
	} else {
		_, err := ParseDestination(r.Host)
		c.problem(key+".host", err)
	}
	if c.has(key+".methods") && len(r.Methods) == 0 {
		c.fail(key+".methods", "allows nothing: leave the rule out, or methods for any")
	}
	c.each(key+".methods", r.Methods, checkMethod)
}

// checkMethod takes a method of HTTP. CONNECT would be a tunnel to elsewhere,
// TRACE echoes the request with what the gateway put into it.
func checkMethod(s string) error {
	switch {
	case s == "CONNECT" || s == "TRACE":
		return errors.New(s + " cannot be allowed")
	case s == "" || strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") != "":
		return errors.New(quote(s) + " is not an HTTP method in capitals")
	}
	return nil
}
