package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// lineWidth is the width of the text report.
const lineWidth = 80

// listed is how many entries of a list the text shows.
const listed = 20

// Text writes the report for a terminal: 80 columns, the outcome first. Colour
// is for the caller to decide; without it the output is plain text.
func Text(w io.Writer, r Run, colour bool) error {
	t := &text{colour: colour}
	t.outcome(r)
	t.alarms(r)
	t.changes(r)
	t.reviews(r)
	t.layers(r)
	t.limits(r)
	t.hosts(r)
	t.modelTable(r)
	t.notEnforced(r)
	t.notices(r)
	t.facts(r)
	_, err := w.Write(t.buf.Bytes())
	return err
}

// text is a page being written. Everything of an event goes through show, and
// styling is put around text that is already padded.
type text struct {
	buf    bytes.Buffer
	colour bool
}

// The styles are SGR parameters.
const (
	bold   = "1"
	dim    = "2"
	red    = "1;31"
	green  = "1;32"
	yellow = "1;33"
)

// style wraps s if colour is wanted.
func (t *text) style(code, s string) string {
	if !t.colour || code == "" || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// line writes one line without spaces at its end.
func (t *text) line(s string) {
	t.buf.WriteString(strings.TrimRight(s, " "))
	t.buf.WriteByte('\n')
}

// head opens a section: its name in bold, and what it comes to.
func (t *text) head(name, sum string) {
	t.line("")
	lines := wrap(sum, lineWidth-len(name)-2)
	t.line(t.style(bold, name) + "  " + lines[0])
	for _, l := range lines[1:] {
		t.line(spaces(len(name)+2) + l)
	}
}

// put writes a wrapped text with that indent, in a style.
func (t *text) put(indent int, code, s string) {
	for _, l := range wrap(s, lineWidth-indent) {
		t.line(spaces(indent) + t.style(code, l))
	}
}

// entry writes a label, a text that wraps under itself, and a short remark in
// the last columns; where the last line has no room for it, it gets its own.
func (t *text) entry(indent int, label, body, remark string) {
	left := indent + width(label)
	if left > lineWidth/2+10 { // a label that came out of an event and is no word
		t.put(indent, "", label)
		label, left = spaces(4), indent+4
	}
	lines := wrap(body, lineWidth-left)
	for i, l := range lines {
		start := spaces(left)
		if i == 0 {
			start = spaces(indent) + label
		}
		if i < len(lines)-1 {
			t.line(start + l)
			continue
		}
		t.last(left, start+l, remark)
	}
}

// last writes the last line of an entry with its remark.
func (t *text) last(left int, line, remark string) {
	if room := lineWidth - width(line) - 2; remark != "" && width(remark) > room {
		t.line(line)
		t.put(left, dim, remark)
		return
	}
	t.line(line + spaces(lineWidth-width(line)-width(remark)) + t.style(dim, remark))
}

// more tells how many entries a list has beyond those shown.
func (t *text) more(indent, all, shown int) {
	if all > shown {
		t.line(fmt.Sprintf("%sand %d more", spaces(indent), all-shown))
	}
}

// outcomeStyle is calm unless something is wrong.
func outcomeStyle(outcome string) string {
	switch outcome {
	case "done":
		return green
	case "failed", "tampered":
		return red
	}
	return yellow
}

// alarms come before all else.
func (t *text) alarms(r Run) {
	if len(r.Alarms) == 0 {
		return
	}
	t.head("Alarm", count(len(r.Alarms), "value")+" on the way out")
	for _, a := range r.Alarms[:min(listed, len(r.Alarms))] {
		t.put(2, red, show(a.sentence()))
		if a.Rule != "" {
			t.put(4, dim, show("allowed by "+a.Rule))
		}
	}
	t.more(2, len(r.Alarms), listed)
}

// outcome writes what a person came for.
func (t *text) outcome(r Run) {
	word := strings.ToUpper(show(r.Outcome))
	lines := wrap(word+"  "+r.facts(), lineWidth)
	lines[0] = strings.Replace(lines[0], word, t.style(outcomeStyle(r.Outcome), word), 1)
	for _, l := range lines {
		t.line(l)
	}
	if !r.Journal.trusted() && r.Journal.Checked {
		t.put(2, red, "journal "+show(r.Journal.Verdict()))
	}
	if r.Reason != "" {
		t.put(2, "", show(r.Reason))
	}
	if r.Outcome == Unfinished {
		t.put(2, "", "No end is recorded: the run was cut off, or it is still going.")
	}
	if r.Next != "" {
		t.line("  next: " + show(r.Next))
	}
}
