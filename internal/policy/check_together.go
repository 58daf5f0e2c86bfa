package policy

import "slices"

// together holds the rules of one destination against each other: of several,
// one has to allow a request, so each has to say something of its own.
func (c *checker) together() {
	before := map[Target][]placed{}
	for _, p := range (Network{Rules: c.policy.Network.Rules}).targets() {
		for _, o := range before[p.to] {
			if !c.suits(o, p) {
				break
			}
		}
		before[p.to] = append(before[p.to], p)
	}
}

// suits tells whether a rule can stand beside another one of its destination.
func (c *checker) suits(o, p placed) bool {
	count := len(c.errs)
	switch {
	case o.all():
		c.fail(p.key+".host", quote(p.Host)+" stands in "+o.key+" already, which allows all of it")
	case p.all():
		c.fail(p.key+".host", "allows all of "+quote(p.Host)+", so that "+o.key+" would mean nothing: write methods, paths or a bound")
	case slices.Equal(o.Methods, p.Methods) && slices.Equal(o.Paths, p.Paths):
		c.fail(p.key+".host", "has the methods and paths of "+o.key+", which is for "+quote(p.Host)+" too: leave one of the two out")
	case o.shuts() && p.Opens():
		c.disagree(p.key, o.key)
	case p.shuts() && o.Opens():
		c.disagree(p.key, o.key)
	}
	return len(c.errs) == count
}

// disagree tells of two rules of which one has TLS opened and one has not: a
// connection is opened before it is known what is asked in it.
func (c *checker) disagree(key, other string) {
	at := key + ".intercept"
	if !c.has(at) {
		at = key + ".host"
	}
	c.fail(at, "TLS to one destination is opened for all of its rules or for none, and "+other+" says otherwise: write the same intercept in both")
}

// all tells that a rule allows whatever its destination is asked.
func (r Rule) all() bool {
	r.Intercept = nil
	return r.Free()
}

// shuts tells that the owner wants TLS left as it is.
func (r Rule) shuts() bool { return r.Intercept != nil && !*r.Intercept }
