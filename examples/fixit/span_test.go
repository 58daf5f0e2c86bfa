package main

import (
	"reflect"
	"testing"
)

func spans(t *testing.T, texts ...string) []Span {
	t.Helper()
	var out []Span
	for _, text := range texts {
		span, err := ParseSpan(text)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, span)
	}
	return out
}

func TestMerge(t *testing.T) {
	for _, test := range []struct {
		name     string
		in, want []string
	}{
		{"apart", []string{"09:00-10:00", "11:00-12:00"}, []string{"09:00-10:00", "11:00-12:00"}},
		{"overlap", []string{"09:00-10:30", "10:00-11:00"}, []string{"09:00-11:00"}},
		{"touch", []string{"09:00-10:00", "10:00-11:00"}, []string{"09:00-11:00"}},
		{"unsorted", []string{"13:00-14:00", "09:00-10:00"}, []string{"09:00-10:00", "13:00-14:00"}},
		{"one inside the other", []string{"09:00-12:00", "09:30-10:00"}, []string{"09:00-12:00"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := spans(t, test.want...)
			if got := Merge(spans(t, test.in...)); !reflect.DeepEqual(got, want) {
				t.Errorf("Merge(%v) = %v, want %v", test.in, got, want)
			}
		})
	}
}

// The five-minute stand-up in the middle of the all-hands gives no one lunch.
func TestFreeDuringTheAllHands(t *testing.T) {
	busy := spans(t, "10:00-14:00", "11:00-11:05")
	want := spans(t, "09:00-10:00", "14:00-17:00")
	if got := Free(Span{9 * 60, 17 * 60}, busy); !reflect.DeepEqual(got, want) {
		t.Errorf("Free = %v, want %v", got, want)
	}
}

func TestParseSpanRefuses(t *testing.T) {
	for _, text := range []string{"", "09:00", "9-10", "10:00-09:00", "25:00-26:00", "09:60-10:00"} {
		if got, err := ParseSpan(text); err == nil {
			t.Errorf("ParseSpan(%q) = %v, want an error", text, got)
		}
	}
}
