package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ringwall/internal/agent"
	"ringwall/internal/agent/catalog"
	"ringwall/internal/layer/permissions"
	"ringwall/internal/policy"
	"ringwall/internal/setup"
)

func (e *env) setupManagedCommand() *cobra.Command {
	var f setupFlags
	var name string
	c := &cobra.Command{
		Use:   "managed",
		Short: "Write the files that bind agents on this whole machine (as root)",
		Long: "Write the machine-wide files of each agent that has some: what is allowed and denied\n" +
			"there, no user and no project overrides. The rules are those of " + machinePolicy + ".\n" +
			"A file that ringwall did not write is never touched, and nothing is merged.\n" +
			"--dry-run shows the content of each file.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error { return e.setupManaged(name, f) },
	}
	c.Flags().StringVar(&name, "agent", "", "only this agent (default: all that can be bound)")
	c.Flags().BoolVar(&f.undo, "remove", false, "take back exactly what was written")
	return f.addTo(e, c)
}

func (e *env) setupManaged(name string, f setupFlags) error {
	if os.Geteuid() != 0 && !f.dryRun {
		return usage(withHint("sudo ringwall setup managed", "only root can write the files that bind every user"))
	}
	if _, known := catalog.Find(name); name != "" && !known {
		return usage(withHint("the agents are "+strings.Join(catalog.Names(), ", "), "no such agent: %q", name))
	}
	if f.undo {
		steps, err := setup.RemoveManaged(setup.Options{}, name)
		return e.carryOut(steps, f, err)
	}
	rules, err := machineRules()
	if err != nil {
		return usage(err)
	}
	files := managedFiles(catalog.All(), name, rules)
	if len(files) == 0 {
		return usage(withHint("the agents that can be bound: "+list(bindable(), 9), "%s has no files that bind it on a whole machine", orAll(name)))
	}
	steps, err := setup.Managed(setup.Options{}, files)
	if err := e.carryOut(steps, f, err); err != nil || f.dryRun || e.flag.json {
		return err
	}
	e.warnOpen(files)
	return nil
}

// machineRules are what the machine's policy allows; without one nothing is
// allowed unasked.
func machineRules() (agent.Rules, error) {
	p, _, err := policy.Load(machinePolicy)
	if errors.Is(err, fs.ErrNotExist) {
		return agent.Rules{}, nil
	}
	return permissions.Rules(p), err
}

// managedFiles are those of one agent, or of all, in a fixed order.
func managedFiles(all []agent.Agent, name string, r agent.Rules) []setup.ManagedFile {
	var out []setup.ManagedFile
	for _, a := range all {
		d := a.Describe()
		w, can := a.(agent.ManagedWriter)
		if !can || name != "" && name != d.Name {
			continue
		}
		files := w.Managed(r)
		for _, path := range slices.Sorted(maps.Keys(files)) {
			out = append(out, setup.ManagedFile{Agent: d.Name, Title: d.Title, Path: path, Content: files[path],
				Opens: slices.ContainsFunc(d.Machine, func(m agent.MachineFile) bool { return m.Path == path && m.Opens })})
		}
	}
	return out
}

func bindable() []string {
	var out []string
	for _, a := range catalog.All() {
		if _, can := a.(agent.ManagedWriter); can {
			out = append(out, a.Describe().Name)
		}
	}
	return out
}

func orAll(name string) string {
	if name == "" {
		return "no agent"
	}
	return name
}

// warnOpen names the files without which an agent goes on as before.
func (e *env) warnOpen(files []setup.ManagedFile) {
	for _, f := range files {
		if f.Opens {
			table{e.out, 6}.row("note:", fmt.Sprintf("%s goes on without %s where it cannot read it. ringwall scan --machine "+
				"checks the file; that it is in force, only the tool itself can show.", f.Title, f.Path))
		}
	}
}

// indented shows a file's content below a step.
func indented(text string) string {
	var b strings.Builder
	for _, l := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		b.WriteString("        " + printableLines(l) + "\n")
	}
	return b.String()
}
