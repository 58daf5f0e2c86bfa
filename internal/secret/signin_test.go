package secret

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"ringwall/internal/plan"
)

// service renews sign-ins: each refresh token is good once, as the real ones
// are.
type service struct {
	*httptest.Server
	mu      sync.Mutex
	good    string // refresh token
	n       int
	asked   []map[string]string
	refuse  func(http.ResponseWriter) bool
	rotates bool
}

func newService(t testing.TB, good string) *service {
	s := &service{good: good, rotates: true}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *service) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var q map[string]string
	b, _ := io.ReadAll(r.Body)
	_ = json.Unmarshal(b, &q)
	s.asked = append(s.asked, q)
	if s.refuse != nil && s.refuse(w) {
		return
	}
	if q["refresh_token"] != s.good || q["grant_type"] != "refresh_token" {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"error": "invalid_grant", "error_description": "%s"}`, q["refresh_token"])
		return
	}
	s.n++
	a := map[string]any{"access_token": fmt.Sprintf("access-%d", s.n), "expires_in": 3600}
	if s.rotates {
		s.good = fmt.Sprintf("refresh-%d", s.n)
		a["refresh_token"] = s.good
	}
	_ = json.NewEncoder(w).Encode(a)
}

var clock = time.Unix(1_800_000_000, 0)

// signedIn is an owner whose Claude Code is signed in for so long.
func signedIn(t testing.TB, s *service, left time.Duration) (*Reader, string) {
	r, _ := owner(t)
	r.Now = func() time.Time { return clock }
	r.Endpoints = map[string]string{"claude": s.URL, "codex": s.URL}
	return r, write(t, filepath.Join(r.Home, ".claude", ".credentials.json"), fmt.Sprintf(`{"mcpOAuth": {"x<y": [1.50, null]},
  "claudeAiOauth": {"accessToken": "access-0", "refreshToken": "refresh-0", "expiresAt": %d,
  "scopes": ["user:inference"], "subscriptionType": "max", "later": 12345678901234567890}}`, clock.Add(left).UnixMilli()), 0o640)
}

var claude = plan.Credential{Name: "c", FromOAuth: "claude"}

// TestSignInIsRenewed: one that ends soon is renewed and written back with all
// that was in the file, so that the owner's own agent stays signed in; one that
// does not is left alone.
func TestSignInIsRenewed(t *testing.T) {
	s := newService(t, "refresh-0")
	r, file := signedIn(t, s, time.Hour)
	before, _ := os.ReadFile(file)
	if v, err := r.Read(t.Context(), claude); err != nil || v.Secret != "access-0" || !v.Expires.Equal(clock.Add(time.Hour)) || len(s.asked) != 0 {
		t.Fatalf("%+v, %v, asked %d times", v, err, len(s.asked))
	}
	if after, _ := os.ReadFile(file); string(after) != string(before) {
		t.Error("the file was changed without need")
	}
	r, file = signedIn(t, s, time.Minute)
	if v, err := r.Read(t.Context(), claude); err != nil || v.Secret != "access-1" || !v.Expires.Equal(clock.Add(time.Hour)) {
		t.Fatalf("%+v, %v", v, err)
	}
	if q := s.asked[0]; q["client_id"] == "" || q["refresh_token"] != "refresh-0" {
		t.Errorf("asked with %v", q)
	}
	b, _ := os.ReadFile(file)
	for _, want := range []string{`"access-1"`, `"refresh-1"`, `1.50`, `"subscriptionType": "max"`, "12345678901234567890", `"user:inference"`, fmt.Sprint(clock.Add(time.Hour).UnixMilli())} {
		if !strings.Contains(string(b), want) {
			t.Errorf("the file has no %s: %s", want, b)
		}
	}
	info, _ := os.Stat(file)
	if info.Mode().Perm() != 0o640 {
		t.Errorf("mode is %o", info.Mode().Perm())
	}
	if left := names(t, r.Home); left != ".claude .claude/.credentials.json" {
		t.Errorf("the home holds %s", left)
	}
}

func names(t *testing.T, dir string) string {
	var out []string
	err := filepath.Walk(dir, func(p string, _ os.FileInfo, err error) error {
		if rel, _ := filepath.Rel(dir, p); rel != "." {
			out = append(out, rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, " ")
}

// TestRefusedSignInIsRenewed: upon a refusal, and once: what somebody else
// renewed in between is taken.
func TestRefusedSignInIsRenewed(t *testing.T) {
	s := newService(t, "refresh-0")
	r, file := signedIn(t, s, time.Hour)
	now := clock
	r.Now = func() time.Time { return now }
	if _, err := r.Read(t.Context(), claude); err != nil {
		t.Fatal(err)
	}
	now = now.Add(2 * time.Minute)
	if v, err := r.Again(t.Context(), claude); err != nil || v.Secret != "access-1" {
		t.Errorf("%+v, %v", v, err)
	}
	now = now.Add(2 * time.Minute)
	b, _ := os.ReadFile(file)
	write(t, file, strings.Replace(string(b), "access-1", "access-of-the-owners-agent", 1), 0o600)
	if v, err := r.Again(t.Context(), claude); err != nil || v.Secret != "access-of-the-owners-agent" || s.n != 1 {
		t.Errorf("%+v, %v, renewed %d times", v, err, s.n)
	}
}

// TestTwoRenewOnce: a refresh token is good once, so of two that are late only
// one may use it.
func TestTwoRenewOnce(t *testing.T) {
	s := newService(t, "refresh-0")
	one, _ := signedIn(t, s, 0)
	var wg sync.WaitGroup
	for range 4 {
		two := &Reader{Home: one.Home, Project: one.Project, Env: one.Env, Now: one.Now, Endpoints: one.Endpoints}
		wg.Go(func() {
			if v, err := two.Read(t.Context(), claude); err != nil || v.Secret != "access-1" {
				t.Errorf("%+v, %v", v, err)
			}
		})
	}
	if wg.Wait(); s.n != 1 || len(s.asked) != 1 {
		t.Errorf("renewed %d times, asked %d times", s.n, len(s.asked))
	}
}

func TestWhatCannotBeRenewed(t *testing.T) {
	big := func(w http.ResponseWriter) bool { _, _ = w.Write(make([]byte, maxAnswer+10)); return true }
	for name, c := range map[string]struct {
		refuse func(http.ResponseWriter) bool
		good   string
		want   string
	}{
		"void":     {nil, "another", "(400 invalid_grant): sign in with claude again"},
		"large":    {big, "refresh-0", "too long"},
		"redirect": {func(w http.ResponseWriter) bool { w.Header().Set("Location", "/x"); w.WriteHeader(302); return true }, "refresh-0", "(302)"},
		"nothing":  {func(w http.ResponseWriter) bool { fmt.Fprint(w, `{"a": "refresh-0"}`); return true }, "refresh-0", "no token"},
	} {
		s := newService(t, c.good)
		s.refuse = c.refuse
		r, file := signedIn(t, s, 0)
		before, _ := os.ReadFile(file)
		_, err := r.Read(t.Context(), claude)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "refresh-0") {
			t.Errorf("%s: %v", name, err)
		}
		if after, _ := os.ReadFile(file); string(after) != string(before) || len(s.asked) != 1 {
			t.Errorf("%s: the file was changed, or %d requests", name, len(s.asked))
		}
		if left := names(t, r.Home); left != ".claude .claude/.credentials.json" {
			t.Errorf("%s: the home holds %s", name, left)
		}
	}
	r, _ := signedIn(t, newService(t, ""), 0)
	r.Endpoints["claude"] = "http://example.com/token"
	if _, err := r.Read(t.Context(), claude); err == nil || !strings.Contains(err.Error(), "https only") {
		t.Errorf("in the clear: %v", err)
	}
}

// TestNothingIsAskedThatCannotBeKept: where the new tokens could not be written
// the old ones stay good.
func TestNothingIsAskedThatCannotBeKept(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write anywhere: covered as an ordinary user")
	}
	s := newService(t, "refresh-0")
	r, file := signedIn(t, s, 0)
	if err := os.Chmod(filepath.Dir(file), 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(filepath.Dir(file), 0o700) })
	if _, err := r.Read(t.Context(), claude); err == nil || !strings.Contains(err.Error(), "could not be written back") || len(s.asked) != 0 {
		t.Errorf("%v, asked %d times", err, len(s.asked))
	}
}

func TestCodex(t *testing.T) {
	s := newService(t, "refresh-0")
	s.rotates = false
	r, _ := signedIn(t, s, 0)
	r.Env["CODEX_HOME"] = filepath.Join(r.Home, "elsewhere")
	token := func(end time.Time) string {
		return "h." + base64.RawURLEncoding.EncodeToString([]byte(fmt.Sprintf(`{"exp": %d}`, end.Unix()))) + ".s"
	}
	file := filepath.Join(r.Home, "elsewhere", "auth.json")
	doc := func(access, last string) {
		write(t, file, `{"OPENAI_API_KEY":null,"tokens":{"id_token":"i","access_token":"`+access+`","refresh_token":"refresh-0","account_id":"acc"},"last_refresh":"`+last+`"}`, 0o600)
	}
	codex := plan.Credential{Name: "x", FromOAuth: "codex"}
	doc(token(clock.Add(time.Hour)), "")
	if v, err := r.Read(t.Context(), codex); err != nil || v.Account != "acc" || len(s.asked) != 0 {
		t.Errorf("%+v, %v", v, err)
	}
	for _, old := range []func(){
		func() { doc(token(clock), "") },
		func() { doc("opaque", clock.Add(-9*24*time.Hour).Format(time.RFC3339)) },
	} {
		old()
		v, err := r.Read(t.Context(), codex)
		b, _ := os.ReadFile(file)
		if err != nil || !strings.HasPrefix(v.Secret, "access-") || v.Account != "acc" {
			t.Errorf("%+v, %v", v, err)
		}
		for _, want := range []string{v.Secret, `"refresh-0"`, `"id_token":"i"`, `"OPENAI_API_KEY":null`, `"last_refresh":"2027-01-15T`} {
			if !strings.Contains(string(b), want) {
				t.Errorf("the file has no %s: %s", want, b)
			}
		}
	}
}

// FuzzStores: whatever stands in the files of agents, reading ends with a token
// or an error, and writing keeps what it does not know.
func FuzzStores(f *testing.F) {
	f.Add(`{"claudeAiOauth": {"accessToken": "a", "expiresAt": 1}, "tokens": {"access_token": "h.eyJleHAiOjF9.s"}}`)
	f.Add(`{"claudeAiOauth": 7, "tokens": [], "last_refresh": {}}`)
	f.Fuzz(func(t *testing.T, text string) {
		var d document
		if json.Unmarshal([]byte(text), &d) != nil || d == nil {
			return
		}
		before := len(d)
		for _, s := range []func(document) (tokens, error){readClaude, readCodex} {
			if got, err := s(d); err == nil && got.access == "" {
				t.Fatal("no token and no error")
			}
		}
		writeClaude(d, tokens{access: "n"}, clock)
		writeCodex(d, tokens{access: "n"}, clock)
		if len(d) < before {
			t.Fatal("something is lost")
		}
	})
}
