package cli

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	"ringwall/internal/plan"
)

// reaches names a control that lets something out.
func reaches(c plan.Control) string {
	if e := c.Want.Egress; e != nil && !e.Deny || c.Want.Credential != nil {
		return c.ID
	}
	return ""
}

func (v view) destinations() {
	keyed := v.keyed()
	out := v.names(func(c plan.Control) string {
		switch w := c.Want; {
		case w.Egress != nil && !w.Egress.Deny && !(keyed[egressPlace(w.Egress)] && egressWords(w.Egress) == ""):
			return egressPlace(w.Egress) + egressWords(w.Egress)
		case w.Credential != nil:
			return fmt.Sprintf("%s:%d (with the key %s, which stays outside)", w.Credential.Host, w.Credential.Port, w.Credential.Name)
		}
		return ""
	})
	if len(out) == 0 {
		v.row("  network", "reach nothing")
		return
	}
	label := "  network"
	for _, d := range out {
		v.row(label, "reach "+d)
		label = ""
	}
	v.wholeRun()
}

// wholeRun are the gateway's own bounds, and through what it goes out.
func (v view) wholeRun() {
	for _, c := range v.plan.Controls {
		g := c.Want.Gateway
		if g == nil {
			continue
		}
		if b := bounds(g.MaxRequests, g.MaxSent, 0); len(b) > 0 {
			v.row("", "in all "+strings.Join(b, ", "))
		}
		if g.Upstream != "" {
			v.row("", "all of it through the proxy "+strings.TrimPrefix(g.Upstream, "http://"))
		}
	}
}

// denied is the last word on the network: what is denied, and all else.
func (v view) denied() {
	label := "  network"
	if out := v.names(func(c plan.Control) string {
		if e := c.Want.Egress; e != nil && e.Deny {
			return egressPlace(e)
		}
		return ""
	}); len(out) > 0 {
		v.row(label, "reach "+list(out, 8)+", whatever else allows it")
		label = ""
	}
	v.row(label, "reach or look up any other name, or any address")
}

// egressPlace is a rule's destination as a policy has it.
func egressPlace(e *plan.Egress) string {
	switch {
	case e.Port != 0:
		return net.JoinHostPort(e.Host, strconv.Itoa(e.Port))
	case strings.Contains(e.Host, ":"):
		return "[" + e.Host + "]"
	}
	return e.Host
}

// egressWords are a rule's conditions in brackets.
func egressWords(e *plan.Egress) string {
	var out []string
	if len(e.Methods) > 0 {
		out = append(out, strings.Join(e.Methods, ", "))
	}
	if len(e.Paths) > 0 {
		out = append(out, strings.Join(e.Paths, ", "))
	}
	out = append(out, bounds(e.MaxRequests, e.MaxSent, e.MaxUpload)...)
	for _, a := range e.Within {
		if b := bounds(a.MaxRequests, a.MaxSent, 0); len(b) > 0 {
			out = append(out, strings.Join(b, ", ")+" with others")
		}
	}
	if e.Intercept {
		out = append(out, "TLS opened")
	}
	if len(out) == 0 {
		return ""
	}
	return " (" + strings.Join(out, "; ") + ")"
}

// bounds are those that are set, in words.
func bounds(requests, sent, upload int64) []string {
	var out []string
	if requests > 0 {
		out = append(out, fmt.Sprintf("%d requests", requests))
	}
	if sent > 0 {
		out = append(out, size(sent)+" sent")
	}
	if upload > 0 {
		out = append(out, size(upload)+" a request")
	}
	return out
}
