package project

import "slices"

// maxChecks bounds Checks: a project of many parts has a command of its own for
// all of them, or wants one.
const maxChecks = 8

// Checks are the toolchains whose tests show that the work is whole: the first
// that wraps the project's others, else each that has tests.
func (f Facts) Checks() []Toolchain {
	var out []Toolchain
	for _, t := range f.Toolchains {
		if t.Tests == "" {
			continue
		}
		if wraps(t) {
			return []Toolchain{t}
		}
		out = append(out, t)
	}
	return out[:min(len(out), maxChecks)]
}

func wraps(t Toolchain) bool {
	return t.Dir == "" && slices.ContainsFunc(wrappers(), func(s sign) bool { return s.name == t.Name })
}
