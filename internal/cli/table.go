package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// width is that of a terminal that nobody made larger.
const width = 80

// table prints aligned text: a label on the left, wrapped text on the right.
type table struct {
	w      io.Writer
	indent int // of the text
}

// row prints one entry. An empty label continues the one before.
func (t table) row(label, text string) {
	lines := wrap(printableLines(text), width-t.indent)
	for i, line := range lines {
		if i > 0 {
			label = ""
		}
		fmt.Fprintf(t.w, "%s\n", strings.TrimRight(fmt.Sprintf("%-*s%s", t.indent, label, line), " "))
	}
}

// head prints a title.
func (t table) head(title string) { fmt.Fprintf(t.w, "\n%s\n", title) }

// wrap breaks text at blanks into lines of at most n characters. A word that is
// longer stands on a line of its own.
func wrap(text string, n int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > n {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

// seconds is a duration as people read it.
func seconds(d time.Duration) string {
	d = d.Round(time.Second)
	if d < time.Hour {
		return fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60)
}

// plural counts things.
func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// printJSON writes what a program reads.
func (e *env) printJSON(v any) error {
	enc := json.NewEncoder(e.out)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
