package credform

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"ringwall/internal/plan"
)

// Form puts one credential into requests.
type Form struct {
	kind         string
	header       string // canonical; of plan.FormHeader
	prefix       string
	param        string
	user         string
	host         string
	placeholders []string // of the secret and its identifier
	id           string   // the identifier's placeholder
}

// New is the form that a plan asks for, with what the client has instead of
// the credential. An error never quotes a placeholder.
func New(c plan.Credential, placeholder Value) (*Form, error) {
	f := &Form{kind: c.Form, prefix: c.Prefix, param: c.Param, user: c.User, host: c.Host, id: placeholder.ID}
	f.placeholders = []string{placeholder.Secret}
	switch c.Form {
	case "", plan.FormHeader:
		f.kind, f.header = plan.FormHeader, http.CanonicalHeaderKey(c.Header)
		return f, needed("a header", c.Header)
	case plan.FormBasic:
		f.header = "Authorization"
		if strings.Contains(c.User, ":") {
			return nil, fmt.Errorf("a user's name with a colon cannot be sent")
		}
		return f, nil
	case plan.FormQuery:
		return f, needed("a parameter", c.Param)
	case plan.FormSigV4:
		f.header = "Authorization"
		return f, needed("a placeholder for the identifier", placeholder.ID)
	}
	return nil, fmt.Errorf("form %q is not known", c.Form)
}

func needed(what, s string) error {
	if s == "" {
		return fmt.Errorf("the form needs %s", what)
	}
	return nil
}

// keyHeaders are the headers in which clients send a key. Beside the
// placeholder nothing may stand in one of them: an agent that brings a key of
// its own could carry data out through an allowed host into an account of its
// choice (the Files API case).
func keyHeaders() []string {
	return []string{"Authorization", "X-Api-Key", "Api-Key", "X-Goog-Api-Key", "X-Auth-Token", "Private-Token",
		"Job-Token", "Deploy-Token", "X-Amz-Security-Token", "Ocp-Apim-Subscription-Key"}
}

// isKeyHeader tells whether a header is one of them, in any spelling that some
// server takes for it: those that turn names into variables read "_" as "-".
func (f *Form) isKeyHeader(name string) bool {
	plain := http.CanonicalHeaderKey(strings.ReplaceAll(name, "_", "-"))
	own := f.header != "" && strings.EqualFold(plain, strings.ReplaceAll(f.header, "_", "-"))
	return own || slices.Contains(keyHeaders(), plain)
}

// Foreign says where a request carries a key that is not the placeholder;
// empty: nowhere.
func (f *Form) Foreign(r *http.Request) string {
	if f.kind == plan.FormSigV4 {
		if why := f.foreignSignature(r); why != "" {
			return why
		}
	}
	for name, values := range r.Header {
		if !f.isKeyHeader(name) || f.kind == plan.FormSigV4 && name == "Authorization" {
			continue
		}
		for _, v := range values {
			if !f.isPlaceholder(v) {
				return "the header " + http.CanonicalHeaderKey(name)
			}
		}
	}
	return f.foreignParam(r.URL.RawQuery)
}

// isPlaceholder takes the bare placeholder, with the credential's prefix, as a
// bearer token, or in basic authentication; an empty value is no key.
func (f *Form) isPlaceholder(v string) bool {
	v = strings.TrimSpace(v)
	if f.prefix != "" {
		if rest, ok := strings.CutPrefix(v, f.prefix); ok && f.known(strings.TrimSpace(rest)) {
			return true
		}
	}
	scheme, rest, ok := strings.Cut(v, " ")
	if !ok {
		return v == "" || f.known(v)
	}
	rest = strings.TrimSpace(rest)
	switch strings.ToLower(scheme) {
	case "bearer", "token":
		return rest == "" || f.known(rest)
	case "basic":
		return f.inBasic(rest)
	}
	return false
}

// inBasic: the user's name beside the placeholder is not sent on.
func (f *Form) inBasic(s string) bool {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return false
	}
	user, password, ok := strings.Cut(string(b), ":")
	return ok && (f.known(password) || password == "" && f.known(user))
}

func (f *Form) known(s string) bool { return slices.Contains(f.placeholders, s) }

// Put takes every key out of a request and puts the value in. The request is
// the one that is sent: its Host, URL and headers are final but for what Put
// changes. An error says what the client can do, and never holds a secret.
func (f *Form) Put(out *http.Request, v Value) error {
	if f.kind == plan.FormSigV4 {
		return f.sign(out, v)
	}
	maps.DeleteFunc(out.Header, func(name string, _ []string) bool { return f.isKeyHeader(name) })
	out.URL.RawQuery = f.putParam(out.URL.RawQuery, v.Secret)
	switch f.kind {
	case plan.FormHeader:
		out.Header.Set(f.header, f.prefix+v.Secret)
	case plan.FormBasic:
		out.Header.Set(f.header, "Basic "+base64.StdEncoding.EncodeToString([]byte(f.user+":"+v.Secret)))
	}
	if v.Account != "" {
		out.Header.Set("Chatgpt-Account-Id", v.Account)
	}
	return nil
}
