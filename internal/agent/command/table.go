package command

import (
	"slices"
	"strings"
	"sync"

	"ringwall/internal/agent"
)

// when tells which entries that begin with a row's words it is for.
type when int

const (
	bare     when = iota // more may follow, and only options are fixed so far
	extended             // more may follow, whatever is fixed so far
	always               // every one
	piped                // those that another command writes to, without a file to read instead
	fine                 // none: narrow enough, whatever a shorter row says
)

// row is one line of the table. Its words have to come in this order; options
// between them are skipped. "..." lets any words come between.
type row struct {
	words string
	when  when
	Danger
}

// group makes rows that have all but the words in common.
func group(w when, problem, why, better string, entries ...string) []row {
	out := make([]row, 0, len(entries))
	for _, e := range entries {
		out = append(out, row{words: e, when: w, Danger: Danger{Problem: problem, Why: why, Better: better}})
	}
	return out
}

// The tables are made once, at their first use, and never changed.
var (
	allRows     = sync.OnceValue(table)
	allWrappers = sync.OnceValue(wrappers)
)

func table() []row {
	return slices.Concat(interpreters(), editors(), builds(), packages(), containers(),
		versions(), machines(), losses(), senders(), agents())
}

// lookUp finds the most exact row that fits.
func lookUp(words []string, open, fed bool) (Danger, bool) {
	var found row
	most := 0
	for _, r := range allRows() {
		if !strings.HasPrefix(r.words, words[0]) {
			continue
		}
		want := strings.Fields(r.words)
		if len(want) <= most || want[0] != words[0] {
			continue
		}
		if rest, is := follow(want[1:], words[1:]); is && r.when.holds(rest, open, fed) {
			found, most = r, len(want)
		}
	}
	if most == 0 && len(words) > 1 && !strings.HasPrefix(words[1], "-") {
		// "uv run" is a wrapper of two words.
		if w, is := wrapperOf(words[0] + " " + words[1]); is {
			return behind(w, words[2:], open, fed)
		}
	}
	return found.Danger, found.Danger != Danger{}
}

// follow tells whether words hold want in order, and what comes after.
func follow(want, words []string) (rest []string, is bool) {
	anywhere := false
	for _, w := range want {
		if w == "..." {
			anywhere = true
			continue
		}
		for len(words) > 0 && !same(w, words[0]) && (anywhere || strings.HasPrefix(words[0], "-")) {
			words = words[1:]
		}
		if len(words) == 0 || !same(w, words[0]) {
			return nil, false
		}
		words = words[1:]
	}
	return words, true
}

// same tells whether a word is the wanted one; an option may have a value.
func same(want, word string) bool {
	return word == want || strings.HasPrefix(want, "-") && strings.HasPrefix(word, want+"=")
}

func (w when) holds(rest []string, open, fed bool) bool {
	onlyOptions := !slices.ContainsFunc(rest, func(s string) bool { return !strings.HasPrefix(s, "-") || s == "-" })
	switch w {
	case bare:
		return open && onlyOptions
	case extended:
		return open
	case piped:
		return fed && (onlyOptions || rest[0] == "-")
	}
	return true
}

func anything(open bool) (Danger, bool) {
	if !open {
		return Danger{}, false
	}
	return Danger{Problem: agent.TooBroad, Why: "allows any command"}, true
}

func folder(path string) Danger {
	return Danger{Problem: agent.Executes, Why: "allows every program below " + path + ", those written later too"}
}
