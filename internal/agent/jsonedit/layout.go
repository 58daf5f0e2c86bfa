package jsonedit

import (
	"bytes"
	"strings"
)

// join writes items as they go in at pos: a line each where in has lines, else
// behind each other.
func (d *Doc) join(in *Value, items []string, pos int) string {
	var out strings.Builder
	if !d.spread(in) {
		if in.last() != nil {
			out.WriteByte(' ')
		}
		out.WriteString(strings.Join(items, ", "))
		return out.String()
	}
	indent := d.newline() + d.inner(in)
	out.WriteString(indent + strings.Join(items, ","+indent))
	if in.comma {
		out.WriteByte(',')
	}
	if !bytes.ContainsRune(d.text[pos:in.end], '\n') {
		out.WriteString(d.newline() + d.indent(in.start))
	}
	return out.String()
}

// spread tells whether what is inside stands on lines of its own. An empty
// object or list follows the whole text.
func (d *Doc) spread(in *Value) bool {
	at := in
	if in.last() == nil {
		at = d.Root
	}
	return bytes.ContainsRune(d.text[at.start:at.end], '\n') || d.Root.last() == nil
}

// inner is the indentation of what is inside: that of its last value where it
// begins a line, else one step more than its own.
func (d *Doc) inner(in *Value) string {
	if at, ok := in.lastStart(d); ok {
		return d.indent(at)
	}
	return d.indent(in.start) + d.unit()
}

// lastStart is where the last member or element begins, if that is the first
// thing on its line.
func (v *Value) lastStart(d *Doc) (at int, first bool) {
	last := v.last()
	if last == nil {
		return 0, false
	}
	at = last.start
	line := d.lines[d.line(at)-1]
	if v.Kind == Object {
		line = d.lines[v.Members[len(v.Members)-1].Line-1]
		return line, line > v.start
	}
	return at, line > v.start && len(bytes.TrimLeft(d.text[line:at], " \t")) == 0
}

// indent is the blank beginning of the line that holds an offset.
func (d *Doc) indent(at int) string {
	line := d.text[d.lines[d.line(at)-1]:]
	return string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
}

// unit is one step of indentation: that of the first name or element.
func (d *Doc) unit() string {
	for _, line := range d.lines {
		if line > d.Root.start {
			if unit := d.indent(line); unit != "" {
				return unit
			}
		}
	}
	return "  "
}

func (d *Doc) newline() string {
	if bytes.Contains(d.text, []byte("\r\n")) {
		return "\r\n"
	}
	return "\n"
}
