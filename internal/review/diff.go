package review

import (
	"fmt"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
)

// Diff is what differs between the two sides of a change.
type Diff struct {
	// Notes say what lines cannot: a rename, a mode, a binary file, a cut.
	Notes []string `json:"notes"`
	// Lines are those of a unified diff with three lines around, from the first
	// hunk's head on, fit to be shown. Tabs stay.
	Lines []string `json:"lines"`

	raw []string // Lines as the files have them
}

// maxLine bounds one line of a diff on the screen, in bytes.
const maxLine = 4000

// Compare tells what a change does. A side that is not there is nil.
func Compare(c Change, before, after *Side) *Diff {
	d := &Diff{Notes: notes(c), Lines: []string{}}
	switch {
	case before == nil && after == nil:
		return d
	case before == nil && c.OldType == "file" && c.Action != "added":
		d.Notes = append(d.Notes, "the old version is not there any more: the new one is shown whole")
	}
	switch {
	case before.binary() || after.binary():
		d.binary(before, after)
		return d
	}
	d.text(before, after)
	return d
}

// notes tells what is not content.
func notes(c Change) []string {
	out := []string{}
	if c.From != "" {
		out = append(out, "it seems to come from "+c.From)
	}
	if c.OldType != "" && c.Type != "" && c.OldType != c.Type && c.Action != "added" {
		out = append(out, fmt.Sprintf("a %s became a %s", kind(c.OldType), kind(c.Type)))
	}
	if m := modes(c); m != "" {
		out = append(out, m)
	}
	switch {
	case c.Type == "dir" && c.Action == "added":
		out = append(out, "a new folder"+inIt(c))
	case c.Type == "dir" && c.Action == "deleted":
		out = append(out, "the folder is deleted"+inIt(c))
	case c.Type == "special":
		out = append(out, "a fifo, socket or device: its content cannot be kept")
	case c.Type == "symlink" && c.Action != "deleted":
		out = append(out, "a link to "+c.Target)
	}
	return out
}

func inIt(c Change) string {
	if c.Below == 0 {
		return ""
	}
	if c.Below == 1 {
		return ", and stands for the one entry in it"
	}
	return fmt.Sprintf(", and stands for the %d entries in it", c.Below)
}

func kind(t string) string {
	switch t {
	case "dir":
		return "folder"
	case "symlink":
		return "link"
	case "special":
		return "fifo, socket or device"
	}
	return t
}

// modes tells of a mode that changed, and what that means.
func modes(c Change) string {
	runs := func(mode string) bool { return strings.ContainsAny(lastThree(mode), "1357") && c.Type == "file" }
	switch {
	case c.Action == "deleted" || c.Mode == "":
		return ""
	case c.OldMode == "" && runs(c.Mode):
		return "mode " + c.Mode + ": it can be executed"
	case c.OldMode == "" || c.OldMode == c.Mode:
		return ""
	case runs(c.Mode) && !runs(c.OldMode):
		return "mode " + c.OldMode + " -> " + c.Mode + ": it becomes executable"
	}
	return "mode " + c.OldMode + " -> " + c.Mode
}

// lastThree are the digits for owner, group and others.
func lastThree(mode string) string { return mode[max(0, len(mode)-3):] }

// binary names the sides instead of showing them.
func (d *Diff) binary(before, after *Side) {
	d.Notes = append(d.Notes, "not text, so it is not compared:")
	if before != nil {
		d.Notes = append(d.Notes, "- "+before.describe())
	}
	if after != nil {
		d.Notes = append(d.Notes, "+ "+after.describe())
	}
}

// text compares line by line, in a time that grows with the size whatever the
// lines are.
func (d *Diff) text(before, after *Side) {
	for _, s := range []struct {
		name string
		*Side
	}{{"before", before}, {"after", after}} {
		if s.Side.cut() {
			d.Notes = append(d.Notes, fmt.Sprintf("%s: only the first %s of %s are compared, the rest is not shown",
				s.name, Size(int64(len(s.Side.text()))), s.Side.length()))
		}
	}
	out := string(diff.Diff("before", before.text(), "after", after.text()))
	if out == "" {
		d.Notes = append(d.Notes, same(before, after))
		return
	}
	for range 3 { // the heads: names are the caller's
		_, out, _ = strings.Cut(out, "\n")
	}
	d.raw = strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	d.marks(after)
	for i, line := range d.raw {
		if len(line) > maxLine {
			d.raw[i] = line[:maxLine] + fmt.Sprintf(" ... (%d more bytes on this line)", len(line)-maxLine)
		}
		d.Lines = append(d.Lines, Visible(d.raw[i]))
	}
}

// length is the size of a side in words.
func (s *Side) length() string {
	if s.SHA256 == "" {
		return "more than " + Size(s.Size)
	}
	return Size(s.Size)
}

func same(before, after *Side) string {
	switch {
	case before.cut() || after.cut():
		return "what is compared is the same"
	case before == nil || after == nil:
		return "the file is empty"
	}
	return "the content is the same"
}

// marks warns of what cannot be seen in the new text.
func (d *Diff) marks(after *Side) {
	if n := hidden(string(after.text())); n > 0 {
		d.Notes = append(d.Notes, fmt.Sprintf("%d characters that cannot be seen, or are no text, are marked like <U+202E>", n))
	}
}

// Spans are the lines of the diff in their styles.
func (d *Diff) Spans() [][]Span {
	out := make([][]Span, 0, len(d.Notes)+len(d.raw))
	for _, n := range d.Notes {
		out = append(out, []Span{{n, Warn}})
	}
	for _, line := range d.raw {
		out = append(out, Spans(line, lineStyle(line)))
	}
	return out
}

func lineStyle(line string) Style {
	switch {
	case strings.HasPrefix(line, "+"):
		return New
	case strings.HasPrefix(line, "-"):
		return Old
	case strings.HasPrefix(line, "@"), strings.HasPrefix(line, `\`):
		return Dim
	}
	return Plain
}
