package cli

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"ringwall/internal/layer/permissions"
	"ringwall/internal/policy"
	"ringwall/internal/review"
)

// initIndent is where the right column of init's lists begins.
const initIndent = 14

// showFound tells what is here: the agents, and what the project is built with.
func (e *env) showFound(in *initial) {
	fmt.Fprintf(e.out, "found in %s\n", printableLines(in.project.Path))
	t := table{e.out, initIndent}
	t.row("  agent", in.chosenText())
	for _, f := range in.agents {
		if in.chosen.agent == nil || f.Describe().Name != in.chosen.agent.Describe().Name {
			t.row("", "also "+f.text())
		}
	}
	for _, c := range in.project.Toolchains {
		text := c.Found
		switch {
		case c.Name == "git":
			continue // each project has it
		case c.Tests != "":
			text += ", tested by " + c.Tests
			if c.TestsFrom != "" {
				text += " (" + c.TestsFrom + ")"
			}
		case len(c.Commands) == 0:
			text += ", not allowed: a container engine is root on this machine"
		default:
			text += ", no tests found"
		}
		t.row("  "+c.Name, text)
	}
}

// showNotes tells what is wrong with the permission files that are there.
func (e *env) showNotes(in *initial) {
	for _, n := range in.notes {
		table{e.out, initIndent}.row("  note", n)
	}
}

func (in *initial) chosenText() string {
	if in.chosen.agent == nil {
		if len(in.chosen.command) == 0 {
			return "none: " + in.chosen.why
		}
		return strings.Join(in.chosen.command, " ") + ": " + in.chosen.why
	}
	d := in.chosen.agent.Describe()
	text := d.Title + ", " + in.chosen.why
	i := slices.IndexFunc(in.agents, func(f foundAgent) bool { return f.Describe().Name == d.Name })
	switch {
	case i >= 0 && in.agents[i].program != "":
		text += "; " + in.agents[i].program
	case d.Executable != "":
		text += "; " + d.Executable + " is not on PATH"
	}
	if d.KeyEnv != "" && in.host.Env[d.KeyEnv] == "" && in.own == nil {
		text += "; " + d.KeyEnv + " is not set"
	}
	return text
}

func (f foundAgent) text() string {
	d := f.Describe()
	var parts []string
	if len(f.traces) > 0 {
		parts = append(parts, "by "+list(f.traces, 2))
	}
	if f.program != "" {
		parts = append(parts, f.program)
	}
	return d.Title + ", " + strings.Join(parts, "; ") + " (--agent " + d.Name + ")"
}

// showFiles tells what would become of each file.
func (e *env) showFiles(in *initial) {
	fmt.Fprintln(e.out, "files")
	for _, p := range in.files {
		what := p.what
		if p.action() == keep {
			what = "stays as it is"
		}
		fmt.Fprintf(e.out, "  %-6s %-28s %s\n", p.action(), p.path, what)
	}
}

// showProposal shows what would be done: shortly where a person is asked.
func (e *env) showProposal(in *initial, asks, dryRun bool) {
	limit := math.MaxInt
	if asks {
		limit = maxChange
	}
	e.showChanges(in, limit)
	if asks && in.pending() || dryRun {
		e.showFiles(in)
	}
}

// maxChange bounds what is shown of one change where a person is asked, so that
// the list of files stays in sight.
const maxChange = 16

// showChanges shows what would be added to files that are there, at most limit
// lines of each.
func (e *env) showChanges(in *initial, limit int) {
	for _, p := range in.files {
		if p.action() != change {
			continue
		}
		c := review.Change{Path: p.path, Action: "modified", Type: "file", OldType: "file"}
		d := review.Compare(c, &review.Side{Text: p.before, Size: int64(len(p.before))}, &review.Side{Text: p.after, Size: int64(len(p.after))})
		fmt.Fprintf(e.out, "--- %s\n", p.path)
		rows := d.Spans()
		more := max(0, len(rows)-limit)
		for _, row := range rows[:len(rows)-more] {
			fmt.Fprintln(e.out, review.Paint(row, e.colour()))
		}
		if more > 0 {
			fmt.Fprintf(e.out, "(%s more: ringwall init --dry-run)\n", plural(more, "line"))
		}
	}
}

// showMissing tells what a policy that is there does not have, of what init
// would write. Its owner may have left it out on purpose, so it is only told.
func (e *env) showMissing(in *initial) {
	if in.own == nil {
		return
	}
	t := table{e.out, len("  kept   ")}
	for _, m := range []struct {
		key        string
		have, want []string
	}{
		{"tools.allow", in.own.Tools.Allow, permissions.DefaultTools(in.project)},
		{"network.allow", in.own.Network.Allow, reached(in.project)},
		{"loop.verify", in.own.Loop.Verify, commandsOf(in.project.Checks())},
	} {
		more := slices.DeleteFunc(slices.Clone(m.want), func(w string) bool { return slices.Contains(m.have, w) })
		if len(more) > 0 && (m.key != "loop.verify" || len(m.have) == 0) {
			t.row("", fmt.Sprintf("%s: init would have %s too", m.key, quoted(more)))
		}
	}
}

// writeInitial writes, and says what it did. Only a policy that it has just written
// is approved.
func (e *env) writeInitial(in *initial) error {
	pending := in.pending()
	for _, p := range in.files {
		if err := p.write(in.root); err != nil {
			return fmt.Errorf("write %s: %w", p.path, err)
		}
		fmt.Fprintf(e.out, "  %-6s %s\n", p.done(), p.path)
		if p.path == policy.FileName && p.action() == keep {
			e.showMissing(in)
		}
	}
	approved, err := in.approve()
	if err != nil {
		return err
	}
	left := slices.ContainsFunc(in.files, func(p proposed) bool { return p.left })
	switch {
	case left:
		fmt.Fprintln(e.out, "left: what was there is changed, as shown above, with: ringwall init --yes")
	case !pending:
		fmt.Fprintln(e.out, "nothing to do")
	}
	fmt.Fprintln(e.out, "next:", in.next(approved))
	return nil
}

// done is what was done with a file, in a word.
func (p proposed) done() string {
	switch a := p.action(); {
	case p.left:
		return "left"
	case a == create:
		return "wrote"
	case a == change:
		return "merged"
	}
	return "kept"
}

// approve records a policy that was just written, and tells whether the one
// that is there is approved.
func (in *initial) approve() (bool, error) {
	store := policy.NewStore(filepath.Join(in.host.StateDir, "trust.json"))
	for _, p := range in.files {
		if p.path != policy.FileName {
			continue
		}
		if p.action() == create {
			return true, store.Approve(in.project.Path, p.after)
		}
		return store.Check(in.project.Path, p.before) == nil, nil
	}
	return false, nil
}
