package apart

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// named lets the credential's host be a name, which the resolver's files of the
// test lead to an address. Addresses of private networks are refused, and the
// refusal says which it was: nothing is ever connected to.
func named(name string, files []string) func(*Config) {
	return func(c *Config) {
		k := c.Plan.Controls[1].Want.Credential
		k.Scheme, k.Host, k.Port = "https", name, 443
		c.resolver = files
	}
}

// put replaces a file as an editor or a VPN does: by another one.
func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path+".new", []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

func resolverDir(t *testing.T) []string {
	dir := t.TempDir()
	return []string{filepath.Join(dir, "resolv.conf"), filepath.Join(dir, "hosts"), filepath.Join(dir, "nsswitch.conf")}
}

// leadsTo asks until the refusal names the address.
func (r *rig) leadsTo(addr string) {
	r.t.Helper()
	var body string
	for range 60 {
		_, b, err := r.get()
		if err != nil {
			r.t.Fatalf("%v; %v", err, r.fault())
		}
		if body = b; strings.Contains(b, "resolves to "+addr) {
			return
		}
		time.Sleep(250 * time.Millisecond)
	}
	r.t.Fatalf("not led to %s: %s", addr, body)
}

// TestHostsFollowTheHost: the gateway's own copies become what the host's files
// become, in a view that nobody else can write to.
func TestHostsFollowTheHost(t *testing.T) {
	t.Parallel()
	files := resolverDir(t)
	put(t, files[1], "10.1.2.3 model.test\n# "+strings.Repeat("long ", 3000)+"\n")
	r := newRig(t, nil, named("model.test", files))
	r.leadsTo("10.1.2.3")
	put(t, files[1], "10.9.9.9 model.test\n")
	r.leadsTo("10.9.9.9")
}

// TestResolves: names go to the server that the host's resolv.conf names, then,
// when that changes, to the next. Only root can have a port 53.
func TestResolves(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("port 53 is root's; TestHostsFollowTheHost is for everybody")
	}
	t.Parallel()
	files := resolverDir(t)
	for i, addr := range []string{"10.1.2.3", "10.9.9.9"} {
		nameserver(t, fmt.Sprintf("127.83.0.%d:53", i+1), netIP(addr))
	}
	put(t, files[0], "nameserver 127.83.0.1\n")
	r := newRig(t, nil, named("model.test", files))
	r.leadsTo("10.1.2.3")
	put(t, files[0], "nameserver 127.83.0.2\n")
	r.leadsTo("10.9.9.9")
}

func netIP(s string) (a [4]byte) { return [4]byte(net.ParseIP(s).To4()) }

// nameserver leads every name to one address.
func nameserver(t *testing.T, at string, to [4]byte) {
	t.Helper()
	c, err := net.ListenPacket("udp4", at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			q := m.Questions[0]
			reply := dnsmessage.Message{Header: dnsmessage.Header{ID: m.ID, Response: true, RecursionAvailable: true}, Questions: m.Questions}
			if q.Type == dnsmessage.TypeA {
				reply.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, Type: q.Type, TTL: 1},
					Body: &dnsmessage.AResource{A: to}}}
			}
			b, err := reply.Pack()
			if err == nil {
				c.WriteTo(b, from)
			}
		}
	}()
}
