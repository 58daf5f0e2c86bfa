package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"ringwall/internal/evidence"
)

// model adds one answer to its model.
func (r *reducer) model(e evidence.ModelUsage) {
	i, ok := r.models[e.Model]
	if !ok {
		i = len(r.run.Models)
		r.models[e.Model] = i
		r.run.Models = append(r.run.Models, Model{Name: e.Model})
	}
	m, seen := &r.run.Models[i], &r.run.Seen
	m.Answers++
	seen.Answers++
	m.Input, m.CacheRead, m.CacheWrite = m.Input+e.Input, m.CacheRead+e.CacheRead, m.CacheWrite+e.CacheWrite
	m.Output, m.Searches = m.Output+e.Output, m.Searches+e.Searches
	m.Untold += one(e.Unknown)
	m.Cut += one(e.Cut)
	if e.CostUSD == nil {
		m.Unknown++
		seen.Unknown++
		return
	}
	m.USD += *e.CostUSD
	seen.USD += *e.CostUSD
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// sortModels puts the dearest first.
func (r *reducer) sortModels() {
	slices.SortStableFunc(r.run.Models, func(a, b Model) int {
		return cmp.Or(cmp.Compare(b.USD, a.USD), cmp.Compare(b.Answers, a.Answers))
	})
}

// text is the cost that the gateway counted, in words.
func (s Seen) text() string {
	switch {
	case s.Answers == s.Unknown:
		return "cost unknown"
	case s.Unknown > 0:
		return fmt.Sprintf("at least %.2f USD (%s unknown)", s.USD, count(s.Unknown, "answer"))
	}
	return fmt.Sprintf("%.2f USD", s.USD)
}

// cost is the same for one model.
func (m Model) cost() string {
	if m.Unknown == 0 {
		return fmt.Sprintf("%.2f USD", m.USD)
	}
	if m.Unknown == m.Answers {
		return "unknown"
	}
	return fmt.Sprintf("%.2f USD +", m.USD)
}

// title is how people call it.
func (m Model) title() string { return cmp.Or(m.Name, "no name told") }

// note tells what the numbers do not.
func (m Model) note() string {
	s := ""
	add := func(n int, what string) {
		if n > 0 {
			s += ", " + strconv.Itoa(n) + " " + what
		}
	}
	add(m.Untold, "did not say what they took")
	add(m.Unknown-m.Untold, "without a known price")
	add(m.Cut, "cut short")
	add(int(m.Searches), "searches of the web")
	if s == "" {
		return ""
	}
	return s[2:]
}

// tokens is a number of tokens, short.
func tokens(n int64) string {
	switch {
	case n >= 10_000_000:
		return fmt.Sprintf("%.1fM", float64(n)/1e6)
	case n >= 100_000:
		return fmt.Sprintf("%dk", n/1000)
	}
	return strconv.FormatInt(n, 10)
}

// cached is all that concerns the cache.
func (m Model) cached() string { return tokens(m.CacheRead) + "/" + tokens(m.CacheWrite) }

// modelTable writes what the gateway counted, by model. Where it saw no answer
// there is nothing to say.
func (t *text) modelTable(r Run) {
	if len(r.Models) == 0 {
		return
	}
	t.head("Models", r.Seen.text()+", as the gateway counted in their answers")
	t.line("  " + t.style(dim, pad("", 28)+pad("answers", 9)+pad("input", 8)+pad("cache r/w", 12)+pad("output", 8)+"cost"))
	for _, m := range r.Models[:min(listed, len(r.Models))] {
		name := show(m.title())
		if width(name) > 27 {
			t.put(2, "", name)
			name = ""
		}
		t.line("  " + pad(name, 28) + pad(strconv.Itoa(m.Answers), 9) + pad(tokens(m.Input), 8) +
			pad(m.cached(), 12) + pad(tokens(m.Output), 8) + m.cost())
		if note := m.note(); note != "" {
			t.put(4, dim, note)
		}
	}
	t.more(2, len(r.Models), listed)
}
