package policy

import (
	"errors"
	"strings"
)

// header checks the header of a credential and puts it in lower case. An
// authorization header without a prefix gets "Bearer ", which nearly every
// service wants.
func (c *checker) header(key string, t *credentialTable) {
	if c.has(key + ".header") {
		c.problem(key+".header", checkHeader(t.Header))
		t.Header = strings.ToLower(t.Header)
	}
	if c.has(key + ".prefix") {
		c.problem(key+".prefix", checkPrefix(t.Prefix))
	} else if t.Header == "authorization" {
		t.Prefix = "Bearer "
	}
}

// checkHeader takes a field name of RFC 9110 that is the credential's own. The
// others say where a message ends or goes, and setting them would let one
// request become two.
func checkHeader(s string) error {
	const token = wordBytes + "ABCDEFGHIJKLMNOPQRSTUVWXYZ!#$%&'*+.^`|~"
	if s == "" || len(s) > 64 || strings.Trim(s, token) != "" {
		return errors.New(quote(s) + " is not a name of a header")
	}
	switch l := strings.ToLower(s); l {
	case "host", "connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade",
		"keep-alive", "proxy-connection", "expect", "content-type", "content-encoding":
		return errors.New(l + " carries no secret: it says how the message is read")
	}
	return nil
}

func checkPrefix(s string) error {
	for _, r := range s {
		if r < ' ' || r > '~' {
			return errors.New("wants plain ASCII without control characters")
		}
	}
	if len(s) > 64 {
		return errors.New("is longer than 64 characters")
	}
	return nil
}
