package egress

import (
	"fmt"
	"slices"
	"strings"

	"ringwall/internal/plan"
)

// framingHeaders are what the gateway itself writes.
var framingHeaders = []string{"host", "content-length", "transfer-encoding", "connection", "trailer", "upgrade", "accept-encoding"}

func (p *Policy) addCredential(id string, c plan.Credential) error {
	d, err := checkDest(c.Host, c.Port)
	if err != nil {
		return err
	}
	if err := checkCarrier(c); err != nil {
		return err
	}
	a, isAddr := d.literal()
	switch {
	case c.Scheme != "https" && c.Scheme != "http":
		return fmt.Errorf("scheme %q is neither https nor http", c.Scheme)
	case c.Scheme == "http" && !(isAddr && a.IsLoopback()):
		return fmt.Errorf("http to %s would show the credential on the network: only a loopback address may use http", d)
	case c.Scheme == "http" && c.Intercept:
		return fmt.Errorf("http to %s has no TLS that could be opened", d)
	case c.Listen == 0 && !c.Intercept:
		return fmt.Errorf("no way leads to it: neither a port to listen on, nor TLS that is opened")
	}
	for _, other := range p.creds {
		if c.Intercept && other.Intercept && other.Host == c.Host && other.Port == c.Port {
			return fmt.Errorf("%s is put into connections to %s too", other.control, d)
		}
	}
	p.creds = append(p.creds, credential{c, id})
	return nil
}

// checkCarrier looks at what carries the credential in a request.
func checkCarrier(c plan.Credential) error {
	switch c.Form {
	case "", plan.FormHeader:
		if !validToken(c.Header) || slices.Contains(framingHeaders, strings.ToLower(c.Header)) {
			return fmt.Errorf("header %q cannot carry a credential", c.Header)
		}
		if !validValue(c.Prefix) {
			return fmt.Errorf("the prefix holds control characters")
		}
	case plan.FormBasic:
		if !validValue(c.User) {
			return fmt.Errorf("the user holds control characters")
		}
	case plan.FormQuery:
		if !validToken(c.Param) {
			return fmt.Errorf("parameter %q cannot carry a credential", c.Param)
		}
	case plan.FormSigV4:
	default:
		return fmt.Errorf("form %q is not known", c.Form)
	}
	return nil
}
