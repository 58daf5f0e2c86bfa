package credform

import (
	"cmp"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
)

// canonicalRequest is the text whose hash is signed.
func canonicalRequest(out *http.Request, service string, headers []string, hash string) string {
	lines := []string{out.Method, canonicalPath(out.URL.EscapedPath(), service), canonicalQuery(out.URL.RawQuery)}
	for _, name := range headers {
		lines = append(lines, name+":"+headerValue(out, name))
	}
	return strings.Join(append(lines, "", strings.Join(headers, ";"), hash), "\n")
}

// canonicalPath: all services but S3 sign the path as it was sent, in normal
// form and escaped once more; S3 signs what the path means, as it is.
func canonicalPath(sent, service string) string {
	if sent == "" {
		sent = "/"
	}
	if service == "s3" || service == "s3-object-lambda" || service == "s3-outposts" || service == "s3express" {
		meant, err := url.PathUnescape(sent)
		if err != nil {
			meant = sent
		}
		return escape(meant, "/")
	}
	clean := path.Clean("/" + sent)
	if strings.HasSuffix(sent, "/") && clean != "/" {
		clean += "/"
	}
	return escape(clean, "/")
}

// canonicalQuery sorts the parameters by their escaped names and values.
func canonicalQuery(query string) string {
	if query == "" {
		return ""
	}
	var list [][2]string
	for _, raw := range strings.Split(query, "&") {
		if raw == "" {
			continue
		}
		name, value, _ := strings.Cut(raw, "=")
		list = append(list, [2]string{escapedOnce(name), escapedOnce(value)})
	}
	slices.SortStableFunc(list, func(a, b [2]string) int {
		return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	})
	out := make([]string, len(list))
	for i, p := range list {
		out[i] = p[0] + "=" + p[1]
	}
	return strings.Join(out, "&")
}

func escapedOnce(s string) string {
	if meant, err := url.PathUnescape(s); err == nil {
		s = meant
	}
	return escape(s, "")
}

// escape keeps what RFC 3986 calls unreserved, and the bytes of keep.
func escape(s, keep string) string {
	const hexDigits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~"+keep, c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hexDigits[c>>4])
		b.WriteByte(hexDigits[c&15])
	}
	return b.String()
}
