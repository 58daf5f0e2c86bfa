package report

import (
	"cmp"
	"fmt"
	"strings"
)

// name is how people call an entry of the timeline.
func (it Iteration) name() string {
	if it.Number == 0 {
		return "the command"
	}
	return fmt.Sprintf("iteration %d", it.Number)
}

// ending is how it ended, in a few words.
func (it Iteration) ending() string {
	switch {
	case !it.Finished:
		return "no end is recorded"
	case it.Token != "":
		return "the agent said " + it.Token
	case it.Reason == "exited" && it.ExitCode == 0 && it.Signal == "":
		return "exited"
	case it.Reason == "exited" && it.Signal != "":
		return "ended by " + it.Signal
	case it.Reason == "exited":
		return fmt.Sprintf("exited with %d", it.ExitCode)
	case it.Reason == "time", it.Reason == "memory", it.Reason == "disk", it.Reason == "inodes", it.Reason == "output",
		it.Reason == "cost", it.Reason == "tokens":
		return "ended at the limit on " + it.Reason
	}
	return cmp.Or(it.Reason, "ended")
}

// tone is the class of an ending: a plain one has none.
func (it Iteration) tone() string {
	switch {
	case !it.Finished, it.Reason != "exited", it.Token == "BLOCKED":
		return "warn"
	case it.Token == "DONE":
		return "good"
	case it.ExitCode != 0:
		return "bad"
	}
	return ""
}

// sum is what came of it: changes, refusals, requests, cost.
func (it Iteration) sum() string {
	parts := []string{"no changes"}
	if len(it.Changes) > 0 {
		parts[0] = count(len(it.Changes), "change")
		parts[0] += it.settled()
	}
	if it.Stopped > 0 {
		parts = append(parts, fmt.Sprintf("%d stopped", it.Stopped))
	}
	if it.Requests > 0 {
		parts = append(parts, count(it.Requests, "request"))
	}
	if c := it.Claim; c != nil && c.Turns > 0 {
		parts = append(parts, count(c.Turns, "turn"))
	}
	if c := it.Claim; c != nil && c.CostUSD != nil {
		parts = append(parts, fmt.Sprintf("%.2f USD", *c.CostUSD))
	}
	return strings.Join(parts, " · ")
}

// unsettled tells of an iteration that began to apply and whose end is not
// recorded.
func (it Iteration) unsettled() string {
	return fmt.Sprintf("%s: applying %s had begun and its end is not recorded; the next start finishes it",
		it.name(), count(it.Announced, "change"))
}
