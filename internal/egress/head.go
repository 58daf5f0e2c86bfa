package egress

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"ringwall/internal/plan"
)

// requestHead is the part of an HTTP/1 request on which the gateway decides.
type requestHead struct {
	method string
	target string // as sent
	path   string // of the target, without the query
	query  string
	host   dest // of the Host header; port 0 when it gave none
	len    int  // bytes, the empty line included
}

// maxHeaders bounds the lines of one head.
const maxHeaders = 200

// parseHead reads a request head strictly and returns errMore until its empty
// line is there. net/http reads the same bytes again later; it is kinder (it
// joins folded lines, takes bare line feeds, lets Transfer-Encoding win over
// Content-Length), and each kindness is a way to smuggle a request past
// somebody who reads it in another way. So only what all parsers agree on gets
// through.
func parseHead(b []byte) (requestHead, error) {
	end := bytes.Index(b, []byte("\r\n\r\n"))
	if end < 0 {
		return requestHead{}, checkPartial(b)
	}
	lines := strings.Split(string(b[:end]), "\r\n")
	if len(lines) > maxHeaders {
		return requestHead{}, errors.New("too many header lines")
	}
	h := requestHead{len: end + 4}
	if err := h.requestLine(lines[0]); err != nil {
		return h, err
	}
	var f framing
	for _, l := range lines[1:] {
		if err := f.field(l); err != nil {
			return h, err
		}
	}
	return h, h.finish(f, strings.HasSuffix(lines[0], "/1.1"))
}

// checkPartial refuses early what can no longer become a good head.
func checkPartial(b []byte) error {
	if i := bytes.IndexByte(b, '\n'); i == 0 || i > 0 && b[i-1] != '\r' {
		return errors.New("a line ends without CR")
	}
	return errMore
}

func (h *requestHead) requestLine(line string) error {
	parts := strings.Split(line, " ")
	if len(parts) != 3 || parts[2] != "HTTP/1.1" && parts[2] != "HTTP/1.0" {
		return errors.New("malformed request line")
	}
	h.method, h.target = parts[0], parts[1]
	if err := checkMethod(h.method); err != nil {
		return err
	}
	return h.splitTarget()
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
		h.host, rest = d, "/"+path
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

func (f *framing) field(line string) error {
	name, value, ok := strings.Cut(line, ":")
	if !ok || !validToken(name) || !validValue(value) {
		return errors.New("malformed header line")
	}
	value = strings.Trim(value, " \t")
	switch strings.ToLower(name) {
	case "host":
		f.host = append(f.host, value)
	case "content-length":
		f.length = append(f.length, value)
	case "transfer-encoding":
		f.encoding = append(f.encoding, value)
	}
	return nil
}

// finish checks the framing headers against each other and the request line.
func (h *requestHead) finish(f framing, http11 bool) error {
	switch {
	case len(f.host) != 1:
		return errors.New("exactly one Host header is needed")
	case len(f.length) > 1 || len(f.encoding) > 1 || len(f.length)+len(f.encoding) > 1:
		return errors.New("more than one header tells where the body ends")
	case len(f.length) == 1 && !validLength(f.length[0]):
		return errors.New("malformed Content-Length")
	case len(f.encoding) == 1 && (!http11 || !strings.EqualFold(f.encoding[0], "chunked")):
		return errors.New("a Transfer-Encoding other than chunked")
	}
	d, err := parseAuthority(f.host[0])
	if err != nil {
		return err
	}
	if h.host != (dest{}) && h.host != d {
		return errors.New("the request target and the Host header differ")
	}
	h.host = d
	return nil
}
