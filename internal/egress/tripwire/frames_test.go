package tripwire_test

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"testing"

	"ringwall/internal/egress/tripwire"
)

// frame is one frame of a client: masked.
func frame(first byte, payload string) string {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	key := [4]byte{0xa7, 0x01, 0x5c, 0xfe}
	b = append(b, key[:]...)
	for i := range len(payload) {
		b = append(b, payload[i]^key[i%4])
	}
	return string(b)
}

// packedMessage is what permessage-deflate makes of a text.
func packedMessage(text string) string {
	var b bytes.Buffer
	w := must(flate.NewWriter(&b, 9))
	must(w.Write([]byte(text)))
	w.Flush()
	return strings.TrimSuffix(b.String(), "\x00\x00\xff\xff")
}

func sockets(c string) map[string]string {
	packed := packedMessage(`{"key":"` + c + `"}`)
	return map[string]string{
		"text":        frame(0x81, "hello") + frame(0x81, `{"key":"`+c+`"}`),
		"binary":      frame(0x82, "\x00\x01"+c),
		"long":        frame(0x82, strings.Repeat("x ", 200)+c),
		"huge":        frame(0x82, strings.Repeat("x ", 40_000)+c+strings.Repeat(" x", 40_000)),
		"fragments":   frame(0x01, c[:13]) + frame(0x89, "") + frame(0x00, c[13:26]) + frame(0x80, c[26:]),
		"bytes":       frames(c, 1),
		"packed":      frame(0xc1, packedMessage("hello")) + frame(0xc1, packed),
		"packed part": frame(0x41, packed[:20]) + frame(0x89, "ping") + frame(0x80, packed[20:]),
		"not masked":  "\x82\x28" + c,
	}
}

// frames sends each piece as a message.
func frames(c string, n int) string {
	var b strings.Builder
	for ; len(c) > 0; c = c[min(n, len(c)):] {
		b.WriteString(frame(0x81, c[:min(n, len(c))]))
	}
	return b.String()
}

func TestFrames(t *testing.T) {
	s, r := set(t), rand.New(rand.NewPCG(13, 14))
	other := randomText(r, 40)
	for name, text := range sockets(core()) {
		if _, ok := s.Find("", []byte(text)); ok && !strings.HasPrefix(name, "not") {
			t.Errorf("%s: found without reading frames: the test tests nothing", name)
		}
		for range 20 {
			if !throughFrames(s, text, r) {
				t.Errorf("%s: not found", name)
			}
		}
		if throughFrames(s, sockets(other)[name], r) {
			t.Errorf("%s: found in another text", name)
		}
	}
}

func throughFrames(s *tripwire.Set, text string, r *rand.Rand) bool {
	f := s.Frames("evil.example:443")
	defer f.Close()
	most := 1 + r.IntN(2000)
	for len(text) > 0 {
		n := 1 + r.IntN(min(len(text), most))
		f.Look([]byte(text[:n]))
		text = text[n:]
	}
	_, ok := f.End()
	return ok
}

func FuzzFrames(f *testing.F) {
	s := set(f)
	for _, text := range sockets(core()) {
		f.Add([]byte(text), uint8(7))
	}
	f.Add([]byte("\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff"), uint8(1))
	f.Add([]byte("\xc1\x00\xc1\x00\xc1\x80\x01\x02\x03\x04"), uint8(3))
	f.Fuzz(func(_ *testing.T, text []byte, cut uint8) {
		st := s.Frames("x:1")
		defer st.Close()
		for n := int(cut) + 1; len(text) > 0; text = text[min(n, len(text)):] {
			st.Look(text[:min(n, len(text))])
		}
		st.End()
	})
}
