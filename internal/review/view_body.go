package review

import "fmt"

// body is what stands below the rule, as rows of the screen's width.
func (v *View) body() [][]Span {
	switch {
	case v.mode == help:
		return v.helpText()
	case v.mode == confirming:
		return v.question()
	case len(v.items) == 0:
		return [][]Span{{{"This run changed nothing.", Plain}}}
	}
	c := v.items[v.cursor].Change
	rows := v.head(c)
	return append(rows, v.diff()...)
}

// head tells what a change is, before its content.
func (v *View) head(c Change) [][]Span {
	rows := v.paragraph(c.Name(), Bold)
	facts := fmt.Sprintf("iteration %d, %s", c.Iteration, c.Class)
	if c.Why != "" {
		facts += ": " + c.Why
	}
	rows = append(rows, v.paragraph(facts, Plain)...)
	if c.Runs != "" {
		rows = append(rows, v.paragraph(c.Runs, Warn)...)
	}
	if m := Meaning(c.Class); m != "" && c.Open() {
		rows = append(rows, v.paragraph(m, Warn)...)
	}
	return append(rows, nil)
}

// shown is the diff that is on the screen, as rows. One is kept: each can be
// large.
type shown struct {
	known         bool
	cursor, width int
	diff          *Diff
	rows          [][]Span
}

// diff is that of the change under the cursor, loaded when it is first asked
// for.
func (v *View) diff() [][]Span {
	s := &v.shown
	if !s.known || s.cursor != v.cursor {
		*s = shown{known: true, cursor: v.cursor, diff: v.load(v.items[v.cursor].Change)}
	}
	if s.width != v.w {
		s.width, s.rows = v.w, nil
		for _, line := range s.diff.Spans() {
			s.rows = append(s.rows, Fold(line, v.w, "  ")...)
		}
	}
	return s.rows
}

// paragraph wraps a text at blanks.
func (v *View) paragraph(text string, style Style) [][]Span {
	var rows [][]Span
	for _, line := range Wrap(text, v.w) {
		rows = append(rows, []Span{{line, style}})
	}
	return rows
}

func (v *View) question() [][]Span {
	var rows [][]Span
	for _, line := range Summary(v.Decisions(), 1000) {
		rows = append(rows, v.paragraph(line, Plain)...)
	}
	left := 0
	for _, c := range v.agreed {
		if c.Open() && c.Decision == None {
			left++
		}
	}
	if left > 0 {
		rows = append(rows, nil, []Span{{"left as they are: " + Count(left, "change"), Plain}})
	}
	return append(rows, nil, []Span{{"Carry this out?", Bold}})
}

func (v *View) helpText() [][]Span {
	var rows [][]Span
	for _, line := range []string{
		"j k, arrows     next and previous change (in a diff: scroll)",
		"g G             first and last change",
		"space, PgDn     scroll the diff down",
		"backspace, PgUp scroll it up",
		"enter           the diff alone, and back to the list",
		"n p             next and previous change, in a diff too",
		"a               accept: into the project (a folder: all that is held in it)",
		"d               drop: it is to be deleted",
		"s               skip: it stays as it is, undecided",
		"q               done: asks once, then carries the decisions out",
		"ctrl-c          leave without carrying anything out",
		"",
		"Only what was held can be decided. What was applied is shown for reading;",
		"ringwall rollback takes whole iterations back.",
		"<U+202E> and the like stand for characters that cannot be seen.",
	} {
		rows = append(rows, v.paragraph(line, Plain)...)
	}
	return rows
}
