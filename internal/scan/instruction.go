package scan

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// Text is an instruction file: one that an agent takes for its owner's word.
type Text struct {
	Name    string // as findings name it, slash-separated
	Content []byte
	Limit   int    // how much of it is loaded, in bytes; 0: all
	By      string // which tool loads no more than that
}

// Instructions finds what is wrong with the instruction files of one project.
// It goes by the form of what stands there and understands nothing: a clean
// file is no proof. All of its rules are kept modest, because a linter that
// cries at every file is not read.
func Instructions(texts []Text) []Finding {
	var out []Finding
	for _, t := range texts {
		out = append(out, t.lint()...)
	}
	out = append(out, contradictions(texts)...)
	Sort(out)
	return out
}

func (t Text) lint() []Finding {
	var out []Finding
	text := string(t.Content)
	seen := visible(text)
	for _, f := range slices.Concat(t.size(), hidden(text), comments(seen), unseen(seen),
		phrases(seen), blobs(seen), carriers(seen), onlyAsks(seen)) {
		f.File = t.Name
		out = append(out, f)
	}
	return out
}

func (t Text) size() []Finding {
	if t.Limit <= 0 || len(t.Content) <= t.Limit {
		return nil
	}
	return []Finding{{
		Line:    lineOf(t.Content, t.Limit),
		Problem: TooLarge,
		Why:     fmt.Sprintf("%s loads the first %d bytes: the last %d are not seen", t.By, t.Limit, len(t.Content)-t.Limit),
		Better:  "shorten it; what comes from this line on is left out",
	}}
}

// line is one line of a file.
type line struct {
	n       int // from 1
	text    string
	section string // the heading above it
	fenced  bool   // within a block of code
}

// linesOf splits a Markdown file.
func linesOf(text string) []line {
	var out []line
	fence, section := "", ""
	for l := range strings.Lines(text) {
		l = strings.TrimRight(l, "\r\n")
		bare := strings.TrimLeft(l, " \t>")
		here := line{n: len(out) + 1, text: l, fenced: fence != ""}
		switch mark := fenceOf(bare); {
		case mark != "" && fence == "":
			fence, here.fenced = mark, true
		case mark != "" && mark[0] == fence[0] && len(mark) >= len(fence):
			fence = ""
		case fence == "" && strings.HasPrefix(bare, "#"):
			section = bare
		}
		here.section = section
		out = append(out, here)
	}
	return out
}

// fenceOf is the mark that begins or ends a block of code.
func fenceOf(s string) string {
	for _, c := range "`~" {
		if n := len(s) - len(strings.TrimLeft(s, string(c))); n >= 3 {
			return s[:n]
		}
	}
	return ""
}

// sentence is what stands before a place, up to the end of the sentence before.
func sentence(text string, at int) string {
	begin := max(0, at-200)
	before := text[begin:at]
	if i := strings.LastIndexAny(before, ".!?\n"); i >= 0 {
		before = before[i+1:]
	}
	return strings.ToLower(before)
}

func lineAt(text string, at int) int { return bytes.Count([]byte(text[:at]), []byte("\n")) + 1 }
