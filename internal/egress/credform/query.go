package credform

import (
	"net/url"
	"slices"
	"strings"

	"ringwall/internal/plan"
)

// keyParams are the parameters of a query in which clients send a key.
func keyParams() []string {
	return []string{"key", "api_key", "apikey", "api-key", "access_token", "private_token", "job_token",
		"oauth_token", "auth_token", "subscription-key",
		"x-amz-credential", "x-amz-signature", "x-amz-security-token", "awsaccesskeyid",
		"x-goog-credential", "x-goog-signature", "googleaccessid"}
}

// pair is one parameter as it was sent, and as it is read.
type pair struct{ raw, name, value string }

// pairs reads a query; false: two programs could read it in two ways. Their
// order and their spelling stay.
func pairs(query string) ([]pair, bool) {
	if query == "" {
		return nil, true
	}
	if strings.Contains(query, ";") {
		return nil, false // once a separator, now a character: programs differ
	}
	var out []pair
	for _, raw := range strings.Split(query, "&") {
		name, value, _ := strings.Cut(raw, "=")
		n, err := url.QueryUnescape(name)
		v, err2 := url.QueryUnescape(value)
		if err != nil || err2 != nil {
			return nil, false
		}
		out = append(out, pair{raw, n, v})
	}
	return out, true
}

// foreignParam says which parameter holds a key that is not the placeholder.
func (f *Form) foreignParam(query string) string {
	list, ok := pairs(query)
	if !ok {
		return "a query that cannot be read"
	}
	for _, p := range list {
		if f.isKey(p.name) && p.value != "" && !f.known(p.value) {
			return "the query parameter " + strings.ToLower(p.name)
		}
	}
	return ""
}

func (f *Form) isKey(name string) bool {
	return f.param != "" && strings.EqualFold(name, f.param) || slices.Contains(keyParams(), strings.ToLower(name))
}

// putParam takes the keys out of a query and puts the secret where the first
// of its name was, else at the end. All else stays as it was sent.
func (f *Form) putParam(query, secret string) string {
	list, _ := pairs(query)
	var out []string
	put := f.kind != plan.FormQuery
	for _, p := range list {
		switch {
		case !put && p.name == f.param:
			out, put = append(out, f.spelled(secret)), true
		case !f.isKey(p.name) && !f.known(p.value):
			out = append(out, p.raw)
		}
	}
	if !put {
		out = append(out, f.spelled(secret))
	}
	return strings.Join(out, "&")
}

func (f *Form) spelled(secret string) string {
	return url.QueryEscape(f.param) + "=" + url.QueryEscape(secret)
}
