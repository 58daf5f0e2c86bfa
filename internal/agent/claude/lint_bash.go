package claude

import (
	"slices"
	"strings"

	"ringwall/internal/agent"
	"ringwall/internal/agent/command"
	"ringwall/internal/plan"
)

// bash looks at a rule on commands. What an allowed one can do besides its work
// is the same for all tools and stands in package command.
func (l *linter) bash(e entry) bool {
	if i := strings.Index(e.spec, ":*"); e.narrowed && i >= 0 && i != len(e.spec)-len(":*") {
		l.entry(e, finding{problem: agent.Ineffective,
			why:    `":*" stands for any words at the end only; elsewhere it is a colon, which no command has there`,
			better: "Bash(" + strings.ReplaceAll(e.spec, ":*", " *") + ")"})
		return false
	}
	if e.list != "allow" {
		return true
	}
	words, open := e.open()
	if len(words) == 0 {
		l.entry(e, finding{problem: agent.TooBroad, layer: plan.Isolation, why: "every command runs; name those that the work needs"})
		return true
	}
	if d, bad := command.Judge(words, open); bad && !(open && asksAnyway(words[0])) {
		l.entry(e, finding{problem: d.Problem, why: d.Why, better: rewritten(e.spec, d.Better), layer: catches(d.Problem)})
	}
	return true
}

// asksAnyway are commands that start others, and of which Claude Code therefore
// takes no rule on how they begin.
func asksAnyway(name string) bool {
	return slices.Contains([]string{"find", "watch", "setsid", "ionice", "flock"}, name)
}

// rewritten is a rule on narrower words, in the spelling of the one it replaces.
func rewritten(spec, words string) string {
	switch {
	case words == "":
		return ""
	case strings.HasSuffix(spec, ":*"):
		return "Bash(" + words + ":*)"
	case strings.HasSuffix(spec, " *"):
		return "Bash(" + words + " *)"
	}
	return "Bash(" + words + ")"
}

// catches is the layer that holds against what a rule lets through.
func catches(problem string) plan.LayerID {
	if problem == agent.Redirects {
		return plan.Network
	}
	return plan.Isolation
}

func (l *linter) fetch(e entry) bool {
	domain, named := strings.CutPrefix(e.spec, "domain:")
	switch {
	case e.narrowed && !named:
		l.entry(e, finding{problem: agent.Ineffective, why: "a rule on WebFetch names a domain", better: "WebFetch(domain:" + host(e.spec) + ")"})
		return false
	case named && host(domain) != domain:
		l.entry(e, finding{problem: agent.Ineffective, why: "this is an address, and a domain is a name alone", better: "WebFetch(domain:" + host(domain) + ")"})
		return false
	case e.list == "allow" && (!e.narrowed || domain == "*"):
		l.entry(e, finding{problem: agent.TooBroad, layer: plan.Network, better: "WebFetch(domain:docs.example.com)",
			why: "it asks any address for anything, and an address can carry data out"})
	}
	return true
}

// host is the name in an address.
func host(s string) string {
	if _, after, is := strings.Cut(s, "://"); is {
		s = after
	}
	s, _, _ = strings.Cut(s, "/")
	return s
}
