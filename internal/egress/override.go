package egress

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Headers, in small letters, by which frameworks and servers read another
// method or another path than those of the request line.
var (
	methodHeaders = []string{"x-http-method-override", "x-http-method", "x-method-override"}
	pathHeaders   = []string{"x-original-url", "x-rewrite-url", "x-original-uri", "x-forwarded-uri", "x-forwarded-path", "x-forwarded-prefix"}
)

// methodParam is the parameter that frameworks read a method from.
const methodParam = "_method"

// overridden says why a request that the rule allows may be read as another one
// which it does not, or nothing. A WebSocket is opened by GET and then sends, so
// it takes a rule that allows to send.
func (r rule) overridden(h *requestHead, ws bool) string {
	if ws && len(r.methods) > 0 && !slices.ContainsFunc(r.methods, sends) {
		return "the rule allows methods that only ask, and a WebSocket sends"
	}
	for name, values := range h.header {
		switch n := plainName(name); {
		case len(r.methods) > 0 && slices.Contains(methodHeaders, n) && slices.ContainsFunc(values, r.refusesMethod):
			return "the header " + name + " asks for a method that the rule does not allow"
		case len(r.paths) > 0 && slices.Contains(pathHeaders, n):
			return "the header " + name + " asks for another path, and the rule is about paths"
		}
	}
	if len(r.methods) > 0 && slices.ContainsFunc(values(h.query, methodParam), r.refusesMethod) {
		return "the parameter " + methodParam + " asks for a method that the rule does not allow"
	}
	return ""
}

func sends(method string) bool {
	return !slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodOptions}, method)
}

func (r rule) refusesMethod(s string) bool {
	return !r.allowsMethod(strings.ToUpper(strings.TrimSpace(s)))
}

// plainName is a header's name as programs see it that turn it into the name of
// a variable: for them "_" and "-" are the same.
func plainName(name string) string { return strings.ReplaceAll(strings.ToLower(name), "_", "-") }

// values are those of one parameter, whatever separates the parameters.
func values(query, name string) (out []string) {
	for pair := range strings.FieldsFuncSeq(query, func(r rune) bool { return r == '&' || r == ';' }) {
		key, value, _ := strings.Cut(pair, "=")
		if k, err := url.QueryUnescape(key); err != nil || !strings.EqualFold(k, name) {
			continue
		}
		v, err := url.QueryUnescape(value)
		if err != nil {
			v = value
		}
		out = append(out, v)
	}
	return out
}
