package evidence

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// TestVerifyFindsTheLine changes an honest journal in each way and asks which
// line was found. The honest one, the control of every case, verifies.
func TestVerifyFindsTheLine(t *testing.T) {
	l := six(t)
	edit := func(i int, old, new string) []byte {
		out := slices.Clone(l)
		out[i] = bytes.Replace(l[i], []byte(old), []byte(new), 1)
		if bytes.Equal(out[i], l[i]) {
			t.Fatalf("edit of line %d changed nothing", i+1)
		}
		return join(out...)
	}
	forged := func(after int, seq uint64) []byte {
		b, err := link{Prev: hashLine(bytes.TrimSuffix(l[after-1], []byte("\n"))),
			Event: Event{Seq: seq, Warning: &Warning{Message: "forged"}}}.encode()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, c := range []struct {
		name   string
		in     []byte
		line   int
		reason string
	}{
		{"honest", join(l...), 0, ""},
		{"empty", nil, 0, ""},
		{"edit first", edit(0, "event 1", "event !"), 1, "was changed"},
		{"edit middle", edit(2, "event 3", "event !"), 3, "was changed"},
		{"edit last but one", edit(4, "event 5", "event !"), 5, "was changed"},
		{"edit the hash", edit(2, `"prev":"`+string(l[2][9:13]), `"prev":"0000`), 3, "hash of the line before"},
		{"edit the number", edit(2, `"seq":3`, `"seq":9`), 3, "numbered 9"},
		{"cut first", join(l[1:]...), 1, "not the first"},
		{"cut middle", join(l[0], l[1], l[3], l[4], l[5]), 3, "missing"},
		{"cut two", join(l[0], l[3], l[4], l[5]), 2, "missing"},
		{"swap neighbours", join(l[0], l[2], l[1], l[3], l[4], l[5]), 2, "missing or moved"},
		{"swap far", join(l[0], l[4], l[2], l[3], l[1], l[5]), 2, "missing or moved"},
		{"duplicate", join(l[0], l[1], l[1], l[2], l[3]), 3, "repeats number 2"},
		{"duplicate last", join(l[0], l[1], l[1]), 3, "repeats number 2"},
		{"replay older", join(l[0], l[1], l[2], l[0], l[3]), 4, "repeats number 1"},
		{"insert", join(l[0], l[1], forged(2, 3), l[2], l[3]), 3, "put in"},
		{"append with an old number", join(l[0], l[1], forged(2, 2)), 3, "is numbered 2"},
		{"blank line", join(l[0], []byte("\n"), l[1]), 2, "not an event"},
		{"not JSON", join(l[0], []byte("{"), l[1]), 2, "not an event"},
		{"two values", join(l[0], append(bytes.TrimSuffix(slices.Clone(l[1]), []byte("\n")), "{}"...)), 2, "more than one value"},
		{"two payloads", edit(1, `"warning":`, `"apply":{"count":1},"warning":`), 2, "2 payloads"},
		{"no payload", edit(1, `,"warning":{"message":"event 2"}`, ""), 2, "0 payloads"},
		{"unknown field", edit(1, `"seq"`, `"colour":1,"seq"`), 2, "unknown field"},
		{"unknown field deep", edit(1, `"message"`, `"colour":1,"message"`), 2, "unknown field"},
		{"doubled key", edit(5, `"message"`, `"message":"x","message"`), 6, "not in the form"},
		{"key in another case", edit(5, `"message"`, `"Message"`), 6, "not in the form"},
		{"null payload", edit(5, `"warning"`, `"apply":null,"warning"`), 6, "not in the form"},
		{"space", edit(5, `"message":`, `"message": `), 6, "not in the form"},
		{"raw escape byte", edit(5, "event 6", "\u009b31m"), 6, "not in the form"},
		{"carriage return", edit(5, "}}}", "}}}\r"), 6, "not in the form"},
		{"torn", bytes.TrimSuffix(join(l...), []byte("}\n")), 6, "not whole"},
		{"too long", join(l[0], bytes.Repeat([]byte("x"), MaxLine)), 2, "longer than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var seen []string
			sum, err := Read(bytes.NewReader(c.in), func(e Event) error { seen = append(seen, e.Warning.Message); return nil })
			if c.line == 0 {
				if err != nil || sum.Events != bytes.Count(c.in, []byte("\n")) || sum.Bytes != int64(len(c.in)) {
					t.Fatalf("honest journal: %+v, %v", sum, err)
				}
				return
			}
			var bad *ChainError
			if !errors.As(err, &bad) || bad.Line != c.line || !strings.Contains(bad.Reason, c.reason) {
				t.Fatalf("got %v, want line %d with %q", err, c.line, c.reason)
			}
			if bad.Torn != (c.name == "torn") {
				t.Errorf("torn is %v", bad.Torn)
			}
			if len(seen) != c.line-1 {
				t.Errorf("handed over %q, want the %d lines before", seen, c.line-1)
			}
			if i := slices.Index(seen, "event !"); i >= 0 {
				t.Errorf("handed over an edited event: %q", seen)
			}
		})
	}
}

// TestEveryByteCounts flips one byte at a time in all lines but the last, which
// only the head, kept elsewhere, can vouch for.
func TestEveryByteCounts(t *testing.T) {
	l := six(t)[:3]
	honest := join(l...)
	want, err := Verify(bytes.NewReader(honest))
	if err != nil {
		t.Fatal(err)
	}
	for i := range honest[:len(honest)-1] {
		b := slices.Clone(honest)
		b[i] ^= 1
		if got, err := Verify(bytes.NewReader(b)); err == nil && got.Head == want.Head {
			t.Fatalf("byte %d flipped unseen", i)
		} else if err == nil && i < len(honest)-len(l[2]) {
			t.Fatalf("byte %d flipped, seen by the head alone", i)
		}
	}
}

// TestTailNeedsTheHead states what a chain cannot see from the inside.
func TestTailNeedsTheHead(t *testing.T) {
	l := six(t)
	whole, _ := Verify(bytes.NewReader(join(l...)))
	short, err := Verify(bytes.NewReader(join(l[:4]...)))
	if err != nil || short.Head == whole.Head {
		t.Fatalf("a shorter journal: %+v, %v", short, err)
	}
}

func TestReadStops(t *testing.T) {
	b := join(six(t)...)
	stop := errors.New("enough")
	n := 0
	_, err := Read(bytes.NewReader(b), func(Event) error {
		if n++; n == 3 {
			return stop
		}
		return nil
	})
	if err != stop || n != 3 {
		t.Fatalf("%v after %d events", err, n)
	}
	if _, err := Verify(iotest.ErrReader(io.ErrNoProgress)); !errors.Is(err, io.ErrNoProgress) {
		t.Fatalf("reader's error became %v", err)
	}
	if sum, err := Verify(iotest.OneByteReader(bytes.NewReader(b))); err != nil || sum.Events != 6 {
		t.Fatalf("byte by byte: %+v, %v", sum, err)
	}
}

// FuzzVerify: no input makes Verify crash, hand over an invalid event, or
// accept bytes that differ from what the journal would have written.
func FuzzVerify(f *testing.F) {
	zero := fmt.Sprintf(`{"prev":"%s","event":{"seq":1,"time":"2026-03-01T22:00:00Z",`, zeroHash)
	for _, s := range []string{"", "\n", "{}\n", zero + `"warning":{"message":"a"}}}` + "\n",
		zero + `"warning":{"message":"\u001b[31m"},"apply":{"count":1}}}` + "\n",
		zero + `"agent_result":{"text":"","cost_usd":1e400}}}` + "\n",
		zero + `"warning":{"message":"a"},"Warning":{"message":"b"}}}` + "\n" + "torn"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		prev, n := zeroHash, 0
		var again []byte
		sum, err := Read(bytes.NewReader(in), func(e Event) error {
			if e.Validate() != nil {
				t.Fatalf("invalid event handed over: %+v", e)
			}
			line, err := link{Prev: prev, Event: e}.encode()
			if err != nil {
				t.Fatal(err)
			}
			prev, n = hashLine(line), n+1
			again = append(append(again, line...), '\n')
			return nil
		})
		if !bytes.HasPrefix(in, again) || (err == nil && (sum.Head != prev || sum.Events != n || len(again) != len(in))) {
			t.Fatalf("accepted other bytes than were written: %+v, %v", sum, err)
		}
	})
}
