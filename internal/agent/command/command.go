// Package command judges what an allowed command can do besides its work. Each
// tool has a grammar of its own for permissions; what "make" or "git -c" can do
// is the same in all of them. The judgement is advice: a command is a text, and
// no list of texts is a boundary.
package command

import "strings"

// Danger is what an entry lets through.
type Danger struct {
	Problem string // agent.Executes, agent.Destroys, agent.TooBroad, agent.Redirects or agent.Widens
	Why     string // one sentence for a person
	Better  string // the words of a narrower entry; empty: there is none
}

// longest is how many words of an entry are read: it may come from a project
// that nobody knows. What is longer is taken to end in anything.
const longest = 256

// Judge looks at one entry. words are what a rule lets run begin with, as the
// tool splits them; open tells that any further words may follow. It gives the
// first danger found, and false where none is known.
//
// A star in a word stands for any text, as it does in every tool's grammar: what
// comes before it counts, and any words may follow. A chain ("a && b", "a | b")
// is judged part by part. What a narrow entry still lets through when further
// words follow it ("make test" with "--eval") is not reported: nobody could
// write an entry without it.
func Judge(words []string, open bool) (Danger, bool) {
	if len(words) > longest {
		words, open = words[:longest], true
	}
	words, open = cut(words, open)
	for piped := false; ; {
		i := chain(words)
		last := i == len(words)
		if d, bad := part(words[:i], open && last, piped); bad || last {
			return d, bad
		}
		piped = words[i] == "|" || words[i] == "|&"
		words = words[i+1:]
	}
}

// cut ends the words at the first star.
func cut(words []string, open bool) ([]string, bool) {
	for i, w := range words {
		before, _, found := strings.Cut(w, "*")
		if !found {
			continue
		}
		if before == "" {
			return words[:i], true
		}
		return append(words[:i:i], before), true
	}
	return words, open
}

// chain is the index of the first word that joins two commands, or how many
// words there are.
func chain(words []string) int {
	for i, w := range words {
		switch w {
		case "|", "|&", "||", "&&", ";", "&":
			return i
		}
	}
	return len(words)
}

// part judges one command. piped tells that another one writes to its input.
func part(words []string, open, piped bool) (Danger, bool) {
	words, d, bad := assignments(words)
	switch {
	case bad:
		return d, true
	case len(words) == 0:
		return anything(open)
	case strings.HasSuffix(words[0], "/"):
		return folder(words[0]), true
	}
	name := program(words[0])
	if w, is := wrapperOf(name); is {
		return behind(w, words[1:], open, piped)
	}
	return lookUp(append([]string{name}, words[1:]...), open, piped)
}

// program is the name that a command goes by in the tables: without its folder,
// and without a version ("/usr/bin/python3.12").
func program(word string) string {
	name := strings.TrimSuffix(word[strings.LastIndexByte(word, '/')+1:], ".exe")
	if bare := strings.TrimRight(name, "0123456789.-"); bare != "" {
		return bare
	}
	return name
}
