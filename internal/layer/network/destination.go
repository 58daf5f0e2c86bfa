package network

import (
	"fmt"
	"net"
	"strconv"

	"ringwall/internal/plan"
)

const (
	dnsPort  = 53 // the gateway's own: it answers every resolver's address
	httpPort = 80 // where requests are seen without opening anything
)

// destination is one rule for an allowed place, or set of places, and what
// asked for it.
type destination struct {
	egress plan.Egress
	from   string
	nth    int  // of the rules for the place, from 0
	shut   bool // the owner wrote intercept = false
}

// key is what makes two destinations the same.
func (d destination) key() string { return hostPort(d.egress) }

// hostPort is how a rule is named: "example.com:443", "[fd00::/8]:22", and
// without a port where any is meant.
func hostPort(e plan.Egress) string {
	if e.Port == 0 {
		return e.Host
	}
	return net.JoinHostPort(e.Host, strconv.Itoa(e.Port))
}

// id is the place where it has one rule, and stays what it was when more follow.
func (d destination) id() string {
	if d.nth == 0 {
		return "network.allow:" + d.key()
	}
	return fmt.Sprintf("network.allow:%s#%d", d.key(), d.nth+1)
}

// control: methods, paths and bodies are seen in plain HTTP, which is what
// port 80 is for, and in TLS that the gateway opens.
func (d destination) control() plan.Control {
	c := plan.Control{
		ID:     d.id(),
		Layer:  plan.Network,
		Want:   plan.Op{Egress: &d.egress},
		Status: plan.Enforced,
		From:   d.from,
	}
	if len(d.egress.Methods) > 0 && d.egress.Port != httpPort && !d.egress.Intercept {
		c.Status = plan.Downgraded
		c.Why = "intercept = false: methods are not visible inside TLS, only the host is checked"
	}
	return c
}
