package direct

import (
	"bytes"
	"testing"
)

func TestRandom(t *testing.T) {
	if err := Random(nil); err != nil {
		t.Error(err)
	}
	seen := map[string]bool{}
	for range 100 {
		b := make([]byte, 300) // more than the kernel promises in one piece
		if err := Random(b); err != nil || bytes.Equal(b[284:], make([]byte, 16)) {
			t.Fatalf("%x, %v", b, err)
		}
		seen[string(b[:16])] = true
	}
	if len(seen) != 100 {
		t.Errorf("%d of 100 differ", len(seen))
	}
}
