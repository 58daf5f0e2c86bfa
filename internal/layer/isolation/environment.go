package isolation

import (
	"path"
	"strings"

	"ringwall/internal/host"
	"ringwall/internal/plan"
)

// environment is built from nothing. What is passed on is known to be
// harmless, or named by the policy.
func (c *compiler) environment() {
	vars := map[string]string{
		"HOME": Home, "USER": UserName, "LOGNAME": UserName, "SHELL": "/bin/sh",
		"TMPDIR": "/tmp", "PATH": c.path(), "RINGWALL": "1",
	}
	c.toolVars(vars)
	for name, value := range c.host.Env {
		if passed(name) {
			vars[name] = value
		}
	}
	if c.project.Agent != nil {
		for name, value := range c.project.Agent.Describe().Env {
			vars[name] = value
		}
	}
	for _, name := range c.policy.Env.Pass {
		if value, ok := c.host.Env[name]; ok {
			vars[name] = value
		}
	}
	for name, value := range c.policy.Env.Set {
		vars[name] = value
	}
	c.add("environment", plan.Op{Env: &plan.Env{Vars: vars}}, host.Ability{OK: true}, byDefault)
}

// toolVars tell programs where the rest of their toolchain is: what host found
// for those that look in the home, which is another one inside, and what the
// owner set, where the view shows it.
func (c *compiler) toolVars(vars map[string]string) {
	for _, name := range []string{"DOTNET_ROOT", "GOROOT", "JAVA_HOME"} {
		if dir := c.host.Env[name]; path.IsAbs(dir) && c.visible(path.Clean(dir)) {
			vars[name] = path.Clean(dir)
		}
	}
	for name, dir := range c.host.ToolVars {
		vars[name] = dir
	}
}

// passed lists the variables that say how to talk to a person, and no more. Of
// those that begin with LC_ only the locale's own: others are used to carry
// something through ssh.
func passed(name string) bool {
	switch name {
	case "LANG", "LANGUAGE", "TERM", "COLORTERM", "TZ", "NO_COLOR", "CI", "LC_ALL", "LC_ADDRESS", "LC_COLLATE", "LC_CTYPE",
		"LC_IDENTIFICATION", "LC_MEASUREMENT", "LC_MESSAGES", "LC_MONETARY", "LC_NAME", "LC_NUMERIC", "LC_PAPER", "LC_TELEPHONE", "LC_TIME":
		return true
	}
	return false
}

// path keeps the host's order and drops what the view does not have.
func (c *compiler) path() string {
	var dirs []string
	if c.host.Self != "" { // what answers the agent's questions comes first
		dirs = append(dirs, path.Dir(plan.AskProgram))
	}
	seen := map[string]bool{}
	keep := func(d string) {
		d = path.Clean(d)
		if !seen[d] && c.visible(d) {
			seen[d] = true
			dirs = append(dirs, d)
		}
	}
	for _, d := range c.host.Path {
		keep(d)
	}
	for _, d := range []string{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"} {
		keep(d)
	}
	return strings.Join(dirs, ":")
}
