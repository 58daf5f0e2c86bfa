package plan

import (
	"strconv"
	"strings"
)

// Renewable tells whether reading a credential again may give another value: a
// sign-in is renewed, a command run again, and the owner may have written to a
// file. A variable stays what it was.
func (c Credential) Renewable() bool {
	return c.FromOAuth != "" || len(c.FromCommand) > 0 || c.FromFile != "" || c.FromKeyring != ""
}

// Source says for people where the value is read. The text may hold what the
// owner wrote in the policy.
func (c Credential) Source() string {
	switch {
	case c.FromEnv != "":
		return "$" + c.FromEnv
	case c.FromJSON != "":
		return c.FromJSON + " in " + c.FromFile
	case c.FromFile != "":
		return c.FromFile
	case len(c.FromCommand) > 0:
		return "what this prints on this machine: " + strings.Join(c.FromCommand, " ")
	case c.FromKeyring != "":
		return c.FromKeyring + " in this machine's keyring"
	case c.FromOAuth != "":
		return "the sign-in of " + c.FromOAuth + " on this machine, renewed there"
	}
	return "nowhere"
}

// BaseURL is where the gateway answers inside in place of the host; empty where
// it does not.
func (c Credential) BaseURL() string {
	if c.Listen == 0 {
		return ""
	}
	return "http://127.0.0.1:" + strconv.Itoa(c.Listen) + c.BasePath
}
