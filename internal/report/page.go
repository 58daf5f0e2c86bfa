package report

import (
	"fmt"
	"math"
	"strings"

	"ringwall/internal/evidence"
)

// page is a run with what only the picture and the timeline need.
type page struct {
	Run
	Facts      string
	AppliedSum string
	Files      []evidence.Change // applied, outside .git
	Git        int               // applied, inside .git
	NoneWeaker string
	Total      int
	Distrust   bool
	Unfinished bool
	Rings      []ring
	Steps      []step
	Open       []string // iterations that began to apply and did not end it
	HeldDirs   []string
	About      []fact
}

// newPage computes them.
func newPage(r Run) page {
	p := page{Run: r, Facts: r.facts(), AppliedSum: byAction(r.Applied), NoneWeaker: allEnforced,
		Distrust: r.Journal.Checked && !r.Journal.trusted(), Unfinished: r.Outcome == Unfinished, About: r.about()}
	p.Files, p.Git = apart(r.Applied)
	if !r.known() {
		p.NoneWeaker = unknownStart
	}
	for _, l := range r.Layers {
		p.Total += l.Stopped
		if l.Number > 0 {
			p.Rings = append(p.Rings, newRing(l))
		}
	}
	seen := map[string]bool{}
	for _, h := range r.Held {
		if h.Dir != "" && !seen[h.Dir] && len(seen) < listed {
			seen[h.Dir] = true
			p.HeldDirs = append(p.HeldDirs, h.Dir)
		}
	}
	longest := int64(1)
	for _, it := range r.Timeline {
		longest = max(longest, it.Millis)
		if it.Announced > 0 && !it.Settled {
			p.Open = append(p.Open, it.unsettled())
		}
	}
	for _, it := range r.Timeline {
		p.Steps = append(p.Steps, newStep(it, longest))
	}
	return p
}

// ring is one layer in the picture: a circle around the agent, its number
// below, and the count of what it stopped on it.
type ring struct {
	Number, R, LabelY int
	Asks, Hit         bool
	Count             string
	X, Y, W, TX, TY   int
}

// newRing places a layer. The counts sit at different angles, so that large
// ones do not cover each other.
func newRing(l Layer) ring {
	const centre, inner, gap, height = 170, 50, 26, 24
	angles := [...]float64{-90, -132, -48, -110, -70}
	r := ring{Number: l.Number, R: inner + gap*(l.Number-1), Asks: l.Number == 1, Hit: l.Stopped > 0, Count: short(l.Stopped)}
	a := angles[l.Number-1] * math.Pi / 180
	r.LabelY = centre + r.R
	r.TX, r.TY = centre+int(float64(r.R)*math.Cos(a)), centre+int(float64(r.R)*math.Sin(a))
	r.W = 16 + 8*len(r.Count)
	r.X, r.Y = r.TX-r.W/2, r.TY-height/2
	return r
}

// short is a count that fits a badge.
func short(n int) string {
	switch {
	case n >= 1_000_000:
		return fmt.Sprintf("%dM", n/1_000_000)
	case n >= 10_000:
		return fmt.Sprintf("%dk", n/1000)
	}
	return fmt.Sprint(n)
}

// step is one iteration on the page.
type step struct {
	Number             int
	Ending, Tone, Took string
	Percent            int
	Sum                string
	Lines              []string // of what the agent says, printable
}

// newStep puts an iteration into words.
func newStep(it Iteration, longest int64) step {
	s := step{Number: it.Number, Ending: it.ending(), Tone: it.tone(), Sum: it.sum()}
	if it.Finished {
		s.Took = durationText(it.Millis)
		s.Percent = int(100 * float64(max(0, it.Millis)) / float64(longest))
	}
	if it.Claim != nil {
		s.Lines = claimLines(*it.Claim)
	}
	return s
}

// claimLines is what the agent says, line by line.
func claimLines(c evidence.AgentResult) []string {
	text := strings.TrimSpace(c.Text)
	if c.ErrorMsg != "" {
		text = strings.TrimSpace(text + "\n" + "error: " + c.ErrorMsg)
	}
	if text == "" {
		return nil
	}
	lines := strings.Split(text, "\n")
	if n := len(lines) - listed*2; n > 0 {
		lines = append(lines[:listed*2], fmt.Sprintf("and %s more", count(n, "line")))
	}
	for i, l := range lines {
		lines[i] = show(strings.TrimSuffix(l, "\r"))
	}
	return lines
}
