package cli

import (
	"fmt"
	"math"
	"slices"
	"strings"

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
