package claude

import (
	"strings"

	"ringwall/internal/agent"
)

// maxOverlap bounds the comparisons of two lists with each other.
const maxOverlap = 1 << 20

// overlaps looks at rules that meet: twice the same, or one that another
// decides before.
func (l *linter) overlaps(all []entry) {
	lists := map[string][]entry{}
	seen := map[string]bool{}
	for _, e := range all {
		key := e.list + " " + e.normal().String()
		if seen[key] {
			l.entry(e, finding{problem: agent.Duplicate, why: "this rule is in the list already"})
			continue
		}
		seen[key] = true
		lists[e.list] = append(lists[e.list], e)
	}
	l.shadowed(lists["allow"], lists["deny"])
	l.shadowed(lists["allow"], lists["ask"])
	l.shadowed(lists["ask"], lists["deny"])
}

// shadowed reports rules that a list which comes before decides.
func (l *linter) shadowed(list, before []entry) {
	if len(list)*len(before) > maxOverlap {
		return
	}
	for _, e := range list {
		for _, b := range before {
			if covers(b.normal(), e.normal()) {
				l.entry(e, finding{problem: agent.Shadowed, why: b.list + ` has "` + agent.Head(b.value.Text(), maxEntry) + `", and ` + b.list + " comes first"})
				break
			}
		}
	}
}

// covers tells whether all that a rule is for falls under another.
func covers(wide, narrow rule) bool {
	switch {
	case wide == narrow:
		return true
	case strings.HasSuffix(wide.tool, "*") && strings.Count(wide.tool, "*") == 1 && !wide.narrowed:
		return strings.HasPrefix(narrow.tool, strings.TrimSuffix(wide.tool, "*"))
	case strings.HasPrefix(wide.tool, "mcp__"):
		return strings.HasPrefix(narrow.tool, wide.tool+"__")
	case wide.tool != narrow.tool:
		return false
	case !wide.narrowed:
		return true
	}
	before, is := strings.CutSuffix(wide.spec, "*")
	switch {
	case !is || strings.Contains(strings.TrimSuffix(before, "*"), "*"):
		return false
	case wide.tool == "Bash" && strings.HasSuffix(before, " "):
		return strings.HasPrefix(narrow.spec+" ", before)
	case wide.tool == "Bash":
		return strings.HasPrefix(narrow.spec, before)
	}
	folder := strings.TrimSuffix(before, "*")
	return strings.HasSuffix(folder, "/") && strings.HasPrefix(narrow.spec, folder) && strings.HasSuffix(wide.spec, "/**")
}
