package plan

import (
	"encoding/json"
	"slices"
	"strconv"
)

// The canonical form is what encoding/json writes for these types
// (TestCanonicalIsJSON holds it to that, field by field). It is written out here
// because every start has to hash its plan, and what encoding/json first learns
// of some twenty types would cost more than all else that is done to the plan.

// object writes one JSON object, field by field.
type object struct {
	b     []byte
	comma bool
	err   error
}

func (o *object) key(name string) {
	if o.comma {
		o.b = append(o.b, ',')
	}
	o.comma = true
	o.b = append(append(append(o.b, '"'), name...), '"', ':')
}

// open begins an object as the value of a field.
func (o *object) open(name string) {
	o.key(name)
	o.b, o.comma = append(o.b, '{'), false
}

func (o *object) close() { o.b, o.comma = append(o.b, '}'), true }

func (o *object) str(name, v string) {
	o.key(name)
	o.text(v)
}

// strOr leaves an empty text out; so do the others of that name.
func (o *object) strOr(name, v string) {
	if v != "" {
		o.str(name, v)
	}
}

func (o *object) num(name string, v int64) {
	o.key(name)
	o.b = strconv.AppendInt(o.b, v, 10)
}

func (o *object) numOr(name string, v int64) {
	if v != 0 {
		o.num(name, v)
	}
}

func (o *object) flag(name string, v bool) {
	o.key(name)
	o.b = strconv.AppendBool(o.b, v)
}

func (o *object) flagOr(name string, v bool) {
	if v {
		o.flag(name, v)
	}
}

func (o *object) list(name string, v []string) {
	o.key(name)
	if v == nil {
		o.b = append(o.b, "null"...)
		return
	}
	o.b = append(o.b, '[')
	for i, s := range v {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		o.text(s)
	}
	o.b = append(o.b, ']')
}

func (o *object) listOr(name string, v []string) {
	if len(v) > 0 {
		o.list(name, v)
	}
}

func (o *object) vars(name string, v map[string]string) {
	if v == nil {
		o.key(name)
		o.b = append(o.b, "null"...)
		return
	}
	o.open(name)
	keys := make([]string, 0, len(v))
	for k := range v {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		if o.comma {
			o.b = append(o.b, ',')
		}
		o.comma = true
		o.text(k)
		o.b = append(o.b, ':')
		o.text(v[k])
	}
	o.close()
}

// rest is for what is rare.
func (o *object) rest(name string, v any) {
	o.key(name)
	b, err := json.Marshal(v)
	if err != nil {
		o.err = err
	}
	o.b = append(o.b, b...)
}

func (o *object) numbers(name string, v []int) {
	o.key(name)
	if v == nil {
		o.b = append(o.b, "null"...)
		return
	}
	o.b = append(o.b, '[')
	for i, n := range v {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		o.b = strconv.AppendInt(o.b, int64(n), 10)
	}
	o.b = append(o.b, ']')
}

// text writes a string; what has other characters than plain ones and those of
// small files is left to the library.
func (o *object) text(s string) {
	begin, from := len(o.b), 0 // of the text in the line, and of what is left of it
	o.b = append(o.b, '"')
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c <= '~' && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&' {
			continue
		}
		short := shortEscape(c)
		if short == "" {
			b, err := json.Marshal(s)
			if err != nil {
				o.err = err
			}
			o.b = append(o.b[:begin], b...)
			return
		}
		o.b = append(append(o.b, s[from:i]...), short...)
		from = i + 1
	}
	o.b = append(append(o.b, s[from:]...), '"')
}

// shortEscape is how JSON writes a character of small files; empty for others.
func shortEscape(c byte) string {
	switch c {
	case '"':
		return `\"`
	case '\\':
		return `\\`
	case '\n':
		return `\n`
	case '\t':
		return `\t`
	}
	return ""
}

func (p *Plan) encode() ([]byte, error) {
	o := &object{b: make([]byte, 0, 32<<10)}
	o.b = append(o.b, '{')
	o.num("version", int64(p.Version))
	o.str("project", p.Project)
	o.str("agent", p.Agent)
	o.list("command", p.Command)
	o.str("policy", p.Policy)
	o.key("controls")
	o.controls(p.Controls)
	o.listOr("waived", p.Waived)
	o.close()
	return o.b, o.err
}

func (o *object) controls(list []Control) {
	if list == nil {
		o.b = append(o.b, "null"...)
		return
	}
	o.b = append(o.b, '[')
	for i := range list {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		o.control(&list[i])
	}
	o.b = append(o.b, ']')
}

func (o *object) control(c *Control) {
	o.b, o.comma = append(o.b, '{'), false
	o.str("id", c.ID)
	o.str("layer", string(c.Layer))
	o.open("want")
	o.op(&c.Want)
	o.close()
	o.str("status", string(c.Status))
	o.strOr("why", c.Why)
	o.flagOr("must", c.Must)
	o.strOr("from", c.From)
	o.close()
}
