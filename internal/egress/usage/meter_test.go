package usage

import (
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

func measure(b body, pieces func(string) []string) Usage {
	m := NewMeter(b.model)
	for _, p := range pieces(b.text) {
		m.Write([]byte(p))
	}
	return m.Usage(true)
}

func whole(s string) []string { return []string{s} }

func TestMeter(t *testing.T) {
	for _, b := range bodies() {
		t.Run(b.name, func(t *testing.T) {
			u := measure(b, whole)
			if u != b.want {
				t.Errorf("got  %+v\nwant %+v", u, b.want)
			}
			usd, ok := Cost(u, nil)
			if ok != (b.usd >= 0) || ok && math.Abs(usd-b.usd) > 1e-9 {
				t.Errorf("cost %v %v, want %v", usd, ok, b.usd)
			}
		})
	}
}

// TestPiecesChangeNothing: wherever a body is cut into reads, the result is the
// same, and so it is with other line ends.
func TestPiecesChangeNothing(t *testing.T) {
	for _, b := range bodies() {
		for _, end := range []string{"\n", "\r\n", "\r"} {
			b := b
			b.text = strings.ReplaceAll(b.text, "\n", end)
			if got := measure(b, func(s string) []string { return strings.Split(s, "") }); got != b.want {
				t.Errorf("%s, byte by byte, %q: %+v", b.name, end, got)
			}
			for range 50 {
				if got := measure(b, anywhere); got != b.want {
					t.Errorf("%s, %q: %+v", b.name, end, got)
				}
			}
		}
	}
}

func anywhere(s string) (out []string) {
	for len(s) > 0 {
		n := 1 + rand.IntN(min(len(s), 40))
		out, s = append(out, s[:n]), s[n:]
	}
	return out
}

// TestCutAnywhere: of a stream that ends early no more is counted than of the
// whole, and it is told that it was cut.
func TestCutAnywhere(t *testing.T) {
	b := bodies()[0]
	for n := range len(b.text) - len(messageStop) - len("event: x\ndata: \n\n") - len(messageDelta) {
		u := measure(b, func(s string) []string { return []string{s[:n]} })
		if n > 0 && !u.Cut || u.Output > b.want.Output || u.Read() > b.want.Read() {
			t.Fatalf("cut after %d: %+v", n, u)
		}
	}
}

// TestLargeAndDeep: memory does not grow with what is read.
func TestLargeAndDeep(t *testing.T) {
	const tail = `"usage":{"prompt_tokens":7,"completion_tokens":3}}`
	for name, text := range map[string]string{
		"a long text":  `{"model":"gpt-5","x":"` + strings.Repeat(`a\n`, 4<<20) + `",` + tail,
		"a long name":  `{"model":"gpt-5","` + strings.Repeat("a", 11<<20) + `":1,` + tail,
		"deep nesting": `{"model":"gpt-5","x":` + strings.Repeat(`[{"usage":`, 1<<19) + "1" + strings.Repeat("}]", 1<<19) + "," + tail,
		"many numbers": `{"model":"gpt-5","x":[` + strings.Repeat("12345,", 2<<20) + "1]," + tail,
		"a long word":  `{"model":"gpt-5","x":` + strings.Repeat("9", 11<<20) + "," + tail,
	} {
		data, m := []byte(text), NewMeter("")
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		m.Write(data)
		runtime.ReadMemStats(&after)
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 64<<10 {
			t.Errorf("%s: %d bytes were allocated for %d", name, grown, len(data))
		}
		want := Usage{Model: "gpt-5", Input: 7, Output: 3, Known: true}
		if u := m.Usage(true); u != want {
			t.Errorf("%s: %+v", name, u)
		}
	}
}

// TestTapChangesNothing: the bytes pass as they come, and the result is told
// once, when the body ends or is closed.
func TestTapChangesNothing(t *testing.T) {
	for _, b := range bodies() {
		var told []Usage
		body := Tap(io.NopCloser(iotest.OneByteReader(strings.NewReader(b.text))), NewMeter(b.model), func(u Usage) { told = append(told, u) })
		got, err := io.ReadAll(body)
		if err != nil || string(got) != b.text {
			t.Errorf("%s: %d bytes, %v", b.name, len(got), err)
		}
		if err := errors.Join(body.Close(), body.Close()); err != nil || len(told) != 1 || told[0] != b.want {
			t.Errorf("%s: %v, told %+v", b.name, err, told)
		}
	}
}

// TestTapClosedEarly: a client that goes away has taken what was sent so far.
func TestTapClosedEarly(t *testing.T) {
	var told []Usage
	text := sse(messageStart, blockDelta)
	body := Tap(io.NopCloser(strings.NewReader(text+text)), NewMeter(""), func(u Usage) { told = append(told, u) })
	io.CopyN(io.Discard, body, int64(len(text)))
	if len(told) != 0 {
		t.Fatal("told before the end")
	}
	body.Close()
	if len(told) != 1 || !told[0].Cut || told[0].Output != 12 {
		t.Errorf("told %+v", told)
	}
}

func TestTapKeepsErrors(t *testing.T) {
	broken := errors.New("reset")
	var told []Usage
	body := Tap(io.NopCloser(iotest.ErrReader(broken)), NewMeter(""), func(u Usage) { told = append(told, u) })
	if _, err := body.Read(make([]byte, 8)); !errors.Is(err, broken) || len(told) != 1 || told[0].Known {
		t.Errorf("%v, told %+v", err, told)
	}
}

// FuzzMeter: no bytes make it fail or depend on how they are cut, and what it
// counts stays within bounds.
func FuzzMeter(f *testing.F) {
	for _, b := range bodies() {
		f.Add([]byte(b.text), uint16(7))
	}
	f.Add([]byte("data:{\"usage\":{\"input_tokens\":1}}\r\rdata"), uint16(3))
	f.Add([]byte("]}]{\"\\u00"), uint16(1))
	f.Fuzz(func(t *testing.T, data []byte, at uint16) {
		one, two := NewMeter(""), NewMeter("")
		one.Write(data)
		n := int(at) % (len(data) + 1)
		two.Write(data[:n])
		two.Write(data[n:])
		u := one.Usage(true)
		if v := two.Usage(true); u != v {
			t.Fatalf("%+v\n%+v", u, v)
		}
		for _, n := range []int64{u.Input, u.Output, u.CacheRead, u.CacheWrite, u.CacheWrite1h, u.Searches} {
			if n < 0 || n > 2*maxTokens {
				t.Fatalf("%+v", u)
			}
		}
		if usd, ok := Cost(u, nil); ok && (math.IsNaN(usd) || usd < 0) {
			t.Fatalf("cost %v", usd)
		}
	})
}

// BenchmarkMeter reads an answer with a long text, as most of an answer is.
func BenchmarkMeter(b *testing.B) {
	data := []byte(sse(messageStart, strings.Repeat(blockDelta, 1), `{"type":"content_block_delta","delta":{"type":"text_delta","text":"`+strings.Repeat("some text and \\n", 4096)+`"}}`, messageStop))
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		NewMeter("").Write(data)
	}
}
