package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

func (c *checker) head() {
	switch {
	case !c.has("version"):
		c.fail("version", "is missing").hint = fmt.Sprintf("write version = %d on the first line", Version)
	case c.doc.Version != Version:
		c.fail("version", fmt.Sprintf("this ringwall reads version %d only", Version))
	}
	if c.has("agent") {
		c.problem("agent", checkWord(c.doc.Agent))
	}
	if c.has("command") {
		c.problem("command", checkCommand(c.doc.Command))
		c.each("command", c.doc.Command, checkArgument)
	}
	if c.has("agent") && c.has("command") {
		c.fail("command", "agent and command exclude each other")
	}
	c.policy.Agent, c.policy.Command = c.doc.Agent, c.doc.Command
}

func (c *checker) workspace() {
	w := c.doc.Workspace
	c.choice(&c.policy.Workspace.Mode, "workspace.mode", w.Mode, Staged, Direct)
	c.each("workspace.hide", w.Hide, checkPattern)
	c.each("workspace.freeze", w.Freeze, checkPattern)
	c.each("workspace.memory", w.Memory, checkMemory)
	c.policy.Workspace.Hide, c.policy.Workspace.Freeze, c.policy.Workspace.Memory = w.Hide, w.Freeze, w.Memory
	c.each("workspace.caches", w.Caches, checkCache)
	c.each("workspace.home", w.Home, checkHome)
	c.policy.Workspace.Caches, c.policy.Workspace.Home = w.Caches, w.Home
}

func (c *checker) tools() {
	t := c.doc.Tools
	c.each("tools.allow", t.Allow, checkTool)
	c.each("tools.deny", t.Deny, func(s string) error {
		if slices.Contains(t.Allow, s) {
			return errors.New(quote(s) + " is in tools.allow too")
		}
		return checkDenied(s)
	})
	c.each("tools.servers", t.Servers, checkServer)
	c.policy.Tools = Tools(t)
}

// env checks that nothing dangerous enters, no secret that the gateway holds,
// and nothing in the place of a placeholder.
func (c *checker) env() {
	e := c.doc.Env
	taken := c.taken()
	check := func(s string) error {
		if why, ok := taken[s]; ok {
			return errors.New(s + " " + why)
		}
		return checkEnvName(s)
	}
	c.each("env.pass", e.Pass, check)
	if len(e.Set) > maxElements {
		c.fail("env.set", fmt.Sprintf("holds more than %d elements", maxElements))
	}
	for k, v := range e.Set {
		c.problem(join("env.set", k), check(k))
		c.problem(join("env.set", k), checkArgument(v))
	}
	c.policy.Env = Env(e)
}

// taken are the variables that belong to a credential, with the reason.
func (c *checker) taken() map[string]string {
	vars := map[string]string{}
	for _, t := range c.doc.Credential {
		vars[t.From.Env] = "is the secret of credential " + quote(t.Name) + ", which never enters the sandbox"
	}
	for _, t := range c.doc.Credential {
		for _, v := range []string{t.KeyEnv, t.BaseURLEnv, t.IDEnv} {
			vars[v] = "is set for credential " + quote(t.Name)
		}
	}
	delete(vars, "")
	return vars
}

func (c *checker) limits() {
	l, into := c.doc.Limits, &c.policy.Limits
	c.size(&into.Memory, "limits.memory", l.Memory, 16<<20)
	if c.has("limits.cpus") {
		var err error
		into.MilliCPUs, err = parseCPUs(l.CPUs)
		c.problem("limits.cpus", err)
	}
	c.count(&into.PIDs, "limits.pids", l.PIDs, 2, 1<<22) // PID_MAX_LIMIT of the kernel
	c.size(&into.Disk, "limits.disk", l.Disk, 1<<20)
	c.count(&into.Inodes, "limits.inodes", l.Inodes, 16, 1<<32)
	c.count(&into.Files, "limits.files", l.Files, 16, 1<<20) // the kernel's default for fs.nr_open
	c.size(&into.FileSize, "limits.file_size", l.FileSize, 1<<20)
	c.size(&into.Output, "limits.output", l.Output, 64<<10)
	c.duration(&into.Time, "limits.time", l.Time)
	c.each("limits.must", l.Must, checkLimit)
	into.Must = l.Must
}

func (c *checker) loop() {
	l, into := c.doc.Loop, &c.policy.Loop
	var n int64
	c.count(&n, "loop.max_iterations", l.MaxIterations, 1, 1_000_000)
	into.MaxIterations = int(n)
	c.duration(&into.MaxTime, "loop.max_time", l.MaxTime)
	c.duration(&into.IterationTime, "loop.iteration_time", l.IterationTime)
	if c.has("loop.max_cost") {
		f, err := parseCost(l.MaxCost)
		c.problem("loop.max_cost", err)
		into.MaxCostUSD = &f
	}
	c.count(&into.MaxTokens, "loop.max_tokens", l.MaxTokens, 1, 1<<50)
	c.prices()
	c.each("loop.verify", l.Verify, checkShell)
	into.Verify = l.Verify
	c.token(&into.DoneToken, "loop.done_token", l.DoneToken)
	c.token(&into.BlockedToken, "loop.blocked_token", l.BlockedToken)
	if into.DoneToken == into.BlockedToken {
		c.fail("loop.done_token", "done_token and blocked_token are the same")
	}
}

// token takes a word that ends a loop: long enough to be no accident.
func (c *checker) token(into *string, key, value string) {
	if !c.has(key) {
		return
	}
	if len(value) < 4 || len(value) > 64 || strings.Trim(value, wordBytes+"ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		c.fail(key, "wants a word of 4 to 64 letters, digits, '-' and '_'")
	}
	*into = value
}
