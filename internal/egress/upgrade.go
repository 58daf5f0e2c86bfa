package egress

import (
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// webSocket reports whether a request asks for a WebSocket in the way of
// RFC 6455, 4.1. No other protocol is switched to: an upgrade to HTTP/2 would
// carry requests that nobody decides on.
func (h *requestHead) webSocket() bool {
	up, version := h.header["Upgrade"], h.header["Sec-Websocket-Version"]
	key := h.header["Sec-Websocket-Key"]
	if len(up) != 1 || len(version) != 1 || len(key) != 1 {
		return false
	}
	nonce, err := base64.StdEncoding.DecodeString(key[0])
	return h.method == http.MethodGet && h.http11 && h.length == 0 && strings.EqualFold(up[0], "websocket") &&
		version[0] == "13" && err == nil && len(nonce) == 16 && hasToken(h.header["Connection"], "upgrade")
}

// receiveUpgrade takes 101 only when it was asked for.
func (c *crossing) receiveUpgrade(resp *http.Response) error {
	if !c.ws || !strings.EqualFold(resp.Header.Get("Upgrade"), "websocket") {
		return errors.New("the upstream switched to another protocol")
	}
	dropHop(resp.Header)
	if k := c.s.keep; k != nil {
		if resp.Header.Get("Sec-Websocket-Extensions") != "" {
			return errors.New("the upstream packs what it sends although nobody asked for that")
		}
		_, redact := k.now()
		redact.Header(resp.Header)
	}
	resp.Header["Upgrade"], resp.Header["Connection"] = []string{"websocket"}, []string{"Upgrade"}
	return nil
}

// upgrade passes the bytes of a WebSocket both ways until both have ended.
func (k *conn1) upgrade(c *crossing, resp *http.Response) {
	up, ok := resp.Body.(io.ReadWriteCloser)
	if !ok {
		reset(k.conn)
		return
	}
	_ = k.conn.SetReadDeadline(time.Time{}) // it may be silent for as long as it likes
	k.out.begin()
	if _, err := k.conn.Write(appendHead(nil, resp, frame{length: -1})); err != nil {
		return
	}
	var down io.Reader = up
	if c.s.keep != nil {
		_, redact := c.s.keep.now()
		down = redact.Reader(up, nil)
	}
	stop := func() { up.Close(); k.conn.Close() }
	done := make(chan struct{})
	k.g.run(func() {
		defer close(done)
		defer stop()
		_, _ = io.Copy(k.conn, countingReader{down, c.count})
	})
	if _, err := io.Copy(up, c.watched(&k.in)); err != nil {
		stop()
	} else if w, ok := up.(interface{ CloseWrite() error }); ok {
		_ = w.CloseWrite()
	}
	<-done
	if why := c.body.stopped(); why != "" {
		c.g.refuse(c.g.refusals, c.s.what(c.h), why)
	}
}

// countingReader tells how much was read.
type countingReader struct {
	r   io.Reader
	add func(int)
}

// Read implements io.Reader.
func (c countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.add(n)
	return n, err
}

var _ net.Conn = (*prefixed)(nil)

// prefixed is a connection of which something was read already.
type prefixed struct {
	net.Conn
	prefix []byte
}

// Read gives back what was read first.
func (c *prefixed) Read(b []byte) (int, error) {
	if len(c.prefix) > 0 {
		n := copy(b, c.prefix)
		if c.prefix = c.prefix[n:]; len(c.prefix) == 0 {
			c.prefix = nil
		}
		return n, nil
	}
	return c.Conn.Read(b)
}

// CloseWrite ends one direction where the connection can.
func (c *prefixed) CloseWrite() error {
	closeWrite(c.Conn)
	return nil
}
