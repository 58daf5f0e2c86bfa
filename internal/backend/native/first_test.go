package native

import (
	"testing"

	"ringwall/internal/backend/backendtest"
	"ringwall/internal/plan"
)

// TestFirstToGo: where the machine runs out of memory, what runs inside goes
// first, and cannot say otherwise.
func TestFirstToGo(t *testing.T) {
	const score = "/proc/self/oom_score_adj"
	b := backendtest.NewBox(t, target(t))
	r := b.Attack("read:" + score)
	b.Expect(r, map[string]string{"read:" + score: "ok"})
	if got := r.Report("read:" + score).Value; got != "1000\n" {
		t.Errorf("inside it is %q", got)
	}
	if got := backendtest.Outside(t, target(t), "read:"+score).Report("read:" + score).Value; got == "1000\n" {
		t.Error("outside it is the same, so that this shows nothing")
	}
}

// TestNamesInMemory: each name in a file system in memory takes memory of the
// kernel's, so there is a bound on them that follows from its size.
func TestNamesInMemory(t *testing.T) {
	const fill = "inodes:/tmp|5500"
	for size, want := range map[int64]string{64 << 20: "ENOSPC", 128 << 20: "ok"} {
		b := backendtest.NewBox(t, target(t))
		b.Add("isolation.view:/tmp", plan.Op{Mount: &plan.Mount{Kind: plan.Tmpfs, Target: "/tmp", Writable: true, Size: size}})
		// The project may lie below the host's /tmp: it is mounted after.
		w, _ := b.Plan.Find("isolation.workspace")
		b.Add("isolation.workspace", w.Want)
		b.Expect(b.Attack(fill), map[string]string{fill: want})
	}
}
