package cli

import (
	"fmt"
	"strings"

	"ringwall/internal/layer/permissions"
	"ringwall/internal/project"
)

// policyText writes a policy with the reason of each choice beside it. Names
// from the project that stand in it are plain words.
func policyText(pr project.Facts, c chosen) string {
	w := &policyWriter{}
	w.line("# What the agent may do in this project. Nothing runs under a change of this")
	w.line("# file before its owner has approved it: ringwall trust")
	w.line("version = 1")
	w.who(c)
	w.line("\n[workspace]")
	w.key(`mode = "staged"`, "changes reach the project after each iteration")
	w.tools(pr)
	w.network(pr)
	w.credential(c)
	w.line("\n[limits]")
	w.key(`memory = "4GiB"`, "of one iteration, like the others here")
	w.line("cpus   = 2\npids   = 512\ndisk   = \"10GiB\"\ntime   = \"45m\"")
	w.loop(pr)
	return w.String()
}

type policyWriter struct{ strings.Builder }

func (w *policyWriter) line(text string) { w.WriteString(text + "\n") }

// key writes a line with its reason, above it where both do not fit.
func (w *policyWriter) key(text, why string) {
	if line := fmt.Sprintf("%-26s # %s", text, why); len(line) <= width {
		w.line(line)
		return
	}
	w.comment(why)
	w.line(text)
}

func (w *policyWriter) comment(text string) {
	for _, l := range wrap(text, width-2) {
		w.line("# " + l)
	}
}

// reason writes what was chosen, and what it was found by.
func (w *policyWriter) reason(what, why string) {
	if line := fmt.Sprintf("#   %-30s %s", what, why); len(line) <= width {
		w.line(line)
		return
	}
	w.line("#   " + what)
	w.line("#     " + why)
}

// list writes a key with its words, a line each where one line is too long.
func (w *policyWriter) list(key string, words []string) {
	if line := key + " = [" + quoted(words) + "]"; len(line) <= width {
		w.line(line)
		return
	}
	w.line(key + " = [")
	for _, word := range words {
		w.line(fmt.Sprintf("  %q,", word))
	}
	w.line("]")
}

func (w *policyWriter) who(c chosen) {
	if c.agent == nil {
		w.key("command = ["+quoted(c.command)+"]", c.why)
		return
	}
	d := c.agent.Describe()
	w.key(fmt.Sprintf("agent   = %q", d.Name), d.Title+", "+c.why)
}

func (w *policyWriter) tools(pr project.Facts) {
	w.line("\n[tools]")
	w.comment("The commands that the agent's own permission system allows. Such a list is no " +
		"boundary: git and every build tool can be made to run anything. What leaks through " +
		"meets the layers below it.")
	for _, t := range pr.Toolchains {
		if len(t.Commands) > 0 {
			w.reason(strings.Join(t.Commands, " "), t.Found)
		}
	}
	for _, t := range pr.Toolchains {
		if len(t.Commands) == 0 {
			w.comment(fmt.Sprintf("Left out: %s (%s). Whoever reaches a container engine is root on this machine.", t.Name, t.Found))
		}
	}
	w.list("allow", permissions.DefaultTools(pr))
}

func (w *policyWriter) network(pr project.Facts) {
	w.line("\n[network]")
	found := needs(pr)
	if len(found) > 0 {
		w.comment("Nothing else can be reached, or even looked up. A preset stands for the registries " +
			"that your own settings of a toolchain name; they are read from, never written to.")
	} else {
		w.comment("No registry is needed here, and nothing else can be reached, or even looked up. " +
			"ringwall learn -- COMMAND tells what a command asks for.")
	}
	for _, n := range found {
		w.reason(strings.Join(n.entries, " "), n.found)
	}
	w.list("allow", reached(pr))
}

func (w *policyWriter) credential(c chosen) {
	if c.agent == nil {
		return
	}
	d := c.agent.Describe()
	if d.APIHost == "" || d.KeyEnv == "" {
		return
	}
	w.line("\n[[credential]]")
	w.comment("The key stays outside, in your environment: the agent gets a placeholder, and the " +
		"gateway puts the key in, toward this host alone.")
	w.line(fmt.Sprintf("name = %q\nfrom = { env = %q }\nhost = %q", d.Name, d.KeyEnv, d.APIHost))
}

func (w *policyWriter) loop(pr project.Facts) {
	w.line("\n[loop]")
	w.key("max_iterations = 10", "counted outside the agent's reach")
	w.line(`max_time       = "8h"`)
	w.key(`# max_cost     = "20 USD"`, "what you would spend on it")
	checks := pr.Checks()
	if len(checks) == 0 {
		w.comment(`No test command was found. Without one, "done" is the agent's word alone:`)
		w.line(`# verify       = ["make test"]`)
		return
	}
	w.comment(`Each has to pass before "done" is believed:`)
	for _, t := range checks {
		w.reason(t.Tests, foundTests(t))
	}
	w.list("verify        ", commandsOf(checks))
}

// commandsOf are the commands that run the tests.
func commandsOf(checks []project.Toolchain) []string {
	out := []string{}
	for _, t := range checks {
		out = append(out, t.Tests)
	}
	return out
}

func foundTests(t project.Toolchain) string {
	if t.TestsFrom != "" {
		return t.TestsFrom
	}
	return t.Found
}
