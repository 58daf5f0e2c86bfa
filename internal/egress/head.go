package egress

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"

	"ringwall/internal/plan"
)

// requestHead is the head of an HTTP request, as the gateway decides on it and
// forwards it.
type requestHead struct {
	method  string
	target  string // as sent
	path    string // of the target, without the query
	query   string
	host    dest        // of the Host header; port 0 when it gave none
	header  http.Header // without those that name the host or frame the body
	length  int64       // of the body; unknownLength: chunked
	http11  bool
	proxied bool // absolute form: the client thinks it talks to a proxy
	len     int  // bytes, the empty line included
	raw     string
}

// unknownLength is that of a body which comes in chunks.
const unknownLength = -1

// maxHeaders bounds the lines of one head.
const maxHeaders = 200

// parseHead reads a request head strictly and returns errMore until its empty
// line is there. Other parsers are kinder (they join folded lines, take bare
// line feeds, let Transfer-Encoding win over Content-Length), and each kindness
// is a way to smuggle a request past somebody who reads it in another way. So
// only what all parsers agree on gets through.
func parseHead(b []byte) (requestHead, error) {
	h, lines, err := splitHead(b)
	if err != nil {
		return h, err
	}
	if err := h.requestLine(lines[0]); err != nil {
		return h, err
	}
	return h, h.fields(lines[1:])
}

// splitHead cuts the head into lines, without judging them.
func splitHead(b []byte) (requestHead, []string, error) {
	end := bytes.Index(b, []byte("\r\n\r\n"))
	if end < 0 {
		return requestHead{}, nil, checkPartial(b)
	}
	raw := string(b[:end])
	lines := strings.Split(raw, "\r\n")
	if len(lines) > maxHeaders {
		return requestHead{}, nil, errors.New("too many header lines")
	}
	return requestHead{len: end + 4, raw: raw}, lines, nil
}

// checkPartial refuses early what can no longer become a good head: another
// protocol is turned away at once, not when its patience or ours is over.
func checkPartial(b []byte) error {
	i := bytes.IndexByte(b, '\n')
	switch {
	case i == 0 || i > 0 && b[i-1] != '\r':
		return errors.New("a line ends without CR")
	case i > 0 && bytes.Count(b[:i], []byte(" ")) != 2:
		return errors.New("malformed request line")
	}
	return errMore
}

func (h *requestHead) requestLine(line string) error {
	if err := h.splitLine(line); err != nil {
		return err
	}
	if err := checkMethod(h.method); err != nil {
		return err
	}
	return h.splitTarget()
}

func (h *requestHead) splitLine(line string) error {
	method, rest, _ := strings.Cut(line, " ")
	target, version, _ := strings.Cut(rest, " ")
	if version != "HTTP/1.1" && version != "HTTP/1.0" {
		return errors.New("malformed request line")
	}
	h.method, h.target, h.http11 = method, target, version == "HTTP/1.1"
	return nil
}

// checkMethod refuses what is not an ordinary method: TRACE and TRACK echo
// injected credentials, CONNECT makes a tunnel, PRI starts HTTP/2.
func checkMethod(m string) error {
	if m == "" || len(m) > 20 || strings.Trim(m, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") != "" {
		return errors.New("malformed method")
	}
	switch m {
	case "CONNECT", "TRACE", "TRACK", "PRI":
		return fmt.Errorf("the method %s is not allowed", m)
	}
	return nil
}

// splitTarget takes the origin form ("/path?query") and the absolute form of a
// client that thinks it talks to a proxy.
func (h *requestHead) splitTarget() error {
	rest := h.target
	if after, ok := strings.CutPrefix(rest, "http://"); ok {
		authority, path, _ := strings.Cut(after, "/")
		d, err := parseAuthority(authority)
		if err != nil {
			return err
		}
		h.host, h.proxied, rest = d, true, "/"+path
	}
	h.path, h.query, _ = strings.Cut(rest, "?")
	if !strings.HasPrefix(h.path, "/") || !validPath(h.path) || !validQuery(h.query) {
		return errors.New("malformed request target")
	}
	return nil
}

// parseAuthority reads "host" or "host:port"; without a port it is 0.
func parseAuthority(s string) (dest, error) {
	host, port, err := plan.SplitHostPort(s, -1)
	if err != nil {
		return dest{}, err
	}
	return dest{host, max(port, 0)}, nil
}

// framing collects the headers that decide where a request goes and ends.
type framing struct {
	host, length, encoding []string
}

// fields reads the header lines.
func (h *requestHead) fields(lines []string) error {
	var f framing
	h.header = make(http.Header, len(lines))
	values := make([]string, len(lines)) // one piece of memory for all values
	for i, l := range lines {
		name, value, ok := strings.Cut(l, ":")
		if !ok || !validToken(name) || !validValue(value) {
			return errors.New("malformed header line")
		}
		name, value = textproto.CanonicalMIMEHeaderKey(name), strings.Trim(value, " \t")
		if f.take(name, value) {
			continue
		}
		if old, ok := h.header[name]; ok {
			h.header[name] = append(old, value)
			continue
		}
		values[i] = value
		h.header[name] = values[i : i+1 : i+1]
	}
	return h.finish(f)
}

// take keeps a header that is not passed on but written anew.
func (f *framing) take(name, value string) bool {
	switch name {
	case "Host":
		f.host = append(f.host, value)
	case "Content-Length":
		f.length = append(f.length, value)
	case "Transfer-Encoding":
		f.encoding = append(f.encoding, value)
	default:
		return false
	}
	return true
}

// finish checks the framing headers against each other and the request line.
func (h *requestHead) finish(f framing) error {
	if err := h.frame(f); err != nil {
		return err
	}
	if h.method == http.MethodConnect && len(f.host) == 0 {
		return nil
	}
	if len(f.host) != 1 {
		return errors.New("exactly one Host header is needed")
	}
	d, err := parseAuthority(f.host[0])
	if err != nil {
		return err
	}
	if h.method == http.MethodConnect && d == (dest{h.host.host, 0}) {
		return nil // many leave the port out
	}
	if h.host != (dest{}) && h.host != d {
		return errors.New("the request target and the Host header differ")
	}
	h.host = d
	return nil
}

// frame finds out where the body ends.
func (h *requestHead) frame(f framing) (err error) {
	switch {
	case len(f.length)+len(f.encoding) > 1:
		return errors.New("more than one header tells where the body ends")
	case len(f.length) == 1:
		if !validLength(f.length[0]) {
			return errors.New("malformed Content-Length")
		}
		h.length, err = strconv.ParseInt(f.length[0], 10, 64)
	case len(f.encoding) == 1:
		if !h.http11 || !strings.EqualFold(f.encoding[0], "chunked") {
			return errors.New("a Transfer-Encoding other than chunked")
		}
		h.length = unknownLength
	}
	return err
}
