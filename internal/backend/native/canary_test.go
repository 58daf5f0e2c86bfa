package native

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ringwall/internal/backend"
	"ringwall/internal/backend/backendtest"
	"ringwall/internal/plan"
)

// api is a service outside that wants a key, and that repeats what it was sent
// in every way that it can think of.
func api(t *testing.T, key string) (port int, granted *int) {
	granted = new(int)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got := r.Header.Get("X-Api-Key")
		if got != key {
			http.Error(w, "no such key", http.StatusUnauthorized)
			return
		}
		*granted++
		w.Header().Set("X-Your-Key", got)
		w.Header().Set("Link", "</next?key="+url.QueryEscape(got)+">")
		fmt.Fprintf(w, "granted\n%s\n%s\n%s\n%x\n%q\n", got, base64.StdEncoding.EncodeToString([]byte("user:"+got)),
			base64.RawURLEncoding.EncodeToString([]byte(got)), got, got)
	}))
	t.Cleanup(srv.Close)
	u, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	if port, err = strconv.Atoi(u.Port()); err != nil {
		t.Fatal(err)
	}
	return port, granted
}

// TestCanaryIsNowhereInside: a call that needs a credential succeeds, while no
// eight bytes of it are in the environment, any file, process or memory, the
// arguments or the answer. Where the policy passes the secret by itself, the
// same search finds it.
func TestCanaryIsNowhereInside(t *testing.T) {
	tg := target(t)
	raw := make([]byte, 30)
	if _, err := rand.Read(raw); err != nil {
		t.Fatal(err)
	}
	key := "sk-" + hex.EncodeToString(raw)
	back := []byte(key)
	slices.Reverse(back)
	ask, search := "ask:API_URL|X-Api-Key|API_KEY", "everywhere:"+string(back)

	port, granted := api(t, key)
	b := backendtest.NewBox(t, withKeys(tg, map[string]string{"key": key}))
	b.Add("network.gateway", plan.Op{Gateway: &plan.Gateway{Mode: "allowlist", Ports: []int{80, 443}}})
	b.Add("network.credential:key", plan.Op{Credential: &plan.Credential{Name: "key", FromEnv: "API_KEY", Scheme: "http", Host: "127.0.0.1",
		Port: port, Header: "x-api-key", Listen: 7081, KeyEnv: "API_KEY", BaseURLEnv: "API_URL", BasePath: "/base", Shape: "sk-%60h"}})
	r := b.Attack(ask, search)
	b.Expect(r, map[string]string{ask: "ok", search: "ok"})
	if v := r.Report(ask).Value; *granted != 1 || !strings.HasPrefix(v, "200 OK") || !strings.Contains(v, "granted") || strings.Contains(v, key[:8]+key[8:16]) {
		t.Errorf("%d calls were granted: %q", *granted, v)
	}
	if v := r.Report(search).Value; v != "" {
		t.Errorf("parts of the secret are in %s", v)
	}

	open := backendtest.NewBox(t, tg)
	open.Drop("isolation.environment").Add("isolation.environment", plan.Op{Env: &plan.Env{Vars: map[string]string{
		"HOME": backendtest.Home, "PATH": "/usr/bin:/bin", "API_KEY": key}}})
	r = open.Attack(search)
	open.Expect(r, map[string]string{search: "ok"})
	for _, want := range []string{"environment", "/proc/self/environ", "/proc/self/mem"} {
		if !slices.Contains(strings.Fields(r.Report(search).Value), want) {
			t.Errorf("with the secret in the environment it is not found in %s: %q", want, r.Report(search).Value)
		}
	}
}

// withKeys is the native backend that holds credentials.
func withKeys(tg backendtest.Target, secrets map[string]string) backendtest.Target {
	tg.New = func(j backendtest.Job) backend.Backend {
		n := backendOf(j)
		n.Secrets = secrets
		return n
	}
	return tg
}
