package apart

import (
	"bufio"
	"net"
	"testing"

	"ringwall/internal/egress"
	"ringwall/internal/evidence"
)

// BenchmarkFirst is the first request of a run, which starts the process, and
// BenchmarkNext any other, each on a connection of its own.
func BenchmarkFirst(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		r, end, err := openRig(echoKey)
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if _, _, err := r.get(); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		end()
		b.StartTimer()
	}
}

func BenchmarkNext(b *testing.B) {
	r, end, err := openRig(echoKey)
	if err != nil {
		b.Fatal(err)
	}
	defer end()
	for b.Loop() {
		if _, _, err := r.get(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRecord is one event told, judged, taken down in memory and
// acknowledged, by one goroutine and by many.
func BenchmarkRecord(b *testing.B) {
	e := evidence.Event{Request: &evidence.Request{Proto: "tls", Host: "packages.example.com", Port: 443, Rule: "network.gateway"}}
	for name, parallel := range map[string]bool{"one": false, "many": true} {
		b.Run(name, func(b *testing.B) {
			rec := benchTalk(b)
			if !parallel {
				for b.Loop() {
					if err := rec.Record(e); err != nil {
						b.Fatal(err)
					}
				}
				return
			}
			b.SetParallelism(50)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := rec.Record(e); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}

// forgetful takes events and keeps none.
type forgetful struct{}

func (forgetful) Record(evidence.Event) error { return nil }

// benchTalk is both sides of a talk without a process between them, and
// without the pace that the supervisor keeps.
func benchTalk(b *testing.B) *recorder {
	ours, theirs, err := socketPair()
	if err != nil {
		b.Fatal(err)
	}
	var ends [2]net.Conn
	if ends[0], err = connOf(ours); err != nil {
		b.Fatal(err)
	}
	if ends[1], err = connOf(theirs); err != nil {
		b.Fatal(err)
	}
	d := newDesk(ends[0], egress.Config{Recorder: forgetful{}}, newJudge(config(tcpAddr(1), 2, nil).Plan))
	d.pace.every = 0
	go d.listen()
	out := &sender{conn: ends[1]}
	s := &served{out: out, rec: newRecorder(out), closed: make(chan error)}
	go s.talk(bufio.NewReader(ends[1]))
	b.Cleanup(func() { ends[0].Close(); ends[1].Close() })
	return s.rec
}
