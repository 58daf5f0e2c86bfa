package policy

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Addition is what a policy could be given, as its owner would write it.
type Addition struct {
	Allow   []string         // entries of network.allow
	Rules   []Rule           // of which Host and Methods count
	Methods map[int][]string // more methods for a rule of the policy, by its place
	Tools   []string         // entries of tools.allow
}

// Empty tells that there is nothing to add.
func (a Addition) Empty() bool {
	return len(a.Allow)+len(a.Rules)+len(a.Methods)+len(a.Tools) == 0
}

// Add writes an addition into the text of a policy and changes nothing else in
// it. The result is read again: an error, and no text, where it would not be
// the policy with exactly these additions.
func Add(name string, data []byte, a Addition) ([]byte, error) {
	p, err := Parse(name, data)
	if err != nil {
		return nil, err
	}
	e := editor{policy: p, data: data}
	e.list("network.allow", "network", "allow", a.Allow)
	e.list("tools.allow", "tools", "allow", a.Tools)
	for i, methods := range a.Methods {
		e.list(at("network.rule", i)+".methods", "", "", methods)
	}
	for _, r := range a.Rules {
		e.append(r.text())
	}
	out := e.apply()
	if e.err != nil {
		return nil, e.err
	}
	return out, sameWith(p, name, out, a)
}

var errForm = errors.New("the policy is written in a form that cannot be added to by itself")

// sameWith checks that a text is a policy with an addition.
func sameWith(p Policy, name string, text []byte, a Addition) error {
	got, err := Parse(name, text)
	if err != nil {
		return fmt.Errorf("%w: %w", errForm, err)
	}
	want := p
	want.Network.Allow = slices.Concat(p.Network.Allow, a.Allow)
	want.Tools.Allow = slices.Concat(p.Tools.Allow, a.Tools)
	want.Network.Rules = slices.Clone(p.Network.Rules)
	for i, methods := range a.Methods {
		want.Network.Rules[i].Methods = slices.Concat(want.Network.Rules[i].Methods, methods)
	}
	for _, r := range a.Rules {
		want.Network.Rules = append(want.Network.Rules, Rule{Host: r.Host, Methods: r.Methods})
	}
	a1, err1 := json.Marshal(got)
	a2, err2 := json.Marshal(want)
	if !bytes.Equal(a1, a2) {
		return errForm
	}
	return errors.Join(err1, err2)
}

// text is a rule as its owner would write it.
func (r Rule) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n[[network.rule]]\nhost = %s\n", quote(r.Host))
	if len(r.Methods) > 0 {
		fmt.Fprintf(&b, "methods = [%s]\n", quoteAll(r.Methods))
	}
	return b.String()
}

func quoteAll(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = quote(s)
	}
	return strings.Join(out, ", ")
}

// insertion is a text and where it goes.
type insertion struct {
	at   int
	text string
}

// editor collects insertions.
type editor struct {
	policy  Policy
	data    []byte
	inserts []insertion
	end     strings.Builder // what comes behind all
	err     error
}

func (e *editor) insert(at int, text string) { e.inserts = append(e.inserts, insertion{at, text}) }
func (e *editor) append(text string)         { e.end.WriteString(text) }

// list adds to a list: where it is, or below its table's header, or in a table
// of its own.
func (e *editor) list(key, table, name string, items []string) {
	if len(items) == 0 {
		return
	}
	if m, ok := e.policy.marks[key]; ok {
		e.into(m.at, items)
		return
	}
	line := fmt.Sprintf("%s = [%s]\n", name, quoteAll(items))
	switch at := e.behind("[" + table + "]"); {
	case table == "":
		e.err = errForm
	case at >= 0:
		e.insert(at, line)
	default:
		e.append(fmt.Sprintf("\n[%s]\n%s", table, line))
	}
}

// behind is where the line after a header begins; -1: there is no such line.
func (e *editor) behind(header string) int {
	at := 0
	for line := range bytes.Lines(e.data) {
		at += len(line)
		text, _, _ := strings.Cut(string(line), "#")
		if strings.TrimSpace(text) == header {
			if line[len(line)-1] != '\n' {
				e.insert(at, "\n")
			}
			return at
		}
	}
	return -1
}

// into adds to the list that begins at or behind a place.
func (e *editor) into(at int, items []string) {
	l, ok := findList(e.data, at)
	if !ok {
		e.err = errForm
		return
	}
	text := quoteAll(items)
	switch {
	case l.last < 0:
		e.insert(l.open+1, text)
	case l.ownLine >= 0:
		if !l.comma {
			e.insert(l.last, ",")
		}
		e.insert(l.ownLine, l.indent+strings.Join(strings.Split(text, ", "), ",\n"+l.indent)+",\n")
	case l.comma:
		e.insert(l.close, " "+text)
	default:
		e.insert(l.last, ", "+text)
	}
}

func (e *editor) apply() []byte {
	slices.SortStableFunc(e.inserts, func(a, b insertion) int { return cmp.Compare(a.at, b.at) })
	var out []byte
	from := 0
	for _, i := range e.inserts {
		out = append(append(out, e.data[from:i.at]...), i.text...)
		from = i.at
	}
	out = append(out, e.data[from:]...)
	if e.end.Len() > 0 && len(out) > 0 && out[len(out)-1] != '\n' {
		out = append(out, '\n')
	}
	return append(out, e.end.String()...)
}
