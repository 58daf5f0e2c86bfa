package namespace

import (
	"os"
	"testing"

	"ringwall/internal/kernel/initprog"
	"ringwall/internal/kernel/launch"
)

// BenchmarkStart is a first process that builds next to nothing and ends.
func BenchmarkStart(b *testing.B) {
	if !initprog.Embedded() {
		b.Skip("the first process is not built in: scripts/build does")
	}
	id := Identity{HostUID: os.Getuid(), HostGID: os.Getgid(), UID: 1000, GID: 1000}
	for b.Loop() {
		spec := &launch.Spec{ProbeOnly: true, Steps: []launch.Step{{Op: launch.Bind, Target: "/usr", Source: "/usr"}}}
		p, err := Start(spec, Options{Identity: id})
		if err != nil {
			b.Fatal(err)
		}
		if m, err := p.Next(); err != nil || m.Kind != launch.Ready {
			b.Fatal(m, err)
		}
		p.Wait()
		p.Close()
	}
}
