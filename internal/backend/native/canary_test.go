package native

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"ringwall/internal/backend"
	"ringwall/internal/backend/backendtest"
	"ringwall/internal/plan"
)

// api is a service outside that wants a key, and that repeats what it was sent
// in every way that it can think of. It is not started.
func api(t *testing.T, key string) (*httptest.Server, *atomic.Int64) {
	granted := new(atomic.Int64)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got := r.Header.Get("X-Api-Key")
		if got != key {
			http.Error(w, "no such key", http.StatusUnauthorized)
			return
		}
		granted.Add(1)
		w.Header().Set("X-Your-Key", got)
		w.Header().Set("Link", "</next?key="+url.QueryEscape(got)+">")
		fmt.Fprintf(w, "granted\n%s\n%s\n%s\n%x\n%q\n", got, base64.StdEncoding.EncodeToString([]byte("user:"+got)),
			base64.RawURLEncoding.EncodeToString([]byte(got)), got, got)
	}))
	t.Cleanup(srv.Close)
	return srv, granted
}

// TestCanaryIsNowhereInside: a call that needs a credential succeeds, by a base
// address and in TLS that the gateway opens, while no eight bytes of it are in
// the environment, any file, process or memory, the arguments or the answer.
// Where the policy passes the secret by itself, the same search finds it.
func TestCanaryIsNowhereInside(t *testing.T) {
	tg := target(t)
	key, search := canary(t)
	t.Run("base address", func(t *testing.T) {
		srv, granted := api(t, key)
		b := keyed(t, tg, key, srv, plan.Credential{Scheme: "http", Listen: 7081, BaseURLEnv: "API_URL", BasePath: "/base"})
		staysOutside(t, b, key, search, granted)
	})
	t.Run("opened TLS", func(t *testing.T) {
		srv, granted := api(t, key)
		b := keyed(t, tg, key, srv, plan.Credential{Scheme: "https", Intercept: true})
		stores := trusting(b)
		stores.Extra = []string{filepath.Join(t.TempDir(), "ca.pem")}
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
		if err := os.WriteFile(stores.Extra[0], text, 0o600); err != nil {
			t.Fatal(err)
		}
		b.Add("network.trust", plan.Op{Trust: stores})
		vars := map[string]string{"HOME": backendtest.Home, "PATH": "/usr/bin:/bin", "API_URL": srv.URL}
		b.Drop("isolation.environment").Add("isolation.environment", plan.Op{Env: &plan.Env{Vars: vars}})
		staysOutside(t, b, key, search, granted)
	})
	t.Run("counterpart", func(t *testing.T) {
		b := backendtest.NewBox(t, tg)
		vars := map[string]string{"HOME": backendtest.Home, "PATH": "/usr/bin:/bin", "API_KEY": key}
		b.Drop("isolation.environment").Add("isolation.environment", plan.Op{Env: &plan.Env{Vars: vars}})
		r := b.Attack(search)
		b.Expect(r, map[string]string{search: "ok"})
		for _, want := range []string{"environment", "/proc/self/environ", "/proc/self/mem"} {
			if v := r.Report(search).Value; !slices.Contains(strings.Fields(v), want) {
				t.Errorf("with the secret in the environment it is not found in %s: %q", want, v)
			}
		}
	})
}

// canary is a secret, and the search for it.
func canary(t *testing.T) (key, search string) {
	raw := make([]byte, 30)
	if _, err := rand.Read(raw); err != nil {
		t.Fatal(err)
	}
	key = "sk-" + hex.EncodeToString(raw)
	back := []byte(key)
	slices.Reverse(back)
	return key, "everywhere:" + string(back)
}

// keyed is a box whose gateway holds the key of a server.
func keyed(t *testing.T, tg backendtest.Target, key string, srv *httptest.Server, c plan.Credential) *backendtest.Box {
	t.Helper()
	if c.Scheme == "http" {
		srv.Start()
	} else {
		srv.StartTLS()
	}
	u, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	if c.Port, err = strconv.Atoi(u.Port()); err != nil {
		t.Fatal(err)
	}
	c.Name, c.FromEnv, c.Host, c.Header, c.KeyEnv, c.Shape = "key", "API_KEY", "127.0.0.1", "x-api-key", "API_KEY", "sk-%60h"
	b := backendtest.NewBox(t, withKeys(tg, map[string]string{"key": key}))
	ports := []int{80, 443}
	if c.Intercept {
		ports = append(ports, c.Port)
		b.Add("network.allow:127.0.0.1", plan.Op{Egress: &plan.Egress{Host: c.Host, Port: c.Port, Intercept: true}})
	}
	b.Add("network.gateway", plan.Op{Gateway: &plan.Gateway{Mode: "allowlist", Ports: ports}})
	return b.Add("network.credential:key", plan.Op{Credential: &c})
}

func staysOutside(t *testing.T, b *backendtest.Box, key, search string, granted *atomic.Int64) {
	t.Helper()
	const ask = "ask:API_URL|X-Api-Key|API_KEY"
	r := b.Attack(ask, search)
	b.Expect(r, map[string]string{ask: "ok", search: "ok"})
	v := r.Report(ask).Value
	if granted.Load() != 1 || !strings.HasPrefix(v, "200 OK") || !strings.Contains(v, "granted") || strings.Contains(v, key[:16]) {
		t.Errorf("%d calls were granted: %q", granted.Load(), v)
	}
	if v := r.Report(search).Value; v != "" {
		t.Errorf("parts of the secret are in %s", v)
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
