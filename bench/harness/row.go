package main

import (
	"fmt"
	"io"
	"slices"
)

// row is one line of the table: ours against what it is measured against.
type row struct {
	Measure   string  `json:"measure"`
	Reference string  `json:"reference"`
	Unit      string  `json:"unit"`
	Theirs    float64 `json:"theirs"` // median
	Ours      float64 `json:"ours"`   // median
	Ratio     float64 `json:"ratio"`  // of the medians
	Least     float64 `json:"ratio_of_minima"`
	// Target is the greatest ratio that is good enough, or with Absolute the
	// greatest value; 0: there is none.
	Target   float64 `json:"target,omitempty"`
	Absolute bool    `json:"target_is_absolute,omitempty"`
}

// compare makes a row of two series that were taken in turns.
func compare(measure, reference, unit string, target float64, theirs, ours []float64) row {
	return row{Measure: measure, Reference: reference, Unit: unit, Target: target,
		Theirs: median(theirs), Ours: median(ours),
		Ratio: median(ours) / median(theirs), Least: slices.Min(ours) / slices.Min(theirs)}
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}

// verdict says how a row stands to its target.
func (r row) verdict() string {
	value, kind := r.Ratio, ""
	if r.Absolute {
		value, kind = r.Ours, " "+r.Unit
	}
	switch {
	case r.Target == 0:
		return ""
	case value <= r.Target:
		return fmt.Sprintf("<= %.2f%s  met", r.Target, kind)
	}
	return fmt.Sprintf("<= %.2f%s  MISSED", r.Target, kind)
}

func table(w io.Writer, rows []row) {
	fmt.Fprintf(w, "%-34s %-11s %9s %9s %6s %6s  %s\n", "", "against", "theirs", "ours", "ratio", "least", "target")
	for _, r := range rows {
		fmt.Fprintf(w, "%-34s %-11s %9.4g %9.4g %6.2f %6.2f  %s\n",
			r.Measure+", "+r.Unit, r.Reference, r.Theirs, r.Ours, r.Ratio, r.Least, r.verdict())
	}
}
