package stage

import "ringwall/internal/evidence"

// collapseFrom is the number of entries from which a folder that was added or
// deleted whole is one event instead of many.
const collapseFrom = 50

// Events lists the changeset for the journal, with printable names. A large
// folder of which every entry is ordinary and has nothing to be said about is
// one event; so is the folder of any deletion.
func (c *Changeset) Events() []evidence.Change {
	var out []evidence.Change
	for i := 0; i < len(c.Entries); i++ {
		e := c.Entries[i]
		end := c.subtree(i)
		if size, ok := c.uniform(i, end); ok {
			ch := e.change()
			ch.Detail, ch.Size = folderDetail(end-i-1), size
			out = append(out, ch)
			i = end - 1
			continue
		}
		out = append(out, e.change())
	}
	return out
}

// uniform tells whether entries i to end are one folder with the same thing
// done to all of it, and their size together.
func (c *Changeset) uniform(i, end int) (int64, bool) {
	e := c.Entries[i]
	few := end-i-1 < collapseFrom
	if e.Type != Dir || end == i+1 || few && e.Action != Deleted || e.Action != Added && e.Action != Deleted {
		return 0, false
	}
	var size int64
	for _, b := range c.Entries[i:end] {
		if b.Action != e.Action || b.Class != Ordinary || b.Fate != "" || b.Detail != "" || b.Runs != "" {
			return 0, false
		}
		size += b.Size
	}
	return size, true
}

// change is the entry as an event.
func (e Entry) change() evidence.Change {
	detail := e.Detail
	if detail == "" && e.From != "" {
		detail = "from " + e.From.String()
	}
	return evidence.Change{
		Name: e.Path.String(), Action: string(e.Shown()), Class: string(e.Class),
		Detail: detail, Size: e.Size, Fate: string(e.Fate), Runs: e.Runs, SHA256: e.SHA256,
	}
}

// rejectedChanges lists what was not even kept.
func rejectedChanges(rejected []Entry) []evidence.Change {
	var out []evidence.Change
	for _, e := range rejected {
		out = append(out, e.change())
	}
	return out
}

// heldChanges lists what was kept back, for the journal.
func heldChanges(held []Held) []evidence.Change {
	var out []evidence.Change
	for _, h := range held {
		out = append(out, h.change())
	}
	return out
}
