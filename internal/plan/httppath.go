package plan

import "strings"

// MatchPath tells whether a pattern of Egress.Paths matches a path in its one
// form: "*" stands for any text without a slash, "**" for any text. It goes
// over the path once, whatever the pattern.
func MatchPath(pattern, path string) bool {
	at, next := make([]bool, len(pattern)+1), make([]bool, len(pattern)+1)
	at[0] = true
	pass(pattern, at)
	for i := range len(path) {
		clear(next)
		for j := range len(pattern) {
			switch {
			case !at[j]:
			case pattern[j] != '*':
				next[j+1] = next[j+1] || pattern[j] == path[i]
			default:
				next[j] = next[j] || path[i] != '/' || double(pattern, j)
			}
		}
		pass(pattern, next)
		at, next = next, at
	}
	return at[len(pattern)]
}

// pass lets each wildcard that was reached stand for nothing.
func pass(pattern string, at []bool) {
	for j := range len(pattern) {
		switch {
		case !at[j] || pattern[j] != '*':
		case double(pattern, j):
			at[j+2] = true
		default:
			at[j+1] = true
		}
	}
}

func double(pattern string, j int) bool { return strings.HasPrefix(pattern[j:], "**") }
