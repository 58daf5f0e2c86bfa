package cli

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"ringwall/internal/host"
	"ringwall/internal/policy"
	"ringwall/internal/project"
)

// initFlags are what its caller asked of init.
type initFlags struct {
	agent   string   // empty: the one that is found
	command []string // a program of the owner's instead
	yes     bool
	dryRun  bool
}

func (e *env) initCommand() *cobra.Command {
	var f initFlags
	c := &cobra.Command{
		Use:   "init",
		Short: "Write a policy and instruction files that fit this project",
		Long: "Look at the git repository here, and write ringwall.toml, CONSTITUTION.md,\n" +
			"AGENT_PLAYBOOK.md, PROMPT.md and the agent's own permission file. What a person\n" +
			"wrote stays: a file that is there is kept, or added to, and the change is shown.\n\n" +
			"On a terminal it asks once. Without one it writes new files, and changes those\n" +
			"that are there only with --yes.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error { return e.init(f) },
	}
	c.Flags().StringVar(&f.agent, "agent", "", "the agent that will work here (default: the one that is found)")
	c.Flags().StringSliceVar(&f.command, "command", nil, "a program of your own instead of an agent, with its arguments")
	c.Flags().BoolVar(&f.yes, "yes", false, "write without asking, changes to existing files included")
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "show what would be written, and write nothing")
	return c
}

// initial is one init: what was found, and what becomes of it.
type initial struct {
	host    host.Facts
	project project.Facts
	root    *os.Root
	own     *policy.Policy // that is there already; nil: none
	policy  policy.Policy  // own, or the one that is written
	agents  []foundAgent
	chosen  chosen
	files   []proposed
	notes   []string // about permission files that are there
}

func (e *env) init(f initFlags) error {
	in, err := e.lookAround(f)
	if err != nil {
		return err
	}
	defer in.root.Close()
	// All is known to be possible before the first byte is written.
	if err := in.propose(); err != nil {
		return err
	}
	asks := !f.yes && !f.dryRun && term.IsTerminal(int(e.in.Fd()))
	e.showFound(in)
	e.showNotes(in)
	e.showProposal(in, asks, f.dryRun)
	switch {
	case f.dryRun:
		return nil
	case asks && in.pending():
		if err := e.confirm(nil, "Write this?", false); err != nil {
			return err
		}
	case !asks && !f.yes:
		in.leaveExisting()
	}
	return e.writeInitial(in)
}

// lookAround finds out all that init goes by. It changes nothing.
func (e *env) lookAround(f initFlags) (*initial, error) {
	h, err := host.Basics(e.vars)
	if err != nil {
		return nil, err
	}
	if _, err := agentNamed(f.agent); err != nil {
		return nil, err
	}
	dir, err := e.find(policy.FileName)
	if err != nil {
		return nil, err
	}
	pr, err := project.Inspect(project.Options{Path: dir, Home: h.Home, StateDir: h.StateDir,
		Env: func(k string) string { return h.Env[k] }, Builds: true})
	if err != nil {
		return nil, usage(err)
	}
	root, err := os.OpenRoot(pr.Path)
	if err != nil {
		return nil, err
	}
	in := &initial{host: h, project: pr, root: root, agents: findAgents(h, pr)}
	if err := in.decide(f); err != nil {
		root.Close()
		return nil, err
	}
	return in, nil
}

// decide reads the policy that is there, and chooses the agent.
func (in *initial) decide(f initFlags) error {
	text, err := readExisting(in.root, policy.FileName)
	if err != nil {
		return err
	}
	if text != nil {
		p, err := policy.Parse(policy.FileName, text)
		if err != nil {
			return usage(err)
		}
		in.own = &p
	}
	if in.chosen, err = choose(f, in.own, in.agents); err != nil {
		return err
	}
	in.project.Agent = in.chosen.agent
	return nil
}

// pending tells whether there is anything to write.
func (in *initial) pending() bool {
	return slices.ContainsFunc(in.files, func(p proposed) bool { return p.action() != keep })
}

// leaveExisting gives up the changes to files that are there: nobody was asked.
func (in *initial) leaveExisting() {
	for i, p := range in.files {
		if p.action() == change {
			in.files[i].after, in.files[i].left = p.before, true
		}
	}
}

// next is the command that follows.
func (in *initial) next(approved bool) string {
	switch {
	case !approved:
		return fmt.Sprintf("read %s, then: ringwall trust", policy.FileName)
	case in.taskIsTemplate():
		return fmt.Sprintf("write the task into %s, then: ringwall plan", project.Task)
	}
	return "ringwall plan"
}

// quoted are words as a policy has them in a list.
func quoted(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = fmt.Sprintf("%q", w)
	}
	return strings.Join(out, ", ")
}
