package learn

import (
	"slices"

	"ringwall/internal/policy"
)

// Format is the version of the JSON form.
const Format = 1

// Result is what a run that learned came to, as schema/learn.schema.json has it.
type Result struct {
	Format   int      `json:"format"`
	Run      string   `json:"run"`
	ExitCode int      `json:"exit_code"` // of the command
	Asked    []Place  `json:"asked"`
	Tools    []string `json:"tools"` // started in vain
	Add      Entries  `json:"add"`
	Diff     string   `json:"diff"` // unified, of ringwall.toml; empty: there is nothing to add, or it has to be written by hand
	Left     []Note   `json:"left"` // not proposed
	Warnings []Note   `json:"warnings"`
}

// Entries are the additions as their owner would write them.
type Entries struct {
	Allow []string `json:"allow"` // network.allow
	Rules []Rule   `json:"rules"` // [[network.rule]]; one that is there has all of its methods here
	Tools []string `json:"tools"` // tools.allow
}

// Rule is one of [[network.rule]].
type Rule struct {
	Host    string   `json:"host"`
	Methods []string `json:"methods"`
}

// Entries gives the additions to a policy without its places in the file.
func (p Proposal) Entries(own policy.Policy) Entries {
	e := Entries{Allow: filled(p.Allow), Rules: []Rule{}, Tools: filled(p.Tools)}
	for i, r := range own.Network.Rules {
		if more := p.Addition.Methods[i]; len(more) > 0 {
			e.Rules = append(e.Rules, Rule{r.Host, slices.Concat(r.Methods, more)})
		}
	}
	for _, r := range p.Rules {
		e.Rules = append(e.Rules, Rule{r.Host, filled(r.Methods)})
	}
	return e
}

// filled is a list that JSON has as [], never as null.
func filled[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// NewResult is all that a run learned.
func NewResult(own policy.Policy, s *Seen, p Proposal) Result {
	return Result{Format: Format, Asked: filled(s.Places()), Tools: filled(s.Tools()), Add: p.Entries(own),
		Left: filled(p.Left), Warnings: filled(p.Warnings)}
}
