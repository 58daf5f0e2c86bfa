package host

import "testing"

func TestPasswd(t *testing.T) {
	p := passwd("# comment:x:7:7::/:\n+nis:x:7:7::/:\nshort:x:7:7\nbad:x:seven:7::/:\n" +
		"a:x:7:8:A, B:/home/a:/bin/sh\nagain:x:7:9::/home/again:\nringwall:x:990:991::/nonexistent:/usr/sbin/nologin")
	if e, ok := p.find(func(e account) bool { return e.uid == 7 }); !ok || e != (account{"a", "/home/a", 7, 8}) {
		t.Errorf("user 7: %+v, %v", e, ok)
	}
	if _, ok := p.find(func(e account) bool { return e.uid == 8 }); ok {
		t.Error("user 8 is found")
	}
	if a := p.dedicated(); *a != (Account{"ringwall", 990, 991}) {
		t.Errorf("%+v", a)
	}
	// Root, or nobody at all, is never the agent's account.
	for _, text := range []passwd{"", "ringwall:x:0:5::/:\n", "ringwall:x:5:0::/:\n", "ringwall:x:-1:5::/:\n"} {
		if a := text.dedicated(); *a != (Account{UID: spareID, GID: spareID}) {
			t.Errorf("%q: %+v", text, a)
		}
	}
}

// BenchmarkProbe is what every start pays for the facts of this machine.
func BenchmarkProbe(b *testing.B) {
	env := []string{"PATH=/usr/local/bin:/usr/bin:/bin", "XDG_STATE_HOME=" + b.TempDir(), "HOME=" + b.TempDir()}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Probe(env); err != nil {
			b.Fatal(err)
		}
	}
}
