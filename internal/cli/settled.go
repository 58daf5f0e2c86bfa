package cli

import (
	"fmt"
	"io"
	"strings"

	"ringwall/internal/evidence"
	"ringwall/internal/loop"
)

// named is how many entries of a list are told.
const named = 10

// tellSettled tells what became of the changes, where that is not simply that
// they were applied.
func (e *env) tellSettled(o loop.Outcome, next string) {
	s := settled{e.err, o, next}
	s.failed()
	s.held()
	s.rejected()
	s.reported()
}

// settled tells a person, in 80 columns, what the gates did.
type settled struct {
	w    io.Writer
	o    loop.Outcome
	next string // what to do about what was kept
}

// failed tells of a gate for which nothing was applied, with the end of what it
// said.
func (s settled) failed() {
	f := s.o.Failed
	if f == nil {
		return
	}
	s.line("ringwall: ", "nothing was applied: "+f.What)
	if f.Tail != "" {
		lines := strings.Split(f.Tail, "\n")
		for _, l := range lines[max(0, len(lines)-named):] {
			fmt.Fprintf(s.w, "  | %s\n", evidence.Cut(evidence.Printable(l), width-4))
		}
	}
	if s.o.Dropped {
		s.line("  ", "the changes were dropped (gates.on_failure)")
		return
	}
	fmt.Fprintf(s.w, "  the changes are kept in %s\n", s.o.Kept)
	s.settle()
}

// held names what did not reach the project.
func (s settled) held() {
	held := s.o.Applied.Held
	if len(held) == 0 {
		return
	}
	what := "held back and did not reach the project"
	if s.o.Direct {
		what = "taken out of the project"
	}
	fmt.Fprintf(s.w, "ringwall: %s %s:\n", were(len(held)), what)
	for i, h := range held {
		if s.more(i, len(held)) {
			break
		}
		s.entry(string(h.Path), string(h.Class), h.Detail)
	}
	fmt.Fprintf(s.w, "  kept in %s\n", s.o.Applied.HeldDir)
	s.settle()
}

// settle says how to decide about what was kept.
func (s settled) settle() {
	if s.next != "" {
		fmt.Fprintf(s.w, "  next: %s\n", s.next)
	}
}

// rejected names what was not even kept.
func (s settled) rejected() {
	all := s.o.Applied.Rejected
	if len(all) == 0 {
		return
	}
	fmt.Fprintf(s.w, "ringwall: %s rejected, and not kept:\n", were(len(all)))
	for i, r := range all {
		if s.more(i, len(all)) {
			break
		}
		s.entry(string(r.Path), string(r.Class), r.Detail)
	}
}

// reported tells of findings that stopped nothing.
func (s settled) reported() {
	n := 0
	for _, f := range s.o.Findings {
		if f.Action != "report" {
			continue
		}
		if n++; n == 1 {
			fmt.Fprintf(s.w, "ringwall: worth a look among what was applied:\n")
		}
		if n > named {
			fmt.Fprintf(s.w, "  and more: ringwall report\n")
			return
		}
		s.line("  ", f.What+" ("+f.Gate+")")
	}
}

// entry is a name with its reason: on one line where it fits, else below.
func (s settled) entry(path, class, detail string) {
	why := class
	switch {
	case class == "ordinary" && detail != "": // what a gate found says more
		why = detail
	case detail != "":
		why += ": " + detail
	}
	path, why = evidence.Printable(path), evidence.Printable(why)
	if one := "  " + path + " (" + why + ")"; len(one) <= width {
		fmt.Fprintln(s.w, one)
		return
	}
	fmt.Fprintf(s.w, "  %s\n", path)
	s.line("    ", why)
}

// line wraps a text behind a beginning.
func (s settled) line(begin, text string) {
	for i, l := range wrap(printableLines(text), width-len(begin)) {
		if i > 0 {
			begin = strings.Repeat(" ", len(begin))
		}
		fmt.Fprintf(s.w, "%s%s\n", begin, l)
	}
}

// more ends a list that is too long.
func (s settled) more(i, all int) bool {
	if i < named {
		return false
	}
	fmt.Fprintf(s.w, "  and %d more\n", all-i)
	return true
}

func were(n int) string {
	if n == 1 {
		return "1 change was"
	}
	return fmt.Sprintf("%d changes were", n)
}
