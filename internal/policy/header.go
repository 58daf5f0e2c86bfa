package policy

import (
	"errors"
	"slices"
	"strings"
)

// form checks how the secret stands in a request, and that nothing is said of
// another form.
func (c *checker) form(key string, t *credentialTable) {
	if c.has(key + ".form") {
		form := ""
		c.choice(&form, key+".form", t.Form, HeaderForm, BearerForm, BasicForm, QueryForm, SigV4Form)
	}
	belongs := map[string][]string{
		"header": {HeaderForm, ""}, "prefix": {HeaderForm, ""}, "param": {QueryForm}, "user": {BasicForm}, "id_env": {SigV4Form, ""},
	}
	for name, forms := range belongs {
		if c.has(key+"."+name) && !slices.Contains(forms, t.Form) {
			c.fail(key+"."+name, "belongs to form = "+quote(forms[0]))
		}
	}
	c.header(key, t)
	if c.has(key + ".param") {
		c.problem(key+".param", checkParam(t.Param))
	}
	if c.has(key + ".user") {
		c.problem(key+".user", checkUser(t.User))
	}
}

// checkParam takes a name that is spelled in one way only.
func checkParam(s string) error {
	if s == "" || len(s) > 64 || strings.Trim(strings.ToLower(s), wordBytes+".") != "" {
		return errors.New(quote(s) + " is not a name of a parameter: letters, digits, '-', '_' and '.'")
	}
	return nil
}

func checkUser(s string) error {
	if strings.Contains(s, ":") {
		return errors.New("a user of basic authentication has no colon")
	}
	return checkPrefix(s)
}

// header checks the header of a credential and puts it in lower case. An
// authorization header without a prefix gets "Bearer ", which nearly every
// service wants.
func (c *checker) header(key string, t *credentialTable) {
	if t.Form == BearerForm {
		t.Form, t.Header = HeaderForm, "authorization"
	}
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
