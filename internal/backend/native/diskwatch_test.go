package native

import (
	"testing"
	"time"
)

// TestDiskPause: the nearer the limit, the shorter the pause, within bounds; a
// limit that is not there does not count.
func TestDiskPause(t *testing.T) {
	for _, c := range []struct {
		limit bounds
		found diskUse
		want  time.Duration
	}{
		{bounds{100 << 30, unbounded}, diskUse{}, period},
		{bounds{10 << 30, unbounded}, diskUse{}, period},
		{bounds{800 << 20, unbounded}, diskUse{}, 48828125 * time.Nanosecond},
		{bounds{800 << 20, unbounded}, diskUse{bytes: 790 << 20}, glance},
		{bounds{800 << 20, unbounded}, diskUse{bytes: 900 << 20}, glance},
		{bounds{unbounded, 1000}, diskUse{}, glance},
		{bounds{unbounded, 500000}, diskUse{entries: 1}, period},
		{bounds{10 << 30, 1000}, diskUse{}, glance},
	} {
		d := &diskWatch{limit: c.limit, found: c.found}
		if got := d.pause(); got != c.want {
			t.Errorf("limit %+v, found %+v: %s, want %s", c.limit, c.found, got, c.want)
		}
	}
}

// TestDiskDue: a tree is walked when something was written, or after a while.
func TestDiskDue(t *testing.T) {
	upper := t.TempDir()
	here := roomAt(upper)
	ago := func(d time.Duration) time.Time { return time.Now().Add(-d) }
	for _, c := range []struct {
		name string
		d    diskWatch
		want bool
	}{
		{"nothing was written", diskWatch{at: ago(period), last: here}, false},
		{"something was written", diskWatch{at: ago(period), last: here, moved: true}, true},
		{"and only just walked", diskWatch{at: ago(period / 2), last: here, moved: true}, false},
		{"nothing was written for long", diskWatch{at: ago(anyway), last: here}, true},
		{"most of what was left is gone", diskWatch{at: ago(period / 2), last: here, then: room{here.bytes + 60<<20, here.inodes}}, true},
	} {
		c.d.upper, c.d.limit = upper, bounds{100 << 20, unbounded}
		if c.d.then == (room{}) {
			c.d.then = here
		}
		if got := c.d.due(); got != c.want && roomAt(upper) == here { // others write here too
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
