package egress

import (
	"bufio"
	"compress/flate"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestEchoesOfAKey: ways in which a service gives back what it was sent. None of
// them shows the key, and each does show the placeholder's counterpart: that the
// key did arrive.
func TestEchoesOfAKey(t *testing.T) {
	key := func(r *http.Request) string { return r.Header.Get("X-Api-Key") }
	for name, echo := range map[string]func(http.ResponseWriter, *http.Request){
		"header name":  func(w http.ResponseWriter, r *http.Request) { w.Header().Set("X-Echo-"+key(r), "1") },
		"header value": func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Location", "/?k="+key(r)) },
		"upper":        func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, strings.ToUpper(key(r))) },
		"lower":        func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, strings.ToLower(key(r))) },
		"base64 twice": func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, twice64("{\"authorization\":\"Basic ", "user:"+key(r)))
		},
		"bytes": func(w http.ResponseWriter, r *http.Request) {
			var list []int
			for _, b := range []byte(key(r)) {
				list = append(list, int(b))
			}
			_ = json.NewEncoder(w).Encode(map[string]any{"type": "Buffer", "data": list})
		},
		"utf-16": func(w http.ResponseWriter, r *http.Request) {
			for _, c := range []byte(key(r)) {
				w.Write([]byte{c, 0})
			}
		},
		"trailer": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Trailer", "X-T")
			io.WriteString(w, "ok")
			w.Header().Set("X-T", key(r))
		},
		"instance": func(w http.ResponseWriter, r *http.Request) { // RFC 3229
			if strings.Contains(r.Header.Get("A-Im"), "deflate") {
				w.Header().Set("Im", "deflate")
				w.WriteHeader(http.StatusIMUsed)
				z, _ := flate.NewWriter(w, 9)
				fmt.Fprint(z, key(r))
				z.Close()
				return
			}
			io.WriteString(w, key(r))
		},
	} {
		arrived := false
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			arrived = key(r) == testSecret
			echo(w, r)
		})
		r := newKeyRig(t, h, nil).start(t)
		got := call(t, "X-Api-Key: "+testPlaceholder, "A-IM: deflate", "Accept-Charset: utf-16")
		seen := strings.ToLower(strings.ReplaceAll(got, "\x00", "")) + strings.ToLower(decoded(got))
		if !arrived || !strings.Contains(got, "HTTP/1.1 200 ") || strings.Contains(seen, testSecret) || strings.Contains(got, "115,107,45") {
			t.Errorf("%s: arrived %v, %q", name, arrived, got)
		}
		r.Close()
	}
}

func twice64(before, key string) string {
	inner := base64.StdEncoding.EncodeToString([]byte(key))
	return base64.StdEncoding.EncodeToString([]byte(before + inner + "\"}"))
}

// decoded undoes both layers of what an answer ends with.
func decoded(answer string) string {
	_, body, _ := strings.Cut(answer, "\r\n\r\n")
	b, _ := base64.StdEncoding.DecodeString(strings.TrimSpace(body))
	_, rest, _ := strings.Cut(string(b), "Basic ")
	inner, _, _ := strings.Cut(rest, "\"")
	b, _ = base64.StdEncoding.DecodeString(inner)
	return string(b)
}

// TestSocketOfAKeyIsPlain: a WebSocket of a credential's host is not packed, or
// what comes back in it could not be looked at.
func TestSocketOfAKeyIsPlain(t *testing.T) {
	asked := make(chan http.Header, 1)
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.Header.Clone()
		hijacked("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"+
			"\x81\x12"+r.Header.Get("X-Api-Key")).ServeHTTP(w, r)
	})
	newKeyRig(t, h, nil).start(t)
	c := dialTest(t, "127.0.0.1:9001")
	fmt.Fprint(c, strings.Replace(wsRequest, "a.example", "127.0.0.1:9001", 1)+
		"X-Api-Key: "+testPlaceholder+"\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n")
	got, _ := io.ReadAll(bufio.NewReader(c))
	if !strings.HasPrefix(string(got), "HTTP/1.1 101 ") || strings.Contains(string(got), testSecret) {
		t.Errorf("answer %q", got)
	}
	if head := <-asked; head.Get("X-Api-Key") != testSecret || head.Get("Sec-Websocket-Extensions") != "" {
		t.Errorf("the service is asked with %v", head)
	}
}

// TestPackedSocketIsRefused: one that a service packs all the same is not
// switched to.
func TestPackedSocketIsRefused(t *testing.T) {
	h := hijacked("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\nxx")
	newKeyRig(t, h, nil).start(t)
	c := dialTest(t, "127.0.0.1:9001")
	fmt.Fprint(c, strings.Replace(wsRequest, "a.example", "127.0.0.1:9001", 1)+"\r\n")
	got, _ := bufio.NewReader(c).ReadString('\n')
	if !strings.HasPrefix(got, "HTTP/1.1 502 ") {
		t.Errorf("answer %q", got)
	}
}
