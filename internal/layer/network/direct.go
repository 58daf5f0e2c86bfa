package network

import (
	"slices"

	"ringwall/internal/plan"
	"ringwall/internal/policy"
)

// direct looks at the credentials whose clients are led to the gateway by an
// address, where the policy allows their host besides. In TLS that nobody opens
// an agent could use a key of its own there, and so send what it likes to an
// account of its choice. So that TLS is opened, and the placeholder swapped in
// it too; where the owner does not want that, the credential is weaker, and its
// control says so.
func direct(p policy.Policy, all []destination, secrets []plan.Control) []destination {
	for i := range secrets {
		c := &secrets[i]
		k := c.Want.Credential
		if k.Intercept || k.Scheme != "https" || c.Status == plan.Unavailable {
			continue
		}
		at := covering(all, k.Host, k.Port)
		switch {
		case at < 0 || all[at].egress.Intercept && taken(secrets, k):
		case all[at].shut || never(p, k.Name):
			c.Status = plan.Downgraded
			c.Why = "intercept = false, and " + hostPort(all[at].egress) + " is allowed: a key of the agent's own is not seen there"
		default:
			all = open(all, at, k)
			k.Intercept = true
		}
	}
	return all
}

// covering is the destination that holds for a host and port; -1: none does.
func covering(all []destination, host string, port int) int {
	found, best := -1, plan.HostSet{}
	for i, d := range all {
		set, err := plan.ParseHostSet(d.egress.Host)
		if err != nil || d.egress.Port != port || !set.Has(host) {
			continue
		}
		if set.Exact() {
			return i
		}
		if found < 0 || set.Narrower(best) {
			found, best = i, set
		}
	}
	return found
}

// open has the TLS to a credential's host opened, for all rules of the place.
// What a pattern asks of the host is asked of it further on.
func open(all []destination, at int, k *plan.Credential) []destination {
	host := all[at].egress.Host
	for i := range len(all) {
		d := all[i]
		if d.egress.Host != host || d.egress.Port != k.Port {
			continue
		}
		d.egress.Intercept = true
		if host == k.Host {
			all[i] = d
			continue
		}
		d.egress.Host = k.Host
		all = append(all, d)
	}
	return all
}

// taken tells whether another credential is put into connections to the host.
func taken(secrets []plan.Control, k *plan.Credential) bool {
	return slices.ContainsFunc(secrets, func(c plan.Control) bool {
		o := c.Want.Credential
		return o != k && o.Intercept && o.Host == k.Host && o.Port == k.Port && c.Status != plan.Unavailable
	})
}

// never tells whether the owner keeps a credential out of TLS.
func never(p policy.Policy, name string) bool {
	return slices.ContainsFunc(p.Credentials, func(c policy.Credential) bool {
		return c.Name == name && c.Intercept != nil && !*c.Intercept
	})
}
