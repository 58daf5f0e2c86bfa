package stage

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strings"
)

// settle brings the entries into order and makes their classes agree with each
// other: what must stay keeps the folders that it lies in.
func (c *Changeset) settle(stubs []string) {
	c.sort()
	c.dropStubs(stubs)
	c.keepFoldersOfKept()
	c.holdEmptyFolders()
}

// sort sorts the entries by their paths, and moves each only once.
func (c *Changeset) sort() {
	type key struct {
		path Name
		at   int
	}
	keys := make([]key, len(c.Entries))
	for i := range c.Entries {
		keys[i] = key{c.Entries[i].Path, i}
	}
	slices.SortFunc(keys, func(a, b key) int { return comparePaths(a.path, b.path) })
	sorted := make([]Entry, len(keys))
	for i, k := range keys {
		sorted[i] = c.Entries[k.at]
	}
	c.Entries = sorted
}

// comparePaths orders parents before children and keeps each subtree together:
// the slash sorts before every other byte.
func comparePaths(a, b Name) int {
	for i := range min(len(a), len(b)) {
		x, y := a[i], b[i]
		switch {
		case x == y:
		case x == '/':
			return -1
		case y == '/':
			return 1
		default:
			return cmp.Compare(x, y)
		}
	}
	return cmp.Compare(len(a), len(b))
}

// index is the place of the entry of a path, -1 where there is none.
func (c *Changeset) index(p Name) int {
	i, found := slices.BinarySearchFunc(c.Entries, p, func(e Entry, p Name) int { return comparePaths(e.Path, p) })
	if !found {
		return -1
	}
	return i
}

// subtree is the index after the last entry below entry i.
func (c *Changeset) subtree(i int) int {
	prefix := string(c.Entries[i].Path) + "/"
	rest := c.Entries[i+1:]
	return i + 1 + sort.Search(len(rest), func(k int) bool {
		return !strings.HasPrefix(string(rest[k].Path), prefix)
	})
}

// dropStubs leaves out the mount points that are still empty. A stub that was
// written to past its mount is never ordinary.
func (c *Changeset) dropStubs(stubs []string) {
	is := make(map[Name]bool, len(stubs))
	for _, s := range stubs {
		is[Name(strings.Trim(s, "/"))] = true
	}
	var kept []Entry
	for i := len(c.Entries) - 1; i >= 0; i-- {
		e := c.Entries[i]
		if is[e.Path] && e.Action == Added {
			if e.Type == File && e.Size == 0 || e.Type == Dir && !hasChild(kept, e.Path) {
				continue
			}
			if e.Type != Dir && e.Class == Ordinary {
				e.Class, e.Detail, e.Fate = Guardrail, "written past its mount", ""
			}
		}
		kept = append(kept, e)
	}
	slices.Reverse(kept)
	c.Entries = kept
}

// hasChild tells whether the last of kept, which is filled from the end of the
// sorted entries, lies below dir.
func hasChild(kept []Entry, dir Name) bool {
	return len(kept) > 0 && strings.HasPrefix(string(kept[len(kept)-1].Path), string(dir)+"/")
}

// keepFoldersOfKept goes through the deletions that are not ordinary. The
// folders above them cannot go either; where such a folder was replaced by
// something else, the replacement and all its deletions are held as one.
func (c *Changeset) keepFoldersOfKept() {
	at := make(map[Name]int, len(c.Entries))
	for i, e := range c.Entries {
		at[e.Path] = i
	}
	for _, e := range c.Entries {
		if e.Action != Deleted || e.Applies() {
			continue
		}
		for p := parent(string(e.Path)); p != ""; p = parent(p) {
			if i, ok := at[Name(p)]; ok {
				c.keepFolder(i, e)
			}
		}
	}
}

// keepFolder holds what would remove the folder that kept lies in.
func (c *Changeset) keepFolder(i int, kept Entry) {
	e := &c.Entries[i]
	if !e.Applies() || e.Action != Deleted && !e.replacesDir() {
		return
	}
	why := "the folder holds " + printable(base(string(kept.Path)))
	e.keepWith(kept, why)
	if !e.replacesDir() {
		return
	}
	for j, end := i+1, c.subtree(i); j < end; j++ {
		if c.Entries[j].Applies() {
			c.Entries[j].keepWith(kept, why)
		}
	}
}

// holdEmptyFolders holds a new folder of which nothing is applied, so that no
// empty .claude stays behind for a settings file that was held.
func (c *Changeset) holdEmptyFolders() {
	below := map[Name]*Entry{} // of a folder: one that is applied as soon as any is
	for i := len(c.Entries) - 1; i >= 0; i-- {
		e := &c.Entries[i]
		in, any := below[e.Path]
		if e.Applies() && e.Type == Dir && e.Action == Added && any && !in.Applies() {
			e.keepWith(*in, "all that it holds was kept back")
		}
		up := Name(parent(string(e.Path)))
		if b := below[up]; b == nil || !b.Applies() {
			below[up] = e
		}
	}
}

// keepWith gives an entry that was to be applied the class and fate of one that
// is not.
func (e *Entry) keepWith(kept Entry, why string) {
	e.Class, e.Fate, e.Detail, e.Runs = kept.Class, kept.Fate, why, ""
}

// folderDetail describes a folder that stands for all below it.
func folderDetail(n int) string {
	return fmt.Sprintf("folder with %d entries", n)
}
