package apart

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"testing"
)

// FuzzFrame: nothing is read beyond the bound, and what was read is what stands
// there.
func FuzzFrame(f *testing.F) {
	f.Add([]byte("E\x00\x00\x00\x02{}"))
	f.Add([]byte("E\xff\xff\xff\xff"))
	f.Add([]byte("E\x00\x00"))
	f.Add([]byte("F\x00\x00\x00\x00Q\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		const most = 100
		r := bufio.NewReaderSize(bytes.NewReader(b), most+headerSize)
		for at := 0; ; {
			kind, body, err := readFrame(r, most)
			if err != nil {
				if !errors.Is(err, errFrame) && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Fatal(err)
				}
				return
			}
			if len(body) > most || b[at] != kind || !bytes.Equal(b[at+headerSize:at+headerSize+len(body)], body) {
				t.Fatalf("%q at %d of %q", body, at, b)
			}
			at += headerSize + len(body)
		}
	})
}

func encoded(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
