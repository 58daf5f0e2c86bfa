package policy

import (
	"errors"
	"fmt"
	"path"
	"strings"
)

func (c *checker) credentials() {
	if len(c.doc.Credential) > maxElements {
		c.fail("credential", fmt.Sprintf("holds more than %d elements", maxElements))
		return
	}
	names, vars := map[string]string{}, map[string]string{}
	for i, t := range c.doc.Credential {
		key := at("credential", i)
		c.credential(key, &t)
		c.unique(names, key+".name", t.Name)
		c.unique(vars, key+".key_env", t.KeyEnv)
		c.unique(vars, key+".base_url_env", t.BaseURLEnv)
		c.policy.Credentials = append(c.policy.Credentials, t.credential())
	}
}

func (t credentialTable) credential() Credential {
	return Credential{
		Name: t.Name, From: From(t.From), Host: t.Host, Header: t.Header,
		Prefix: t.Prefix, KeyEnv: t.KeyEnv, BaseURLEnv: t.BaseURLEnv,
	}
}

func (c *checker) credential(key string, t *credentialTable) {
	for _, need := range []string{"name", "from", "host"} {
		if !c.has(key+"."+need) && !(need == "from" && c.from(key) > 0) {
			c.fail(key+"."+need, "is missing")
		}
	}
	if c.has(key + ".name") {
		c.problem(key+".name", checkWord(t.Name))
	}
	if c.from(key) > 0 || c.has(key+".from") {
		c.problem(key+".from", t.From.check(c.from(key)))
	}
	if c.has(key + ".host") {
		_, err := ParseOrigin(t.Host)
		c.problem(key+".host", err)
	}
	c.header(key, t)
	for name, value := range map[string]string{"key_env": t.KeyEnv, "base_url_env": t.BaseURLEnv} {
		if c.has(key + "." + name) {
			c.problem(key+"."+name, checkEnvName(value))
		}
	}
}

// from is how many places of the secret are written.
func (c *checker) from(key string) int {
	n := 0
	for _, k := range []string{".from.env", ".from.file"} {
		if c.has(key + k) {
			n++
		}
	}
	return n
}

func (f fromTable) check(written int) error {
	switch {
	case written != 1:
		return errors.New(`wants exactly one of env and file: { env = "ANTHROPIC_API_KEY" }`)
	case f.File == "":
		if !validEnvName(f.Env) {
			return errors.New(quote(f.Env) + " is not a name of a variable")
		}
		return nil
	}
	return checkSecretFile(f.File)
}

func checkSecretFile(s string) error {
	full := s
	if rest, home := strings.CutPrefix(s, "~/"); home {
		full = "/home/" + rest
	}
	switch {
	case !strings.HasPrefix(full, "/"):
		return errors.New("the file wants an absolute path or ~/...: a secret in the project could be read by the agent")
	case path.Clean(full) != full, full == "/", strings.ContainsRune(full, 0):
		return errors.New("the file wants a plain path: no '.', no '..', no '//', no '/' at the end")
	}
	return nil
}

func (c *checker) unique(seen map[string]string, key, value string) {
	if value == "" {
		return
	}
	if first, ok := seen[value]; ok {
		c.fail(key, quote(value)+" stands in "+first+" already")
		return
	}
	seen[value] = key
}
