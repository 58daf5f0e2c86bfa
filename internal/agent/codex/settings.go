package codex

import (
	"errors"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// maxFile bounds a file that is linted, in bytes: it may be a project's.
const maxFile = 1 << 20

// setting is one value of a TOML file that is not a table.
type setting struct {
	// key is the way to it; the elements of an array are numbered.
	key  []string
	text string // a string without its quotes; else as it is written
	line int    // of its key, from 1
}

// settings lists the values of a TOML text in the order of the file. It fails,
// with the line, on one that TOML does not allow: Codex then does not start.
func settings(text []byte) ([]setting, int, error) {
	if len(text) > maxFile {
		return nil, 0, errors.New("it is larger than a settings file can be")
	}
	var whole map[string]any
	if err := toml.Unmarshal(text, &whole); err != nil {
		line := 0
		var at *toml.DecodeError
		if errors.As(err, &at) {
			line, _ = at.Position()
		}
		return nil, line, errors.New(strings.TrimPrefix(err.Error(), "toml: "))
	}
	w := walker{tables: map[string]int{}}
	w.parser.Reset(text)
	for w.parser.NextExpression() {
		w.expression(w.parser.Expression())
	}
	return w.out, 0, w.parser.Error()
}

type walker struct {
	parser unstable.Parser
	prefix []string
	tables map[string]int // how many of an array of tables there were
	out    []setting
}

func (w *walker) expression(n *unstable.Node) {
	switch n.Kind {
	case unstable.Table:
		w.prefix, _ = w.keyOf(n)
	case unstable.ArrayTable:
		key, _ := w.keyOf(n)
		name := strings.Join(key, "\x00")
		w.prefix = append(key, strconv.Itoa(w.tables[name]))
		w.tables[name]++
	case unstable.KeyValue:
		w.keyValue(w.prefix, n)
	}
}

func (w *walker) keyOf(n *unstable.Node) (key []string, line int) {
	for it := n.Key(); it.Next(); {
		if line == 0 {
			line = w.parser.Shape(it.Node().Raw).Start.Line
		}
		key = append(key, string(it.Node().Data))
	}
	return key, line
}

func (w *walker) keyValue(prefix []string, n *unstable.Node) {
	key, line := w.keyOf(n)
	w.value(append(prefix[:len(prefix):len(prefix)], key...), line, n.Value())
}

// value adds what a key is set to. An element of an array has a line of its own
// where the parser knows it.
func (w *walker) value(key []string, line int, n *unstable.Node) {
	if n.Raw.Length > 0 {
		line = w.parser.Shape(n.Raw).Start.Line
	}
	switch n.Kind {
	case unstable.InlineTable:
		for it := n.Children(); it.Next(); {
			w.keyValue(key, it.Node())
		}
	case unstable.Array:
		i := 0
		for it := n.Children(); it.Next(); i++ {
			w.value(append(key[:len(key):len(key)], strconv.Itoa(i)), line, it.Node())
		}
	case unstable.Comment:
	default:
		w.out = append(w.out, setting{key: key, text: string(n.Data), line: line})
	}
}

// fits tells whether a key is the one that a pattern names: "*" is any one
// element, and "**" at the end any further ones.
func (s setting) fits(pattern string) bool {
	parts := strings.Split(pattern, ".")
	for i, p := range parts {
		if p == "**" {
			return len(s.key) > i
		}
		if i >= len(s.key) || p != "*" && p != s.key[i] {
			return false
		}
	}
	return len(parts) == len(s.key)
}

// entry is the setting as it could stand in the file.
func (s setting) entry() string {
	return strings.Join(s.key, ".") + " = " + s.text
}
