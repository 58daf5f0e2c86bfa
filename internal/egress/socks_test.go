package egress

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"testing"

	"ringwall/internal/plan"
)

func socksByName(name string, port int) []byte {
	b := append([]byte{5, 1, 0, 3, byte(len(name))}, name...)
	return binary.BigEndian.AppendUint16(b, uint16(port))
}

func socksByAddr(addr string, port int) []byte {
	a := mustAddr(addr)
	kind := byte(1)
	if a.Is6() {
		kind = 4
	}
	b := append([]byte{5, 1, 0, kind}, a.AsSlice()...)
	return binary.BigEndian.AppendUint16(b, uint16(port))
}

// socksOpen asks for a connection and wants it.
func socksOpen(t testing.TB, c net.Conn, req []byte) {
	t.Helper()
	if code := socksAsk(t, c, req); code != socksDone {
		t.Fatalf("reply %d", code)
	}
}

func socksAsk(t testing.TB, c net.Conn, req []byte) byte {
	t.Helper()
	if _, err := c.Write(append([]byte{5, 2, 2, 0}, req...)); err != nil {
		t.Fatal(err)
	}
	var b [12]byte
	if _, err := io.ReadFull(c, b[:]); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b[:2], []byte{5, 0}) || b[2] != 5 {
		t.Fatalf("replies %v", b)
	}
	return b[3]
}

func TestSOCKS(t *testing.T) {
	r := newProxyRig(t, echo(t), allow("example.com", 2222), allow("10.1.2.3", 2222), allow("2606:4700::1", 2222)).start(t)
	synthetic, _, _ := net.SplitHostPort(r.address(t, "example.com", 2222))
	bind, udp := socksByName("example.com", 2222), socksByName("example.com", 2222)
	bind[1], udp[1] = 2, 3
	for name, c := range map[string]struct {
		req  []byte
		code byte
	}{
		"name":            {socksByName("example.com", 2222), socksDone},
		"capitals":        {socksByName("Example.COM", 2222), socksDone},
		"IPv4":            {socksByAddr("10.1.2.3", 2222), socksDone},
		"IPv6":            {socksByAddr("2606:4700::1", 2222), socksDone},
		"synthetic":       {socksByAddr(synthetic, 2222), socksDone},
		"address as name": {socksByName("10.1.2.3", 2222), socksDone},
		"other name":      {socksByName("evil.example", 2222), socksRefused},
		"other port":      {socksByName("example.com", 22), socksRefused},
		"other IPv4":      {socksByAddr("10.1.2.4", 2222), socksRefused},
		"unknown number":  {socksByAddr("198.18.200.1", 2222), socksRefused},
		"itself":          {socksByAddr("127.0.0.1", testProxy), socksRefused},
		"itself, IPv6":    {socksByAddr("::1", testProxy), socksRefused},
		"NUL":             {socksByName("evil.example\x00.example.com", 2222), socksFailure},
		"high byte":       {socksByName("example\xe3\x80\x82com", 2222), socksFailure},
		"at":              {socksByName("example.com@evil.example", 2222), socksFailure},
		"brackets":        {socksByName("[2606:4700::1]", 2222), socksFailure},
		"blank":           {socksByName("example.com ", 2222), socksFailure},
		"empty name":      {socksByName("", 2222), socksFailure},
		"inet_aton":       {socksByName("0x0a010203", 2222), socksFailure},
		"mapped":          {socksByAddr("::ffff:10.1.2.3", 2222), socksFailure},
		"port 0":          {socksByName("example.com", 0), socksFailure},
		"BIND":            {bind, socksCommand},
		"UDP":             {udp, socksCommand},
		"unknown type":    {[]byte{5, 1, 0, 9, 1, 2, 3, 4, 0, 80}, socksAddressType},
		"version 4":       {[]byte{4, 1, 0, 1, 10, 1, 2, 3, 8, 174}, socksFailure},
	} {
		c1 := dialTest(t, proxyAddr())
		if code := socksAsk(t, c1, c.req); code != c.code {
			t.Errorf("%s: reply %d, want %d", name, code, c.code)
		}
		want := ""
		if c.code == socksDone {
			want = "\x00x"
			_, _ = c1.Write([]byte(want))
			_ = c1.CloseWrite()
		}
		if got, _ := io.ReadAll(c1); string(got) != want {
			t.Errorf("%s: then %q", name, got)
		}
	}
	if e := lastRefused(t, r.journal); e.Control != ControlGateway {
		t.Errorf("event %+v", e)
	}
}

func TestSOCKSVersionsAndMethods(t *testing.T) {
	newProxyRig(t, nobody(t), allow("example.com", 2222)).start(t)
	for name, c := range map[string]struct{ first, want string }{
		"SOCKS 4":         {"\x04\x01\x08\xae\x0a\x01\x02\x03user\x00", "\x00\x5b\x00\x00\x00\x00\x00\x00"},
		"password only":   {"\x05\x01\x02", "\x05\xff"},
		"no method":       {"\x05\x00", "\x05\xff"},
		"TLS to a proxy":  {string(realHello(t, "example.com")), "HTTP/1.1 400 "},
		"another version": {"\x06\x01\x00\r\n\r\n", "HTTP/1.1 400 "},
	} {
		if got := talk(t, c.first); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func FuzzSOCKS(f *testing.F) {
	for _, seed := range [][]byte{
		socksByName("example.com", 443), socksByName("evil\x00.example.com", 443), socksByAddr("10.1.2.3", 80),
		socksByAddr("2606:4700::1", 80), socksByAddr("::ffff:10.1.2.3", 80), {5, 2, 0, 1}, {5, 1, 0, 3, 255},
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		d, err := readSOCKS(r)
		if err != nil {
			return
		}
		if h, err := plan.CanonicalHost(d.host); err != nil || h != d.host || d.port < 1 || d.port > 65535 {
			t.Fatalf("%q gives %+v", b, d)
		}
		again := socksByName(d.host, d.port)
		if a, literal := d.literal(); literal {
			again = socksByAddr(a.String(), d.port)
		}
		if got, err := readSOCKS(bytes.NewReader(again)); err != nil || got != d {
			t.Fatalf("%+v is read again as %+v, %v", d, got, err)
		}
	})
}
