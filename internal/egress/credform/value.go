// Package credform knows the forms in which a credential stands in a request:
// a header, basic authentication, a parameter, a signature of AWS. It tells
// whether what a client sent is the placeholder and nothing else, puts the real
// value in its place, and takes the value out of what comes back, in any
// spelling that a server would echo it in. It does no input and output of its
// own and keeps no state between requests.
package credform

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// Value is a credential, or the placeholder for one.
type Value struct {
	Secret  string
	ID      string    // beside the secret: the access key's identifier of AWS
	Token   string    // of a session: temporary keys of AWS
	Account string    // that the secret speaks for, where a service wants it told: ChatGPT
	Expires time.Time // zero: not known
}

// Encode is the value as one text: the secret, then a line for each of the
// others that is set. Where none is, it is the secret itself.
func (v Value) Encode() string {
	out := v.Secret
	for _, f := range []struct{ name, text string }{{"id", v.ID}, {"token", v.Token}, {"account", v.Account}} {
		if f.text != "" {
			out += "\n" + f.name + "=" + f.text
		}
	}
	if !v.Expires.IsZero() {
		out += "\nexpires=" + strconv.FormatInt(v.Expires.Unix(), 10)
	}
	return out
}

// Decode reads what Encode wrote. An error never quotes the text.
func Decode(s string) (Value, error) {
	lines := strings.Split(s, "\n")
	v := Value{Secret: lines[0]}
	for _, l := range lines[1:] {
		name, text, ok := strings.Cut(l, "=")
		if !ok || !v.set(name, text) {
			return Value{}, errors.New("the value holds a line end")
		}
	}
	for _, t := range v.texts() {
		if hasControl(t) {
			return Value{}, errors.New("the value holds control characters")
		}
	}
	return v, nil
}

func (v *Value) set(name, text string) bool {
	switch name {
	case "id":
		v.ID = text
	case "token":
		v.Token = text
	case "account":
		v.Account = text
	case "expires":
		n, err := strconv.ParseInt(text, 10, 64)
		v.Expires = time.Unix(n, 0)
		return err == nil
	default:
		return false
	}
	return true
}

func (v Value) texts() []string { return []string{v.Secret, v.ID, v.Token, v.Account} }

func hasControl(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return true
		}
	}
	return false
}
