package credform

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"ringwall/internal/plan"
)

// The identity of AWS's published test suite.
var example = Value{ID: "AKIDEXAMPLE", Secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}

const (
	exampleDate  = "20150830T123600Z"
	idHolder     = "AKIARINGWALLPLACE234"
	emptyHash    = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	exampleScope = "/20150830/us-east-1/service/aws4_request"
)

// TestPublishedVectors: the signatures of AWS's test suite for signature
// version 4 (aws-sig-v4-test-suite).
func TestPublishedVectors(t *testing.T) {
	for _, c := range []struct {
		name, method, path, query, body string
		headers                         []string
		token                           string
		want                            string
	}{
		{name: "get-vanilla", want: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		{name: "get-vanilla-query-order-key-case", query: "Param2=value2&Param1=value1",
			want: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
		{name: "get-vanilla-empty-query-key", query: "Param1=value1",
			want: "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
		{name: "get-utf8", path: "/\u1234", want: "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
		{name: "get-space-normalized", path: "/example space/", want: "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"},
		{name: "get-slash-pointless-dot-normalized", path: "/./example", want: "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5"},
		{name: "get-header-key-duplicate", headers: []string{"My-Header1: value2", "My-Header1: value2", "My-Header1: value1"},
			want: "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
		{name: "get-header-value-trim", headers: []string{"My-Header1: value1", `My-Header2: "a   b   c"`},
			want: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
		{name: "get-vanilla-with-session-token", token: "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267",
			want: "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8"},
		{name: "post-vanilla", method: "POST", want: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
		{name: "post-x-www-form-urlencoded", method: "POST", body: "Param1=value1", headers: []string{"Content-Type: application/x-www-form-urlencoded"},
			want: "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
	} {
		r := request(t, c.method, "https://example.amazonaws.com/?"+c.query, append(c.headers, "X-Amz-Date: "+exampleDate)...)
		s := signature{id: "x", day: "20150830", region: "us-east-1", service: "service", headers: []string{"my-header1", "my-header2", "content-type"}}
		if c.token != "" {
			r.Header.Set("X-Amz-Security-Token", c.token)
		}
		hash := sum([]byte(c.body))
		if got := vector(t, r, s, hash, c.path); got != c.want {
			t.Errorf("%s: %s", c.name, got)
		}
	}
}

// vector signs with the path as the suite writes it, which no request on a
// wire could have.
func vector(t *testing.T, r *http.Request, s signature, hash, path string) string {
	t.Helper()
	r.URL = &url.URL{Scheme: "https", Host: r.Host, Path: "/", RawQuery: r.URL.RawQuery}
	if path != "" {
		names := s.signedHeaders(r)
		text := strings.Join([]string{r.Method, canonicalPath(path, s.service), "", "host:" + r.Host, "x-amz-date:" + exampleDate, "", strings.Join(names, ";"), hash}, "\n")
		return byHand(example.Secret, text, "us-east-1", "service")
	}
	if err := s.put(r, example, hash); err != nil {
		t.Fatal(err)
	}
	_, signed, _ := strings.Cut(r.Header.Get("Authorization"), "Signature=")
	return signed
}

// byHand is the last part of signing, written once more.
func byHand(key, canonical, region, service string) string {
	h := func(k []byte, s string) []byte { m := hmac.New(sha256.New, k); io.WriteString(m, s); return m.Sum(nil) }
	d := sha256.Sum256([]byte(canonical))
	k := h(h(h(h([]byte("AWS4"+key), exampleDate[:8]), region), service), "aws4_request")
	return hex.EncodeToString(h(k, algorithm+"\n"+exampleDate+"\n"+exampleDate[:8]+"/"+region+"/"+service+"/aws4_request\n"+hex.EncodeToString(d[:])))
}

func awsForm(t testing.TB, host string) *Form {
	return newForm(t, plan.Credential{Form: plan.FormSigV4, Host: host}, idHolder)
}

func signedRequest(t testing.TB, method, target, service string, headers ...string) *http.Request {
	return request(t, method, target, append(headers, "X-Amz-Date: "+exampleDate,
		"Authorization: "+algorithm+" Credential="+idHolder+"/20150830/us-east-1/"+service+"/aws4_request, SignedHeaders=host;range;x-amz-date, Signature=00")...)
}

// TestSignedAgain: what a client signed with the placeholder is signed with the
// key, and a reader of the request that knows the key agrees.
func TestSignedAgain(t *testing.T) {
	f := awsForm(t, "b.s3.us-east-1.amazonaws.com")
	r := signedRequest(t, "PUT", "https://b.s3.us-east-1.amazonaws.com/a%20b//c%2Fd?b=2&a=%2f&empty", "s3", "Content-Type: text/plain")
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader("hello")), 5
	if where := f.Foreign(r); where != "" {
		t.Fatalf("foreign: %s", where)
	}
	if err := f.Put(r, Value{ID: "AKIAREAL", Secret: "real", Token: "session"}); err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(r.Body)
	canonical := "PUT\n/a%20b//c/d\na=%2F&b=2&empty=\nhost:b.s3.us-east-1.amazonaws.com\nx-amz-date:" + exampleDate +
		"\nx-amz-security-token:session\n\nhost;x-amz-date;x-amz-security-token\n" + sum(body)
	want := algorithm + " Credential=AKIAREAL/20150830/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=" +
		byHand("real", canonical, "us-east-1", "s3")
	if got := r.Header.Get("Authorization"); got != want || string(body) != "hello" || r.Header.Get("X-Amz-Security-Token") != "session" {
		t.Errorf("%s\n%s\n%q", got, want, body)
	}
}

// TestForeignSignatures: only what was signed under the placeholder's name
// passes; the counterpart is the first.
func TestForeignSignatures(t *testing.T) {
	f := awsForm(t, "sts.amazonaws.com")
	if where := f.Foreign(signedRequest(t, "POST", "https://sts.amazonaws.com/", "sts")); where != "" {
		t.Errorf("the placeholder is foreign: %s", where)
	}
	if where := f.Foreign(request(t, "GET", "https://sts.amazonaws.com/")); where != "" {
		t.Errorf("a question that nobody signed is foreign: %s", where)
	}
	good := signedRequest(t, "POST", "https://sts.amazonaws.com/", "sts").Header.Get("Authorization")
	for _, auth := range []string{
		"", strings.Replace(good, idHolder, "AKIAOWN", 1), strings.Replace(good, algorithm, "AWS4-ECDSA-P256-SHA256", 1),
		"Bearer " + holder, "AWS " + idHolder + ":x", good + ", Credential=" + idHolder, good + ", Other=x",
		strings.Replace(good, "/aws4_request", "", 1), strings.Replace(good, "host;", "ho st;", 1), strings.Replace(good, "us-east-1", "US", 1),
	} {
		if f.Foreign(request(t, "POST", "https://sts.amazonaws.com/", "Authorization: "+auth)) == "" {
			t.Errorf("%q passes", auth)
		}
	}
	for _, r := range []*http.Request{
		signedRequest(t, "GET", "https://sts.amazonaws.com/?X-Amz-Credential=AKIAOWN%2F1&X-Amz-Signature=1", "sts"),
		signedRequest(t, "GET", "https://sts.amazonaws.com/?AWSAccessKeyId=AKIAOWN", "sts"),
		signedRequest(t, "GET", "https://sts.amazonaws.com/", "sts", "X-Amz-Security-Token: own"),
		signedRequest(t, "GET", "https://sts.amazonaws.com/", "sts", "Authorization: "+good),
	} {
		if f.Foreign(r) == "" {
			t.Errorf("%s passes", r.URL)
		}
	}
}

func TestWhatCannotBeSigned(t *testing.T) {
	v := Value{ID: "AKIAREAL", Secret: "real-secret"}
	large := func(r *http.Request) { r.Body = io.NopCloser(bytes.NewReader(make([]byte, MaxSignedBody+1))) }
	hash := func(s string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Add("X-Amz-Content-Sha256", s) }
	}
	for name, c := range map[string]struct {
		service string
		change  func(*http.Request)
		want    string // in the error; empty: none
	}{
		"as it is":         {"s3", func(*http.Request) {}, ""},
		"hash":             {"s3", hash(emptyHash), ""},
		"no hash":          {"s3", hash("UNSIGNED-PAYLOAD"), ""},
		"trailer":          {"s3", hash("STREAMING-UNSIGNED-PAYLOAD-TRAILER"), ""},
		"large and hashed": {"s3", func(r *http.Request) { large(r); hash(emptyHash)(r) }, ""},
		"large":            {"s3", large, "larger than 4 MiB"},
		"chunks":           {"s3", hash("STREAMING-AWS4-HMAC-SHA256-PAYLOAD"), "chunkedEncodingEnabled(false)"},
		"nonsense":         {"s3", hash("abc"), "no hash"},
		"two hashes":       {"s3", func(r *http.Request) { hash(emptyHash)(r); hash(emptyHash)(r) }, "two headers"},
		"other day":        {"s3", func(r *http.Request) { r.Header.Set("X-Amz-Date", "20150831T123600Z") }, "same day"},
		"no date":          {"s3", func(r *http.Request) { r.Header.Del("X-Amz-Date") }, "X-Amz-Date"},
		"other service":    {"iam", func(*http.Request) {}, "service iam"},
	} {
		r := signedRequest(t, "PUT", "https://s3.us-east-1.amazonaws.com/b/k", c.service)
		c.change(r)
		err := awsForm(t, "s3.us-east-1.amazonaws.com").Put(r, v)
		if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), v.Secret)) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(headerText(r), "Authorization") {
			t.Errorf("%s: a signature is left", name)
		}
	}
}

func TestScope(t *testing.T) {
	for host, good := range map[string]string{
		"sts.amazonaws.com": "sts", "bedrock-runtime.us-east-1.amazonaws.com": "bedrock", "api.ecr.us-east-1.amazonaws.com": "ecr",
		"email.us-east-1.amazonaws.com": "ses", "x.s3.us-east-1.amazonaws.com": "s3", "s3.dualstack.us-east-1.amazonaws.com": "s3",
		"a-ats.iot.us-east-1.amazonaws.com": "iotdata", "lambda.us-east-1.api.aws": "lambda", "minio.example": "s3", "127.0.0.1": "any",
		"search-x.us-east-1.es.amazonaws.com": "es",
	} {
		if err := checkScope(host, signature{region: "us-east-1", service: good}); err != nil {
			t.Errorf("%s: %v", host, err)
		}
		if err := checkScope(host, signature{region: "eu-west-1", service: good}); (err != nil) != strings.Contains(host, "us-east-1") {
			t.Errorf("%s in another region: %v", host, err)
		}
		if _, aws := amazon(host); aws && checkScope(host, signature{region: "us-east-1", service: "kms"}) == nil {
			t.Errorf("%s is signed for kms", host)
		}
	}
}

// FuzzSignature: whatever stands in the header, it is refused or it names the
// placeholder, and the key signs under its own name only.
func FuzzSignature(f *testing.F) {
	f.Add("Credential="+idHolder+exampleScope+", SignedHeaders=host;x-amz-date, Signature=00", "a=b")
	f.Add("Credential=AKIAOWN"+exampleScope+",SignedHeaders=host,Signature=", "X-Amz-Credential=x")
	f.Add("", "%")
	f.Fuzz(func(t *testing.T, auth, query string) {
		form := awsForm(t, "h.example")
		r := &http.Request{Method: "GET", URL: &url.URL{Scheme: "https", Host: "h.example", Path: "/", RawQuery: query},
			Header: http.Header{"Authorization": {algorithm + " " + auth}, "X-Amz-Date": {exampleDate}}}
		if form.Foreign(r) != "" {
			return
		}
		if err := form.Put(r, Value{ID: "AKIAREAL", Secret: "real-secret"}); err != nil {
			return
		}
		got, err := parseSignature(r.Header.Get("Authorization"))
		if err != nil || got.id != "AKIAREAL" || !slices.Contains(got.headers, "host") || strings.Contains(headerText(r), "real-secret") {
			t.Fatalf("%q becomes %q", auth, r.Header)
		}
	})
}
