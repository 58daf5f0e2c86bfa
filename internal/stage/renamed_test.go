package stage

import "testing"

// TestFindRenames: a move keeps size and time; what only may be one is not said.
func TestFindRenames(t *testing.T) {
	const size, at = 5, 1_700_000_000_123_456_789
	gone := func(p Name, size, mtime int64) Entry {
		return Entry{Path: p, Action: Deleted, Type: File, Class: Ordinary, Lower: Stat{Type: File, Size: size, Mtime: mtime, Ino: 7}}
	}
	come := func(p Name, size, mtime int64, origin uint64) Entry {
		return Entry{Path: p, Action: Added, Type: File, Class: Ordinary, Size: size, Mtime: mtime, above: above{origin: origin}}
	}
	held := gone("old", size, at)
	held.Class = Guardrail
	for name, c := range map[string]struct {
		entries []Entry
		want    Name // of "new"
	}{
		"moved":                    {[]Entry{gone("old", size, at), come("new", size, at, 0)}, "old"},
		"noted by the overlay":     {[]Entry{gone("old", size, at), come("new", 9, 9, 7)}, "old"},
		"another time":             {[]Entry{gone("old", size, at), come("new", size, at+1, 0)}, ""},
		"another size":             {[]Entry{gone("old", size, at), come("new", size+1, at, 0)}, ""},
		"empty":                    {[]Entry{gone("old", 0, at), come("new", 0, at, 0)}, ""},
		"two went":                 {[]Entry{gone("old", size, at), gone("older", size, at), come("new", size, at, 0)}, ""},
		"two went, one so called":  {[]Entry{gone("old", size, at), gone("a/new", size, at), come("new", size, at, 0)}, "a/new"},
		"two came":                 {[]Entry{gone("old", size, at), come("new", size, at, 0), come("newer", size, at, 0)}, ""},
		"what went stays":          {[]Entry{held, come("new", size, at, 0)}, ""},
		"nothing went":             {[]Entry{come("new", size, at, 0)}, ""},
		"a folder came":            {[]Entry{gone("old", size, at), {Path: "new", Action: Added, Type: Dir, Size: size, Mtime: at}}, ""},
		"something was only there": {[]Entry{gone("old", size, at), {Path: "new", Action: Modified, Type: File, Size: size, Mtime: at}}, ""},
	} {
		set := Changeset{Entries: c.entries}
		set.findRenames()
		for _, e := range set.Entries {
			if e.Path == "new" && e.From != c.want {
				t.Errorf("%s: from %q, want %q", name, e.From, c.want)
			}
		}
	}
}
