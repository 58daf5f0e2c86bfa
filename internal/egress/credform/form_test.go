package credform

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"ringwall/internal/plan"
)

const (
	holder = "sk-ringwall-placeholder"
	secret = "sk-real/+secret"
)

func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

func newForm(t testing.TB, c plan.Credential, id string) *Form {
	t.Helper()
	f, err := New(c, Value{Secret: holder, ID: id})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func request(t testing.TB, method, target string, headers ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, target, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	return r
}

// TestForms: the placeholder, in whatever place the client has it, becomes the
// secret in the one place that the policy names.
func TestForms(t *testing.T) {
	header := plan.Credential{Form: plan.FormHeader, Header: "x-api-key"}
	bearer := plan.Credential{Header: "authorization", Prefix: "Bearer "}
	user := plan.Credential{Form: plan.FormBasic, User: "me"}
	query := plan.Credential{Form: plan.FormQuery, Param: "key"}
	const at = "https://h.example/p?a=1&b=%2F"
	for _, c := range []struct {
		name           string
		cred           plan.Credential
		target         string
		header         string
		wantName, want string
		wantQuery      string
	}{
		{"header", header, at, "X-Api-Key: " + holder, "X-Api-Key", secret, "a=1&b=%2F"},
		{"nothing sent", header, at, "Accept: x", "X-Api-Key", secret, "a=1&b=%2F"},
		{"bearer", header, at, "Authorization: bearer " + holder, "X-Api-Key", secret, "a=1&b=%2F"},
		{"in the query", header, at + "&key=" + holder, "Accept: x", "X-Api-Key", secret, "a=1&b=%2F"},
		{"prefix", bearer, at, "Authorization: Bearer " + holder, "Authorization", "Bearer " + secret, "a=1&b=%2F"},
		{"token", bearer, at, "Authorization: token " + holder, "Authorization", "Bearer " + secret, "a=1&b=%2F"},
		{"basic", user, at, "Authorization: " + basic("other", holder), "Authorization", basic("me", secret), "a=1&b=%2F"},
		{"basic, as the user", user, at, "Authorization: " + basic(holder, ""), "Authorization", basic("me", secret), "a=1&b=%2F"},
		{"query", query, "https://h.example/p?z=2&key=" + holder + "&a=%2f", "Accept: x", "Authorization", "", "z=2&key=sk-real%2F%2Bsecret&a=%2f"},
		{"query, none sent", query, at, "Authorization: Bearer " + holder, "Authorization", "", "a=1&b=%2F&key=sk-real%2F%2Bsecret"},
		{"query, twice", query, "https://h.example/?key=" + holder + "&key=" + holder, "Accept: x", "Authorization", "", "key=sk-real%2F%2Bsecret"},
	} {
		f, r := newForm(t, c.cred, ""), request(t, "GET", c.target, c.header)
		if where := f.Foreign(r); where != "" {
			t.Errorf("%s: a foreign key in %s", c.name, where)
		}
		if err := f.Put(r, Value{Secret: secret}); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if got := r.Header.Get(c.wantName); got != c.want || r.URL.RawQuery != c.wantQuery {
			t.Errorf("%s: %q and %q", c.name, got, r.URL.RawQuery)
		}
		if all := r.URL.String() + " " + headerText(r); strings.Contains(all, holder) || strings.Contains(all, basic("other", holder)[6:]) {
			t.Errorf("%s: the placeholder is left: %s", c.name, all)
		}
	}
}

func headerText(r *http.Request) string {
	var b strings.Builder
	_ = r.Header.Write(&b)
	return b.String()
}

// TestForeignKeys: an own key beside the placeholder, or in its place, is seen.
// The counterpart is TestForms.
func TestForeignKeys(t *testing.T) {
	f := newForm(t, plan.Credential{Header: "x-custom"}, "")
	for _, h := range []string{
		"X-Custom: own", "x-custom: " + holder + "x", "Authorization: Bearer own", "Authorization: Basic " + holder,
		"Authorization: " + basic("u", "own"), "Authorization: " + basic(holder, "own"), "Authorization: Digest " + holder,
		"X-Api-Key: own", "Api-Key: own", "X-Goog-Api-Key: own", "Private-Token: own", "X-Amz-Security-Token: own",
		"X_Api_Key: own", "X_Custom: own", "x-api_key: own", "Ocp-Apim-Subscription-Key: own",
	} {
		if f.Foreign(request(t, "GET", "https://h.example/", h)) == "" {
			t.Errorf("%q passes", h)
		}
		if two := request(t, "GET", "https://h.example/", "X-Custom: "+holder, h); f.Foreign(two) == "" {
			t.Errorf("%q passes beside the placeholder", h)
		}
	}
	for _, q := range []string{"key=own", "KEY=own", "a=b&api_key=own", "access_token=own", "k%65y=own", "a=b;key=own", "%zz", "X-Amz-Credential=own", "X-Goog-Signature=own", "oauth_token=own"} {
		if f.Foreign(request(t, "GET", "https://h.example/?"+q)) == "" {
			t.Errorf("%q passes", q)
		}
	}
}

// TestAccountIsTold: a service that wants to know for whom a token speaks gets
// that from outside too, whatever the client says.
func TestAccountIsTold(t *testing.T) {
	f := newForm(t, plan.Credential{Header: "authorization", Prefix: "Bearer "}, "")
	r := request(t, "POST", "https://chatgpt.com/x", "Chatgpt-Account-Id: 00000000-0000-0000-0000-000000000000")
	if err := f.Put(r, Value{Secret: secret, Account: "acc"}); err != nil || len(r.Header["Chatgpt-Account-Id"]) != 1 || r.Header.Get("ChatGPT-Account-ID") != "acc" {
		t.Errorf("%v, %v", r.Header, err)
	}
}

func TestBadForms(t *testing.T) {
	for _, c := range []plan.Credential{{Form: "other"}, {}, {Form: plan.FormQuery}, {Form: plan.FormSigV4}, {Form: plan.FormBasic, User: "a:b"}} {
		if _, err := New(c, Value{Secret: holder}); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
}

func TestValueText(t *testing.T) {
	for _, v := range []Value{{Secret: "s"}, {Secret: "\u00fcber geheim"}, {Secret: "s=x", ID: "i", Token: "t=", Account: "a", Expires: time.Unix(1_800_000_000, 0)}} {
		if got, err := Decode(v.Encode()); err != nil || got != v {
			t.Errorf("%+v becomes %+v, %v", v, got, err)
		}
	}
	for _, s := range []string{"hunter2\nx", "hunter2\nother=y", "hunter2\nexpires=x", "hunter2\r", "hunter2\x00", "hunter2\x7f", "a\nid=hunter2\t"} {
		if _, err := Decode(s); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestPlaceholder(t *testing.T) {
	n := byte(0)
	random := func(b []byte) error {
		for i := range b {
			n += 7
			b[i] = n
		}
		return nil
	}
	for shape, want := range map[string]int{"ghp_%36a": 40, IDShape: 20, "%40b": 40, "sk-%s-AA": 54, "plain": 5, "%3d.%4h.%2u": 11} {
		if got, err := Placeholder(shape, random); err != nil || len(got) != want || strings.Contains(got, "%") {
			t.Errorf("%s becomes %q, %v", shape, got, err)
		}
	}
	for _, shape := range []string{"%", "%a", "%0a", "%4", "%4x", "%1000a"} {
		if got, err := Placeholder(shape, random); err == nil {
			t.Errorf("%s becomes %q", shape, got)
		}
	}
}

// TestCores: the random parts, and no others: what is the same for everybody
// proves nothing.
func TestCores(t *testing.T) {
	for _, c := range []struct {
		shape, filled string
		want          []string
	}{
		{"ghp_%36a", "ghp_" + strings.Repeat("a1B2", 9), []string{strings.Repeat("a1B2", 9)}},
		{"sk-%20a-%16A-AA", "sk-abcdefghij0123456789-ABCDEFGHIJKLMNOP-AA", []string{"abcdefghij0123456789", "ABCDEFGHIJKLMNOP"}},
		{"x-%64h", "x-" + strings.Repeat("0f", 32), []string{strings.Repeat("0f", 32)}}, {"plain", "plain", nil}, {"x-%36a", "other", nil}, {"x-%36a", "x-short", nil},
		{"sk-%s", "sk-" + strings.Repeat("a1_", 16), []string{strings.Repeat("a1_", 16)}},
	} {
		if got := Cores(c.shape, c.filled); !slices.Equal(got, c.want) {
			t.Errorf("%s of %s: %q", c.filled, c.shape, got)
		}
	}
}

// FuzzForeign: what is not told as a foreign key leaves nothing of its own in
// the places where keys stand, and the secret stands in exactly one.
func FuzzForeign(f *testing.F) {
	f.Add("Bearer "+holder, "key="+holder+"&a=1", uint8(0))
	f.Add(basic("me", holder), "a=%2f&&b", uint8(1))
	f.Add("token own", "k%65y=own;x", uint8(2))
	f.Fuzz(func(t *testing.T, auth, query string, kind uint8) {
		c := []plan.Credential{{Header: "authorization", Prefix: "Bearer "}, {Form: plan.FormBasic, User: "me"}, {Form: plan.FormQuery, Param: "key"}}[kind%3]
		form := newForm(t, c, "")
		r := &http.Request{Method: "GET", URL: &url.URL{Scheme: "https", Host: "h.example", Path: "/", RawQuery: query}, Header: http.Header{"Authorization": {auth}, "X-Api-Key": {holder}}}
		if form.Foreign(r) != "" {
			return
		}
		if err := form.Put(r, Value{Secret: "real-secret"}); err != nil {
			t.Fatal(err)
		}
		want := []string{"Bearer real-secret", basic("me", "real-secret"), ""}[kind%3]
		if r.Header.Get("Authorization") != want || r.Header.Get("X-Api-Key") != "" {
			t.Fatalf("%q becomes %v", auth, r.Header)
		}
		secrets := 0
		for _, p := range strings.Split(r.URL.RawQuery, "&") {
			name, value, _ := strings.Cut(p, "=")
			name, _ = url.QueryUnescape(name)
			if strings.EqualFold(name, "key") && value != "" {
				if secrets++; value != "real-secret" {
					t.Fatalf("%q becomes %q", query, r.URL.RawQuery)
				}
			}
		}
		if secrets > 1 || secrets != 1 && kind%3 == 2 || secrets != 0 && kind%3 != 2 {
			t.Fatalf("%q becomes %q", query, r.URL.RawQuery)
		}
	})
}
