package policy

import (
	"errors"
	"path"
	"slices"
	"strings"
)

// sources are the places of the secret that are written.
func (c *checker) sources(key string) []string {
	var out []string
	for _, k := range []string{"env", "file", "command", "keyring", "oauth"} {
		if c.has(key + ".from." + k) {
			out = append(out, k)
		}
	}
	return out
}

func (c *checker) from(key string, f fromTable) {
	written := c.sources(key)
	if len(written) != 1 {
		c.fail(key+".from", `wants exactly one of env, file, command, keyring and oauth: { env = "ANTHROPIC_API_KEY" }`)
		return
	}
	if c.has(key+".from.json") && written[0] != "file" {
		c.fail(key+".from.json", "says where in a file the secret is: write file beside it")
		return
	}
	c.problem(key+".from", f.check(written[0]))
	if c.has(key + ".from.json") {
		c.problem(key+".from.json", checkJSONPath(f.JSON))
	}
}

func (f fromTable) check(source string) error {
	switch source {
	case "env":
		if !validEnvName(f.Env) {
			return errors.New(quote(f.Env) + " is not a name of a variable")
		}
		return nil
	case "file":
		return checkSecretFile(f.File)
	case "command":
		return checkSecretCommand(f.Command)
	case "keyring":
		return checkKeyring(f.Keyring)
	}
	if f.OAuth != "claude" && f.OAuth != "codex" {
		return errors.New("oauth = " + quote(f.OAuth) + ` is not one of "claude" and "codex"`)
	}
	return nil
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

// checkJSONPath takes names of objects and numbers of lists with dots between.
func checkJSONPath(s string) error {
	if len(s) > 256 || slices.Contains(strings.Split(s, "."), "") || checkPrefix(strings.ReplaceAll(s, ".", "")) != nil {
		return errors.New(`wants names and numbers with dots between: "accounts.0.token"`)
	}
	return nil
}

// checkSecretCommand: a program that is named relative to a folder could be one
// that the agent wrote.
func checkSecretCommand(argv []string) error {
	if err := checkCommand(argv); err != nil {
		return err
	}
	if len(argv) > 64 {
		return errors.New("the command has more than 64 arguments")
	}
	for _, a := range argv {
		if err := checkArgument(a); err != nil {
			return err
		}
	}
	if name := argv[0]; strings.Contains(name, "/") && (!strings.HasPrefix(name, "/") || path.Clean(name) != name) {
		return errors.New("the command wants a program by its name, or by an absolute path")
	}
	return nil
}

func checkKeyring(s string) error {
	service, account, ok := strings.Cut(s, "/")
	if !ok || service == "" || account == "" || len(s) > 256 {
		return errors.New(`the keyring wants "service/account"`)
	}
	return checkArgument(s)
}
