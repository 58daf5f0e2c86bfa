package egress

import (
	"errors"
	"strings"
	"testing"
)

func TestRefusalsAddUp(t *testing.T) {
	j := &journal{}
	r := newRefusals(ControlGateway, j)
	for range 1234 {
		if err := r.add("connect a.example:1", "why"); err != nil {
			t.Fatal(err)
		}
	}
	var counts []int
	if err := r.flush(); err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, e := range j.refused() {
		counts, total = append(counts, e.Count), total+e.Count
	}
	if total != 1234 || len(counts) != 5 || counts[0] != 1 {
		t.Errorf("counts are %v", counts)
	}
	if err := r.flush(); err != nil || len(j.refused()) != 5 {
		t.Errorf("a second flush tells it again: %v", err)
	}
}

func TestRefusalIsPrintable(t *testing.T) {
	j := &journal{}
	r := newRefusals(ControlDNS, j)
	if err := r.add("resolve \x1b[2J\u202e"+strings.Repeat("x", 5000), ""); err != nil {
		t.Fatal(err)
	}
	if e := lastRefused(t, j); strings.ContainsAny(e.What, "\x1b\u202e") || len(e.What) > maxWhat+60 {
		t.Errorf("event says %q", e.What)
	}
}

func TestRefusalNotRecorded(t *testing.T) {
	if err := newRefusals(ControlDNS, &journal{err: errors.New("disk full")}).add("x", ""); err == nil {
		t.Error("no error")
	}
}
