package policy

import (
	"errors"
	"fmt"
	"strings"
)

// maxCount bounds what is counted in a run: far beyond any, and within int64
// with room to add.
const maxCount = 1_000_000_000_000

func (c *checker) network() {
	n, into := c.doc.Network, &c.policy.Network
	c.choice(&into.Mode, "network.mode", n.Mode, Allowlist, None)
	seen := map[Target]string{}
	c.each("network.allow", n.Allow, checkAllow)
	for i, s := range n.Allow {
		c.once(seen, at("network.allow", i), s)
	}
	into.Allow = n.Allow
	c.rules(seen, n.Rule)
	c.deny(n.Deny)
	c.outside(n)
	into.ProxyEnv = n.ProxyEnv
	c.count(&into.MaxRequests, "network.max_requests", n.MaxRequests, 1, maxCount)
	c.bytes(&into.MaxSent, "network.max_sent", n.MaxSent)
}

func (c *checker) rules(seen map[Target]string, rules []ruleTable) {
	if len(rules) > maxElements {
		c.fail("network.rule", fmt.Sprintf("holds more than %d elements", maxElements))
		return
	}
	for i, r := range rules {
		key := at("network.rule", i)
		c.policy.Network.Rules = append(c.policy.Network.Rules, c.rule(key, r))
		if t, err := ParseTarget(r.Host); err == nil && seen[t] != "" {
			c.fail(key+".host", quote(r.Host)+" stands in "+seen[t]+" already, which allows all of it")
		}
	}
	c.together()
}

func (c *checker) deny(list []string) {
	seen := map[Target]string{}
	c.each("network.deny", list, func(s string) error {
		_, err := ParseDeny(s)
		return err
	})
	for i, s := range list {
		if t, err := ParseDeny(s); err == nil {
			c.first(seen, at("network.deny", i), s, t)
		}
	}
	c.policy.Network.Deny = list
}

// outside is what lies between the gateway and the world.
func (c *checker) outside(n networkTable) {
	if c.has("network.proxy") {
		proxy, err := parseProxy(n.Proxy)
		if err != nil {
			e := c.fail("network.proxy", err.Error())
			if errors.Is(err, errProxyCredentials) {
				e.hint = "run a local proxy that adds them, such as cntlm or px, and name that one"
			}
		}
		c.policy.Network.Proxy = proxy
	}
	c.each("network.ca", n.CA, checkAuthority)
	c.policy.Network.CA = n.CA
}

// checkAllow takes a preset or a target.
func checkAllow(s string) error {
	if name, ok := Preset(s); ok {
		return checkWord(name)
	}
	_, err := ParseTarget(s)
	return err
}

// once refuses a second entry of allow for one target.
func (c *checker) once(seen map[Target]string, key, entry string) {
	t, err := ParseTarget(entry)
	if _, preset := Preset(entry); preset {
		t, err = Target{Destination{Host: entry}}, nil
	}
	if err == nil { // else it is reported already
		c.first(seen, key, entry, t)
	}
}

func (c *checker) first(seen map[Target]string, key, entry string, t Target) {
	if first, ok := seen[t]; ok {
		c.fail(key, quote(entry)+" stands in "+first+" already")
		return
	}
	seen[t] = key
}

func (c *checker) rule(key string, r ruleTable) Rule {
	if !c.has(key + ".host") {
		c.fail(key+".host", "is missing")
	} else {
		_, err := ParseTarget(r.Host)
		c.problem(key+".host", err)
	}
	out := Rule{Host: r.Host, Methods: r.Methods, Paths: r.Paths}
	c.some(key+".methods", r.Methods, checkMethod)
	c.some(key+".paths", r.Paths, CheckPath)
	if c.has(key + ".intercept") {
		out.Intercept = &r.Intercept
	}
	c.count(&out.MaxRequests, key+".max_requests", r.MaxRequests, 1, maxCount)
	c.bytes(&out.MaxSent, key+".max_sent", r.MaxSent)
	c.bytes(&out.MaxUpload, key+".max_upload", r.MaxUpload)
	c.seen(key, out)
	return out
}

// some checks a list that allows nothing when it is empty.
func (c *checker) some(key string, items []string, check func(string) error) {
	if c.has(key) && len(items) == 0 {
		c.fail(key, "allows nothing: leave the rule out, or "+lastOf(key)+" for any")
	}
	c.each(key, items, check)
}

// seen refuses what can only be known of a request that is read, where the
// owner wants it left unread. Methods alone are kept for those who write
// intercept = false beside them: they hold on port 80, and the plan says that
// they do not inside TLS.
func (c *checker) seen(key string, r Rule) {
	if r.Intercept == nil || *r.Intercept {
		return
	}
	const why = " cannot be seen without interception: leave one of the two out"
	switch {
	case r.Paths != nil:
		c.fail(key+".intercept", "paths"+why)
	case r.MaxUpload > 0:
		c.fail(key+".intercept", "max_upload"+why)
	}
}

// bytes takes a bound on what is sent; not written, there is none.
func (c *checker) bytes(into *int64, key, value string) {
	if c.has(key) {
		n, err := parseSize(value)
		if err == nil && (n < 1 || n > maxCount*1000) {
			err = errors.New("wants a size from 1B to 1000TB")
		}
		c.problem(key, err)
		*into = n
	}
}

// checkMethod takes a method of HTTP. CONNECT would be a tunnel to elsewhere,
// TRACE echoes the request with what the gateway put into it.
func checkMethod(s string) error {
	switch {
	case s == "CONNECT" || s == "TRACE" || s == "TRACK" || s == "PRI":
		return errors.New(s + " cannot be allowed")
	case s == "" || len(s) > 20 || strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") != "":
		return errors.New(quote(s) + " is not an HTTP method in capitals")
	}
	return nil
}
