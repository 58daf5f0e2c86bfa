package egress

import (
	"bytes"
	"crypto/tls"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// raw2 is a client of HTTP/2 that writes what it is told to.
type raw2 struct {
	*http2.Framer
	conn *tls.Conn
	enc  *hpack.Encoder
	buf  bytes.Buffer
	id   uint32
}

func newRaw2(t testing.TB, r *rig, conf *tls.Config) *raw2 {
	t.Helper()
	conf = conf.Clone()
	conf.NextProtos = []string{"h2"}
	c := tls.Client(dialTest(t, r.address(t, "example.com", 443)), conf)
	if err := c.Handshake(); err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(c, http2.ClientPreface)
	k := &raw2{Framer: http2.NewFramer(c, c), conn: c, id: 1}
	k.Framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	k.Framer.AllowIllegalWrites = true
	k.enc = hpack.NewEncoder(&k.buf)
	_ = k.WriteSettings()
	return k
}

// block encodes "name: value" lines.
func (k *raw2) block(lines ...string) []byte {
	k.buf.Reset()
	for _, l := range lines {
		at := strings.Index(l[1:], ": ") + 1
		_ = k.enc.WriteField(hpack.HeaderField{Name: l[:at], Value: l[at+2:]})
	}
	return bytes.Clone(k.buf.Bytes())
}

// ask sends one request and gives the status, or how the stream ended.
func (k *raw2) ask(body string, end bool, lines ...string) string {
	id := k.id
	k.id += 2
	_ = k.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: k.block(lines...), EndHeaders: true, EndStream: body == "" && end})
	if body != "" {
		_ = k.WriteData(id, end, []byte(body))
	}
	return k.answer(id)
}

func (k *raw2) answer(id uint32) string {
	_ = k.conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	for {
		f, err := k.ReadFrame()
		switch f := f.(type) {
		case *http2.MetaHeadersFrame:
			if f.StreamID == id {
				return f.PseudoValue("status")
			}
		case *http2.RSTStreamFrame:
			if f.StreamID == id {
				return "reset"
			}
		case *http2.GoAwayFrame:
			return "gone"
		}
		if err != nil {
			return "closed"
		}
	}
}

func plain2(more ...string) []string {
	return append([]string{":method: GET", ":scheme: https", ":authority: example.com", ":path: /"}, more...)
}

// seenBy keeps what an upstream gets.
type seenBy struct {
	mu  sync.Mutex
	all []*http.Request
}

func (s *seenBy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, r)
}

func (s *seenBy) take() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.all
	s.all = nil
	return out
}

// TestHTTP2Tricks: requests of HTTP/2 that could be read in two ways end at the
// gateway; the plain ones around them arrive, and as what was decided on.
func TestHTTP2Tricks(t *testing.T) {
	seen := &seenBy{}
	r, conf := newOpenRig(t, seen, intercepted("example.com"))
	r.start(t)
	for name, c := range map[string]struct {
		lines []string
		body  string
		want  string // several: any of them
	}{
		"plain":             {plain2(), "", "200"},
		"with body":         {plain2("content-length: 4"), "body", "200"},
		"other authority":   {[]string{":method: GET", ":scheme: https", ":authority: evil.example", ":path: /"}, "", "421"},
		"other port":        {[]string{":method: GET", ":scheme: https", ":authority: example.com:80", ":path: /"}, "", "421"},
		"user":              {[]string{":method: GET", ":scheme: https", ":authority: a@example.com", ":path: /"}, "", "400 reset"},
		"only host":         {[]string{":method: GET", ":scheme: https", ":path: /", "host: evil.example"}, "", "421"},
		"two authorities":   {plain2(":authority: evil.example"), "", "reset gone closed 400"},
		"late pseudo":       {append([]string{"a: b"}, plain2()...), "", "reset gone closed 400"},
		"absolute path":     {[]string{":method: GET", ":scheme: https", ":authority: example.com", ":path: https://evil.example/"}, "", "400 reset"},
		"star":              {[]string{":method: OPTIONS", ":scheme: https", ":authority: example.com", ":path: *"}, "", "400 reset 200"},
		"no path":           {[]string{":method: GET", ":scheme: https", ":authority: example.com"}, "", "reset"},
		"blank in path":     {[]string{":method: GET", ":scheme: https", ":authority: example.com", ":path: /a b"}, "", "400 reset"},
		"NUL in path":       {[]string{":method: GET", ":scheme: https", ":authority: example.com", ":path: /a\x00"}, "", "400 reset"},
		"line end in path":  {[]string{":method: GET", ":scheme: https", ":authority: example.com", ":path: /a HTTP/1.1\r\nX: y"}, "", "400 reset"},
		"CONNECT":           {[]string{":method: CONNECT", ":authority: example.com"}, "", "400 403 reset"},
		"extended CONNECT":  {[]string{":method: CONNECT", ":protocol: websocket", ":scheme: https", ":authority: example.com", ":path: /"}, "", "400 403 reset gone"},
		"TRACE":             {[]string{":method: TRACE", ":scheme: https", ":authority: example.com", ":path: /"}, "", "400"},
		"blank in method":   {[]string{":method: GET /x", ":scheme: https", ":authority: example.com", ":path: /"}, "", "400 reset"},
		"capitals":          {plain2("X-Capitals: 1"), "", "reset gone closed"},
		"line end":          {plain2("x-a: b\r\nx-in: jected"), "", "reset gone closed 400"},
		"NUL":               {plain2("x-a: b\x00"), "", "reset gone closed 400"},
		"blank in name":     {plain2("x a: b"), "", "reset gone closed 400"},
		"encoding":          {plain2("transfer-encoding: chunked"), "", "400 reset"},
		"connection":        {plain2("connection: x-a", "x-a: b"), "", "400 reset"},
		"upgrade":           {plain2("upgrade: websocket"), "", "400 reset"},
		"longer than said":  {plain2("content-length: 2"), "body", "reset 400 502"},
		"shorter than said": {plain2("content-length: 9"), "body", "reset 400 502"},
		"two lengths":       {plain2("content-length: 4", "content-length: 0"), "body", "200 400 reset"},
	} {
		k := newRaw2(t, r, conf)
		got := k.ask(c.body, true, c.lines...)
		if !strings.Contains(c.want, got) {
			t.Errorf("%s: %s", name, got)
		}
		k.conn.Close()
		for _, q := range seen.take() {
			if q.Host != "example.com" || q.RequestURI != "/" || len(q.Header["X-In"]) > 0 || len(q.TransferEncoding) > 0 || q.Method != "GET" && q.Method != "OPTIONS" {
				t.Errorf("%s: the upstream got %+v", name, q)
			}
		}
	}
	select {
	case err := <-r.Fault():
		t.Errorf("fault: %v", err)
	default:
	}
}

// TestHostBesideAuthority: what stands beside the authority goes nowhere.
func TestHostBesideAuthority(t *testing.T) {
	seen := &seenBy{}
	r, conf := newOpenRig(t, seen, intercepted("example.com"))
	r.start(t)
	k := newRaw2(t, r, conf)
	if got := k.ask("", true, plain2("host: evil.example")...); got == "200" {
		for _, q := range seen.take() {
			if q.Host != "example.com" || q.Header.Get("Host") != "" {
				t.Errorf("the upstream got %s, %v", q.Host, q.Header)
			}
		}
	}
}

// TestHTTP2Floods: what costs a client nothing costs the gateway little, and the
// next client is served.
func TestHTTP2Floods(t *testing.T) {
	for name, flood := range map[string]func(*raw2){
		"continuations": func(k *raw2) {
			_ = k.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: k.block(plain2()...)})
			junk := k.block("x-a: " + strings.Repeat("a", 4000))
			for i := 0; i < 20_000 && k.WriteContinuation(1, false, junk) == nil; i++ {
			}
		},
		"resets": func(k *raw2) {
			head := k.block(plain2()...)
			for i := uint32(1); i < 20_000; i += 2 {
				if k.WriteHeaders(http2.HeadersFrameParam{StreamID: i, BlockFragment: head, EndHeaders: true, EndStream: true}) != nil ||
					k.WriteRSTStream(i, http2.ErrCodeCancel) != nil {
					break
				}
			}
		},
		"pings": func(k *raw2) {
			for i := 0; i < 20_000 && k.WritePing(false, [8]byte{}) == nil; i++ {
			}
		},
		"settings": func(k *raw2) {
			for i := 0; i < 20_000 && k.WriteSettings() == nil; i++ {
			}
		},
		"large table": func(k *raw2) {
			for i := uint32(1); i < 2000; i += 2 {
				_ = k.WriteHeaders(http2.HeadersFrameParam{StreamID: i, EndHeaders: true, EndStream: true,
					BlockFragment: k.block(plain2("x-a: "+strings.Repeat("a", 3000), "x-a: "+strings.Repeat("a", 3000))...)})
			}
		},
	} {
		seen := &seenBy{}
		r, conf := newOpenRig(t, seen, intercepted("example.com"))
		r.start(t)
		most := peak(func() {
			k := newRaw2(t, r, conf)
			_ = k.conn.SetDeadline(time.Now().Add(3 * time.Second))
			flood(k)
			k.conn.Close()
		})
		if got := newRaw2(t, r, conf).ask("", true, plain2()...); got != "200" {
			t.Errorf("%s: afterwards %s", name, got)
		}
		t.Logf("%s: %d MiB, %d requests arrived, %d events", name, most>>20, len(seen.take()), len(r.journal.requests()))
		if most > 64<<20 {
			t.Errorf("%s: %d MiB", name, most>>20)
		}
		r.Close()
	}
}
