package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Decision is what an owner makes of a change that is held.
type Decision string

// The decisions.
const (
	None   Decision = ""
	Accept Decision = "accept"
	Drop   Decision = "drop"
)

// Decided is a change with its decision.
type Decided struct {
	Change
	Decision Decision
}

// Meaning says plainly what it means to accept a change of that class.
func Meaning(class string) string {
	switch class {
	case "guardrail":
		return "It steers agents, or runs by itself on this machine with your rights. Accepted, it is yours: the next run obeys it, and freezes it as you would have written it."
	case "secret":
		return "It stands where a secret was hidden from the agent. Accepted, the agent's text takes the place of the real file."
	case "escape":
		return "It leads out of the project, is no plain file, or hides behind its name. What you or a program does with it can reach other files."
	case "oversized":
		return "It is larger than work usually is. Accepted, it takes that much of your disk."
	case "conflict":
		return "Somebody changed the project's own version while the agent worked. Accepted, the agent's takes its place."
	case "kept":
		return "The whole iteration was kept back. Accepted, all of it that is ordinary is applied."
	}
	return ""
}

// classes are in the order in which a person should think of them.
var classes = []string{"guardrail", "secret", "escape", "conflict", "oversized", "kept"}

// rank sorts by class.
func rank(class string) int {
	if i := slices.Index(classes, class); i >= 0 {
		return i
	}
	return len(classes)
}

// Summary tells what decisions will do, before they are carried out. Names
// beyond most of each kind are counted.
func Summary(all []Decided, most int) []string {
	var out []string
	accepted, dropped := of(all, Accept), of(all, Drop)
	slices.SortStableFunc(accepted, func(a, b Decided) int { return cmp.Compare(rank(a.Class), rank(b.Class)) })
	if len(accepted) > 0 {
		out = append(out, "accept "+Count(len(accepted), "change")+" into the project:")
		last := ""
		for i, c := range accepted {
			if c.Class != last && Meaning(c.Class) != "" {
				out = append(out, "  "+c.Class+": "+Meaning(c.Class))
			}
			last = c.Class
			out = appendName(out, c, i, len(accepted), most)
		}
	}
	if len(dropped) > 0 {
		out = append(out, "drop "+Count(len(dropped), "change")+" for good:")
		for i, c := range dropped {
			out = appendName(out, c, i, len(dropped), most)
		}
	}
	return out
}

func of(all []Decided, d Decision) []Decided {
	return slices.DeleteFunc(slices.Clone(all), func(c Decided) bool { return c.Decision != d })
}

// appendName names change i of n.
func appendName(out []string, c Decided, i, n, most int) []string {
	switch {
	case i < most:
		return append(out, "    "+c.Name()+iterationOf(c))
	case i == most:
		return append(out, fmt.Sprintf("    and %d more", n-most))
	}
	return out
}

func iterationOf(c Decided) string {
	if c.Whole() {
		return ""
	}
	return fmt.Sprintf("  (%s, iteration %d)", strings.TrimSpace(c.Action+" "+kind(c.Type)), c.Iteration)
}

// Count is a number with its noun.
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
