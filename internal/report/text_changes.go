package report

import (
	"cmp"
	"strings"

	"ringwall/internal/evidence"
)

// changes writes what reached the project and what did not.
func (t *text) changes(r Run) {
	t.applied(r)
	t.unsettled(r)
	t.held(r)
	t.gates(r)
}

// applied writes the net effect on the project.
func (t *text) applied(r Run) {
	switch {
	case r.AppliedN == 0:
		t.head("Applied", "nothing")
		return
	case len(r.Applied) == 0:
		t.head("Applied", count(r.AppliedN, "change")+"; the journal does not tell which, or they undid each other")
		return
	}
	t.head("Applied", count(len(r.Applied), "change")+": "+show(byAction(r.Applied)))
	files, git := apart(r.Applied)
	for _, c := range files[:min(listed, len(files))] {
		t.change(c)
	}
	t.more(2, len(files), listed)
	if git > 0 {
		t.line("  " + count(git, "change") + " inside .git, as git makes them")
	}
}

// apart counts what git changed in its own folder, which says little to a
// person, and gives the rest.
func apart(all []evidence.Change) (files []evidence.Change, git int) {
	for _, c := range all {
		if strings.HasPrefix(c.Name, ".git/") {
			git++
		} else {
			files = append(files, c)
		}
	}
	return files, git
}

// change writes one line: action, name, and what is special about it.
func (t *text) change(c evidence.Change) {
	t.entry(2, pad(show(c.Action), 9)+" ", show(c.Name), show(remark(c)))
}

// unsettled names iterations that began to apply and whose end is not recorded.
func (t *text) unsettled(r Run) {
	for _, it := range r.Timeline {
		if it.Announced > 0 && !it.Settled {
			t.put(2, yellow, it.unsettled())
		}
	}
}

// held writes what was kept back, where it lies, and what settles it.
func (t *text) held(r Run) {
	if len(r.Held) == 0 {
		t.head("Held", "nothing")
		return
	}
	t.head("Held", count(len(r.Held), "change")+" kept from the project")
	dir := ""
	for i, h := range r.Held[:min(listed, len(r.Held))] {
		if i == 0 || h.Dir != dir {
			dir = h.Dir
			t.put(2, dim, "in "+cmp.Or(show(dir), "a place that the journal does not name"))
		}
		t.entry(2, pad(show(h.Action), 9)+" ", show(h.Name), show(reason(h.Change)))
	}
	t.more(2, len(r.Held), listed)
	if r.Next != "" {
		t.line("  settle with: " + show(r.Next))
	}
}

// join puts a detail behind a word.
func join(word, detail string) string {
	if detail == "" {
		return word
	}
	return word + ": " + detail
}
