package egress

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"testing"
	"time"
)

// realHello is what crypto/tls sends first.
func realHello(t testing.TB, name string) []byte {
	t.Helper()
	client, server := net.Pipe()
	defer server.Close()
	go func() {
		defer client.Close()
		conf := &tls.Config{ServerName: name, InsecureSkipVerify: true, NextProtos: []string{"h2", "http/1.1"}}
		_ = tls.Client(client, conf).HandshakeContext(context.Background())
	}()
	buf := make([]byte, maxFirstBytes)
	n := 0
	for {
		k, err := server.Read(buf[n:])
		n += k
		if _, perr := parseHello(buf[:n]); !errors.Is(perr, errMore) || err != nil {
			return buf[:n]
		}
	}
}

// handmadeHello has exactly the given extensions: pairs of type and body.
func handmadeHello(exts ...[]byte) []byte {
	body := append([]byte{3, 3}, make([]byte, 32)...)
	body = append(body, 0)                // session ID
	body = append(body, 0, 2, 0x13, 0x01) // one cipher suite
	body = append(body, 1, 0)             // no compression
	all := bytes.Join(exts, nil)
	body = append(append(body, byte(len(all)>>8), byte(len(all))), all...)
	return records(append([]byte{1, 0, byte(len(body) >> 8), byte(len(body))}, body...), maxRecord)
}

func records(msg []byte, size int) []byte {
	var out []byte
	for len(msg) > 0 {
		n := min(size, len(msg))
		out = append(out, 0x16, 3, 1, byte(n>>8), byte(n))
		out = append(out, msg[:n]...)
		msg = msg[n:]
	}
	return out
}

func extension(kind uint16, body string) []byte {
	return append([]byte{byte(kind >> 8), byte(kind), byte(len(body) >> 8), byte(len(body))}, body...)
}

func sniExtension(names ...string) []byte {
	list := ""
	for _, n := range names {
		list += "\x00" + string([]byte{byte(len(n) >> 8), byte(len(n))}) + n
	}
	return extension(0, string([]byte{byte(len(list) >> 8), byte(len(list))})+list)
}

func TestParseRealHello(t *testing.T) {
	b := realHello(t, "api.example.com")
	h, err := parseHello(b)
	if err != nil || h.name != "api.example.com" || h.ech {
		t.Fatalf("%+v, %v", h, err)
	}
	for n := range b {
		if _, err := parseHello(b[:n]); !errors.Is(err, errMore) {
			t.Fatalf("the first %d of %d bytes: %v", n, len(b), err)
		}
	}
	again, err := parseHello(records(b[recordHeader:], 7))
	if err != nil || again != h {
		t.Errorf("in small records: %+v, %v", again, err)
	}
}

func TestParseHello(t *testing.T) {
	tail := strings.Repeat("x", 40)
	good := handmadeHello(sniExtension("a.example"))
	for name, c := range map[string]struct {
		b    []byte
		want clientHello
		err  error
	}{
		"one name":        {good, clientHello{name: "a.example"}, nil},
		"no name":         {handmadeHello(extension(10, "ab")), clientHello{}, nil},
		"ech":             {handmadeHello(sniExtension("a.example"), extension(0xfe0d, tail)), clientHello{name: "a.example", ech: true}, nil},
		"two names":       {handmadeHello(sniExtension("a.example", "b.example")), clientHello{}, errHello},
		"two extensions":  {handmadeHello(sniExtension("a.example"), sniExtension("b.example")), clientHello{}, errHello},
		"two of any":      {handmadeHello(extension(10, "a"), extension(10, "b")), clientHello{}, errHello},
		"empty name":      {handmadeHello(sniExtension("")), clientHello{}, errHello},
		"empty list":      {handmadeHello(extension(0, "\x00\x00")), clientHello{}, errHello},
		"empty extension": {handmadeHello(extension(0, "")), clientHello{}, errHello},
		"other name type": {handmadeHello(extension(0, "\x00\x04\x01\x00\x01a")), clientHello{}, errHello},
		"list too long":   {handmadeHello(extension(0, "\x00\x09\x00\x00\x01a")), clientHello{}, errHello},
		"after the list":  {handmadeHello(extension(0, "\x00\x04\x00\x00\x01ab")), clientHello{}, errHello},
		"after the hello": {append(bytes.Clone(good), good...), clientHello{name: "a.example"}, nil},
		"second message":  {records(append(bytes.Clone(good[5:]), 1, 0, 0, 0), maxRecord), clientHello{}, errHello},
		"empty record":    {[]byte{0x16, 3, 1, 0, 0}, clientHello{}, errHello},
		"large record":    {[]byte{0x16, 3, 1, 0x40, 1}, clientHello{}, errHello},
		"SSL 2":           {[]byte{0x80, 0x2e, 1, 0, 2}, clientHello{}, errHello},
		"server hello":    {records([]byte{2, 0, 0, 0}, 10), clientHello{}, errHello},
		"alert":           {[]byte{0x15, 3, 3, 0, 2, 2, 40}, clientHello{}, errHello},
		"no body":         {records([]byte{1, 0, 0, 0}, 10), clientHello{}, errHello},
	} {
		got, err := parseHello(c.b)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestHugeHelloEnds(t *testing.T) {
	b := records(append([]byte{1, 0xff, 0xff, 0xff}, make([]byte, 70<<10)...), maxRecord)
	if _, err := parseHello(b); !errors.Is(err, errHello) {
		t.Errorf("a hello of 16 MiB: %v", err)
	}
}

func FuzzParseHello(f *testing.F) {
	f.Add(realHello(f, "api.example.com"))
	f.Add(realHello(f, ""))
	f.Add(handmadeHello(sniExtension("a.example", "b.example")))
	f.Add(handmadeHello(extension(0xfe0d, "x")))
	f.Add([]byte{0x16, 3, 1, 0, 4, 1, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := parseHello(b)
		if err != nil {
			return
		}
		if h.name != "" && !bytes.Contains(stripRecords(b), []byte(h.name)) {
			t.Fatalf("a name that was not sent: %q", h.name)
		}
		sameAsCryptoTLS(t, b, h)
	})
}

// sameAsCryptoTLS: where crypto/tls understands the hello too, it sees the
// same name.
func sameAsCryptoTLS(t *testing.T, b []byte, h clientHello) {
	stop := errors.New("seen")
	_ = tls.Server(recorded{Reader: bytes.NewReader(b)}, &tls.Config{GetConfigForClient: func(i *tls.ClientHelloInfo) (*tls.Config, error) {
		if i.ServerName != h.name && i.ServerName != strings.TrimSuffix(h.name, ".") {
			t.Errorf("crypto/tls reads %q, the gateway %q", i.ServerName, h.name)
		}
		return nil, stop
	}}).Handshake()
}

// recorded is a connection on which everything was said already.
type recorded struct {
	net.Conn
	*bytes.Reader
}

func (r recorded) Read(p []byte) (int, error)     { return r.Reader.Read(p) }
func (recorded) Write(p []byte) (int, error)      { return len(p), nil }
func (recorded) Close() error                     { return nil }
func (recorded) SetDeadline(time.Time) error      { return nil }
func (recorded) SetWriteDeadline(time.Time) error { return nil }

func stripRecords(b []byte) []byte {
	var out []byte
	for len(b) >= recordHeader {
		n := min(int(b[3])<<8|int(b[4]), len(b)-recordHeader)
		out = append(out, b[recordHeader:recordHeader+n]...)
		b = b[recordHeader+n:]
	}
	return out
}
