package report

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"ringwall/internal/evidence"
)

// bytesText is a size in binary units, as limits are written in a policy.
func bytesText(n int64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	f, i := float64(n), 0
	for f >= 1024 && i < len(units)-1 {
		f, i = f/1024, i+1
	}
	if i == 0 || f == float64(int64(f)) {
		return fmt.Sprintf("%.0f %s", f, units[i])
	}
	return fmt.Sprintf("%.1f %s", f, units[i])
}

// durationText is a time that a person reads at a glance.
func durationText(millis int64) string {
	d := time.Duration(millis) * time.Millisecond
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
}

// unlimited is the least value that kernels use for "no limit".
const unlimited = 1 << 62

// limitText is a limit in the unit of its resource.
func limitText(resource string, n int64) string {
	if n < 0 || n >= unlimited {
		return "no limit"
	}
	switch resource {
	case "memory", "disk", "swap", "tmp", "home", "shm", "file", "file_size", "output":
		return bytesText(n)
	case "core":
		return "none"
	case "cost": // in cents
		return fmt.Sprintf("%.2f USD", float64(n)/100)
	case "time", "idle", "cpu_time":
		return durationText(n * 1000)
	case "cpu", "cpus":
		return strconv.FormatFloat(float64(n)/1000, 'f', -1, 64) + " CPU"
	}
	return strconv.FormatInt(n, 10)
}

// note tells when a limit is not what was asked for.
func (l Limit) note() string {
	switch {
	case l.InForce == l.Asked:
		return ""
	case l.InForce < 0 || l.InForce > l.Asked:
		return "weaker than asked"
	}
	return "tighter than asked"
}

// text is the cost in words. It is the agent's own count, and unknown is never
// shown as zero.
func (c Cost) text() string {
	switch {
	case !c.Known:
		return "cost unknown"
	case c.Unknown > 0:
		return fmt.Sprintf("at least %.2f USD (%s unknown)", c.USD, count(c.Unknown, "iteration"))
	}
	return fmt.Sprintf("%.2f USD by the agent's count", c.USD)
}

// count is a number with its noun.
func count(n int, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case strings.HasSuffix(noun, "y"):
		return fmt.Sprintf("%d %sies", n, strings.TrimSuffix(noun, "y"))
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// facts is the line under the outcome: iterations, time, cost, by the gateway's
// count where it has one.
func (r Run) facts() string {
	var parts []string
	if r.Kind != "run" {
		it := count(r.Iterations, "iteration")
		if r.MaxIterations > 0 {
			it = fmt.Sprintf("%d of at most %s", r.Iterations, count(r.MaxIterations, "iteration"))
		}
		parts = append(parts, it)
	}
	parts = append(parts, durationText(r.Millis))
	switch {
	case r.Seen.Answers > 0:
		parts = append(parts, r.Seen.text())
	case r.Kind != "run" || r.Cost.Known:
		parts = append(parts, r.Cost.text())
	}
	return strings.Join(parts, ", ")
}

// said tells whose word a refusal is.
func said(s evidence.Source) string {
	switch s {
	case evidence.Observed:
		return "observed by ringwall"
	case evidence.Claimed:
		return "claimed by the agent"
	}
	return "source " + cmp.Or(string(s), "unknown")
}

// byAction counts changes: "2 added, 1 modified".
func byAction(changes []evidence.Change) string {
	var order []string
	n := map[string]int{}
	for _, c := range changes {
		if n[c.Action]++; n[c.Action] == 1 {
			order = append(order, c.Action)
		}
	}
	for i, a := range order {
		order[i] = fmt.Sprintf("%d %s", n[a], cmp.Or(a, "changed"))
	}
	return strings.Join(order, ", ")
}

// known reports whether the start of the run, with its list of weak controls,
// is among the events.
func (r Run) known() bool { return r.ID != "" || r.PlanHash != "" }

// unknownStart stands for the weak controls when the start is missing: unknown
// is not "all enforced".
const unknownStart = "unknown: the start of the run is not in the journal"

// Verdict is one sentence on how far the journal can be believed.
func (j Journal) Verdict() string {
	switch {
	case !j.Checked:
		return "not checked: these events were not read from a journal"
	case j.Torn:
		return fmt.Sprintf("%s verified; line %d has no end: cut off by a crash, or the run is still going", count(j.Events, "event"), j.Line)
	case !j.Intact && j.Line > 0:
		return fmt.Sprintf("BROKEN at line %d: %s. What stands here is only what comes before it.", j.Line, j.Problem)
	case !j.Intact:
		return "NOT READ to its end"
	}
	return fmt.Sprintf("%s, chain intact", count(j.Events, "event"))
}

// trusted reports whether nothing speaks against the journal.
func (j Journal) trusted() bool { return j.Checked && (j.Intact || j.Torn) }
