package gemini

import (
	"bytes"
	"errors"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// tomlRule is one [[rule]] of a policy file.
type tomlRule struct {
	line   int // of its header, from 1; 0: it is written another way
	values map[string]any
	lines  map[string]int // of its keys
}

// tomlFile is a policy file.
type tomlFile struct {
	rules []tomlRule
	other map[string]int // names beside the rules, and the line of each
}

// errNoRules: "rule" is there, and is no list of tables.
var errNoRules = errors.New("rule is no list of tables: write [[rule]]")

// readTOML reads a policy file. An error has the line that it is on.
func readTOML(text []byte) (tomlFile, int, error) {
	values := map[string]any{}
	if err := toml.Unmarshal(text, &values); err != nil {
		var bad *toml.DecodeError
		if errors.As(err, &bad) {
			line, _ := bad.Position()
			return tomlFile{}, line, errors.New(strings.TrimPrefix(bad.Error(), "toml: "))
		}
		return tomlFile{}, 1, err
	}
	f := tomlFile{other: map[string]int{}}
	raw, _ := values["rule"].([]any)
	if _, there := values["rule"]; there && raw == nil {
		return f, 1, errNoRules
	}
	for _, r := range raw {
		table, is := r.(map[string]any)
		if !is {
			return f, 1, errNoRules
		}
		f.rules = append(f.rules, tomlRule{values: table, lines: map[string]int{}})
	}
	for name := range values {
		if name != "rule" && name != "safety_checker" {
			f.other[name] = 0
		}
	}
	f.place(text)
	return f, 0, nil
}

// place finds the lines: the decoder knows none of what it accepts.
func (f *tomlFile) place(text []byte) {
	var p unstable.Parser
	p.Reset(text)
	lines := liner{text: text}
	open, at := "", -1
	for p.NextExpression() {
		e := p.Expression()
		names := e.Key()
		if !names.Next() {
			continue
		}
		name, line := string(names.Node().Data), lines.at(int(names.Node().Raw.Offset))
		switch {
		case e.Kind == unstable.ArrayTable || e.Kind == unstable.Table:
			if open = name; open == "rule" && e.Kind == unstable.ArrayTable && names.IsLast() {
				at++
				f.header(at, line)
			}
		case open == "rule" && at >= 0 && at < len(f.rules):
			f.rules[at].lines[name] = line
			continue
		}
		if old, there := f.other[name]; there && old == 0 && (open == "" || open == name) {
			f.other[name] = line
		}
	}
}

func (f *tomlFile) header(i, line int) {
	if i < len(f.rules) {
		f.rules[i].line = line
	}
}

// liner counts lines up to offsets that grow.
type liner struct {
	text       []byte
	seen, line int
}

func (l *liner) at(offset int) int {
	if offset > l.seen && offset <= len(l.text) {
		l.line += bytes.Count(l.text[l.seen:offset], []byte("\n"))
		l.seen = offset
	}
	return l.line + 1
}

// lineOf is where a key of the rule stands; of one that is not there, where the
// rule begins.
func (r tomlRule) lineOf(name string) int {
	if n := r.lines[name]; n > 0 {
		return n
	}
	return max(r.line, 1)
}

func (r tomlRule) has(name string) bool { _, is := r.values[name]; return is }

// text is the value of a key, where it is a text.
func (r tomlRule) text(name string) string { s, _ := r.values[name].(string); return s }

// texts are the value of a key that takes one text or a list of them.
func (r tomlRule) texts(name string) (out []string, good bool) {
	switch v := r.values[name].(type) {
	case string:
		return []string{v}, true
	case []any:
		for _, e := range v {
			s, is := e.(string)
			if !is {
				return nil, false
			}
			out = append(out, s)
		}
		return out, true
	}
	return nil, !r.has(name)
}
