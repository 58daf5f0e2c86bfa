package credform

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"

	"ringwall/internal/plan"
)

// TestSignsAsCurlDoes: what curl signs with a key is signed again with the same
// key, and the two signatures are equal; with another they are not.
func TestSignsAsCurlDoes(t *testing.T) {
	curl, err := exec.LookPath("curl")
	if err != nil && os.Getenv("CI") != "" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skip("no curl on this machine: TestPublishedVectors holds the signatures")
	}
	requests := make(chan *http.Request, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got := r.Clone(t.Context())
		got.Body, got.ContentLength = io.NopCloser(strings.NewReader(string(b))), int64(len(b))
		requests <- got
	}))
	defer srv.Close()
	for _, c := range []struct {
		service, target string
		more            []string
	}{
		{"s3", "/bucket/key", nil},
		{"s3", "/bucket/a%20b/c", nil},
		{"s3", "/b?delimiter=%2F&list-type=2&prefix=a%2Fb", nil}, // in order: older versions of curl do not sort
		{"sts", "/?Action=GetCallerIdentity&Version=2011-06-15", nil},
		{"dynamodb", "/", []string{"-d", `{"TableName": "t"}`, "-H", "X-Amz-Target: DynamoDB_20120810.Scan", "-H", "Content-Type: application/x-amz-json-1.0"}},
	} {
		args := append([]string{"-sS", "--aws-sigv4", "aws:amz:us-east-1:" + c.service, "--user", idHolder + ":" + holder, srv.URL + c.target}, c.more...)
		if out, err := exec.Command(curl, args...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		got := <-requests
		by := got.Header.Get("Authorization")
		if !strings.HasPrefix(by, algorithm) {
			t.Fatalf("curl signs with %q", by)
		}
		body, _ := io.ReadAll(got.Body)
		for secret, same := range map[string]bool{holder: true, "another": false} {
			r := got.Clone(t.Context())
			r.Body, r.URL = io.NopCloser(strings.NewReader(string(body))), &url.URL{Scheme: "http", Host: got.Host, Path: got.URL.Path, RawPath: got.URL.RawPath, RawQuery: got.URL.RawQuery}
			f := newForm(t, plan.Credential{Form: plan.FormSigV4, Host: "127.0.0.1"}, idHolder)
			if where := f.Foreign(r); where != "" {
				t.Fatalf("%s: foreign: %s", c.target, where)
			}
			if err := f.Put(r, Value{ID: idHolder, Secret: secret}); err != nil {
				t.Fatal(err)
			}
			if again := r.Header.Get("Authorization"); (again == by) != same {
				t.Errorf("%s %s with %s\n%s\n%s", c.service, c.target, secret, by, again)
			}
		}
	}
}
