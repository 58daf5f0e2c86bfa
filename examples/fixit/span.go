// Fixit reads the busy hours of a day, one "09:00-10:30" a line, and prints the
// hours that are left.
package main

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// Span is a stretch of one day, in minutes after midnight. End is the first
// minute that is free again.
type Span struct {
	Start, End int
}

// ParseSpan reads "09:00-10:30".
func ParseSpan(s string) (Span, error) {
	from, to, ok := strings.Cut(strings.TrimSpace(s), "-")
	if !ok {
		return Span{}, fmt.Errorf("%q is not FROM-TO", s)
	}
	start, err := parseClock(from)
	if err != nil {
		return Span{}, err
	}
	end, err := parseClock(to)
	if err != nil {
		return Span{}, err
	}
	if end <= start {
		return Span{}, fmt.Errorf("%q ends before it begins", s)
	}
	return Span{start, end}, nil
}

// parseClock reads "09:00" as minutes after midnight; "24:00" ends the day.
func parseClock(s string) (int, error) {
	hours, minutes, ok := strings.Cut(strings.TrimSpace(s), ":")
	h, errH := strconv.Atoi(hours)
	m, errM := strconv.Atoi(minutes)
	if !ok || errH != nil || errM != nil || h < 0 || m < 0 || m > 59 || h*60+m > 24*60 {
		return 0, fmt.Errorf("%q is not a time of day", s)
	}
	return h*60 + m, nil
}

// String writes the span as ParseSpan reads it.
func (s Span) String() string {
	return fmt.Sprintf("%02d:%02d-%02d:%02d", s.Start/60, s.Start%60, s.End/60, s.End%60)
}

// Merge joins the spans that overlap or touch, earliest first.
func Merge(spans []Span) []Span {
	sorted := append([]Span(nil), spans...)
	sort.Slice(sorted, func(i, j int) bool { return sorted[i].Start < sorted[j].Start })

	var out []Span
	for _, next := range sorted {
		if n := len(out); n > 0 && next.Start <= out[n-1].End {
			out[n-1].End = next.End
			continue
		}
		out = append(out, next)
	}
	return out
}

// Free lists what is left of the day between the busy spans.
func Free(day Span, busy []Span) []Span {
	var out []Span
	at := day.Start
	for _, b := range Merge(busy) {
		if b.Start > at {
			out = append(out, Span{at, min(b.Start, day.End)})
		}
		at = max(at, b.End)
		if at >= day.End {
			return out
		}
	}
	return append(out, Span{at, day.End})
}
