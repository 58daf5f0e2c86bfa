package policy

import "fmt"

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
		c.unique(vars, key+".id_env", t.IDEnv)
		c.policy.Credentials = append(c.policy.Credentials, c.read(key, t))
	}
}

// read is the credential that a table says.
func (c *checker) read(key string, t credentialTable) Credential {
	out := Credential{
		Name: t.Name, From: From(t.From), Host: t.Host, Form: t.Form, Header: t.Header,
		Prefix: t.Prefix, Param: t.Param, User: t.User, KeyEnv: t.KeyEnv, BaseURLEnv: t.BaseURLEnv, IDEnv: t.IDEnv,
	}
	if c.has(key + ".intercept") {
		out.Intercept = &t.Intercept
	}
	return out
}

func (c *checker) credential(key string, t *credentialTable) {
	for _, need := range []string{"name", "from", "host"} {
		if !c.has(key+"."+need) && !(need == "from" && len(c.sources(key)) > 0) {
			c.fail(key+"."+need, "is missing")
		}
	}
	if c.has(key + ".name") {
		c.problem(key+".name", checkWord(t.Name))
	}
	if len(c.sources(key)) > 0 || c.has(key+".from") {
		c.from(key, t.From)
	}
	if c.has(key + ".host") {
		o, err := ParseOrigin(t.Host)
		c.problem(key+".host", err)
		if c.has(key+".intercept") && t.Intercept && o.Scheme == "http" {
			c.fail(key+".intercept", "http:// is not encrypted: there is nothing to open")
		}
	}
	c.form(key, t)
	for name, value := range map[string]string{"key_env": t.KeyEnv, "base_url_env": t.BaseURLEnv, "id_env": t.IDEnv} {
		if c.has(key + "." + name) {
			c.problem(key+"."+name, checkEnvName(value))
		}
	}
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
