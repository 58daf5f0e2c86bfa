package review

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// columns is the width of a terminal that nobody made larger.
const columns = 80

// most is how many applied changes of one iteration are listed.
const most = 40

// List tells what a run changed, iteration by iteration, as lines.
func List(r Run) [][]Span {
	out := [][]Span{{{"run " + r.Run, Bold}, {fmt.Sprintf("  %s, %d held, %d applied", r.Outcome, r.Held, r.Applied), Plain}}}
	for _, it := range r.Iterations {
		if len(it.Changes) > 0 || it.State == "open" || it.State == "dropped" {
			out = append(out, list(it)...)
		}
	}
	if r.Held+r.Applied == 0 && len(out) == 1 {
		out = append(out, []Span{{"nothing was changed, or nothing is left to look at", Plain}})
	}
	return out
}

func list(it Iteration) [][]Span {
	out := [][]Span{nil, {{fmt.Sprintf("iteration %d", it.Number), Bold}, {"  " + standing(it), Plain}}}
	var open, rest []Change
	git, folder := 0, Change{Path: "/"} // the last that stands for all in it; none
	for _, c := range it.Changes {
		switch {
		case c.Open():
			open = append(open, c)
		case inGit(c):
			git++
		case within(c, folder) && !notable(c): // told with its folder
		default:
			rest = append(rest, c)
		}
		if c.Below > 0 {
			folder = c
		}
	}
	slices.SortStableFunc(rest, func(a, b Change) int { return first(notable(a), notable(b)) })
	for _, c := range open {
		out = append(out, row(c, Warn)...)
	}
	for _, c := range rest[:min(most, len(rest))] {
		out = append(out, row(c, Plain)...)
	}
	if len(rest) > most {
		out = append(out, []Span{{fmt.Sprintf("  and %d more; --json lists all", len(rest)-most), Dim}})
	}
	if git > 0 {
		out = append(out, []Span{{"  " + Count(git, "change") + " inside .git, as git makes them", Dim}})
	}
	return out
}

// notable tells whether there is something to be said about a change.
func notable(c Change) bool { return c.Why != "" || c.Runs != "" }

// first sorts what is notable before the rest.
func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// standing is the state of an iteration in words.
func standing(it Iteration) string {
	switch it.State {
	case "kept":
		return "kept whole, not applied: " + it.Why
	case "rolled-back":
		return "rolled back"
	case "open":
		return "not settled yet: at work, or cut short"
	}
	return it.State
}

// inGit tells whether git made a change in its own folder.
func inGit(c Change) bool { return !c.Open() && strings.HasPrefix(c.Path, ".git/") }

// row lists one change: what, where, how large, and why it is worth a look.
func row(c Change, tone Style) [][]Span {
	what := pad(c.State, 8) + pad(c.Class, 10) + pad(c.Action, 9)
	size := sizeOf(c)
	room := columns - 2 - width(what) - 1 - width(size)
	name := c.Name()
	if c.From != "" {
		name = c.From + " -> " + name
	}
	var out [][]Span
	if width(name) > room { // a long name is told whole, on lines of its own
		out = append(out, []Span{{"  " + what + pad("", room) + " " + size, tone}})
		for _, line := range Wrap("      "+name, columns) {
			out = append(out, []Span{{line, tone}})
		}
	} else {
		out = append(out, []Span{{strings.TrimRight("  "+what+pad(name, room)+" "+size, " "), tone}})
	}
	for _, why := range []string{c.Why, c.Runs, strings.TrimPrefix(inIt(c), ", and ")} {
		if why == "" {
			continue
		}
		for _, line := range Wrap("          "+why, columns) {
			out = append(out, []Span{{line, Dim}})
		}
	}
	return out
}

// Print writes one change with all that differs. Lines of the diff begin with a
// blank, "+", "-", "@" or "\", so that no content can pass for a head.
func Print(w io.Writer, c Change, d *Diff, colour bool) error {
	rows := [][]Span{{{"= " + strings.TrimSpace(c.Action+" ") + " " + c.Name(), Bold}}}
	facts := fmt.Sprintf("= iteration %d, %s, %s", c.Iteration, c.State, c.Class)
	for _, s := range []string{c.Why, c.Runs} {
		if s != "" {
			facts += ": " + s
		}
	}
	rows = append(rows, []Span{{facts, Plain}})
	for i, line := range d.Spans() {
		if i < len(d.Notes) {
			line = append([]Span{{"= ", Warn}}, line...)
		}
		rows = append(rows, line)
	}
	for _, row := range rows {
		if _, err := fmt.Fprintln(w, Paint(row, colour)); err != nil {
			return err
		}
	}
	return nil
}
