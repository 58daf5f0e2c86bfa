package egress

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// hopHeaders are for the next hop only (RFC 9110, 7.6.1), or speak of who
// forwarded a request: nobody did.
var hopHeaders = []string{
	"Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Te", "Trailer",
	"Transfer-Encoding", "Upgrade", "Http2-Settings", "Expect", "Forwarded", "X-Forwarded-For", "X-Forwarded-Host",
	"X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Server", "X-Real-Ip", "X-Client-Ip", "True-Client-Ip",
	"X-Original-Host", "X-Host", "Via",
}

// outgoing is the request for the upstream.
func (c *crossing) outgoing() *http.Request {
	h := c.h
	out := &http.Request{
		Method: h.method, URL: c.url(), Host: c.s.hostHeader(), Header: h.header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: http.NoBody,
	}
	if c.body != nil {
		out.Body, out.ContentLength = c.body, h.length
	}
	grpc := c.two && hasToken(h.header["Te"], "trailers")
	dropHop(h.header)
	if grpc {
		h.header["Te"] = []string{"trailers"}
	}
	if c.ws {
		h.header["Connection"], h.header["Upgrade"] = []string{"Upgrade"}, []string{"websocket"}
	}
	if _, ok := h.header["User-Agent"]; !ok {
		h.header["User-Agent"] = []string{""} // or net/http names itself
	}
	if c.s.keep != nil {
		c.s.keep.prepare(out)
	}
	if _, ok := c.asksModel(); ok {
		out.Header["Accept-Encoding"] = []string{"identity"} // what it took stands in the answer
	}
	return out.WithContext(c.ctx)
}

// url is written by net/http byte by byte as the client sent it; validPath sees
// to that.
func (c *crossing) url() *url.URL {
	u := &url.URL{Scheme: c.s.scheme, Host: c.s.to.String(), Path: c.path, RawQuery: c.h.query}
	u.ForceQuery = c.h.query == "" && strings.HasSuffix(c.h.target, "?")
	if p, err := url.PathUnescape(c.path); err == nil && p != c.path {
		u.Path, u.RawPath = p, c.path
	}
	if u.EscapedPath() != c.path {
		u.RawPath = c.path
	}
	if u.EscapedPath() != c.path { // what was decided is what is sent, or nothing is
		panic(http.ErrAbortHandler)
	}
	return u
}

// dropHop removes what ends at the gateway, and what the client itself names as
// such.
func dropHop(h http.Header) {
	for _, v := range h["Connection"] {
		for t := range strings.SplitSeq(v, ",") {
			h.Del(strings.Trim(t, " \t"))
		}
	}
	maps.DeleteFunc(h, func(name string, _ []string) bool { return slices.Contains(hopHeaders, hopName(name)) })
}

// hopName is a header's name as programs read it for which "_" and "-" are the
// same.
func hopName(name string) string {
	if strings.Contains(name, "_") {
		name = http.CanonicalHeaderKey(strings.ReplaceAll(name, "_", "-"))
	}
	return name
}

// receive looks at the head of an answer and prepares it for the client.
func (c *crossing) receive(resp *http.Response) error {
	if resp.StatusCode == http.StatusSwitchingProtocols {
		c.readUsage(resp)
		return c.receiveUpgrade(resp)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 599 {
		return errors.New("the status is none of HTTP's")
	}
	dropHop(resp.Header)
	delete(resp.Header, "Content-Length")
	delete(resp.Header, "X-Ringwall") // what the gateway itself answers has it
	if c.s.keep != nil {
		if err := c.s.keep.inspect(resp); err != nil {
			return err
		}
	}
	c.readUsage(resp)
	return nil
}
