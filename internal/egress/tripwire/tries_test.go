package tripwire

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"
)

// TestFalseBeginningsAreBounded: what looks packed and is not is tried so often
// and no more, in one write or in many; some of it hides nothing.
func TestFalseBeginningsAreBounded(t *testing.T) {
	s := fuzzSet(t)
	for _, p := range []string{"eJw", "x\x9c", "H4sIAAAA"} {
		b := bytes.Repeat([]byte(p), 64<<10/len(p))
		st := s.Stream("x")
		for len(b) > 0 {
			n := min(len(b), 1000)
			st.Look(b[:n])
			b = b[n:]
		}
		if left := *st.packed.tries; left > 8 {
			t.Errorf("%q: %d tries are left", p, left)
		}
		st.Close()

		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, _ = w.Write([]byte(fuzzCore))
		w.Close()
		if _, ok := s.Find("x", append([]byte(strings.Repeat(p+" ", 100)), packed.Bytes()...)); !ok {
			t.Errorf("%q: a hundred of them hide what follows", p)
		}
	}
}
