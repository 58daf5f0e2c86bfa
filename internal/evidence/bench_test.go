package evidence

import (
	"path/filepath"
	"testing"
)

// BenchmarkRecord is what an event costs that is not waited for.
func BenchmarkRecord(b *testing.B) {
	j, err := Create(filepath.Join(b.TempDir(), "j"), MaxBytes(1<<40))
	if err != nil {
		b.Fatal(err)
	}
	defer j.Close()
	e := Event{Iteration: 1, LimitSet: &LimitSet{Resource: "memory", Asked: 4 << 30, InForce: 4 << 30, By: "cgroup v1 memory"}}
	b.ReportAllocs()
	for b.Loop() {
		j.sum.Events = 0 // there is a bound
		if err := j.Record(e); err != nil {
			b.Fatal(err)
		}
	}
}
